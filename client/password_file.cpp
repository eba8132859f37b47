#include "password_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "failure.hpp"

namespace surefoot::client {

namespace {

Failure refuse(const std::string &variable, const std::string &path, const std::string &why,
			   std::string hint = "")
{
	return make_failure(exit_connection, "SETTING",
						fmt::format("{} names \"{}\", {}", variable, path, why), std::move(hint));
}

// There the runtime of the container decides about the mode, and the mount is the protection.
bool container_secret(const std::string &path)
{
	return path.starts_with("/run/secrets/") || path.starts_with("/var/run/secrets/");
}

} // namespace

std::string read_password_file(const std::string &path, const std::string &variable)
{
	int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		throw refuse(variable, path, fmt::format("which cannot be read: {}", std::strerror(errno)));
	struct stat info {};
	char buffer[4096];
	ssize_t size = ::fstat(fd, &info) == 0 ? ::read(fd, buffer, sizeof buffer) : -1;
	int error = errno;
	::close(fd);
	if (size < 0)
		throw refuse(variable, path, fmt::format("which cannot be read: {}", std::strerror(error)));
	if (S_ISREG(info.st_mode) && (info.st_mode & S_IROTH) && !container_secret(path))
		throw refuse(variable, path, "which every user may read",
					 fmt::format("Run: chmod 600 {}", path));

	std::string password(buffer, static_cast<size_t>(size));
	password.erase(std::min(password.find('\n'), password.size()));
	if (password.ends_with('\r'))
		password.pop_back();
	if (password.empty())
		throw refuse(variable, path, "which is empty");
	return password;
}

} // namespace surefoot::client
