#include "core/secret_text.hpp"

#include <gtest/gtest.h>

using surefoot::core::mask_secret_text;

TEST(SecretText, CoversLiterals)
{
	EXPECT_EQ(mask_secret_text("SQL statement \"CREATE ROLE r PASSWORD 'hunter2' IN ROLE m\""),
			  "SQL statement \"CREATE ROLE r PASSWORD '********' IN ROLE m\"");
	EXPECT_EQ(mask_secret_text("PASSWORD E'a\\'b' x"), "PASSWORD E'********' x");
	EXPECT_EQ(mask_secret_text("PASSWORD 'it''s' x"), "PASSWORD '********' x");
	EXPECT_EQ(mask_secret_text("EXECUTE 'ALTER ROLE a PASSWORD ''it''''s'' x'"), "EXECUTE 'ALTER ROLE a PASSWORD ''********'' x'");
	EXPECT_EQ(mask_secret_text("password $q$a$b$q$ x"), "password $q$********$q$ x");
	EXPECT_EQ(mask_secret_text("PASSWORD 'hunt"), "PASSWORD '********");
}

TEST(SecretText, CoversConnectionStrings)
{
	EXPECT_EQ(mask_secret_text("host=h password=hunter2 user=u"), "host=h password=******** user=u");
	EXPECT_EQ(mask_secret_text("'host=h password = hunter2'"), "'host=h password = ********'");
	EXPECT_EQ(mask_secret_text("PGPASSWORD=hunter2 psql"), "PGPASSWORD=******** psql");
	EXPECT_EQ(mask_secret_text("client_secret: x, next"), "client_secret: ********, next");
	EXPECT_EQ(mask_secret_text("postgresql://u:p@ss@h:5432/d"), "postgresql://u:********@h:5432/d");
}

TEST(SecretText, LeavesOtherTextAlone)
{
	for (const char *text : {"password authentication failed for user \"x\"", "null value in column \"password\" of relation \"users\"",
							 "http://example.org:80/a", "", "column password_hash does not exist", "the secret"})
		EXPECT_EQ(mask_secret_text(text), text);
}
