#include "core/hazards.hpp"

#include <gtest/gtest.h>

using namespace surefoot::core;

namespace {

using Codes = std::vector<std::string>;

} // namespace

TEST(Hazards, NoLockNoHazard)
{
	EXPECT_EQ(hazards_of({}), Codes());
}

TEST(Hazards, ARewriteOfALargeTableStopsEverybody)
{
	EXPECT_EQ(hazards_of({Lock::access_exclusive, true, true, false, false}),
			  Codes({"rewrite", "blocks-reads", "blocks-writes", "access-exclusive"}));
}

TEST(Hazards, ARewriteOfASmallTableIsOnlyALock)
{
	EXPECT_EQ(hazards_of({Lock::access_exclusive, false, true, true, false}), Codes({"access-exclusive"}));
}

TEST(Hazards, AScanUnderAWeakLockBlocksNobody)
{
	EXPECT_EQ(hazards_of({Lock::share_update_exclusive, true, false, true, false}), Codes());
	EXPECT_EQ(hazards_of({Lock::share_row_exclusive, true, false, true, false}),
			  Codes({"full-scan", "blocks-writes"}));
}

TEST(Hazards, AnIndexBuiltDirectlyBlocksWriters)
{
	EXPECT_EQ(hazards_of({Lock::share, true, false, false, true}), Codes({"blocks-writes"}));
}

TEST(Hazards, LocksHaveTheirSqlNames)
{
	EXPECT_STREQ(lock_name(Lock::none), "");
	EXPECT_STREQ(lock_name(Lock::share_row_exclusive), "SHARE ROW EXCLUSIVE");
	EXPECT_STREQ(lock_name(Lock::access_exclusive), "ACCESS EXCLUSIVE");
}
