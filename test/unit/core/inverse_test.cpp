#include "core/inverse.hpp"
#include "core/sql_text.hpp"

#include <gtest/gtest.h>

using namespace surefoot::core;

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

Object an_object(std::string kind, std::string identity, std::string root, Fields fields, std::string address)
{
	return {std::move(kind), std::move(identity), std::move(root), std::move(fields), std::move(address)};
}

Object a_table(std::string columns, Fields more = {}, std::string name = "public.t", std::string address = "1/1/0")
{
	more.insert(more.begin(), {{"owner", "joe"}, {"columns", std::move(columns)}});
	return an_object("table", name, name, std::move(more), std::move(address));
}

Object a_column(const std::string &name, Fields fields, int number, const std::string &of = "public.t", const std::string &oid = "1")
{
	return an_object("column", of + "." + name, of, std::move(fields), "1/" + oid + "/" + std::to_string(number));
}

Objects all_of(std::vector<Object> objects)
{
	Objects result;
	for (Object &one : objects)
		result.add(std::move(one));
	return result;
}

std::string inverse(std::vector<Object> before, std::vector<Object> now, WayBack expected = WayBack::exact)
{
	Surroundings surroundings;
	const Inverse result = derive_inverse(all_of(std::move(before)), all_of(std::move(now)), surroundings);
	std::string reasons;
	for (const Loss &loss : result.losses)
		reasons += loss.kind + " " + loss.identity + ": " + loss.reason + "\n";
	EXPECT_EQ(result.way_back(), expected) << reasons;
	std::string text;
	for (const std::string &statement : result.statements)
		text += statement + ";";
	return text;
}

} // namespace

TEST(Inverse, OfNothingIsNothing)
{
	EXPECT_EQ(inverse({a_table("a")}, {a_table("a")}), "");
}

TEST(Inverse, DropsWhatWasCreatedWithAllThatHangsOnIt)
{
	EXPECT_EQ(inverse({}, {a_table("a"), a_column("a", {{"type", "integer"}}, 1),
						   an_object("index", "public.i", "public.t", {{"definition", "CREATE INDEX i ON public.t USING btree (a)"}}, "1/9/0")}),
			  "DROP TABLE public.t;");
}

TEST(Inverse, TakesThePartitionedTablesAccessMethodAway)
{
	EXPECT_EQ(inverse({a_table("a", {{"partition by", "LIST (a)"}})}, {a_table("a", {{"partition by", "LIST (a)"}, {"access method", "heap"}})}),
			  "ALTER TABLE public.t SET ACCESS METHOD DEFAULT;");
	EXPECT_EQ(inverse({a_table("a")}, {a_table("a", {{"access method", "other"}})}), "ALTER TABLE public.t SET ACCESS METHOD heap;");
}

TEST(Inverse, CreatesWhatWasDropped)
{
	EXPECT_EQ(inverse({a_table("a, \"B, c\"", {{"comment", "it's"}}), a_column("a", {{"type", "integer"}, {"not null", "yes"}, {"default", "1"}}, 1),
					   a_column("\"B, c\"", {{"type", "text"}, {"collation", "\"C\""}, {"statistics", "7"}}, 2),
					   an_object("constraint", "pk on public.t", "public.t", {{"definition", "PRIMARY KEY (a)"}}, "2/3/0"),
					   an_object("index", "public.pk", "public.t", {{"definition", "CREATE UNIQUE INDEX pk ON public.t USING btree (a)"}}, "1/4/0")},
					  {}, WayBack::without_rows),
			  "CREATE TABLE public.t (\n    a integer DEFAULT 1 NOT NULL,\n    \"B, c\" text COLLATE \"C\"\n);"
			  "ALTER TABLE public.t ALTER COLUMN \"B, c\" SET STATISTICS 7;"
			  "ALTER TABLE public.t OWNER TO joe;"
			  "COMMENT ON TABLE public.t IS 'it''s';"
			  "ALTER TABLE public.t ADD CONSTRAINT pk PRIMARY KEY (a);");
}

TEST(Inverse, AltersFieldByField)
{
	EXPECT_EQ(inverse({a_table("a", {{"options", "fillfactor='70'"}}), a_column("a", {{"type", "text"}, {"storage", "main"}}, 1)},
					  {a_table("a", {{"options", "autovacuum_enabled=false, fillfactor='80'"}, {"row security", "yes"}}),
					   a_column("a", {{"type", "text"}, {"not null", "yes"}, {"storage", "external"}, {"options", "n_distinct='3'"}}, 1)}),
			  "ALTER TABLE public.t SET (fillfactor='70');ALTER TABLE public.t RESET (autovacuum_enabled);"
			  "ALTER TABLE public.t DISABLE ROW LEVEL SECURITY;"
			  "ALTER TABLE public.t\n    ALTER COLUMN a DROP NOT NULL,\n    ALTER COLUMN a SET STORAGE main,\n    ALTER COLUMN a RESET (n_distinct);");
}

TEST(Inverse, NamesComeBackAsNames)
{
	EXPECT_EQ(inverse({a_table("a"), a_column("a", {{"type", "integer"}}, 1)},
					  {a_table("b", {}, "public.u"), a_column("b", {{"type", "integer"}}, 1, "public.u")}),
			  "ALTER TABLE public.u RENAME TO t;ALTER TABLE public.t RENAME COLUMN b TO a;");
}

