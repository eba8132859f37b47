#include "core/secret_text.hpp"

#include <gtest/gtest.h>

using surefoot::core::mask_secret_text;

namespace {

void hides(const std::string &text)
{
	std::string masked = mask_secret_text(text);
	EXPECT_EQ(masked.find("s3cret"), std::string::npos) << text << " -> " << masked;
	EXPECT_NE(masked.find("********"), std::string::npos) << text << " -> " << masked;
}

} // namespace

TEST(SecretStatements, CoversPasswordsInEveryQuoting)
{
	hides("CREATE ROLE joe PASSWORD 's3cret'");
	hides("create role joe with login password's3cret'");
	hides("ALTER ROLE joe ENCRYPTED PASSWORD E'a\\'s3cret'");
	hides("ALTER ROLE joe PASSWORD 'it''s3cret'");
	hides("ALTER ROLE joe PASSWORD $$s3cret$$");
	hides("ALTER ROLE joe PASSWORD $x$ $$ s3cret$x$");
	hides("ALTER ROLE joe PASSWORD U&'s3cret'");
	hides("ALTER ROLE joe PASSWORD\n\t's3cret'");
}

TEST(SecretStatements, CoversUserMappingsAndConnectionStrings)
{
	hides("CREATE USER MAPPING FOR joe SERVER s OPTIONS (user 'joe', password 's3cret')");
	hides("ALTER USER MAPPING FOR joe SERVER s OPTIONS (SET \"password\" 's3cret')");
	hides("SELECT dblink_connect('host=a password=s3cret dbname=b')");
	hides("SELECT dblink_connect('host=a password = ''my s3cret'' dbname=b')");
	hides("CREATE SUBSCRIPTION s CONNECTION 'sslpassword=s3cret host=a' PUBLICATION p");
	hides("postgresql://joe:s3cret@host/db");
	hides("password=s3cret");
}

TEST(SecretStatements, KeepsWhatIsAround)
{
	EXPECT_EQ(mask_secret_text("CREATE ROLE joe PASSWORD 'x' LOGIN"),
			  "CREATE ROLE joe PASSWORD '********' LOGIN");
	EXPECT_EQ(mask_secret_text("dblink('password=x host=b')"), "dblink('password=******** host=b')");
	EXPECT_EQ(mask_secret_text("postgresql://joe:x@host:5432/db"),
			  "postgresql://joe:********@host:5432/db");
}

TEST(SecretStatements, LeavesTheRestAlone)
{
	for (const char *text :
		 {"ALTER TABLE users ADD COLUMN password text NOT NULL", "SELECT 1", "",
		  "CREATE TABLE password_resets (token text DEFAULT 'x')", "ALTER ROLE joe PASSWORD NULL",
		  "https://host:5432/path", "COMMENT ON COLUMN u.password IS 'hash'"})
		EXPECT_EQ(mask_secret_text(text), text);
}

TEST(SecretStatements, EndsWithTheText)
{
	for (const char *text : {"PASSWORD", "PASSWORD '", "PASSWORD E", "PASSWORD $", "PASSWORD $x",
							 "password=", "PASSWORD U&", "x://", "PASSWORD = ''"})
		mask_secret_text(text);
	hides("PASSWORD 's3cret");
}
