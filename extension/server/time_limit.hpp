/* A limit to what runs while locks are held, beside the statement_timeout of whoever called. */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

/* While one lives, what takes longer is cancelled (57014). 0 ms: no limit. */
class TimeLimit {
public:
	explicit TimeLimit(int milliseconds);
	~TimeLimit();
	TimeLimit(const TimeLimit &) = delete;
	TimeLimit &operator=(const TimeLimit &) = delete;

	/* Whether the latest limit was reached; also afterwards. */
	static bool reached();

private:
	bool armed_;
};

} // namespace surefoot
