/*
 * What a statement tells of its way back beforehand, by its kind and by what the catalog knows of its objects.
 *
 * The verdict that is recorded when a migration is applied may be better than the one foreseen, never worse; where that cannot be
 * promised, nothing is.
 */
#pragma once

#include "core/inverse.hpp"
#include "server/script/script.hpp"

#include <set>

namespace surefoot {

class Keeping;

/* What statements do that changes no recorded definition, so nothing takes it back: rows, and what belongs to the whole cluster. */
struct KeptChanges {
	bool rows = false, truncations = false, recasts = false;
	std::string why_not_rows = {}, why_not_truncations = {};
	bool sequences = false; /* what became of them is told otherwise */
};
std::vector<core::Loss> unrecorded(const Script &script, const KeptChanges &kept = {});

/* Whether it changes what belongs to the whole cluster: roles, databases, tablespaces. Nested ones count as well. */
bool is_of_cluster(Node *statement);

/* A comment on the array type of a table's rows: no definition has it. */
bool is_comment_on_rows(Node *statement);

struct Foreseen {
	enum What { needless, verdict, unknown } what = verdict;
	core::WayBack way_back = core::WayBack::exact;
	std::string reason = {};
};
/* Without keeping: as if nothing were kept of what is removed. */
Foreseen foresee_way_back(Node *statement);
Foreseen foresee_way_back(Node *statement, const Keeping &keeping);

/* The statements of a script in their order: some are in the way of what brings an earlier one back. */
class Foresight {
public:
	explicit Foresight(const Keeping &keeping) : keeping_(keeping) {}
	Foreseen of(Node *statement);

private:
	const Keeping &keeping_;
	std::set<Oid> loosened_; /* tables that take more than before */
	bool renames_value_ = false, adds_value_ = false, makes_domain_ = false;
};

} // namespace surefoot
