#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>

#include "checklist_rows.hpp"
#include "failure.hpp"
#include "options.hpp"
#include "terminal.hpp"
#include "usage.hpp"

namespace surefoot::client {

namespace {

constexpr const char *description =
	"Schema migrations for PostgreSQL that are safe by construction and can always walk back.";

constexpr const char *footer =
	R"(Connection: flags, then DB_HOST DB_PORT DB_NAME DB_USER DB_PASSWORD (DB_PASSWORD_FILE DB_SSLMODE),
then DATABASE_URL, then libpq's own PG* variables, service file and ~/.pgpass.
Exit: 0 done, 1 failed and rolled back, 2 usage or file, 3 pending (status --exit-code), 4 validation,
5 locks, 6 connection, 7 checklist, 8 a later step failed, 9 still running, 130 interrupted.
Example: surefoot checklist 0019 && surefoot apply 0019)";

constexpr const char *common_options =
	R"(With every command: --dir FOLDER, --log-dir FOLDER, --no-log-file, --json, --quiet, --verbose, --echo,
--color WHEN, --sandbox, --pg-bin FOLDER, and the connection: -h HOST, -p PORT, -d DATABASE, -U USER.
What they do, and the exit codes: surefoot --help)";

void add_common(CLI::App &app, Options &options)
{
	app.add_option("-h,--host", options.connection.host,
				   "server host or socket directory (DB_HOST)")
		->group("Connection");
	app.add_option("-p,--port", options.connection.port, "server port (DB_PORT)")
		->group("Connection");
	app.add_option("-d,--dbname", options.connection.dbname, "database (DB_NAME)")
		->group("Connection");
	app.add_option("-U,--username", options.connection.user, "user (DB_USER)")->group("Connection");

	app.add_option("-C,--dir", options.dir, "folder of the migrations (SUREFOOT_DIR; migrations)")
		->group("Files");
	app.add_option("--log-dir", options.log_dir,
				   "folder of the log files (SUREFOOT_LOG_DIR; ~/.local/state/surefoot)")
		->group("Files");
	app.add_flag("--no-log-file", options.no_log_file, "log on standard error only")
		->group("Files");

	app.add_flag("--json", options.json, "results as one JSON object")->group("Output");
	app.add_flag("-q,--quiet", options.quiet, "only warnings and errors on standard error")
		->group("Output");
	app.add_flag("-v,--verbose", options.verbose, "more on standard error")->group("Output");
	app.add_flag("--echo", options.echo, "show the SQL that is sent to the server")
		->group("Output");
	app.add_option("--color", options.color, "auto, always or never (NO_COLOR)")
		->check(CLI::IsMember({"auto", "always", "never"}))
		->group("Output");

	app.add_flag("--sandbox", options.sandbox, "run against a private, throwaway PostgreSQL")
		->group("Sandbox");
	app.add_option("--pg-bin", options.pg_bin, "folder of PostgreSQL's programs, for --sandbox")
		->group("Sandbox");
}

CLI::App *add_command(CLI::App &app, const char *name, const char *text, const char *example)
{
	CLI::App *command = app.add_subcommand(name, text);
	command->fallthrough();
	command->footer(fmt::format("Example: {}\n{}", example, common_options));
	return command;
}

void add_range(CLI::App *command, Options &options, const char *to, const char *all)
{
	command->add_option("version", options.target, "0019, 19 or 0019_name");
	command->add_option("--to", options.to, to);
	command->add_flag("--all", options.all, all);
}

void add_running(CLI::App *command, Options &options)
{
	command->add_flag("--no-wait", options.no_wait,
					  "leave queued steps to the server (exit code 9)");
	command->add_option("--wait-timeout", options.wait_timeout,
						"seconds to wait for another runner (600)");
}

void add_checks(CLI::App *command, Options &options)
{
	command
		->add_option("--override", options.overrides, "go on although this row fails (repeatable)")
		->allow_extra_args(false);
	command->add_option("--check-command", options.check_command,
						"a command of yours as one more row (SUREFOOT_CHECK_COMMAND)");
}

