#include "run.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/secret_text.hpp"
#include "echo.hpp"
#include "interrupt.hpp"
#include "script_file.hpp"

namespace surefoot::client {

namespace {

constexpr std::chrono::seconds between_live_lines{3};

} // namespace

void Run::warn_of_misnamed(const HistoryFiles &read)
{
	std::string names;
	size_t count = 0;
	for (const std::string &name : read.ignored())
		if (looks_like_migration(name) && ++count <= 5)
			names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", name);
	if (count > 5)
		names += fmt::format(" and {} more", count - 5);
	if (count > 0)
		log.warning(fmt::format("not taken for migrations: {}\nHINT: The form is 0019_name.up.sql, "
								"0019_name.down.sql, 0019_name.verify.sql.",
								names));
}

const HistoryFiles &Run::history()
{
	if (!files) {
		files = HistoryFiles::read(options.dir);
		warn_of_misnamed(*files);
		if (options.verbose > 0)
			for (const std::string &name : files->ignored())
				log.debug(
					fmt::format("ignored \"{}\": not NNNN_name.up.sql, .down.sql or .verify.sql",
								(files->folder() / name).string()));
	}
	return *files;
}

const HistoryFiles &Run::history_if_any()
{
	std::error_code error;
	if (!files && !options.dir_given && env_value(env, "SUREFOOT_DIR").empty() &&
		!std::filesystem::exists(options.dir, error)) {
		log.warning(fmt::format("there is no folder \"{}\": only what the database knows is shown",
								options.dir));
		files = HistoryFiles::from_names(options.dir, {});
	}
	return history();
}

ConnectionSettings Run::settings() const
{
	return sandbox ? sandbox->settings() : resolve_settings(options.connection, env);
}

void Run::receive(const Notice &notice)
{
	// What goes on while a lock is sought comes several times a second: a line that redraws itself on a
	// terminal, now and then a line elsewhere.
	if (notice.severity == "INFO") {
		auto now = std::chrono::steady_clock::now();
		bool due = now - last_live_ >= between_live_lines;
		if (due)
			last_live_ = now;
		if (terminal.progress)
			log.progress(notice.message);
		else if (due)
			log.info(notice.message);
		return;
	}
	std::string text = notice.message;
	if (!notice.detail.empty())
		text += "\nDETAIL: " + notice.detail;
	if (!notice.hint.empty())
		text += "\nHINT: " + notice.hint;
	noticed.insert(core::mask_secret_text(notice.message));
	log.write(notice.severity == "WARNING" ? LogLevel::warning : LogLevel::info, text);
	if (on_line)
		on_line(notice.message);
}

void Run::open_connection(const ConnectionSettings &settings)
{
	server.reset();
	connection.reset();
	connection.emplace(Connection::open(settings));
	connection->on_notice([this](const Notice &notice) { receive(notice); });
	if (options.echo)
		connection->on_statement([this](const std::string &sql, const Params &params) {
			if (polling && !polled_.insert(sql).second)
				return;
			log.clear_progress();
			put_error(echo_statement(sql, params) + "\n");
		});
	install_signal_handlers();
	server.emplace(*connection);
	// To override the row of the checklist and to be refused by the server would help nobody.
	if (options.out_of_order || std::find(options.overrides.begin(), options.overrides.end(),
										  "order") != options.overrides.end())
		server->allow_out_of_order();
	if (options.command == "apply" && !options.accepts.empty())
		server->allow_no_way_back(true);
}

Server &Run::connect()
{
	if (options.sandbox && !sandbox) {
		sandbox = Sandbox::start(options.pg_bin, env);
		log.info(fmt::format("sandbox: a private PostgreSQL in {}", sandbox->folder().string()));
		Connection::open(sandbox->settings()).script("CREATE EXTENSION surefoot");
	}
	open_connection(settings());
	const ServerInfo &info = server->info();
	log.write(log.is_open() ? LogLevel::info : LogLevel::debug,
			  fmt::format("connected to \"{}\" on {}:{} as \"{}\", PostgreSQL {}, surefoot {}",
						  info.database, connection->host(), connection->port(), info.user,
						  info.server_version, info.extension_version));
	report["database"] = info.database;
	report["user"] = info.user;
	return *server;
}

bool Run::reconnect(double seconds)
{
	using namespace std::chrono;
	auto until = steady_clock::now() + duration<double>(seconds);
	do {
		try {
			open_connection(settings());
			return true;
		} catch (const Failure &) {
			if (interruptible_sleep(milliseconds(300)))
				return false;
		}
	} while (steady_clock::now() < until);
	return false;
}

void Run::open_log(const std::string &target)
{
	std::string first = fmt::format("surefoot {}: {}{}{}", SUREFOOT_VERSION, options.command,
									target.empty() ? "" : " ", target);
	// What happens in a sandbox is gone with it, unless somebody wants to read of it.
	if (options.no_log_file || (options.sandbox && options.log_dir.empty())) {
		log.info(first);
		return;
	}
	log.open(log_folder(options.log_dir, env), options.command, target, first);
	report["log"] = log.path().string();
}

void Run::tell_log()
{
	if (log.is_open())
		say("log: " + log.path().string());
}

void Run::say(std::string_view line)
{
	if (options.json)
		return;
	log.clear_progress();
	put_line(line);
	flush_output();
}

Script load_script(const MigrationFiles &files)
{
	Script script{files.version,
				  files.name.empty() ? files.version : files.name,
				  read_script(files.up),
				  {},
				  {}};
	if (files.down)
		script.down = read_script(*files.down);
	if (files.verify)
		script.verify = read_script(*files.verify);
	return script;
}

} // namespace surefoot::client