TEST(Inverse, NamesThatChangePlaces)
{
	EXPECT_EQ(inverse({a_table("a", {}, "public.x", "1/1/0"), a_table("b", {}, "public.y", "1/2/0")},
					  {a_table("b", {}, "public.x", "1/2/0"), a_table("a", {}, "public.y", "1/1/0")}),
			  "ALTER TABLE public.x RENAME TO surefoot_1;ALTER TABLE public.y RENAME TO x;ALTER TABLE public.surefoot_1 RENAME TO y;");
}

TEST(Inverse, AnotherTableOfTheNameIsNotTheTable)
{
	EXPECT_EQ(inverse({a_table("a", {}, "public.t", "1/1/0"), a_column("a", {{"type", "integer"}}, 1)},
					  {a_table("b", {}, "public.t", "1/2/0"), a_column("b", {{"type", "integer"}}, 1, "public.t", "2")}, WayBack::without_rows),
			  "DROP TABLE public.t;CREATE TABLE public.t (\n    a integer\n);ALTER TABLE public.t OWNER TO joe;");
}

TEST(Inverse, AColumnComesBackWithoutItsValuesAndLast)
{
	EXPECT_EQ(inverse({a_table("a, b"), a_column("a", {{"type", "integer"}}, 1), a_column("b", {{"type", "integer"}}, 2)},
					  {a_table("b"), a_column("b", {{"type", "integer"}}, 2)}, WayBack::without_rows),
			  "ALTER TABLE public.t ADD COLUMN a integer;");
}

TEST(Inverse, WhatMentionsAnObjectGoesBeforeIt)
{
	EXPECT_EQ(inverse({}, {an_object("function", "public.f(integer)", "f", {{"definition", "CREATE OR REPLACE FUNCTION public.f(integer)"}}, "3/1/0"),
						   an_object("view", "public.b", "b", {{"columns", "x"}, {"definition", "SELECT x FROM public.a"}}, "1/7/0"),
						   an_object("view", "public.a", "a", {{"columns", "x"}, {"definition", "SELECT public.f(x) FROM public.t"}}, "1/8/0"), a_table("x")}),
			  "DROP VIEW public.b;DROP VIEW public.a;DROP TABLE public.t;DROP FUNCTION public.f(integer);");
}

TEST(Inverse, GrantsAreRestoredAsAList)
{
	EXPECT_EQ(inverse({a_table("a", {{"grants", "bob=r/joe, joe=arwdDxt/joe"}})}, {a_table("a", {{"grants", "PUBLIC=a/joe, bob=r*w/joe, joe=arwdDxt/joe"}})}),
			  "REVOKE INSERT ON TABLE public.t FROM PUBLIC;REVOKE UPDATE ON TABLE public.t FROM bob;"
			  "REVOKE GRANT OPTION FOR SELECT ON TABLE public.t FROM bob;");
	EXPECT_EQ(inverse({a_table("a")}, {a_table("a", {{"grants", "none"}})}), "GRANT ALL ON TABLE public.t TO joe;");
	EXPECT_EQ(inverse({a_table("a", {{"grants", "bob=r/ann, joe=arwdDxt/joe"}})}, {a_table("a")}),
			  "SET ROLE ann;GRANT SELECT ON TABLE public.t TO bob;RESET ROLE;");
}

/* By construction: a field that nobody has thought of is a loss. */
TEST(Inverse, AFieldWithoutAStatementIsNoWayBack)
{
	EXPECT_EQ(inverse({a_table("a", {{"flavour", "sweet"}})}, {a_table("a", {{"flavour", "sour"}})}, WayBack::none), "");
	EXPECT_EQ(inverse({an_object("planet", "public.p", "p", {{"owner", "joe"}}, "5/1/0")}, {}, WayBack::none), "");
	EXPECT_EQ(inverse({an_object("view", "public.v", "v", {{"columns", "a"}, {"definition", "SELECT 1"}, {"flavour", "sweet"}}, "1/5/0")}, {},
					  WayBack::none),
			  "CREATE VIEW public.v AS\nSELECT 1;");
}

TEST(Inverse, WhatIsWiderKeepsAllValues)
{
	EXPECT_TRUE(keeps_values("integer", "bigint"));
	EXPECT_TRUE(keeps_values("character varying(10)", "character varying(20)"));
	EXPECT_TRUE(keeps_values("uuid", "text"));
	EXPECT_FALSE(keeps_values("bigint", "integer"));
	EXPECT_FALSE(keeps_values("text", "character varying(20)"));
	EXPECT_FALSE(keeps_values("numeric(10,2)", "numeric"));
	EXPECT_FALSE(keeps_values("timestamp with time zone", "date"));
}

TEST(SqlText, TakesNamesApart)
{
	EXPECT_EQ(split_list("a, \"b, c\", 'd, e', f(g, h)"), (std::vector<std::string>{"a", "\"b, c\"", "'d, e'", "f(g, h)"}));
	EXPECT_EQ(name_parts("public.\"a.\"\"b\".c(d)"), (std::vector<std::string>{"public", "\"a.\"\"b\"", "c"}));
	EXPECT_EQ(split_on("\"No on\" on public.t").name, "\"No on\"");
	EXPECT_EQ(split_on("\"No on\" on public.t").table, "public.t");
	EXPECT_EQ(renamed("SELECT public.t.a FROM public.t, public.tt", "public.t", "public.u"), "SELECT public.u.a FROM public.u, public.tt");
	const std::string index = "CREATE INDEX i ON t USING btree (f(' WITH (')) WITH (fillfactor='70') WHERE (a)";
	const Part part = with_clause(index);
	EXPECT_EQ(index.substr(part.begin, part.end - part.begin), " WITH (fillfactor='70')");
}
