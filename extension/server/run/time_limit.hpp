/* A limit to what runs while locks are held, beside the statement_timeout of whoever called. */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

/* While one lives, what takes longer is cancelled (57014). 0 ms: no limit of its own. Nests: the nearest end counts. */
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
	TimestampTz outer_; /* when the limit around this one ends; 0: there is none */
};

} // namespace surefoot
