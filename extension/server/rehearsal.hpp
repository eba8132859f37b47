/*
 * Statements run one by one for what they do to the catalog, on tables that look empty, in a subtransaction that is rolled back.
 *
 * What could act outside of that subtransaction, or take long, is not run: queries are only prepared, unless they call a function that
 * users wrote; see harmless.hpp.
 */
#pragma once

#include "server/empty_storage.hpp"
#include "server/operations.hpp"
#include "server/recorder.hpp"
#include "server/way_back.hpp"

namespace surefoot {

struct Speaker;

/* Thrown by Rehearsal::run: what the statement does can only be seen when it is run in earnest. */
struct Untried {
	std::string why;
};

class Rehearsal {
public:
	/* recorder: active, and asked for its changes afterwards. The caller's subtransaction is rolled back in every case. */
	Rehearsal(const Speaker &speaker, Recorder &recorder);

	/* Raises what the statement would fail with; throws Untried. */
	void run(const std::string &sql, OperationKind kind);

	/* Makes the tables look empty that the statement is about: for who runs it in a subtransaction of its own. */
	void prepare(const std::string &sql);

	/* What was there already. */
	const Avoid &skipped() const { return skipped_; }

	/* Whether a change that the recorder reports comes from the manner of the rehearsal alone. */
	bool is_no_difference(const core::Change &change) const;
	/* What the recorder finds, as it will be when all that was rehearsed has been done in earnest. */
	core::Objects in_earnest(const core::Objects &before, const core::Objects &now) const;

private:
	bool runs_without_build(Node *node, const std::string &sql);
	void see_table(Oid table);
	void run_query(Node *node, const std::string &sql);

	const Speaker &speaker_;
	Recorder &recorder_;
	EmptyStorage storage_;
	Avoid skipped_;
	std::vector<std::string> aside_; /* indexes that had to make room */
	std::vector<Oid> unbuilt_;
	int64 spent_ = 0;				 /* us, on code of users */
};

} // namespace surefoot
