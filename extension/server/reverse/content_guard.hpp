/*
 * What a derived way back must not drop, however it came to be derived: what holds rows or values that nothing brings back, was there
 * before the migration, and is to be there after its way back. A definition made anew would look the same, and be empty.
 */
#pragma once

#include "core/object.hpp"
#include "server/pg.hpp"

namespace surefoot {

class ContentGuard {
public:
	/* before: what is to be there in the end; now: what is there before the first statement. */
	void protect(const core::Objects &before, const core::Objects &now);
	/* Fails when one of these statements, which have just run, has dropped any of it. */
	void check(const std::vector<std::string> &statements) const;

private:
	struct Protected {
		ObjectAddress address;
		std::string name;
	};
	std::vector<Protected> all_;
};

} // namespace surefoot
