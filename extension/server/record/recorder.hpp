/*
 * Records what statements change in the catalog, in proportion to what they touch.
 *
 * While a Recorder is active, two hooks of the server feed it:
 *   - before a utility statement runs, nested ones in functions and DO blocks included, the objects that it names are locked as
 *     the statement will lock them and their definitions are read: no other session can change them from then on;
 *   - object access tells of everything else that is created, altered or about to be dropped (cascades), while the old
 *     definition can still be read.
 * Afterwards the same objects are read again; the difference is the effect. Without an active Recorder the hooks do nothing.
 */
#pragma once

#include "core/inverse.hpp"
#include "core/object.hpp"
#include "server/keep/keyed_table.hpp"
#include "server/record/sequence_moves.hpp"

#include <set>

namespace surefoot {

class Recorder {
public:
	Recorder();
	~Recorder();
	Recorder(const Recorder &) = delete;
	Recorder &operator=(const Recorder &) = delete;

	/* While one lives nothing is recorded: for what is rolled back before anybody compares. */
	class Pause {
	public:
		Pause();
		~Pause();
		Pause(const Pause &) = delete;
		Pause &operator=(const Pause &) = delete;

	private:
		Recorder *paused_;
	};

	/* Installs the hooks, chained to whoever was there before; once a session. */
	static void install_hooks();
	/* The recorder that the hooks feed, or nullptr. */
	static Recorder *active();
	/* Whether there is one at all, also one that is paused. */
	static bool is_at_work();

	/* Reads the definitions of root, as they are now, unless they are known. */
	void see(const ObjectAddress &root);
	/* Locks and sees whatever statement names. */
	void see_targets(Node *statement);
	/* What a hook reported; its top-level object is found now, or at the end when its rows cannot be seen yet. */
	void touched(ObjectAccessType access, Oid class_id, Oid object_id, int32 sub_id);

	/*
	 * An object that a statement names. A member of an extension is seen by itself as well then, as what is changed on it by name is not
	 * the extension's.
	 */
	void see_named(const ObjectAddress &object, bool joins_or_leaves = false);

	/* Something new, whose top-level object is found at the end. */
	void created(Oid class_id, Oid object_id);

	/* Rows of a table are about to be written: how large is it before? */
	void will_write(Oid table);
	/* Rows of a table were written; which of those were there before, as what does not come back. */
	void wrote(Oid table);
	/* The same of rows that are about to be written without a statement, for whichever recorder is active. */
	static void wrote_as_rows(Oid table);
	/* why: they were not kept, if that is known. */
	std::vector<core::Loss> written_rows(const std::string &why = {}) const;
	const std::set<Oid> &written() const { return written_; }
	/* Of a table before its rows were written, in bytes; nothing when it was not seen then. */
	std::optional<int64> size_before(Oid table) const;
	/* Tables that TRUNCATE has emptied, in functions as well; at the end those whose rows do not come back count as written. */
	const std::set<Oid> &emptied() const { return emptied_; }
	/* Rows were written that nothing keeps: of the catalog itself. */
	bool wrote_beyond() const { return wrote_beyond_; }

	/* Before a statement restarts a sequence: from here on nobody else takes a number of it. */
	void will_restart(Oid sequence, LOCKMODE mode);
	/* A function is about to be called that moves a sequence, and not for a row; which one shows by what is in use afterwards. */
	void will_call_mover();
	/* The same, and it is not let. */
	void prevent_mover() { prevented_mover_ = true; }
	bool prevented_mover() const { return prevented_mover_; }
	/* Sequences that stand elsewhere now; was: nothing when it is not known where they stood, as others may have moved them as well. */
	struct Moved {
		Oid sequence;
		std::optional<SequencePlace> was;
	};
	std::vector<Moved> moved_sequences() const;
	/* Where it stood before the migration has moved it, apart from numbers for rows; nothing when that is not known any more. */
	std::optional<SequencePlace> first_place(Oid sequence) const;
	/* The statements that put sequences back, and these. */
	std::vector<std::string> placements;
	std::set<Oid> placed;
	/* Sequences that come back elsewhere than they stood, or stay there. */
	std::vector<core::Loss> displaced;

	/* Large objects were made, written or removed: neither definitions nor rows of tables. */
	void write_large_objects() { writes_large_objects_ = wrote_beyond_ = true; }
	bool writes_large_objects() const { return writes_large_objects_; }

