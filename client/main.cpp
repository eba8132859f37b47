// The surefoot client: reads files, calls functions of the server, shows what happens.
#include <fmt/format.h>

#include <array>

#include "checks.hpp"
#include "commands.hpp"
#include "enrich.hpp"
#include "interrupt.hpp"
#include "report.hpp"
#include "run.hpp"

namespace surefoot::client {
namespace {

struct Command {
	std::string_view name;
	int (*function)(Run &);
};

constexpr std::array commands{
	Command{"new", command_new},		   Command{"status", command_status},
	Command{"plan", command_plan},		   Command{"checklist", command_checklist},
	Command{"rehearse", command_rehearse}, Command{"apply", command_apply},
	Command{"revert", command_revert},
	Command{"resume", command_resume},	   Command{"cancel", command_cancel},
	Command{"validate", command_validate}, Command{"drift", command_drift},
	Command{"jobs", command_jobs},		   Command{"archive", command_archive},
	Command{"log", command_log},		   Command{"show", command_show},
	Command{"version", command_version},
};

int dispatch(Run &run)
{
	for (const Command &command : commands)
		if (command.name == run.options.command)
			return command.function(run);
	throw usage_failure(fmt::format("unknown command \"{}\"", run.options.command));
}

// Its exit code says what became of that, whoever reads about it.
bool changes_something(const std::string &command)
{
	return command == "apply" || command == "revert" || command == "resume" ||
		   command == "cancel" || command == "archive" || command == "new";
}

void show_failure(Run &run, const Failure &failure)
{
	if (run.log.is_open() || run.options.no_log_file)
		run.log.error(failure_text(failure, false));
	else {
		run.log.clear_progress();
		put_error(fmt::format("{} {}\n",
							  paint(run.terminal.color_err, Color::red, "surefoot: error:"),
							  failure_text(failure, run.terminal.color_err)));
	}
	if (run.log.is_open())
		put_error(fmt::format("log: {}\n", run.log.path().string()));
	if (run.options.json)
		run.report["error"] = to_json(failure);
}

int run_program(int argc, char **argv)
{
	survive_failed_writes();
	Run run;
	run.env = process_environment();
	run.report["schema_version"] = json_schema_version;
	// Known before the arguments are: a wrong argument is reported as JSON too.
	for (int i = 1; i < argc; ++i)
		run.options.json = run.options.json || std::string_view(argv[i]) == "--json";
	run.terminal = Terminal::detect("auto", run.env);
	int code = exit_ok;
	try {
		run.report["command"] = nullptr;
		if (!parse_arguments(argc, argv, run.env, run.options))
			return exit_ok;
		run.report["command"] = run.options.command;
		run.terminal = Terminal::detect(run.options.color, run.env);
		run.log.configure(run.terminal, run.options.quiet, run.options.verbose);
		code = dispatch(run);
		warn_of_unused_overrides(run);
	} catch (Failure &failure) {
		if (!run.options.command.empty())
			run.report["command"] = run.options.command;
		warn_of_unused_overrides(run);
		enrich(run, failure);
		show_failure(run, failure);
		code = failure.exit_code;
	}
	if (run.options.json) {
		run.report["exit_code"] = code;
		put_line(dump(run.report, run.json_lines ? -1 : 2));
	}
	try {
		if (!finish_output() && code == exit_ok && !changes_something(run.options.command))
			code = exit_closed_pipe;
	} catch (const Failure &failure) {
		put_error(fmt::format("surefoot: error: {}\n", failure.message));
		code = code == exit_ok ? failure.exit_code : code;
	}
	return code;
}

} // namespace
} // namespace surefoot::client

int main(int argc, char **argv)
{
	using namespace surefoot::client;
	try {
		return run_program(argc, argv);
	} catch (const std::exception &error) {
		put_error(fmt::format("surefoot: error: {}\n", error.what()));
		return exit_failed;
	}
}
