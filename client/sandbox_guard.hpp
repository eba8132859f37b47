// The process that owns a sandbox's server.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace surefoot::client {

struct GuardOrders {
	std::filesystem::path folder;	// made already, owned by the account below
	std::filesystem::path programs; // initdb, postgres
	uid_t uid = 0;					// 0: stay who we are
	gid_t gid = 0;
	std::string superuser;
	int lifeline = -1; // read end: ends with the client
	int report = -1;   // write end: "ready" or what went wrong
};

// In the child of a fork; never returns.
[[noreturn]] void guard_sandbox(const GuardOrders &orders);

} // namespace surefoot::client
