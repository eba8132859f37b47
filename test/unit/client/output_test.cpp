#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "dry_run.hpp"
#include "echo.hpp"
#include "failure.hpp"
#include "options.hpp"
#include "progress.hpp"
#include "report.hpp"
#include "run_log.hpp"
#include "server.hpp"
#include "table.hpp"
#include "text.hpp"

using namespace surefoot::client;

namespace {

PlanRow plan_row(int step, std::string kind, std::string statement)
{
	PlanRow row;
	row.step = step;
	row.kind = std::move(kind);
	row.line = 1;
	row.statement = std::move(statement);
	return row;
}

std::string slurp(const std::filesystem::path &path)
{
	std::ifstream in(path);
	return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace

TEST(Failure, PositionComesFromTheContext)
{
	auto at = parse_position(
		"migration 0019 up, step 1, statement 2, line 3, column 14\nSQL function \"x\"");
	ASSERT_TRUE(at);
	EXPECT_EQ(at->version, "0019");
	EXPECT_EQ(at->direction, "up");
	EXPECT_EQ(at->step, 1);
	EXPECT_EQ(at->statement, 2);
	EXPECT_EQ(at->line, 3);
	EXPECT_EQ(at->column, 14);
	EXPECT_FALSE(parse_position("PL/pgSQL function x"));
	EXPECT_FALSE(parse_position(""));
	EXPECT_FALSE(parse_position("migration "));
	EXPECT_EQ(parse_position("migration 7 down")->direction, "down");
}

TEST(Failure, ExitCodesFollowTheState)
{
	EXPECT_EQ(exit_of_sqlstate("SF005"), exit_locks);
	EXPECT_EQ(exit_of_sqlstate("SF009"), exit_validation);
	EXPECT_EQ(exit_of_sqlstate("57P01"), exit_connection);
	EXPECT_EQ(exit_of_sqlstate("42P01"), exit_failed);
	EXPECT_EQ(code_of_sqlstate("SF002"), "CHANGED");
	EXPECT_EQ(code_of_sqlstate("42P01"), "STATEMENT_FAILED");
}

TEST(Json, ErrorHasItsStableKeys)
{
	Failure failure = make_failure(exit_failed, "STATEMENT_FAILED", "relation exists", "drop it");
	failure.sqlstate = "42P07";
	failure.position = ScriptPosition{"0019", "up", 1, 2, 3, 14};
	failure.next_command = "surefoot apply 0019";
	Json json = to_json(failure);
	for (const char *key :
		 {"code", "exit_code", "message", "sqlstate", "migration", "direction", "step", "statement",
		  "line", "column", "detail", "hint", "state", "next_command"})
		EXPECT_TRUE(json.contains(key)) << key;
	EXPECT_EQ(json["line"], 3);
	EXPECT_EQ(json["migration"], "0019");
	EXPECT_TRUE(json["detail"].is_null());
}

TEST(Json, EmptyBecomesNullAndSecretsStayCovered)
{
	Json json = to_json(StatusRow{"0019", "a", "pending", "", "", "", "", std::nullopt, ""});
	EXPECT_TRUE(json["applied_at"].is_null());
	EXPECT_TRUE(json["duration_seconds"].is_null());
	EXPECT_EQ(json["state"], "pending");
	Failure failure = make_failure(1, "X", "at PASSWORD 's3cret'");
	EXPECT_EQ(dump(to_json(failure)).find("s3cret"), std::string::npos);
	EXPECT_NO_THROW(dump(Json{{"text", "\xFF\xFE"}}));
}

TEST(DryRun, TransactionsAreWrappedAndStepsAreComments)
{
	std::string sql = plan_as_sql(
		"0019_a, up", {plan_row(1, "transaction", "ALTER TABLE t ADD a int"),
					   plan_row(1, "transaction", "SELECT 1 -- note"),
					   plan_row(2, "concurrent", "CREATE INDEX CONCURRENTLY i ON t (a)")});
	EXPECT_EQ(sql, "-- 0019_a, up\n"
				   "\n-- step 1 (transaction)\n"
				   "BEGIN;\n"
				   "--   line 1\nALTER TABLE t ADD a int;\n"
				   "--   line 1\nSELECT 1 -- note\n;\n"
				   "COMMIT;\n"
				   "\n-- all-or-nothing ends here\n"
				   "\n-- step 2 (concurrent)\n"
				   "--   line 1\nCREATE INDEX CONCURRENTLY i ON t (a);\n");
}

TEST(DryRun, HazardsStayComments)
{
	PlanRow row = plan_row(1, "transaction", "SELECT 1");
	row.hazards = {"two\nlines; DROP TABLE x"};
	for (const std::string &line : split_lines(plan_as_sql("x", {row})))
		EXPECT_FALSE(line.starts_with("lines")) << line;
}

TEST(Event, ReadsLikeTheNotice)
{
	EventRow event;
	event.version = "0019";
	event.direction = "up";
	event.message = "started";
	EXPECT_EQ(event_line(event), "0019 up: started");
	event.step = 2;
	event.line = 3;
	event.message = "statement";
	event.statement = "SELECT 1\n  / 0";
	EXPECT_EQ(event_line(event), "0019 up, step 2, line 3: SELECT 1 / 0");
}

TEST(Progress, NamesPhasePercentBlocksAndBlocker)
{
	JobRow job;
	job.version = "0019";
	job.direction = "up";
	job.step = 2;
	job.phase = "building index: scanning table";
	job.percent = 42.4;
	job.done = 1200;
	job.total = 3000;
	EXPECT_EQ(describe_job(job, "1/2"), "0019 up, step 2/2: building index: scanning table 42% "
										"(1,200 of 3,000 blocks)");
	job.waiting_for = "pid 812 (idle in transaction, 3 min): SELECT 1";
	EXPECT_EQ(describe_job(job, "1/2", 80),
			  "0019 up, step 2/2: building index: scanning table 42%, waiting for "
			  "pid 812 (idle in transaction, 3 min): SELECT 1");
}

TEST(Echo, ParametersBecomeLiterals)
{
	EXPECT_EQ(echo_statement("SELECT f($1, $2)", {"it's", std::nullopt}),
			  "SELECT f('it''s', NULL);");
	EXPECT_EQ(echo_statement("SELECT '$9'", {"x"}), "SELECT '$9';");
	EXPECT_LT(echo_statement("SELECT f($1)", {std::string(100000, 'x')}).size(), 1000u);
	EXPECT_EQ(echo_statement("SELECT f($1)", {"CREATE ROLE r PASSWORD 'secret'"}),
			  "SELECT f('CREATE ROLE r PASSWORD ''********''');");
}

TEST(TextArray, QuotesEverything)
{
	EXPECT_EQ(text_array({"a", std::nullopt, "q\"b\\", ""}), "{\"a\",NULL,\"q\\\"b\\\\\",\"\"}");
}

TEST(Table, AlignsAndLeavesEmptyColumnsOut)
{
	Table table({"A", "EMPTY", "B"});
	table.add({{"1"}, {}, {"x"}});
	table.add({{"gr\xC3\xBC\xC3\x9F"}, {}, {"y"}});
	EXPECT_EQ(table.render(false), "A     B\n1     x\ngr\xC3\xBC\xC3\x9F  y\n");
}

TEST(CommandLine, CanBePasted)
{
	Options options;
	options.dir = "my dir";
	options.dir_given = true;
	options.connection.dbname = "postgresql://joe:s3cret@h/db";
	options.connection.host = "db1";
	EXPECT_EQ(command_line(options, "revert", "0019"),
			  "surefoot revert 0019 -h db1 --dir 'my dir'");
}

TEST(CommandLine, AliasesOfOtherRunners)
{
	EXPECT_EQ(canonical_command("up"), "apply");
	EXPECT_EQ(canonical_command("rollback"), "revert");
	EXPECT_EQ(canonical_command("info"), "status");
	EXPECT_EQ(canonical_command("apply"), "apply");
}

TEST(RunLog, FolderBySource)
{
	EXPECT_EQ(log_folder("a", {{"SUREFOOT_LOG_DIR", "b"}}), "a");
	EXPECT_EQ(log_folder("", {{"SUREFOOT_LOG_DIR", "b"}, {"HOME", "/h"}}), "b");
	EXPECT_EQ(log_folder("", {{"XDG_STATE_HOME", "/s"}, {"HOME", "/h"}}), "/s/surefoot");
	EXPECT_EQ(log_folder("", {{"HOME", "/h"}}), "/h/.local/state/surefoot");
	EXPECT_EQ(log_file_name("20261122T101112Z", "apply", "0019"),
			  "surefoot_20261122T101112Z_apply_0019.log");
}

TEST(RunLog, IsPrivateStampedAndMasked)
{
	std::string folder = ::testing::TempDir() + "surefoot_log_" + std::to_string(getpid());
	std::filesystem::path first, second;
	{
		RunLog log, other;
		log.configure(Terminal{}, true, 0);
		other.configure(Terminal{}, true, 0);
		log.open(folder, "apply", "0019", "start");
		other.open(folder, "apply", "0019", "start");
		first = log.path();
		second = other.path();
		log.info("0019 up, step 1: CREATE ROLE x\nPASSWORD 's3cret'");
	}
	EXPECT_NE(first, second);
	struct stat info {};
	ASSERT_EQ(stat(first.c_str(), &info), 0);
	EXPECT_EQ(info.st_mode & 0777, 0600u);
	std::vector<std::string> lines = split_lines(slurp(first));
	ASSERT_EQ(lines.size(), 3u);
	EXPECT_EQ(lines[0].substr(10, 1) + lines[0].substr(23), "TZ INFO  start");
	EXPECT_EQ(lines[2], "\tPASSWORD '********'");
	std::filesystem::remove_all(folder);
}

TEST(RunLog, SaysWhenItCannotBeMade)
{
	RunLog log;
	log.configure(Terminal{}, true, 0);
	try {
		log.open("/proc/nowhere", "apply", "0019", "start");
		FAIL();
	} catch (const Failure &failure) {
		EXPECT_EQ(failure.code, "LOG_FILE");
		EXPECT_NE(failure.message.find("/proc/nowhere"), std::string::npos);
	}
}

TEST(Text, HumanFigures)
{
	EXPECT_EQ(human_duration(0.012), "12 ms");
	EXPECT_EQ(human_duration(3.44), "3.4 s");
	EXPECT_EQ(human_duration(320), "5 min 20 s");
	EXPECT_EQ(human_bytes(1023), "1023 bytes");
	EXPECT_EQ(human_bytes(1536), "1.5 kB");
	EXPECT_EQ(human_count(1000000), "1,000,000");
	EXPECT_EQ(human_count(999), "999");
	EXPECT_EQ(human_count(-1000), "-1,000");
}

TEST(Text, ShellAndSqlQuoting)
{
	EXPECT_EQ(shell_quote("0019"), "0019");
	EXPECT_EQ(shell_quote("it's"), "'it'\\''s'");
	EXPECT_EQ(sql_literal("it's"), "'it''s'");
	EXPECT_EQ(sql_literal("a\\b"), "E'a\\\\b'");
}

TEST(Text, StampIsUtcWithMilliseconds)
{
	using namespace std::chrono;
	system_clock::time_point when{milliseconds(1767323045678)};
	EXPECT_EQ(utc_stamp(when), "2026-01-02T03:04:05.678Z");
	EXPECT_EQ(utc_compact(when), "20260102T030405Z");
}
