#include "server/reverse/derive.hpp"

#include "core/kinds.hpp"
#include "core/merge.hpp"
#include "server/catalog/roots.hpp"
#include "server/keep/whole_table.hpp"
#include "server/record/recorder.hpp"
#include "server/reverse/column_place.hpp"
#include "server/reverse/content_guard.hpp"
#include "server/reverse/left_builds.hpp"
#include "server/reverse/surroundings.hpp"
#include "server/trial/rehearsal.hpp"

namespace surefoot {

namespace {

/* An index is as valid as the storage that it was tried on: new storage comes with valid ones. */
core::Object as_valid_as(core::Object index, const core::Object &there)
{
	const auto is_validity = [](const auto &field) { return field.first == "valid" || field.first == "ready" || field.first == "live"; };
	std::erase_if(index.fields, is_validity);
	/* where a definition has it, as the order of fields counts */
	auto place = std::find_if(index.fields.begin(), index.fields.end(),
							  [](const auto &field) { return field.first != "definition" && field.first != "tablespace"; });
	for (const auto &field : there.fields)
		if (is_validity(field))
			place = index.fields.insert(place, field) + 1;
	return index;
}

/* What should come back: nobody wants an invalid index, but one that is still there is whoever's it was. */
core::Objects wanted(const core::Objects &before, const core::Objects &now)
{
	core::Objects result;
	for (const core::Object &object : before) {
		const core::Object *there = core::is_invalid_index(object) ? now.find(object.kind, object.identity) : nullptr;
		if (!core::is_invalid_index(object))
			result.add(object);
		else if (there && there->address == object.address)
			result.add(as_valid_as(object, *there));
	}
	return result;
}

std::vector<core::Change> differences(const core::Objects &before, const core::Objects &now)
{
	std::vector<core::Change> changes = core::difference(wanted(before, now), now);
	std::erase_if(changes, [](const core::Change &change) {
		return core::differs_only_in_column_order(std::vector<core::Change>{change});
	});
	return changes;
}

/* Of rows and values that could have been kept: why they are not. */
std::string why_gone(const Tryout &tryout, const core::Loss &loss)
{
	if (loss.way_back != core::WayBack::without_rows || loss.reason.find(" are gone") == loss.reason.npos)
		return {};
	const auto why = tryout.not_kept.find({loss.kind, loss.identity});
	const std::string &text = why == tryout.not_kept.end() ? tryout.none_kept : why->second;
	return text.empty() ? "" : " (" + text + ")";
}

/* It belongs to the statement after it. */
bool is_cast_check(const std::string &statement)
{
	return statement.starts_with("SELECT surefoot.check_cast(");
}

const std::string &first_to_fail(const std::vector<std::string> &statements)
{
	return is_cast_check(statements.front()) ? statements.at(1) : statements.front();
}

/* The name alone, for a type whose functions come first. */
bool is_shell(const std::string &statement)
{
	return statement.starts_with("CREATE TYPE ") && statement.find('(') == statement.npos && statement.find(" AS ") == statement.npos;
}

/* Statements in the order in which they turned out to work. */
class Attempt {
public:
	Attempt(const Tryout &tryout, std::string path) : tryout_(tryout), path_(std::move(path)) {}

	/* What is there before and afterwards, with what is in it: no statement may take it along. */
	void protect(const core::Objects &before, const core::Objects &now) { guard_.protect(before, now); }

	/* False when none of them can be run. */
	bool run(std::vector<std::string> statements)
	{
		const size_t before = done.size();
		std::string check;
		const auto take_check = [&check](std::vector<std::string> &to) {
			if (!check.empty())
				to.push_back(std::exchange(check, {}));
		};
		stuck.reset();
		while (!statements.empty()) {
			std::vector<std::string> later;
			std::optional<Error> first;
			for (std::string &statement : statements) {
				/* There are no values of others yet: it goes wherever the change of the type turns out to work. */
				if (is_cast_check(statement)) {
					check = std::move(statement);
					continue;
				}
				refill_before(statement);
				if (std::optional<Error> error = fails({statement}); !error) {
					take_check(done);
					done.push_back(std::move(statement));
				} else if (std::vector<std::string> in_path = with_path(*error, statement); !in_path.empty() && !fails(in_path)) {
					take_check(done);
					done.insert(done.end(), in_path.begin(), in_path.end());
				} else if (std::string empty = without_cast(*error, statement); !empty.empty() && !fails({empty})) {
					check.clear();
					done.push_back(std::move(empty));
				} else if (error->is("42710") && is_shell(statement))
					continue; /* the functions of the type have announced it already */
				else {
					if (!first)
						first = std::move(error);
					take_check(later);
					later.push_back(std::move(statement));
				}
			}
			/* What failed may have been too early, or wait for rows. */
			if (!later.empty() && restore()) {
				statements = std::move(later);
				continue;
			}
			if (later.size() == statements.size()) {
				core::Loss loss;
				loss.reason = first->message + (first->detail.empty() ? "" : " (" + first->detail + ")") + ": " + first_to_fail(later);
				stuck = std::move(loss);
				return done.size() > before;
			}
			statements = std::move(later);
		}
		return true;
	}

