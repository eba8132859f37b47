#include "core/fingerprint.hpp"
#include "core/object.hpp"
#include "core/object_json.hpp"

#include <gtest/gtest.h>

using namespace surefoot::core;

namespace {

Object table(std::string columns, std::string owner = "joe")
{
	return {"table", "public.users", "users", {{"owner", owner}, {"columns", columns}}};
}

Object column(std::string name, std::string type)
{
	return {"column", "public.users." + name, "users", {{"type", type}}};
}

Objects set(std::vector<Object> objects)
{
	Objects result;
	for (Object &object : objects)
		result.add(std::move(object));
	return result;
}

} // namespace

TEST(Objects, AreOrderedAndFound)
{
	const Objects objects = set({table("id"), column("b", "text"), column("a", "integer")});
	std::string order;
	for (const Object &object : objects)
		order += object.kind + " " + object.identity + ";";
	EXPECT_EQ(order, "column public.users.a;column public.users.b;table public.users;");
	ASSERT_NE(objects.find("column", "public.users.b"), nullptr);
	EXPECT_EQ(*objects.find("column", "public.users.b")->field("type"), "text");
	EXPECT_EQ(objects.find("column", "public.users.c"), nullptr);
	EXPECT_EQ(objects.find("index", "public.users.b"), nullptr);
}

TEST(Objects, FirstImageWins)
{
	Objects objects = set({column("a", "integer")});
	objects.add(column("a", "bigint"));
	EXPECT_EQ(objects.size(), 1u);
	EXPECT_EQ(*objects.begin()->field("type"), "integer");
}

TEST(Equal, IgnoresWhereAnObjectIsFound)
{
	Object a = column("a", "integer"), b = a;
	b.root = "elsewhere";
	EXPECT_TRUE(equal(a, b));
	b.fields.emplace_back("comment", "x");
	EXPECT_FALSE(equal(a, b));
	EXPECT_FALSE(equal(b, a));
}

TEST(Equal, HolesArePhysical)
{
	Object a = table("id"), b = a;
	b.fields.emplace_back("dropped columns", "2");
	EXPECT_TRUE(equal(a, b));
	EXPECT_FALSE(equal(a, b, Kind::physical));
	EXPECT_EQ(fingerprint(set({a})), fingerprint(set({b})));
	EXPECT_NE(fingerprint(set({a}), Kind::physical), fingerprint(set({b}), Kind::physical));
}

TEST(Difference, NamesWhatCameWentAndChanged)
{
	const Objects before = set({column("a", "integer"), column("b", "text"), column("same", "text")});
	const Objects after = set({column("a", "bigint"), column("c", "text"), column("same", "text")});
	const std::vector<Change> changes = difference(before, after);
	ASSERT_EQ(changes.size(), 3u);
	EXPECT_EQ(render(changes), "column public.users.a: changed\n"
							   "  - type: integer\n"
							   "  + type: bigint\n"
							   "column public.users.b: dropped\n"
							   "  - type: text\n"
							   "column public.users.c: added\n"
							   "  + type: text");
	EXPECT_TRUE(difference(before, before).empty());
}

TEST(Render, ShowsOnlyTheLinesThatDiffer)
{
	Object a{"function", "public.f()", "f", {{"definition", "1\n2\n3\n4\n5\n6\n7\n8\n"}}}, b = a;
	b.fields[0].second = "1\n2\n3\n4\nfive\n6\n7\n8\n";
	EXPECT_EQ(render(Change{a, b}), "function public.f(): changed\n"
									"    definition:\n"
									"        ...\n"
									"        3\n"
									"        4\n"
									"  -     5\n"
									"  +     five\n"
									"        6\n"
									"        7\n"
									"        ...");
}

TEST(ColumnOrder, AloneIsTold)
{
	const Object a = table("id, \"a, b\", c");
	EXPECT_TRUE(differs_only_in_column_order(a, table("id, c, \"a, b\"")));
	EXPECT_FALSE(differs_only_in_column_order(a, a));
	EXPECT_FALSE(differs_only_in_column_order(a, table("id, c")));
	EXPECT_FALSE(differs_only_in_column_order(a, table("id, c, \"a, b\"", "ann")));
	EXPECT_TRUE(differs_only_in_column_order(set({a}), set({table("c, id, \"a, b\"")})));
	EXPECT_FALSE(differs_only_in_column_order(set({a}), set({table("c, id, \"a, b\""), column("d", "text")})));
}

TEST(Json, KeepsEverything)
{
	Object odd{"table", "public.\"od\"\"d\"", "{\"a\": []}", {{"comment", "line\n\ttab \\ \"q\" \x01 \xC3\xA4 \xFF"}}};
	const Objects objects = set({odd, column("a", "integer")});
	EXPECT_TRUE(equal(objects, objects_from_json(to_json(objects))));
	EXPECT_EQ(objects_from_json(to_json(objects)).find("table", odd.identity)->root, odd.root);
	EXPECT_TRUE(objects_from_json(" [ ] ").empty());

	const std::vector<Change> changes = {{std::nullopt, odd}, {column("a", "integer"), column("a", "bigint")}};
	const std::vector<Change> back = changes_from_json(to_json(changes));
	ASSERT_EQ(back.size(), 2u);
	EXPECT_FALSE(back[0].before);
	EXPECT_TRUE(equal(*back[0].after, odd));
	EXPECT_EQ(to_json(back), to_json(changes));
}

TEST(Json, RefusesWhatItDoesNotKnow)
{
	for (const char *bad : {"", "[", "[{]", "[{\"kind\": 1}]", "[{\"kind\": \"a\"}] x", "[{\"nind\": \"a\"}]", "[\"a\"]",
							"[{\"fields\": [[\"a\"]]}]", "[{\"kind\": \"\\u00g0\"}]", "[{\"kind\": \"a"})
		EXPECT_THROW(objects_from_json(bad), std::invalid_argument) << bad;
	EXPECT_THROW(changes_from_json("[{\"before\": null, \"after\": null}]"), std::invalid_argument);
	EXPECT_EQ(objects_from_json("[{\"kind\": \"\\u00e4\\ud83d\\ude00\"}]").begin()->kind, "\xC3\xA4\xF0\x9F\x98\x80");
}

TEST(Fingerprint, CountsContentNotOrder)
{
	const Objects a = set({table("id"), column("a", "integer"), {"view", "public.v", "v", {}}});
	const Objects b = set({{"view", "public.v", "v", {}}, column("a", "integer"), table("id")});
	EXPECT_EQ(fingerprint(a), fingerprint(b));
	EXPECT_EQ(fingerprint(a).size(), 64u);
	EXPECT_NE(fingerprint(a), fingerprint(set({table("id"), column("a", "bigint"), {"view", "public.v", "v", {}}})));
	EXPECT_NE(fingerprint(a), fingerprint(set({table("id"), column("a", "integer")})));
	/* what one field says cannot be said by two */
	EXPECT_NE(fingerprint(set({{"t", "a", "r", {{"x", "yz"}}}})), fingerprint(set({{"t", "a", "r", {{"xy", "z"}}}})));
}

TEST(Sha256, IsTheStandardOne)
{
	EXPECT_EQ(hexadecimal(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	EXPECT_EQ(hexadecimal(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	EXPECT_EQ(hexadecimal(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
			  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	EXPECT_EQ(hexadecimal(sha256(std::string(1000000, 'a'))),
			  "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
