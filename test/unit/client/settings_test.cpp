#include "settings.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "connection_advice.hpp"
#include "failure.hpp"

using namespace surefoot::client;

namespace {

Failure failure_of(const Environment &env, const ConnectionFlags &flags = {})
{
	try {
		resolve_settings(flags, env);
	} catch (const Failure &failure) {
		return failure;
	}
	return make_failure(exit_ok, "", "no failure");
}

void expect_names(const Failure &failure, std::string_view variable)
{
	EXPECT_EQ(failure.exit_code, exit_connection);
	EXPECT_NE(failure.message.find(variable), std::string::npos) << failure.message;
	EXPECT_EQ((failure.message + failure.hint + failure.detail).find("s3cret"), std::string::npos);
}

class SecretFile {
public:
	SecretFile(const std::string &text, mode_t mode)
	{
		char name[] = "/tmp/surefoot_test_XXXXXX";
		close(mkstemp(name));
		path = name;
		std::ofstream(path) << text;
		chmod(path.c_str(), mode);
	}
	~SecretFile() { unlink(path.c_str()); }
	std::string path;
};

} // namespace

TEST(Settings, VariablesBecomeKeywords)
{
	ConnectionSettings settings = resolve_settings({}, {{"DB_HOST", "db1"},
														{"DB_PORT", "5433"},
														{"DB_NAME", "shop"},
														{"DB_USER", "joe"},
														{"DB_PASSWORD", "p&%^'\\ /@"},
														{"DB_SSLMODE", "require"}});
	EXPECT_EQ(settings.value("host"), "db1");
	EXPECT_EQ(settings.value("port"), "5433");
	EXPECT_EQ(settings.value("dbname"), "shop");
	EXPECT_EQ(settings.value("user"), "joe");
	EXPECT_EQ(settings.value("password"), "p&%^'\\ /@");
	EXPECT_EQ(settings.value("sslmode"), "require");
}

TEST(Settings, FlagsThenVariablesThenUrl)
{
	Environment env{{"DB_HOST", "by_variable"},
					{"DB_NAME", "by_variable"},
					{"DATABASE_URL", "postgresql://by_url:pw@by_url:5439/by_url?sslmode=require"}};
	ConnectionFlags flags;
	flags.host = "by_flag";
	ConnectionSettings settings = resolve_settings(flags, env);
	EXPECT_EQ(settings.value("host"), "by_flag");
	EXPECT_EQ(settings.value("dbname"), "by_variable");
	EXPECT_EQ(settings.value("user"), "by_url");
	EXPECT_EQ(settings.value("port"), "5439");
	EXPECT_EQ(settings.value("sslmode"), "require");
	EXPECT_EQ(settings.find("host")->source, "--host");
	EXPECT_EQ(settings.find("user")->source, "DATABASE_URL");
}

TEST(Settings, NothingSetLeavesLibpqToItself)
{
	EXPECT_TRUE(resolve_settings({}, {}).items().empty());
	EXPECT_TRUE(resolve_settings({}, {{"PGHOST", "x"}, {"PGPASSWORD", "y"}}).items().empty());
}

TEST(Settings, NameMayComeFromLibpq)
{
	expect_names(failure_of({{"DB_HOST", "db1"}}), "DB_NAME");
	EXPECT_NO_THROW(resolve_settings({}, {{"DB_HOST", "db1"}, {"PGDATABASE", "x"}}));
	EXPECT_NO_THROW(resolve_settings({}, {{"DB_HOST", "db1"}, {"PGSERVICE", "x"}}));
}

TEST(Settings, ConnectionStringAsDbname)
{
	ConnectionFlags flags;
	flags.dbname = "host=db2 dbname=shop";
	ConnectionSettings settings = resolve_settings(flags, {{"DB_HOST", "db1"}, {"DB_NAME", "x"}});
	EXPECT_EQ(settings.value("host"), "db2");
	EXPECT_EQ(settings.value("dbname"), "shop");
}

