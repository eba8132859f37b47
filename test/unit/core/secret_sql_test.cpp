#include "core/secret_text.hpp"

#include <gtest/gtest.h>

#include <chrono>

using namespace surefoot::core;

namespace {

void expect_hidden(const std::string &text)
{
	const std::string masked = mask_secret_text(text);
	EXPECT_EQ(masked.find("hunter"), std::string::npos) << text << " -> " << masked;
	EXPECT_NE(masked.find(secret_cover), std::string::npos) << text << " -> " << masked;
}

} // namespace

TEST(SecretSql, CoversLiteralsWithinLiterals)
{
	EXPECT_EQ(mask_secret_text("do $$begin execute 'alter role app2 password ''hunter5'''; select 1/0; end$$"),
			  "do $$begin execute 'alter role app2 password ''********'''; select 1/0; end$$");
	expect_hidden("execute 'do $x$ begin execute ''alter role a password ''''hunter5''''''; end $x$'");
	expect_hidden("execute E'alter role a password \\'hunter5\\''");
	expect_hidden("password '''hunter5'");
	expect_hidden("password 'it''s hunter5'");
}

TEST(SecretSql, CoversWhatBlanksAndCommentsSeparate)
{
	EXPECT_EQ(mask_secret_text("create role app3 login\n  password\n    'hunter5';"),
			  "create role app3 login\n  password\n    '********';");
	EXPECT_EQ(mask_secret_text("password /* x */ 'hunter5';"), "password /* x */ '********';");
	expect_hidden("password -- it's x\n 'hunter5'");
	expect_hidden("password /* a /* b */ 'c' */ 'hunter5'");
	expect_hidden("execute 'alter role a password /* x */ ''hunter5'''");
}

TEST(SecretSql, CoversContinuedLiterals)
{
	EXPECT_EQ(mask_secret_text("password 'hunt'\n'er5' login"), "password '********'\n'********' login");
	EXPECT_EQ(mask_secret_text("execute 'alter role a password ''hunt''\n''er5'' login'"),
			  "execute 'alter role a password ''********''\n''********'' login'");
	EXPECT_EQ(mask_secret_text("password 'a' -- hm\n 'b'"), "password '********' -- hm\n '********'");
}

TEST(SecretSql, CoversArgumentsOfFormat)
{
	EXPECT_EQ(mask_secret_text("execute format('alter role x password %L','hunter5'); select 'y'"),
			  "execute format('alter role x password %L','********'); select 'y'");
	for (const char *placeholder : {"%L", "%s", "%I", "%1$L", "%-10s", "''%s''", "$1"})
		expect_hidden("format('alter role x password " + std::string(placeholder) + " login', 'hunter5')");
	expect_hidden("format('%s %L', 'alter role x password', 'hunter5')");
	expect_hidden("format($f$alter role x password %L$f$, 'hunter5')");
	expect_hidden("format('alter role x password %L', $$hunter5$$)");
	expect_hidden("format('alter role x password %L', lower(upper('hunter5')))");
	expect_hidden("execute 'execute format(''alter role x password %L'', ''hunter5'')'");
	expect_hidden("replace('alter role x password @', '@', quote_literal('hunter5'))");
	expect_hidden("execute 'update u set password = $1' using 'hunter5'");
	expect_hidden("select set_config('app.password', 'hunter5', false)");
	expect_hidden("SQL statement \"select format('alter role x password %L','hunter5')\"");
	expect_hidden("user's script can't: format('alter role x password %L','hunter5')");
}

TEST(SecretSql, CoversWhatIsConcatenated)
{
	EXPECT_EQ(mask_secret_text("execute 'alter role x password ' || quote_literal('hunter5'); select 'y'"),
			  "execute 'alter role x password ' || quote_literal('********'); select 'y'");
	expect_hidden("execute 'alter role x password ''' || 'hunter5' || ''''");
	expect_hidden("execute lower('alter role x password ') || quote_literal('hunter5')");
	expect_hidden("execute 'execute ''alter role x password '' || quote_literal(''hunter5'')'");
	expect_hidden("execute concat('alter role x password ', quote_literal('password-hunter5'))");
	expect_hidden("v_password text := 'hunter5';");
	expect_hidden("set password = crypt('hunter5', gen_salt('bf'))");
	expect_hidden("v_password := 'x' || 'hunter5';");
}

TEST(SecretSql, LeavesTheRestAlone)
{
	for (const char *text :
		 {"insert into t values ('%L', 'a' || 'b')", "update t set a = 'it''s' where b = $$x$$", "select format('%L %s', 'a', 'b')",
		  "create table users (password text, name text default 'x')", "select 'password is wrong', 'y'",
		  "comment on column u.password is 'a hash'; select 'y'", "select '' || 'x'", "it's a passw'rd"})
		EXPECT_EQ(mask_secret_text(text), text);
}

TEST(SecretSql, KeepsWhatFollowsAnEmptyPassword)
{
	EXPECT_EQ(mask_secret_text("alter role x password '';\nselect 'y'"), "alter role x password '';\nselect 'y'");
}

TEST(SecretSql, SpansAreInOrderAndApart)
{
	const std::string text = "password = 'a' password 'b' postgresql://u:c@h format('password %L', 'd')";
	size_t before = 0;
	for (const SecretSpan &span : secret_spans(text)) {
		EXPECT_LE(before, span.start);
		EXPECT_LT(span.start, span.end);
		before = span.end + 1;
	}
	EXPECT_EQ(secret_spans(text).size(), 4u);
}

/* Twice the length takes about twice the time, whatever the text repeats. */
TEST(SecretSql, IsLinear)
{
	for (const char *piece : {"password ", "password /*", "password '", "password $a$", "''''", "('password ',", "$a$ password ", "password = \"", "://",
							  "$q$ $$ ", "password ''  ", "'password %L' || (", "\"password\" ", "/* password ", "password -- ' ", "\\' password"}) {
		std::string text;
		while (text.size() < 1'000'000)
			text += piece;
		const auto start = std::chrono::steady_clock::now();
		secret_spans(text);
		EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5)) << piece;
	}
}
