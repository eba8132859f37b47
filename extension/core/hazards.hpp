/* What may hurt when an operation runs, by name; docs explain each. */
#pragma once

#include <string>
#include <vector>

namespace surefoot::core {

/* In the order of the server's lock modes. */
enum class Lock {
	none,
	access_share,
	row_share,
	row_exclusive,
	share_update_exclusive,
	share,
	share_row_exclusive,
	exclusive,
	access_exclusive,
};

/* As SQL names it: SHARE UPDATE EXCLUSIVE; empty for none. */
const char *lock_name(Lock lock);

/* What an operation does to a table that others use. */
struct Cost {
	Lock lock = Lock::none;
	bool large = false; /* more than anybody would wait for */
	bool rewrites = false;
	bool scans = false;
	bool builds_index = false;
	bool changes_rows = false;
	Lock held = Lock::none; /* by earlier operations of the same transaction */
};

std::vector<std::string> hazards_of(const Cost &cost);

} // namespace surefoot::core
