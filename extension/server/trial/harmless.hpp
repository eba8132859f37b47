/*
 * What may be run although it will be rolled back.
 *
 * A rolled-back subtransaction does not take everything back: setval() and files are for good, whatever a function in C does may be,
 * and a query that runs for an hour has held its locks for an hour.
 */
#pragma once

#include "server/run/time_limit.hpp"

namespace surefoot {

/* Whether what statement does is nothing that the catalog, or a later statement of the same script, would show. */
bool has_no_traces(Node *statement);

/*
 * Prepares a query, which raises what is wrong with its names; says whether it calls a volatile function that users wrote. tables: gets the
 * relations that it reads or writes, those behind views included.
 */
bool prepare_query(const std::string &sql, std::vector<Oid> *tables = nullptr);

/*
 * While one lives, functions that may act outside of the transaction raise an error when they are about to be called, and so does
 * the end of the time allowed (0: no limit). Both as a cancelled query (57014), which EXCEPTION WHEN OTHERS does not catch.
 */
class HarmlessOnly {
public:
	explicit HarmlessOnly(int64 microseconds);
	~HarmlessOnly();
	HarmlessOnly(const HarmlessOnly &) = delete;
	HarmlessOnly &operator=(const HarmlessOnly &) = delete;

	/* Raises that error where a statement, of a function or DO block too, would read or write a file, start a program or load a library. */
	static void refuse(Node *statement);
	/* Installs the hook, chained to whoever was there before; once a session. */
	static void install_hook();
	static bool is_watching();
	/* What the server was kept from, in words; empty: nothing. */
	static std::string prevented();

private:
	TimeLimit limit_;
};

} // namespace surefoot
