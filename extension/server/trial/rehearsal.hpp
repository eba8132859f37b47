/*
 * Statements run one by one for what they do to the catalog, on tables that look empty, in a subtransaction that is rolled back.
 *
 * What could act outside of that subtransaction, or take long, is not run: queries are only prepared, unless they call a function that
 * users wrote; see harmless.hpp. With a budget, tables of that size keep their rows, and what is about them alone is run in earnest.
 */
#pragma once

#include "server/plan/operations.hpp"
#include "server/record/recorder.hpp"
#include "server/reverse/way_back.hpp"
#include "server/trial/empty_storage.hpp"

namespace surefoot {

struct Speaker;

/* Thrown by Rehearsal::run: what the statement does can only be seen when it is run in earnest. */
struct Untried {
	std::string why;
};

/* How a statement was tried. */
enum class Manner {
	as_it_is,
	plain,		   /* as one that can be in a transaction */
	on_empty,	   /* tables that look empty */
	not_built,	   /* defined, its rows not read */
	prepared,	   /* its names looked up, nothing run */
	there_already, /* nothing to do */
	left_out,	   /* the catalog would not show it */
};
const char *name_of(Manner manner);

class Rehearsal {
public:
	/*
	 * recorder: active, and asked for its changes afterwards. The caller's subtransaction is rolled back in every case. budget: up to
	 * how many pages tables keep their rows, and queries of them are run; by default no query is.
	 */
	Rehearsal(const Speaker &speaker, Recorder &recorder, std::optional<int64> budget = std::nullopt);

	/* Raises what the statement would fail with; throws Untried. */
	Manner run(const std::string &sql, OperationKind kind);

	/* Called when all is prepared for a statement, and it is about to be run. */
	std::function<void()> about_to_run;

	/* Lets what is deferred happen now, as at the end of a transaction. */
	static void end_deferral();

	/* For queries that others run meanwhile: the planner would read what was never built. */
	void hide_unbuilt(bool hide) const;

	/* Whether the rehearsal itself has given that table new storage. */
	bool is_emptied(Oid table) const { return storage_.is_emptied(table); }

	const std::string &version() const;

	/* That table keeps its rows, whatever its size. */
	void spare(Oid table) { storage_.spare(table); }

	/* Makes the tables look empty that the statement is about: for who runs it in a subtransaction of its own. */
	void prepare(const std::string &sql);
	/* The same of a table, unless it is small; or even then. */
	void empty(Oid table, bool small = false) { (void)storage_.empty(table, small); }

	/* What was there already. */
	const Avoid &skipped() const { return skipped_; }

	/* Whether a change that the recorder reports comes from the manner of the rehearsal alone. */
	bool is_no_difference(const core::Change &change) const;
	/* What the recorder finds, as it will be when all that was rehearsed has been done in earnest. */
	core::Objects in_earnest(const core::Objects &before, const core::Objects &now) const;

private:
	bool runs_without_build(Node *node, const std::string &sql, OperationKind kind);
	bool is_within_budget(Oid table) const;
	bool are_within_budget(const std::vector<Oid> &tables) const;
	void see_table(Oid table);
	void run_query(Node *node, const std::string &sql);
	bool leaves_out(Node *statement);
	core::Object filled(core::Object view, const core::Object *was) const;
	void ready() const
	{
		if (about_to_run)
			about_to_run();
	}

	const Speaker &speaker_;
	Recorder &recorder_;
	std::optional<int64> budget_;
	EmptyStorage storage_;
	bool rows_missing_; /* what fails for want of rows says nothing */
	Avoid skipped_;
	std::vector<std::string> aside_; /* indexes that had to make room */
	std::vector<Oid> unbuilt_;
	std::set<Oid> filled_;			 /* materialized views whose query a REFRESH would run that was left out */
	int64 spent_ = 0;				 /* us, on code of users */
};

} // namespace surefoot
