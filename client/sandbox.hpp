// A private PostgreSQL that lives as long as the client: initdb in a temporary folder, a socket in
// that folder and no port. A guard process owns it and removes all of it when the client is gone,
// however the client went.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>

#include "settings.hpp"

namespace surefoot::client {

class Sandbox {
public:
	// pg_bin: the folder of initdb and postgres; empty: search for it.
	static std::unique_ptr<Sandbox> start(const std::string &pg_bin, const Environment &env);
	~Sandbox();
	Sandbox(const Sandbox &) = delete;
	Sandbox &operator=(const Sandbox &) = delete;

	const std::filesystem::path &folder() const { return folder_; }
	ConnectionSettings settings() const;

private:
	Sandbox() = default;

	std::filesystem::path folder_;
	std::string user_;
	pid_t guard_ = -1;
	int lifeline_ = -1; // its end is what the guard waits for
};

} // namespace surefoot::client
