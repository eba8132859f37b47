#include "history_files.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "failure.hpp"
#include "script_file.hpp"
#include "up_template.hpp"

using namespace surefoot::client;

namespace {

std::string message_of(const std::function<void()> &work)
{
	try {
		work();
	} catch (const Failure &failure) {
		EXPECT_EQ(failure.exit_code, exit_usage);
		return failure.message;
	}
	return "no failure";
}

HistoryFiles names(std::vector<std::string> list)
{
	return HistoryFiles::from_names("db", std::move(list));
}

bool contains(const std::string &text, std::string_view part)
{
	return text.find(part) != std::string::npos;
}

} // namespace

TEST(HistoryFiles, JoinsTheScriptsOfAMigration)
{
	HistoryFiles history = names(
		{"0010_b.up.sql", "0002_a.up.sql", "0002_a.down.sql", "0002_a.verify.sql", "README.md"});
	ASSERT_EQ(history.migrations().size(), 2u);
	const MigrationFiles &first = history.migrations().front();
	EXPECT_EQ(first.version, "0002");
	EXPECT_EQ(first.name, "a");
	EXPECT_EQ(first.stem(), "0002_a");
	EXPECT_EQ(first.down->string(), "db/0002_a.down.sql");
	EXPECT_TRUE(first.verify);
	EXPECT_FALSE(history.migrations().back().down);
	EXPECT_EQ(history.ignored(), std::vector<std::string>{"README.md"});
}

TEST(HistoryFiles, OrdersByNumber)
{
	HistoryFiles history =
		names({"10_c.up.sql", "9_b.up.sql", "20240101000000_d.up.sql", "1_a.up.sql"});
	std::string order;
	for (const MigrationFiles &files : history.migrations())
		order += files.name;
	EXPECT_EQ(order, "abcd");
}

TEST(HistoryFiles, FindsByAnySpelling)
{
	HistoryFiles history = names({"0019_add_status.up.sql"});
	EXPECT_NE(history.find("19"), nullptr);
	EXPECT_NE(history.find("000019"), nullptr);
	EXPECT_EQ(history.find("190"), nullptr);
	EXPECT_EQ(history.require("0019_add_status").version, "0019");
	EXPECT_THROW(history.require("0019_other"), Failure);
	EXPECT_THROW(history.require("20"), Failure);
}

TEST(HistoryFiles, RefusesTwoFilesOfOneVersion)
{
	std::string message = message_of([] { names({"0019_a.up.sql", "19_a.up.sql"}); });
	EXPECT_TRUE(contains(message, "0019_a.up.sql") && contains(message, "19_a.up.sql")) << message;
	message = message_of([] { names({"0019_a.up.sql", "0019_b.up.sql"}); });
	EXPECT_TRUE(contains(message, "0019_a.up.sql") && contains(message, "0019_b.up.sql"))
		<< message;
}

TEST(HistoryFiles, RefusesOrphansAndTwoNames)
{
	EXPECT_TRUE(contains(message_of([] { names({"0019_a.down.sql"}); }), "0019_a.down.sql"));
	EXPECT_TRUE(contains(message_of([] { names({"0019_a.verify.sql"}); }), "no up script"));
	std::string message = message_of([] { names({"0019_a.up.sql", "0019_b.down.sql"}); });
	EXPECT_TRUE(contains(message, "0019_a.up.sql") && contains(message, "0019_b.down.sql"))
		<< message;
}

TEST(HistoryFiles, IgnoresWhatIsNoScript)
{
	HistoryFiles history =
		names({"x.up.sql", "0001_a.sql", ".0001_a.up.sql.swp", "0001_a.up.sql~", "a_1.up.sql"});
	EXPECT_TRUE(history.migrations().empty());
	EXPECT_EQ(history.ignored().size(), 5u);
}

TEST(HistoryFiles, NameMayLack)
{
	HistoryFiles history = names({"0019.up.sql", "0019.down.sql"});
	ASSERT_EQ(history.migrations().size(), 1u);
	EXPECT_EQ(history.migrations().front().stem(), "0019");
}

TEST(HistoryFiles, SaysWhenTheFolderIsNotThere)
{
	EXPECT_TRUE(contains(message_of([] { HistoryFiles::read("/nonexistent/folder"); }),
						 "/nonexistent/folder"));
}

TEST(ScriptFile, DropsTheByteOrderMark)
{
	EXPECT_EQ(clean_script("\xEF\xBB\xBFSELECT 1;\r\n", "x"), "SELECT 1;\r\n");
}

TEST(ScriptFile, RefusesWhatIsNoText)
{
	EXPECT_EQ(message_of([] { clean_script("a\nb\xFF", "x.up.sql"); }),
			  "\"x.up.sql\" is not UTF-8 in line 2 (byte offset 3, value 0xFF)");
	EXPECT_EQ(message_of([] { clean_script(std::string("ab\0c", 4), "x.up.sql"); }),
			  "\"x.up.sql\" has a NUL byte in line 1 (byte offset 2, value 0x00)");
	// The offset is the file's, with the mark counted.
	EXPECT_TRUE(
		contains(message_of([] { clean_script("\xEF\xBB\xBF\n\xE4", "x"); }), "byte offset 4"));
	EXPECT_TRUE(contains(message_of([] {
							 clean_script("\xFF\xFE"
										  "a",
										  "x");
						 }),
						 "UTF-16"));
}

TEST(ScriptFile, RefusesTruncatedAndOverlongSequences)
{
	for (const char *bad :
		 {"\xC3", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80"})
		EXPECT_THROW(clean_script(bad, "x"), Failure);
	EXPECT_NO_THROW(clean_script("-- gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x90\x98", "x"));
}

TEST(ScriptFile, RefusesEmptyAndMissing)
{
	EXPECT_TRUE(contains(message_of([] { clean_script(" \n\t\r\n", "x.up.sql"); }),
						 "\"x.up.sql\" is empty"));
	EXPECT_TRUE(
		contains(message_of([] { read_script("/nonexistent/0001_a.up.sql"); }), "0001_a.up.sql"));
}

TEST(UpTemplate, IsNoMigrationUntilSomethingIsWrittenIntoIt)
{
	const std::string made = up_template("0019_add_status", "0019");
	EXPECT_TRUE(contains(made, "surefoot plan 0019"));
	EXPECT_TRUE(is_untouched_template(made));
	EXPECT_TRUE(is_untouched_template(made + "\t-- later\r\n\n"));
	EXPECT_FALSE(is_untouched_template(made + "SELECT 1;\n"));
	EXPECT_FALSE(is_untouched_template("-- nothing but words\n"));
	EXPECT_TRUE(contains(message_of([&] { clean_script(made, "a.up.sql"); }), "as surefoot new has made it"));
}
