#include "sandbox.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "failure.hpp"
#include "sandbox_folder.hpp"
#include "sandbox_guard.hpp"
#include "terminal.hpp"
#include "text.hpp"
#include "version.hpp"

namespace surefoot::client {

namespace fs = std::filesystem;

namespace {

Failure sandbox_failure(std::string message, std::string hint = "")
{
	return make_failure(exit_usage, "SANDBOX", std::move(message), std::move(hint));
}

bool has_programs(const fs::path &folder)
{
	return ::access((folder / "initdb").c_str(), X_OK) == 0 &&
		   ::access((folder / "postgres").c_str(), X_OK) == 0;
}

std::string first_line_of(const char *command)
{
	FILE *pipe = ::popen(command, "r");
	if (!pipe)
		return "";
	char buffer[4096];
	std::string line = std::fgets(buffer, sizeof buffer, pipe) ? buffer : "";
	::pclose(pipe);
	return std::string(trim(line));
}

fs::path find_programs(const std::string &wanted)
{
	if (!wanted.empty()) {
		if (!has_programs(wanted))
			throw sandbox_failure(fmt::format("\"{}\" does not hold initdb and postgres", wanted),
								  "--pg-bin is a folder like /usr/lib/postgresql/15/bin.");
		return wanted;
	}
	// Installed beside the server's programs: those are the ones that have the extension.
	std::error_code error;
	if (fs::path own = fs::read_symlink("/proc/self/exe", error).parent_path(); has_programs(own))
		return own;
	if (fs::path folder = first_line_of("pg_config --bindir 2>/dev/null"); has_programs(folder))
		return folder;
	// Debian keeps a folder for each major; the newest that is there.
	std::vector<std::string> majors;
	for (const auto &entry : fs::directory_iterator("/usr/lib/postgresql", error))
		if (is_version(entry.path().filename().string()) && has_programs(entry.path() / "bin"))
			majors.push_back(entry.path().filename().string());
	if (majors.empty())
		throw sandbox_failure(
			"no PostgreSQL programs found for the sandbox",
			"Install PostgreSQL's server, or name the folder of initdb with --pg-bin.");
	std::sort(majors.begin(), majors.end(), VersionLess());
	return fs::path("/usr/lib/postgresql") / majors.back() / "bin";
}

// initdb refuses to run as root: then somebody who may own nothing else.
void choose_account(GuardOrders &orders)
{
	if (::geteuid() != 0)
		return;
	for (const char *name : {"postgres", "nobody"})
		if (const passwd *account = ::getpwnam(name)) {
			orders.uid = account->pw_uid;
			orders.gid = account->pw_gid;
			return;
		}
	throw sandbox_failure(
		"PostgreSQL refuses to run as root, and there is no user postgres or nobody");
}

std::string read_report(int fd)
{
	std::string text;
	char buffer[1024];
	ssize_t got;
	while ((got = ::read(fd, buffer, sizeof buffer)) > 0 || (got < 0 && errno == EINTR))
		if (got > 0)
			text.append(buffer, static_cast<size_t>(got));
	return text;
}

} // namespace

std::unique_ptr<Sandbox> Sandbox::start(const std::string &pg_bin, const Environment &env)
{
	GuardOrders orders;
	orders.programs = find_programs(pg_bin);
	orders.superuser = "postgres";
	choose_account(orders);
	int lifeline[2], report[2];
	if (::pipe2(lifeline, O_CLOEXEC) != 0 || ::pipe2(report, O_CLOEXEC) != 0)
		throw sandbox_failure(fmt::format("could not make a pipe: {}", std::strerror(errno)));
	const fs::path parent = sandbox_parent(env);
	sweep_sandboxes(parent, orders.uid != 0 ? orders.uid : ::geteuid());
	// The guard inherits the lock and keeps it until its end, however it ends.
	int lock = -1;
	orders.folder = make_sandbox_folder(parent, orders.uid, orders.gid, lock);
	orders.lifeline = lifeline[0];
	orders.report = report[1];

	flush_output();
	std::unique_ptr<Sandbox> sandbox(new Sandbox);
	sandbox->folder_ = orders.folder;
	sandbox->user_ = orders.superuser;
	sandbox->guard_ = ::fork();
	if (sandbox->guard_ == 0) {
		::close(lifeline[1]);
		::close(report[0]);
		guard_sandbox(orders);
	}
	::close(lock);
	::close(lifeline[0]);
	::close(report[1]);
	sandbox->lifeline_ = lifeline[1];
	std::string answer = read_report(report[0]);
	::close(report[0]);
	if (answer != "ready")
		throw sandbox_failure("the sandbox could not be started", answer);
	// libpq reads these even where we say something else: a host address would win over the socket.
	for (const char *name : {"PGHOSTADDR", "PGSERVICE", "PGOPTIONS", "PGTARGETSESSIONATTRS"})
		::unsetenv(name);
	return sandbox;
}

Sandbox::~Sandbox()
{
	if (lifeline_ >= 0)
		::close(lifeline_);
	int status;
	while (guard_ > 0 && ::waitpid(guard_, &status, 0) < 0 && errno == EINTR)
		;
}

ConnectionSettings Sandbox::settings() const
{
	ConnectionSettings settings;
	settings.add("host", folder_.string(), "--sandbox");
	settings.add("port", "5432", "--sandbox");
	settings.add("dbname", "postgres", "--sandbox");
	settings.add("user", user_, "--sandbox");
	return settings;
}

} // namespace surefoot::client
