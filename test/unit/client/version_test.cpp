#include "version.hpp"

#include <gtest/gtest.h>

#include "failure.hpp"
#include "new_version.hpp"

using namespace surefoot::client;

TEST(Version, ComparesAsNumbersOfAnyLength)
{
	EXPECT_EQ(compare_versions("0019", "19"), 0);
	EXPECT_LT(compare_versions("2", "10"), 0);
	EXPECT_GT(compare_versions("20240102030405", "9999"), 0);
	EXPECT_LT(compare_versions("99999999999999999999999998", "99999999999999999999999999"), 0);
	EXPECT_GT(compare_versions("100000000000000000000000000", "99999999999999999999999999"), 0);
	EXPECT_EQ(compare_versions("000", "0"), 0);
	EXPECT_LT(compare_versions("0", "1"), 0);
}

TEST(Version, KeyHasNoLeadingZeros)
{
	EXPECT_EQ(version_key("0019"), "19");
	EXPECT_EQ(version_key("0"), "0");
	EXPECT_EQ(version_key("0000"), "0");
}

TEST(Version, ArgumentMayBeNumberStemOrFile)
{
	EXPECT_EQ(parse_version_argument("0019").version, "0019");
	EXPECT_EQ(parse_version_argument("19").name, "");
	EXPECT_EQ(parse_version_argument("0019_add_status").name, "add_status");
	EXPECT_EQ(parse_version_argument("migrations/0019_add_status.up.sql").version, "0019");
	EXPECT_EQ(parse_version_argument("0019.down.sql").version, "0019");
	for (const char *wrong : {"", "abc", "-1", "1.2", "_x", "latest", "0019'; drop"})
		EXPECT_THROW(parse_version_argument(wrong), Failure) << wrong;
}

TEST(NewVersion, FollowsTheLastOne)
{
	EXPECT_EQ(next_version("", false, ""), "0001");
	EXPECT_EQ(next_version("0019", false, ""), "0020");
	EXPECT_EQ(next_version("0099", false, ""), "0100");
	EXPECT_EQ(next_version("9999", false, ""), "10000");
	EXPECT_EQ(next_version("7", false, ""), "0008");
	EXPECT_EQ(next_version("999999", false, ""), "1000000");
}

TEST(NewVersion, TimestampsGoOnAsTimestamps)
{
	EXPECT_EQ(next_version("", true, "20261122T101112Z"), "20261122101112");
	EXPECT_EQ(next_version("20250101000000", false, "20261122T101112Z"), "20261122101112");
	// A clock that is behind must not make a version before the last.
	EXPECT_EQ(next_version("20261122101112", true, "20261122T101112Z"), "20261122101113");
}

TEST(NewVersion, FileNamesAreTame)
{
	EXPECT_EQ(file_name_of("Add Status!"), "add_status");
	EXPECT_EQ(file_name_of("  add--status "), "add_status");
	EXPECT_EQ(file_name_of("../../etc"), "etc");
	EXPECT_EQ(file_name_of("!!!"), "");
}
