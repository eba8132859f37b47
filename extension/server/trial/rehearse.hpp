/*
 * The rehearsal of a migration: up, verify, down and the way back that is derived, in a subtransaction that is always rolled back, with
 * all that could be observed. Unlike the proof of an apply it looks at the whole schema, and statements are run on the rows that are
 * there, as far as the budget goes: surefoot.rehearse_pages for each table, surefoot.rehearse_timeout for all of it.
 */
#pragma once

#include "server/record/observation.hpp"
#include "server/reverse/way_back.hpp"
#include "server/run/conclude.hpp"

namespace surefoot {

/* What is known of a migration that is applied: of it only the ways back are rehearsed. */
struct Applied {
	std::vector<core::Change> effect;
	Avoid avoid;
	std::optional<history::Derived> derived;
	std::string role; /* as which it ran */
	std::vector<std::string> settings;
};

/* One statement that was rehearsed. */
struct RehearsedStatement {
	std::string direction; /* up, down */
	int step = 0, line = 0;
	std::string sql, tried; /* tried: how */
	Observation seen;
	bool rewrites = false, scans = false; /* as the plan has it, which knows how large the tables are in earnest */
	std::string object;
};

/* One way back, tried. */
struct TriedWayBack {
	bool tried = false;
	std::optional<Error> error;
	int line = 0; /* where it failed */
	std::string untried;
	std::vector<core::Change> left; /* what is not as it was, the order of columns included */
};

struct Rehearsed {
	std::vector<RehearsedStatement> statements;
	std::vector<core::Change> effect;
	std::vector<core::Change> unrecorded; /* where the recorded effect and the difference of the whole schema disagree */
	std::vector<Finding> verify;
	std::vector<std::string> untried;
	std::optional<Error> failure; /* of the up script */
	TriedWayBack down, back;
	std::optional<history::Derived> derived;
	bool brings_rows = false; /* the derived way back brings rows or values back that were kept */
	bool careful = false;	  /* everything on tables that look empty: there was no time for more */
	bool out_of_time = false; /* not even for that */
	bool applied = false;	  /* only the ways back were rehearsed */
};

/* Raises what has nothing to do with the scripts: SF005 when a lock could not be had, SF004 when another runner is active. */
Rehearsed rehearse(const history::Migration &migration, const Script &up, const std::optional<Applied> &applied);

/* What was found, as rows that are the same on every run and machine. */
std::vector<Finding> report(const history::Migration &migration, const Script &up, const Rehearsed &result);

} // namespace surefoot
