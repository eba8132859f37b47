/* The order of the statements: what mentions an object goes before it goes, and comes after it came. */
#include "core/derivation.hpp"

#include <algorithm>

namespace surefoot::core {

namespace {

/* What others call it: schema.name; empty for parts that nobody mentions. */
std::string key_of(const Object &object)
{
	if (object.kind == "schema")
		return object.identity;
	if (object.kind != "column" && object.kind != "index" && is_part(object))
		return {};
	const std::vector<std::string> parts = name_parts(object.identity);
	if (parts.empty())
		return {};
	return parts.size() == 1 ? parts[0] : parts[0] + "." + parts[1];
}

struct Place {
	std::vector<size_t> all;				 /* actions on the object itself */
	std::map<std::string, std::vector<size_t>> columns; /* on its columns, by name */
};

class Graph {
public:
	Graph(const std::list<Action> &actions, const Side &before, const Side &now)
	{
		for (const Action &action : actions)
			actions_.push_back(&action);
		after_.resize(actions_.size());
		waits_.resize(actions_.size());
		std::map<std::string, Place> goes, comes, remade;
		for (size_t i = 0; i < actions_.size(); i++) {
			const Action &action = *actions_[i];
			const bool drops = action.phase == Action::Phase::drop || action.phase == Action::Phase::finish;
			if (drops && action.ends && !action.apart)
				enter(goes, *action.ends, i);
			if (is_remade(action))
				enter(remade, *action.ends, i);
			if (action.phase == Action::Phase::create && action.makes && !action.apart)
				enter(comes, *action.makes, i);
		}
		for (size_t i = 0; i < actions_.size(); i++) {
			const Action &action = *actions_[i];
			if (action.ends)
				link(goes, *action.ends, now, i, false);
			if (action.ends && !action.makes)
				link(remade, *action.ends, now, i, false);
			if (action.makes)
				link(comes, *action.makes, before, i, true);
			if (action.makes && !action.ends)
				link(remade, *action.makes, before, i, true);
		}
		/* A name has to be free before it is taken. */
		for (const auto &[key, place] : comes)
			if (auto it = goes.find(key); it != goes.end())
				for (size_t gone : it->second.all)
					for (size_t made : place.all)
						edge(gone, made);
	}

	std::vector<std::string> order()
	{
		std::vector<std::string> statements;
		std::set<std::pair<std::tuple<int, int, long>, size_t>> ready, waiting;
		for (size_t i = 0; i < actions_.size(); i++)
			(waits_[i] == 0 ? ready : waiting).insert({priority(i), i});
		while (!ready.empty() || !waiting.empty()) {
			/* In a circle somebody has to begin. */
			auto &from = ready.empty() ? waiting : ready;
			const size_t i = from.begin()->second;
			std::vector<size_t> taken = {i};
			if (ready.empty() && drops_table(i))
				for (const auto &[unused, other] : waiting)
					if (other != i && drops_table(other))
						taken.push_back(other);
			for (size_t one : taken)
				from.erase({priority(one), one});
			std::string together;
			for (size_t one : taken) {
				if (taken.size() > 1) {
					const std::vector<std::string> &own = actions_[one]->statements;
					statements.insert(statements.end(), own.begin(), own.end() - 1);
				}
				if (taken.size() > 1)
					together.append(together.empty() ? "DROP TABLE " : ", ").append(actions_[one]->ends->identity);
				else
					statements.insert(statements.end(), actions_[one]->statements.begin(), actions_[one]->statements.end());
				for (size_t next : after_[one])
					if (--waits_[next] == 0 && waiting.erase({priority(next), next}) > 0)
						ready.insert({priority(next), next});
			}
			if (!together.empty())
				statements.push_back(together);
		}
		return statements;
	}

private:
	/* A type that is made anew under its name: the old one goes with it. */
	static bool is_remade(const Action &action)
	{
		return action.ends && action.makes && std::any_of(action.statements.begin(), action.statements.end(), [&](const std::string &sql) {
			return sql.starts_with("CREATE TYPE " + action.makes->identity + " ");
		});
	}

	static void enter(std::map<std::string, Place> &places, const Object &object, size_t i)
	{
		const std::string key = key_of(object);
		if (key.empty())
			return;
		if (object.kind == "column")
			places[key].columns[last_part(object.identity)].push_back(i);
		else
			places[key].all.push_back(i);
	}

	/* Of action i, one of whose definitions is object: first: what it mentions comes first; else it goes before that. */
	void link(const std::map<std::string, Place> &places, const Object &object, const Side &side, size_t i, bool first)
	{
		Mentions mentions;
		mentions.add(object.identity);
		for (const auto &[name, value] : object.fields)
			if (name != "comment")
				mentions.add(value);
		if (!is_part(object))
			for (const Object *column : side.parts(object, "column"))
				for (const auto &[name, value] : column->fields)
					if (name != "comment")
						mentions.add(value);
		/* Tables that refer to each other go together. */
		if (!first && object.kind == "table")
			for (const Object *constraint : side.parts(object, "constraint"))
				if (is_foreign_key(*constraint))
					mentions.add(value_of(*constraint, "definition"));
		const auto look = [&](const std::string &name) {
			auto it = places.find(name);
			if (it == places.end())
				return;
			for (size_t other : it->second.all)
				first ? edge(other, i) : edge(i, other);
			for (const auto &[column, others] : it->second.columns)
				if (mentions.words.contains(column))
					for (size_t other : others)
						first ? edge(other, i) : edge(i, other);
		};
		for (const std::string &name : mentions.names)
			look(name);
		for (const std::string &word : mentions.words)
			look(word);
	}

	void edge(size_t a, size_t b)
	{
		if (a != b && after_[a].insert(b).second)
			waits_[b]++;
	}

	bool drops_table(size_t i) const
	{
		return actions_[i]->phase == Action::Phase::drop && !actions_[i]->apart && actions_[i]->ends && actions_[i]->ends->kind == "table";
	}

	std::tuple<int, int, long> priority(size_t i) const
	{
		return {static_cast<int>(actions_[i]->phase), actions_[i]->rank, actions_[i]->place};
	}

	std::vector<const Action *> actions_;
	std::vector<std::set<size_t>> after_;
	std::vector<size_t> waits_;
};

} // namespace

std::vector<std::string> Derivation::ordered()
{
	return Graph(actions_, before, now).order();
}

} // namespace surefoot::core
