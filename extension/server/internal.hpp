/*
 * Around Surefoot's own, fixed statements: they run as the owner of the extension, with a pinned search_path, and never hold
 * text that somebody else wrote. That is what keeps the history out of its users' hands.
 */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

struct Extension {
	Oid oid;
	Oid owner;
	Oid schema;          /* where the functions are */
	std::string version; /* pg_extension.extversion */
};

/* The extension as installed in this database; raises when it is not. */
const Extension &extension();

/* The functions' schema, quoted and with its dot, for hints that can be pasted; empty when it is in search_path. */
std::string function_prefix();

/*
 * While one lives: user = the extension's owner (no SET ROLE can happen inside), search_path = pg_catalog, pg_temp.
 * Nests. After an error the (sub)transaction's rollback restores both; the destructor does it otherwise.
 */
class Internal {
public:
	Internal();
	~Internal();
	Internal(const Internal &) = delete;
	Internal &operator=(const Internal &) = delete;

private:
	Oid user_;
	int security_;
	int guc_level_;
	int exceptions_;
};

/* A pinned search_path alone, for reading definitions: every name in a deparsed text comes out qualified. */
class PinnedPath {
public:
	PinnedPath();
	~PinnedPath();
	PinnedPath(const PinnedPath &) = delete;
	PinnedPath &operator=(const PinnedPath &) = delete;

private:
	int guc_level_;
	int exceptions_;
};

} // namespace surefoot