	/* Definitions before, of all that was seen. */
	const core::Objects &before() const { return before_; }
	/* Reads everything that was seen again. */
	core::Objects now();
	/*
	 * The same, and compares. remade, where that is wanted: what holds rows or values, was dropped, and is there again with the definition that it had:
	 * no difference, and another one all the same.
	 */
	std::vector<core::Change> changes(std::vector<core::Change> *remade = nullptr);
	/* Nested statements, in functions and DO blocks, that change what belongs to the whole cluster, which is not recorded. */
	const std::set<std::string> &of_cluster() const { return of_cluster_; }
	/* The relations that statements asked for, to find out who blocks them. */
	const std::vector<Oid> &wanted() const { return wanted_; }
	void want(Oid relation) { wanted_.push_back(relation); }
	/* By kind and identity, what was dropped and kept: the statement that brings its rows, or its place, back. */
	std::map<std::pair<std::string, std::string>, std::string> kept;
	/* By kind and identity, why rows or values are not kept. */
	std::map<std::pair<std::string, std::string>, std::string> not_kept;
	std::string rows_not_kept, truncations_not_kept; /* the same of what statements change, with the table */
	/* Those of kept that are tables with more rows than a trial should have. */
	std::set<std::string> kept_large;
	/* Of columns that were dropped, by identity: the statement that gives them their place again. */
	std::map<std::string, std::string> places;
	std::set<std::string> empty_places; /* those of them in which no row has its value */
	bool is_not_alone = false; /* there are steps to come after the one that is recorded */
	/* The rows that were written are all kept, and the statement that puts back those that have changed; empty when none has. */
	bool rows_kept = false;
	std::string restore;
	std::vector<std::string> restored; /* the tables */
	/* A TRUNCATE all of whose tables' rows are kept, and the statements that undo it. */
	struct Truncation {
		struct Table {
			std::string name, archive; /* how it was called, and the table that has its rows; empty when it had none */
		};
		std::map<Oid, Table> tables;
		std::vector<std::string> refills;
		bool is_large; /* more rows than a trial should have */
	};
	std::vector<Truncation> truncations;
	std::vector<std::string> refills() const;
	bool truncations_kept = false; /* these are all that there were */
	/* A column whose type a statement of the script changes, with the key of its table, and the values as they were. */
	struct Retyped {
		KeyedTable table;
		AttrNumber number;
		std::string name, type;
		std::map<Cells, ChangedRow> rows;
	};
	std::map<std::string, Retyped> retyped; /* by identity */
	/* By table, the columns whose values USING computes, in functions as well; they count as written at the end when they are not kept. */
	const std::map<Oid, std::set<std::string>> &recast() const { return recast_; }
	bool recasts_kept = false;
	/* Those of kept that are columns, with their tables: their values come back by keys, which must not have changed since. */
	std::map<std::string, Oid> kept_columns;

private:
	struct Less {
		bool operator()(const ObjectAddress &a, const ObjectAddress &b) const
		{
			return std::tie(a.classId, a.objectId) < std::tie(b.classId, b.objectId);
		}
	};
	std::map<ObjectAddress, bool, Less> seen_;
	std::map<ObjectAddress, bool, Less> unresolved_; /* reported, but with no rows to be seen yet */
	std::map<ObjectAddress, bool, Less> created_;	 /* new since then: has no definition before, whatever becomes of it */
	bool counts(Oid table) const;
	static bool is_reading(); /* definitions, just now */

	std::set<Oid> written_, emptied_;
	std::map<Oid, std::set<std::string>> recast_;
	std::map<Oid, int64> sizes_;
	std::map<Oid, std::optional<SequencePlace>> restarted_; /* sequences, and where they stood */
	std::map<Oid, SequencePlace> in_use_before_;			/* those of which numbers were taken before will_call_mover */
	bool calls_mover_ = false, prevented_mover_ = false;
	bool wrote_beyond_ = false;
	bool writes_large_objects_ = false;
	/* What is read by another way than before, its owner being gone say, and is called otherwise by now, is known. */
	void add_before(const core::Objects &objects);
	core::Objects before_;
	std::set<std::string> addresses_; /* of these */
	std::vector<Oid> wanted_;
	std::set<std::string> of_cluster_;
	Recorder *outer_;
};

} // namespace surefoot