void add_commands(CLI::App &app, Options &options)
{
	CLI::App *command = add_command(app, "new", "make the file of a new migration",
						  "surefoot new \"add user status\"; when it is applied: surefoot new --down 0019");
	command->add_option("name", options.target, "what it does: add_status")->required();
	command->add_flag("--down", options.down,
					  "the down file of an applied migration, as its way back was derived");
	command->add_flag("--timestamp", options.timestamp,
					  "version from the time instead of a number");

	command = add_command(app, "status", "what is applied, and what is pending",
						  "surefoot status --exit-code");
	command->add_option("version", options.target, "only this one");
	command->add_flag("--exit-code", options.exit_code, "exit with 3 when something is pending");

	command = add_command(app, "plan", "the steps, locks, sizes and hazards; nothing is executed",
						  "surefoot plan 0019");
	add_range(command, options, "pending ones up to this version", "all pending ones");
	command->add_flag("--down", options.down, "the way back");

	command = add_command(app, "checklist", "what must be true before a change",
						  "surefoot checklist 0019");
	command->add_option("version", options.target, "default: the first pending one");
	command->add_flag("--down", options.down, "before the way back");
	add_checks(command, options);

	command = add_command(app, "rehearse",
						  "up, verify and both ways back, rolled back; in a sandbox for good",
						  "surefoot rehearse --all --sandbox");
	command->add_option("version", options.target, "default: the first pending one");
	command->add_flag("--all", options.all, "the whole history, with --sandbox");

	command = add_command(app, "apply", "apply migrations; without a version, all pending ones",
						  "surefoot apply 0019");
	add_range(command, options, "pending ones up to this version", "all pending ones");
	command->add_flag("--dry-run", options.dry_run, "print the SQL that would run");
	command->add_flag("--out-of-order", options.out_of_order,
					  "also below the highest applied version");
	command->add_option("--accept", options.accepts, "no-way-back: what cannot be walked back")
		->allow_extra_args(false)
		->check(CLI::IsMember({"no-way-back"}));
	add_checks(command, options);
	add_running(command, options);

	command = add_command(app, "revert", "walk back",
						  "surefoot revert --to 0018");
	add_range(command, options, "all of a higher version, the latest applied first", "all applied ones");
	command->add_flag("--dry-run", options.dry_run, "print the SQL that would run");
	command->add_option("--accept", options.accepts, "a difference to accept, by name (repeatable)")
		->allow_extra_args(false);
	add_checks(command, options);
	add_running(command, options);

	command = add_command(app, "resume", "go on after a failed step",
						  "surefoot resume 0019");
	command->add_option("version", options.target, "0019, 19 or 0019_name")->required();
	add_running(command, options);

	command = add_command(app, "cancel", "stop the queued or running steps of a migration",
						  "surefoot cancel 0019");
	command->add_option("version", options.target, "0019, 19 or 0019_name")->required();
	command->add_option("--wait-timeout", options.wait_timeout,
						"seconds to wait for the end (600)");

	command = add_command(app, "validate", "is what was applied still there, as it should be",
						  "surefoot validate 0019");
	command->add_option("version", options.target, "default: all applied ones");
	command->add_flag("--all", options.all, "all applied ones");

	command = add_command(app, "drift", "what is not as the migrations have left it",
						  "surefoot drift --sql recorded > back.sql");
	command->add_flag("--all", options.all, "also what no migration knows of");
	command->add_option("--sql", options.sql, "only the script that leads there: recorded, live")
		->check(CLI::IsMember({"recorded", "live"}));

	command = add_command(app, "jobs", "steps that are not finished",
						  "surefoot jobs --follow");
	command->add_option("version", options.target, "only of this migration");
	command->add_flag("-f,--follow", options.follow, "until they are finished");

	command = add_command(app, "archive", "rows that are kept for the way back",
						  "surefoot archive 0019 --purge");
	command->add_option("version", options.target, "only of this migration");
	command->add_flag("--purge", options.purge,
					  "remove what is past its time, or all of this migration");
	command->add_flag("--restore", options.restore,
					  "give what its revert has kept back to this migration, which is applied again");

	command = add_command(app, "log", "who ran what, when, with which result",
						  "surefoot log 0019");
	command->add_option("version", options.target, "only this one, with its statements");
	command->add_option("-n,--limit", options.limit, "at most so many runs (50)");

	command = add_command(app, "show", "the way back of an applied migration, as it was derived",
						  "surefoot show 0019");
	command->add_option("version", options.target, "0019, 19 or 0019_name")->required();

	add_command(app, "version", "versions of client, library and extension",
						  "surefoot version");
}

