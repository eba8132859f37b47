#include "sandbox_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "failure.hpp"

namespace surefoot::client {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t room_wanted = 1ULL << 30;
constexpr std::string_view prefix = "surefoot_sandbox_";
constexpr const char *lock_name = "lock";
constexpr time_t youth = 60; // seconds in which a folder may have no lock yet

Failure folder_failure(const std::string &what, const std::string &path)
{
	return make_failure(exit_usage, "SANDBOX",
						fmt::format("could not {} \"{}\": {}", what, path, std::strerror(errno)));
}

// Whose it is by right, and whom nobody holds. Anybody may make a folder of such a name in a public place.
bool abandoned(const fs::path &folder, uid_t uid)
{
	struct stat info {};
	if (::lstat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != uid ||
		info.st_mtime > std::time(nullptr) - youth)
		return false;
	int fd = ::open((folder / lock_name).c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool free = ::flock(fd, LOCK_EX | LOCK_NB) == 0;
	::close(fd);
	return free;
}

} // namespace

fs::path sandbox_parent(const Environment &env)
{
	struct statvfs room {};
	if (::access("/dev/shm", W_OK | X_OK) == 0 && ::statvfs("/dev/shm", &room) == 0 &&
		static_cast<std::uintmax_t>(room.f_bavail) * room.f_frsize >= room_wanted)
		return "/dev/shm";
	std::string folder = env_value(env, "TMPDIR");
	return folder.empty() ? "/tmp" : folder;
}

fs::path make_sandbox_folder(const fs::path &parent, uid_t uid, gid_t gid, int &lock)
{
	std::string name = (parent / fmt::format("{}XXXXXX", prefix)).string();
	if (!::mkdtemp(name.data()))
		throw folder_failure("make", name);
	const std::string file = (fs::path(name) / lock_name).string();
	lock = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (lock < 0 || ::flock(lock, LOCK_EX | LOCK_NB) != 0 ||
		(uid != 0 && ::chown(name.c_str(), uid, gid) != 0)) {
		Failure failure = folder_failure("prepare", name);
		std::error_code ignored;
		fs::remove_all(name, ignored);
		throw failure;
	}
	return name;
}

void sweep_sandboxes(const fs::path &parent, uid_t uid)
{
	std::error_code error;
	for (const fs::directory_entry &entry : fs::directory_iterator(parent, error))
		if (entry.path().filename().string().starts_with(prefix) && abandoned(entry.path(), uid))
			fs::remove_all(entry.path(), error);
}

} // namespace surefoot::client
