#include "sandbox_guard.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <vector>

namespace surefoot::client {

namespace {

namespace fs = std::filesystem;

constexpr int start_seconds = 60;
constexpr int stop_milliseconds = 5000;

[[noreturn]] void become(const GuardOrders &orders, const std::vector<std::string> &words,
						 const fs::path &output)
{
	// What the environment says about other servers is not meant for this one.
	for (const char *name : {"PGDATA", "PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGOPTIONS",
							 "PGSERVICE", "DB_PASSWORD", "PGPASSWORD", "DATABASE_URL"})
		unsetenv(name);
	setenv("LC_ALL", "C", 1);
	// A shell that ignores Ctrl-C (nohup, a background job) must not hand that down: the guard stops
	// the server by a signal.
	for (int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT})
		signal(number, SIG_DFL);
	int fd = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
	dup2(null, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	if (orders.uid != 0 &&
		(setgroups(0, nullptr) != 0 || setgid(orders.gid) != 0 || setuid(orders.uid) != 0))
		_exit(126);
	if (chdir(orders.folder.c_str()) != 0)
		_exit(126);
	// After setuid, which clears it: should the guard be killed, the server goes too.
	prctl(PR_SET_PDEATHSIG, SIGQUIT);
	std::vector<char *> arguments;
	for (const std::string &word : words)
		arguments.push_back(const_cast<char *>(word.c_str()));
	arguments.push_back(nullptr);
	execv(arguments[0], arguments.data());
	_exit(127);
}

pid_t spawn(const GuardOrders &orders, const std::vector<std::string> &words,
			const fs::path &output)
{
	pid_t pid = fork();
	if (pid == 0)
		become(orders, words, output);
	return pid;
}

bool client_gone(const GuardOrders &orders, int milliseconds)
{
	pollfd lifeline{orders.lifeline, POLLIN, 0};
	return poll(&lifeline, 1, milliseconds) > 0;
}

// The exit status, or nothing when the client went away meanwhile (the child is ended then).
bool wait_for_child(const GuardOrders &orders, pid_t pid, int &status)
{
	while (waitpid(pid, &status, WNOHANG) == 0)
		if (client_gone(orders, 10)) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return false;
		}
	return true;
}

bool ended_within(pid_t pid, int milliseconds)
{
	for (int waited = 0; waited < milliseconds; waited += 10) {
		int status;
		if (waitpid(pid, &status, WNOHANG) != 0)
			return true;
		usleep(10000);
	}
	return false;
}

void stop_server(pid_t pid)
{
	// Nothing of it is kept, so the immediate way is the right one.
	kill(pid, SIGQUIT);
	if (ended_within(pid, stop_milliseconds))
		return;
	kill(pid, SIGKILL);
	ended_within(pid, stop_milliseconds);
}

// As pg_ctl sees it: the eighth line of the pid file. The socket is there before the server is ready.
bool accepts(const fs::path &folder)
{
	std::ifstream in(folder / "data" / "postmaster.pid");
	std::string line;
	for (int number = 1; number <= 8; ++number)
		if (!std::getline(in, line))
			return false;
	return line.starts_with("ready");
}

std::string last_words(const fs::path &file)
{
	std::ifstream in(file);
	std::string text{std::istreambuf_iterator<char>(in), {}};
	constexpr size_t enough = 2000;
	return text.size() > enough ? text.substr(text.size() - enough) : text;
}

void tell(const GuardOrders &orders, const std::string &text)
{
	[[maybe_unused]] ssize_t written = write(orders.report, text.data(), text.size());
}

std::vector<std::string> server_words(const GuardOrders &orders)
{
	std::vector<std::string> words{(orders.programs / "postgres").string(),
								   "-D",
								   (orders.folder / "data").string(),
								   "-k",
								   orders.folder.string(),
								   "-p",
								   "5432"};
	for (const char *setting : {"listen_addresses=", "unix_socket_permissions=0700", "fsync=off",
								"synchronous_commit=off", "full_page_writes=off",
								"max_wal_senders=0", "wal_level=minimal", "max_worker_processes=16",
								"logging_collector=off", "log_destination=stderr"}) {
		words.emplace_back("-c");
		words.emplace_back(setting);
	}
	return words;
}

void run_server(const GuardOrders &orders)
{
	fs::path log = orders.folder / "server.log";
	int status = 0;
	pid_t child =
		spawn(orders,
			  {(orders.programs / "initdb").string(), "-D", (orders.folder / "data").string(), "-U",
			   orders.superuser, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"},
			  log);
	if (!wait_for_child(orders, child, status))
		return;
	if (status != 0)
		return tell(orders, "initdb failed: " + last_words(log));

	child = spawn(orders, server_words(orders), log);
	bool ready = false;
	for (int waited = 0; !ready && waited < start_seconds * 1000; waited += 10) {
		if (waitpid(child, &status, WNOHANG) != 0)
			return tell(orders, "the server did not start: " + last_words(log));
		if (client_gone(orders, 10))
			return stop_server(child);
		ready = accepts(orders.folder);
	}
	tell(orders, ready ? "ready" : "the server did not start in time: " + last_words(log));
	close(orders.report);
	while (ready && !client_gone(orders, 200))
		if (waitpid(child, &status, WNOHANG) != 0)
			return;
	stop_server(child);
}

} // namespace

void guard_sandbox(const GuardOrders &orders)
{
	// A session of its own: Ctrl-C on the terminal is the client's to hear.
	setsid();
	for (int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT})
		signal(number, SIG_IGN);
	run_server(orders);
	std::error_code error;
	fs::remove_all(orders.folder, error);
	_exit(0);
}

} // namespace surefoot::client