	/* Puts back the rows that were changed, and those that TRUNCATE removed, when that can be done now and was not yet; whether any were. */
	bool restore()
	{
		bool any = false;
		no_rows = no_refill = no_place = std::nullopt;
		if (!tryout_.restore.empty() && !is_done(tryout_.restore))
			any = !(no_rows = fails({tryout_.restore}));
		if (any)
			done.push_back(tryout_.restore);
		for (const std::string &statement : tryout_.refills) {
			if (is_done(statement))
				continue;
			if ((no_refill = fails({statement})))
				break;
			done.push_back(statement);
			any = true;
		}
		for (const std::string &statement : tryout_.placements) {
			if (is_done(statement))
				continue;
			if (std::optional<Error> error = fails({statement})) {
				no_place = std::move(error);
				continue;
			}
			done.push_back(statement);
			any = true;
		}
		return any;
	}

	bool is_done(const std::string &statement) const { return std::find(done.begin(), done.end(), statement) != done.end(); }

	std::vector<std::string> done;
	std::optional<Error> no_rows, no_refill, no_place; /* why rows, or sequences, cannot be put back */
	std::optional<core::Loss> stuck;
	std::vector<core::Loss> lost;

private:
	/* On tables that look empty here a key to what is not there yet would hold. */
	void refill_before(const std::string &statement)
	{
		for (const auto &[words, refill] : tryout_.needs_refill)
			if (statement.find(words) != statement.npos && !is_done(refill) && !fails({refill}))
				done.push_back(refill);
	}

	std::optional<Error> fails(const std::vector<std::string> &statements)
	{
		for (const std::string &statement : statements)
			if (statement != tryout_.restore)
				tryout_.prepare(statement);
		try {
			in_subtransaction([&] {
				for (const std::string &statement : statements)
					tryout_.run(statement);
				guard_.check(statements);
			});
			return std::nullopt;
		} catch (Error &error) {
			if (error.is("55P03") || error.is("40P01") || error.is("57014") || error.is("55P04") || error.is("53200"))
				throw;
			return std::move(error);
		}
	}

	/* A function that the statement calls looks for what its body names where it has found it before. */
	std::vector<std::string> with_path(const Error &error, const std::string &statement) const
	{
		if (path_.empty() || !(error.is("42704") || error.is("42P01") || error.is("42883")))
			return {};
		std::string set(pinned_path);
		set.append(", ").append(path_);
		return {std::move(set), statement, std::string(pinned_path)};
	}

	/* What no cast leads back to is left without a value. */
	std::string without_cast(const Error &error, const std::string &statement)
	{
		constexpr std::string_view words = " USING ";
		const size_t at = statement.find(words), cast = statement.find("::", at);
		if (!error.is("42846") || !statement.starts_with("ALTER TABLE ") || at == statement.npos || cast == statement.npos)
			return {};
		core::Loss loss;
		loss.way_back = core::WayBack::without_rows;
		loss.reason = error.message + ": what holds such values holds none then";
		lost.push_back(std::move(loss));
		return statement.substr(0, at + words.size()) + "NULL" + statement.substr(cast);
	}

