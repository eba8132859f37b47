/* Sequences, those of serial and identity columns among them. */
#include "core/derivation.hpp"

namespace surefoot::core {

namespace {

struct SequenceOption {
	std::string_view field;
	const char *set, *reset;
};
const SequenceOption options[] = {
	{"type", "AS ", "AS bigint"},	 {"increment", "INCREMENT BY ", "INCREMENT BY 1"}, {"minimum", "MINVALUE ", "NO MINVALUE"},
	{"maximum", "MAXVALUE ", "NO MAXVALUE"}, {"cache", "CACHE ", "CACHE 1"},
};

void create_sequence(Derivation &derivation, const Object &sequence, Object &fresh, std::vector<std::string> &statements)
{
	keep(fresh, sequence, {"type", "increment", "minimum", "maximum", "start", "cache", "cycle", "unlogged", "identity of"});
	if (const std::string column = value_of(sequence, "identity of"); !column.empty()) {
		/* With its column, and as its table's owner has it. */
		for (auto &[name, value] : fresh.fields)
			if (name == "owner")
				value = value_of(sequence, "owner");
		const Object *whole = derivation.before.find("column", column);
		if (whole && derivation.identity_gives_way(sequence)) {
			statements.push_back("ALTER TABLE " + without_last_part(column) + " ALTER COLUMN " + last_part(column) + " ADD " +
								 identity_clause(derivation.before, *whole, value_of(*whole, "identity")));
			if (std::string place = derivation.around.refill(sequence); !place.empty())
				statements.push_back(std::move(place));
		}
		return;
	}
	const std::string text = sequence_options(sequence);
	statements.push_back((sequence.field("unlogged") ? "CREATE UNLOGGED SEQUENCE " : "CREATE SEQUENCE ") + sequence.identity +
						 (text.empty() ? "" : " ") + text);
	if (std::string place = derivation.around.refill(sequence); !place.empty())
		statements.push_back(std::move(place));
	else
		derivation.lose(WayBack::without_rows, sequence, "it starts anew");
	if (const std::string owner = value_of(sequence, "owned by"); !owner.empty()) {
		/* When the column is there, whose default asks for the sequence. */
		keep(fresh, sequence, {"owned by"});
		/* Only a sequence of the same owner can be tied to a column. */
		const std::string role = value_of(sequence, "owner");
		for (auto &[name, value] : fresh.fields)
			if (name == "owner" && value != role) {
				statements.push_back("ALTER SEQUENCE " + sequence.identity + " OWNER TO " + role);
				value = role;
			}
		derivation.also(Action::Phase::create, 27, &sequence).statements = {"ALTER SEQUENCE " + sequence.identity + " OWNED BY " + owner};
	}
}

void change_sequence(Derivation &, Changing &changing)
{
	std::string list;
	for (const SequenceOption &option : options)
		if (changing.take(option.field))
			list.append(" ").append(changing.was(option.field).empty() ? option.reset : option.set + changing.was(option.field));
	if (changing.take("start")) {
		std::string start = changing.was("start");
		const bool down = changing.was("increment").starts_with("-");
		if (start.empty())
			start = down ? changing.was("maximum") : changing.was("minimum");
		list.append(" START WITH ").append(start.empty() ? (down ? "-1" : "1") : start);
	}
	if (changing.take("cycle"))
		list.append(changing.was("cycle").empty() ? " NO CYCLE" : " CYCLE");
	if (!list.empty())
		changing.run("ALTER SEQUENCE " + changing.before.identity + list);
	if (changing.take("owned by"))
		changing.run("ALTER SEQUENCE " + changing.before.identity + " OWNED BY " +
					 (changing.was("owned by").empty() ? "NONE" : changing.was("owned by")));
	if (changing.take("unlogged"))
		changing.run("ALTER SEQUENCE " + changing.before.identity + (changing.was("unlogged").empty() ? " SET LOGGED" : " SET UNLOGGED"));
}

} // namespace

std::string sequence_options(const Object &sequence)
{
	std::string text;
	const auto add = [&text](const std::string &clause) { text.append(text.empty() ? "" : " ").append(clause); };
	/* An identity column's sequence has the column's type. */
	for (const SequenceOption &option : options)
		if (const std::string value = value_of(sequence, option.field);
			!value.empty() && !(option.field == "type" && sequence.field("identity of")))
			add(option.set + value);
	if (const std::string start = value_of(sequence, "start"); !start.empty())
		add("START WITH " + start);
	if (sequence.field("cycle"))
		add("CYCLE");
	return text;
}

const Emitter sequence_emitters[] = {{"sequence", create_sequence, change_sequence, nullptr}, {"", nullptr, nullptr, nullptr}};

} // namespace surefoot::core
