#include "core/drift.hpp"

#include <gtest/gtest.h>

using namespace surefoot::core;

namespace {

Object object_at(std::string kind, std::string identity, std::string root, std::vector<std::pair<std::string, std::string>> fields, std::string address)
{
	return {std::move(kind), std::move(identity), std::move(root), std::move(fields), std::move(address)};
}

Object the_table(const std::string &columns, const std::string &name = "public.t", const std::string &address = "1/1/0")
{
	return object_at("table", name, name, {{"owner", "joe"}, {"columns", columns}}, address);
}

Object the_column(const std::string &name, const std::string &type, int number, const std::string &table = "public.t")
{
	return object_at("column", table + "." + name, table, {{"type", type}}, "1/1/" + std::to_string(number));
}

Record a_record(const Object &object, bool here = true)
{
	Record record;
	record.kind = object.kind, record.identity = object.identity, record.root = object.root, record.version = "0001";
	record.object = object;
	record.made = true;
	record.here = here;
	return record;
}

Record dropped(const Object &object)
{
	Record record = a_record(object);
	record.object.reset();
	return record;
}

Objects collected(const std::vector<Object> &objects)
{
	Objects result;
	for (const Object &one : objects)
		result.add(one);
	return result;
}

/* What was found, and the statements that lead to what was recorded: "missing column public.t.a: ...". */
std::string found(std::vector<Record> records, const std::vector<Object> &live, const std::set<std::string> &whole_roots = {})
{
	const Objects objects = collected(live);
	const DriftSearch search(std::move(records), objects, {}, whole_roots);
	std::string text;
	for (const Drift &drift : search.found()) {
		Surroundings surroundings;
		surroundings.role = "joe";
		text += std::string(name_of(drift.state)) + " " + drift.object().kind + " " + drift.object().identity + ":";
		for (const std::string &statement : search.to_recorded({&drift}, surroundings).statements)
			text += " " + statement + ";";
		text += "\n";
	}
	return text;
}

const std::vector<Record> history_of_t = {a_record(the_table("a, b")), a_record(the_column("a", "integer", 1)), a_record(the_column("b", "text", 2))};

} // namespace

TEST(Drift, IsNoneWhereNothingDiffers)
{
	EXPECT_EQ(found(history_of_t, {the_table("a, b"), the_column("a", "integer", 1), the_column("b", "text", 2)}), "");
}

TEST(Drift, DoesNotLookAtAddresses)
{
	const Object table = object_at("table", "public.t", "public.t", {{"owner", "joe"}, {"columns", "a"}}, "1/77/0");
	EXPECT_EQ(found({a_record(the_table("a"), false)}, {table}), "");
}

TEST(Drift, TellsAColumnOnce)
{
	EXPECT_EQ(found(history_of_t, {the_table("a"), the_column("a", "integer", 1)}),
			  "missing column public.t.b: ALTER TABLE public.t ADD COLUMN b text;\n");
	EXPECT_EQ(found(history_of_t, {the_table("a, b, c"), the_column("a", "integer", 1), the_column("b", "text", 2), the_column("c", "text", 3)}),
			  "unexpected column public.t.c: ALTER TABLE public.t DROP COLUMN c;\n");
}

TEST(Drift, TellsATableOnce)
{
	EXPECT_EQ(found(history_of_t, {}), "missing table public.t: CREATE TABLE public.t (\n    a integer,\n    b text\n);\n");
	EXPECT_EQ(found({dropped(the_table("a, b"))}, {the_table("a"), the_column("a", "integer", 1)}), "unexpected table public.t: DROP TABLE public.t;\n");
}

TEST(Drift, KnowsWhatHasAnotherName)
{
	const std::vector<Object> live = {the_table("a, b", "public.u"), the_column("a", "integer", 1, "public.u"), the_column("b", "text", 2, "public.u")};
	EXPECT_EQ(found(history_of_t, live), "changed table public.t: ALTER TABLE public.u RENAME TO t;\n");
	EXPECT_EQ(found(history_of_t, {the_table("a, c"), the_column("a", "integer", 1), the_column("c", "text", 2)}),
			  "changed column public.t.b: ALTER TABLE public.t RENAME COLUMN c TO b;\n");
}

TEST(Drift, DoesNotTakeAnAddressOfAnotherDatabaseForTheSame)
{
	const std::vector<Object> live = {the_table("a", "public.u"), the_column("a", "integer", 1, "public.u")};
	EXPECT_EQ(found({a_record(the_table("a"), false), a_record(the_column("a", "integer", 1), false)}, live),
			  "missing table public.t: CREATE TABLE public.t (\n    a integer\n);\n");
}

TEST(Drift, LeavesAloneWhatNobodyAskedFor)
{
	const Object other = the_table("a", "public.other", "1/9/0");
	EXPECT_EQ(found({}, {other}), "");
	EXPECT_EQ(found({}, {other}, {"public.other"}), "unexpected table public.other: DROP TABLE public.other;\n");
}

TEST(Drift, SeesAnotherOrderOfTheSameColumns)
{
	EXPECT_EQ(found(history_of_t, {the_table("b, a"), the_column("a", "integer", 1), the_column("b", "text", 2)}), "changed table public.t:\n");
}