	const Tryout &tryout_;
	const std::string path_;
	ContentGuard guard_;
};

} // namespace

history::Derived derive(const core::Objects &before, const Tryout &tryout, std::vector<core::Loss> losses)
{
	Attempt attempt(tryout, pg_call([] { return GetConfigOption("search_path", false, false); }));
	tryout.run(std::string(pinned_path));
	tryout.run(unchecked_bodies);
	std::vector<core::Change> left;
	std::vector<core::Loss> reasons, first_reasons;
	LiveSurroundings surroundings(tryout.kept);
	core::Objects now;
	for (int round = 0; round < 8; round++) {
		now = tryout.now();
		surroundings.look(now);
		if (round == 0)
			attempt.protect(before, now);
		left = differences(before, now);
		if (left.empty() && round > 0) {
			first_reasons.clear();
			attempt.stuck.reset();
			break;
		}
		core::Inverse inverse = core::derive_inverse(wanted(before, now), now, surroundings);
		reasons.clear();
		for (core::Loss &loss : inverse.losses) {
			/* What the statements have made anew themselves is no further loss. */
			const bool known = std::any_of(losses.begin(), losses.end(), [&loss](const core::Loss &other) {
				return other.kind == loss.kind && other.identity == loss.identity && other.way_back == loss.way_back;
			});
			if (loss.way_back == core::WayBack::none)
				reasons.push_back(std::move(loss));
			else if (!known)
				losses.push_back(std::move(loss));
		}
		if (left.empty() || inverse.statements.empty())
			break;
		const bool goes_on = attempt.run(std::move(inverse.statements));
		/* What is in the way at first is what there is to tell; later ones may follow from it. */
		if (attempt.stuck && first_reasons.empty()) {
			first_reasons = reasons;
			first_reasons.push_back(*attempt.stuck);
		}
		if (!goes_on)
			break;
	}
	if (!tryout.restore.empty()) {
		(void)attempt.restore();
		core::Loss loss;
		loss.way_back = core::WayBack::without_rows;
		if (attempt.no_rows)
			loss.reason = "rows that are changed cannot be put back: " + attempt.no_rows->message;
		/* It has looked itself at what it did; later statements may have done something else. */
		else if (attempt.done.back() != tryout.restore && !tryout.is_restored())
			loss.reason = "rows that are changed do not come back as they were";
		if (!loss.reason.empty()) {
			std::erase(attempt.done, tryout.restore);
			losses.push_back(std::move(loss));
		}
	}
	while (attempt.restore())
		;
	/* Rows that stay may have numbers that would be taken once more. */
	if (!tryout.restore.empty() && !attempt.is_done(tryout.restore))
		for (const std::string &statement : tryout.placements)
			if (std::erase(attempt.done, statement) > 0)
				losses.push_back({core::WayBack::without_rows, "", "", "a sequence is not put back where it stood, as rows stay"});
	if (attempt.no_refill) {
		core::Loss loss;
		loss.way_back = core::WayBack::without_rows;
		loss.reason = "rows that TRUNCATE removes cannot be put back: " + attempt.no_refill->message;
		losses.push_back(std::move(loss));
	}
	if (attempt.no_place) {
		core::Loss loss;
		loss.way_back = core::WayBack::without_rows;
		loss.reason = "a sequence cannot be put back where it stood: " + attempt.no_place->message;
		losses.push_back(std::move(loss));
	}
	/* What inherits has its parents' columns first when it is made anew. */
	for (const core::Change &change : core::difference(before, now)) {
		if (!core::differs_only_in_column_order(std::vector<core::Change>{change}))
			continue;
		const core::Object &object = change.object();
		const bool known = std::any_of(losses.begin(), losses.end(), [&object](const core::Loss &other) {
			return other.kind == object.kind && other.identity == object.identity && other.way_back == core::WayBack::column_order;
		});
		if (!known)
			losses.push_back({core::WayBack::column_order, object.kind, object.identity, "its columns come back in another order"});
	}
	history::Derived result;
	core::WayBack worst = core::WayBack::exact;
	std::vector<std::string> lines;
	const auto add = [&](const core::Loss &loss) {
		worst = std::max(worst, loss.way_back);
		const std::string line = sentence(loss) + why_gone(tryout, loss);
		if (std::find(lines.begin(), lines.end(), line) == lines.end())
			lines.push_back(line);
	};
	/* What a statement should have brought back and did not is no way back, whatever was expected of it. */
	if (!left.empty() || attempt.stuck) {
		for (const core::Loss &loss : first_reasons.empty() ? reasons : first_reasons)
			add(loss);
		if (lines.empty())
			for (const core::Change &change : left)
				add({core::WayBack::none, change.object().kind, change.object().identity, "it cannot be made what it was"});
	}
	for (const core::Loss &loss : losses)
		add(loss);
	for (const auto &[object, statement] : tryout.kept.rows)
		if (object.first == "values" && !statement.empty() && !attempt.is_done(statement))
			add({core::WayBack::without_rows, "column", object.second, "its values are gone"});
	/* Rows count as back when they come right after their table: later there are triggers and rules that may change them. */
	for (const auto &[object, statement] : tryout.kept.rows) {
		if (before.find(object.first, object.second) == nullptr)
			continue;
		const auto at = std::find(attempt.done.begin(), attempt.done.end(), statement);
		const bool is_column = object.first == "column";
		auto made = at;
		/* The places of columns that were dropped there are kept at once, in a table that is still empty. */
		while (at != attempt.done.end() && made != attempt.done.begin() &&
			   (made == at || made->starts_with("SELECT surefoot.keep_places(") ||
				made->starts_with("ALTER TABLE " + object.second + " DROP COLUMN surefoot_dropped_")))
			--made;
		const bool in_place = at != attempt.done.end() && (is_column || at != attempt.done.begin()) &&
							  (object.first != "table" || made->starts_with("CREATE TABLE " + object.second + " ("));
		const bool told = std::any_of(losses.begin(), losses.end(), [&object](const core::Loss &loss) {
			return loss.kind == object.first && loss.identity == object.second && loss.way_back >= core::WayBack::without_rows;
		});
		if (!in_place && !told)
			add({core::WayBack::without_rows, object.first, object.second,
				 is_column ? "its values are gone" : object.first == "table" ? "its rows are gone" : "it starts anew"});
	}
	for (const core::Loss &loss : attempt.lost)
		add(loss);
	for (const std::string &line : lines)
		result.reason.append(result.reason.empty() ? "" : "\n").append(line);
	result.way_back = core::name_of(worst);
	result.script = script_of(attempt.done, tryout.built_concurrently);
	return result;
}

/* Of values that are not hidden nobody knows any more whether they are all there. */
static void add_places_of(int64 stopped, LiveSurroundings::Kept &kept)
{
	for (NotedPlace &noted : noted_places(stopped)) {
		if (noted.hidden)
			kept.rows[{"column", noted.column}] = noted.statement;
		else
			kept.empty_places.insert(noted.column);
		kept.places[noted.column] = std::move(noted.statement);
	}
}

history::Derived derive_now(const Speaker &speaker, const std::vector<core::Change> &effect, std::vector<core::Loss> losses,
							std::optional<int64> stopped)
{
	Speaker silent = speaker;
	silent.notices = false;
	const size_t mark = journal_mark();
	return in_rolled_back_subtransaction([&] {
		/* What the run has not touched is as it was. */
		Recorder recorder;
		core::Objects before;
		std::set<std::pair<std::string, std::string>> touched;
		for (const core::Change &change : effect) {
			touched.emplace(change.object().kind, change.object().identity);
			for (const std::optional<core::Object> *side : {&change.before, &change.after})
				if (*side)
					if (const std::optional<ObjectAddress> root = catalog::resolve_root((*side)->root))
						recorder.see(*root);
		}
		/* What others have changed since is none of its business. */
		for (const core::Change &change : effect)
			if (change.before)
				before.add(core::before_with_others(change, recorder.before().find(change.before->kind, change.before->identity)));
		/* Nor has it what its way back comes to touch: a table whose column is of a type that is made anew, say. */
		const auto add_untouched = [&] {
			for (const core::Object &object : recorder.before())
				if (!touched.contains({object.kind, object.identity}))
					before.add(object);
		};
		add_untouched();
		Rehearsal rehearsal(silent, recorder);
		Tryout tryout;
		tryout.kept.version = speaker.version;
		if (stopped) {
			tryout.built_concurrently = built_concurrently(*stopped);
			add_places_of(*stopped, tryout.kept);
		}
		tryout.now = [&] {
			core::Objects now = recorder.now();
			add_untouched();
			return rehearsal.in_earnest(before, now);
		};
		tryout.prepare = [&](const std::string &sql) { rehearsal.prepare(sql); };
		tryout.run = [&](const std::string &sql) {
			if (sql.starts_with("SELECT surefoot."))
				(void)run_own(sql);
			else
				rehearsal.run(sql, OperationKind::transactional);
		};
		history::Derived derived = derive(before, tryout, std::move(losses));
		forget_journal(mark);
		return derived;
	});
}

} // namespace surefoot