TEST(Settings, WrongOnesAreNamed)
{
	for (const char *port : {"x", "0", "65536", "54 32", "-1", "5432x", "99999999999"})
		expect_names(failure_of({{"DB_PORT", port}, {"DB_NAME", "x"}}), "DB_PORT");
	expect_names(failure_of({{"DB_HOST", ""}, {"DB_NAME", "x"}}), "DB_HOST");
	expect_names(failure_of({{"DB_SSLMODE", "yes"}}), "DB_SSLMODE");
	expect_names(failure_of({{"DB_PASSWORD", "s3cret"}, {"DB_PASSWORD_FILE", "/x"}}),
				 "DB_PASSWORD_FILE");
	expect_names(failure_of({{"DB_PASSWORD_FILE", "/nonexistent"}}), "DB_PASSWORD_FILE");
	ConnectionFlags flags;
	flags.port = "abc";
	expect_names(failure_of({}, flags), "--port");
}

TEST(Settings, WrongUrlIsNotShown)
{
	for (const char *url :
		 {"postgresql://joe:s3cret%zz@h/db", "postgresql://joe:s3cret@[::1/db",
		  "host=h passwort=s3cret", "host=h password='s3cret", "postgresql://joe:s3cret@h:x/db",
		  "mysql://joe:s3cret@h/db?x=y", "s3cret"})
		expect_names(failure_of({{"DATABASE_URL", url}}), "DATABASE_URL");
}

TEST(Settings, PasswordFile)
{
	SecretFile good("s3cret\r\nmore\n", 0600), open("s3cret\n", 0644), empty("\n", 0600);
	EXPECT_EQ(resolve_settings({}, {{"DB_PASSWORD_FILE", good.path}}).value("password"), "s3cret");
	expect_names(failure_of({{"DB_PASSWORD_FILE", open.path}}), "DB_PASSWORD_FILE");
	expect_names(failure_of({{"DB_PASSWORD_FILE", empty.path}}), "DB_PASSWORD_FILE");
}

TEST(Settings, DescriptionHasNoPassword)
{
	ConnectionSettings settings =
		resolve_settings({}, {{"DB_NAME", "shop"}, {"DB_PASSWORD", "s3cret"}});
	std::string text = settings.describe();
	EXPECT_EQ(text.find("s3cret"), std::string::npos);
	EXPECT_NE(text.find("DB_PASSWORD"), std::string::npos);
	EXPECT_NE(text.find("DB_HOST is not set"), std::string::npos);
	EXPECT_EQ(settings.without_password("x s3cret y s3cret"), "x ******** y ********");
}

TEST(Settings, DescriptionNamesTheVariablesOfLibpq)
{
	ConnectionSettings settings =
		resolve_settings({}, {{"PGPORT", "5433"}, {"PGHOST", "db"}, {"DB_HOST", "other"}, {"DB_NAME", "shop"}, {"PGPASSWORD", "s3cret"}});
	std::string text = settings.describe();
	EXPECT_NE(text.find("port \"5433\" from PGPORT"), std::string::npos) << text;
	EXPECT_NE(text.find("host \"other\" from DB_HOST"), std::string::npos) << text;
	EXPECT_NE(text.find("password from PGPASSWORD"), std::string::npos) << text;
	EXPECT_EQ(text.find("s3cret"), std::string::npos) << text;
	EXPECT_EQ(settings.find("port"), nullptr) << "libpq reads it itself";
}

TEST(Settings, AdviceNamesTheVariable)
{
	struct Case {
		const char *message, *variable;
	};
	ConnectionSettings settings = resolve_settings({}, {{"DB_HOST", "h"},
														{"DB_PORT", "1"},
														{"DB_NAME", "n"},
														{"DB_USER", "u"},
														{"DB_PASSWORD", "s3cret"}});
	for (const auto &[message, variable] :
		 {Case{"FATAL:  database \"n\" does not exist", "DB_NAME"},
		  Case{"FATAL:  role \"u\" does not exist", "DB_USER"},
		  Case{"FATAL:  password authentication failed for user \"u\" s3cret", "DB_PASSWORD"},
		  Case{"could not translate host name \"h\" to address: s3cret", "DB_HOST"},
		  Case{"Connection refused", "DB_PORT"}}) {
		Failure failure = connection_failure(settings, message, false);
		EXPECT_NE(failure.hint.find(variable), std::string::npos)
			<< message << ": " << failure.hint;
		EXPECT_EQ(failure.message.find("s3cret"), std::string::npos);
	}
	Failure failure = connection_failure({}, "fe_sendauth: no password supplied", true);
	EXPECT_NE(failure.hint.find("DB_PASSWORD is not set"), std::string::npos);
}