// "help" and "help apply" are "--help" and "apply --help".
void replace_help(std::vector<std::string> &words)
{
	if (words.empty() || words.front() != "help")
		return;
	words.erase(words.begin());
	words.resize(std::min(words.size(), size_t{1}));
	words.emplace_back("--help");
}

// The aliases would double every line of the help if the parser knew them.
std::vector<std::string> without_aliases(CLI::App &app, int argc, char **argv)
{
	std::vector<std::string> words(argv + 1, argv + argc);
	replace_help(words);
	for (size_t i = 0; i < words.size(); ++i) {
		const std::string &word = words[i];
		if (!word.starts_with('-')) {
			words[i] = canonical_command(word);
			break;
		}
		std::string name = word.substr(0, word.starts_with("--") ? std::string::npos : 2);
		CLI::Option *option = app.get_option_no_throw(name);
		if (option && option->get_expected_min() > 0 && name == word)
			++i;
	}
	// CLI11 wants them backwards.
	return {words.rbegin(), words.rend()};
}

std::vector<std::string> command_names(const CLI::App &app)
{
	std::vector<std::string> names;
	for (const CLI::App *command : app.get_subcommands({}))
		names.push_back(command->get_name());
	return names;
}

// The word that names the command; words are backwards. An empty text when there is none.
std::string command_word(CLI::App &app, const std::vector<std::string> &words)
{
	for (auto word = words.rbegin(); word != words.rend(); ++word) {
		if (word->starts_with('-')) {
			CLI::Option *option = app.get_option_no_throw(*word);
			if (option && option->get_expected_min() > 0 && word + 1 != words.rend())
				++word;
			continue;
		}
		std::vector<std::string> names = command_names(app);
		if (std::find(names.begin(), names.end(), *word) == names.end())
			throw unknown_command(*word, names);
		return *word;
	}
	return "";
}

} // namespace

bool parse_arguments(int argc, char **argv, const Environment &env, Options &options)
{
	CLI::App app(description, "surefoot");
	app.set_help_flag("-?,--help", "show this help");
	app.set_version_flag("--version", "surefoot " SUREFOOT_VERSION);
	app.footer(footer);
	app.get_formatter()->column_width(34);
	add_common(app, options);
	add_commands(app, options);
	app.require_subcommand(0, 1);

	try {
		std::vector<std::string> words = without_aliases(app, argc, argv);
		options.command = command_word(app, words);
		app.parse(std::move(words));
	} catch (const CLI::Success &success) {
		app.exit(success);
		return false;
	} catch (const CLI::ParseError &error) {
		throw usage_failure(sentence_of(error.get_name(), error.what(), options.command),
							"See: surefoot " +
								(options.command.empty() ? "" : options.command + " ") + "--help");
	}
	if (options.command.empty())
		throw no_command(command_names(app));

	if (options.limit < 1)
		throw usage_failure("--limit takes a number above 0", "See: surefoot log --help");

	refuse_unknown_overrides(options.overrides);

	options.dir_given = !options.dir.empty();
	if (options.dir.empty())
		options.dir = env_value(env, "SUREFOOT_DIR");
	if (options.dir.empty())
		options.dir = "migrations";
	// What is left to a server that ends with the client would never be done.
	if (options.sandbox)
		options.no_wait = false;
	if (options.check_command.empty())
		options.check_command = env_value(env, "SUREFOOT_CHECK_COMMAND");
	if (int given = !options.target.empty() + !options.to.empty() + options.all;
		given > 1 && options.command != "new")
		throw usage_failure("give a version, or --to, or --all, not two of them",
							"See: surefoot " + options.command + " --help");
	return true;
}

} // namespace surefoot::client
