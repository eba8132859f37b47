/* Passwords in statements: refused in what is stored, covered in what is shown. */
#include "server/script/script.hpp"

#include "core/secret_text.hpp"
#include "server/script/tokens.hpp"

extern "C" {
#include "libpq/crypt.h"
}

namespace surefoot {

namespace {

bool contains(std::string_view text, std::string_view word)
{
	for (size_t i = 0; i + word.size() <= text.size(); i++)
		if (pg_strncasecmp(text.data() + i, word.data(), word.size()) == 0)
			return true;
	return false;
}

/* The name of an option that holds a secret: password, sslpassword, client_secret ... */
bool is_secret_name(std::string_view name)
{
	return contains(name, "password") || contains(name, "passwd") || contains(name, "secret");
}

/* A connection string with a password in it: password = x, or scheme://user:x@host. */
bool holds_password(std::string_view conninfo)
{
	constexpr std::string_view word = "password";
	for (size_t i = 0; i + word.size() <= conninfo.size(); i++) {
		if (pg_strncasecmp(conninfo.data() + i, word.data(), word.size()) != 0)
			continue;
		const size_t next = conninfo.find_first_not_of(" \t\r\n", i + word.size());
		if (next != conninfo.npos && conninfo[next] == '=')
			return true;
	}
	const size_t slashes = conninfo.find("://");
	if (slashes == conninfo.npos)
		return false;
	const std::string_view authority =
		conninfo.substr(slashes + 3, conninfo.find('/', slashes + 3) - slashes - 3);
	const size_t at = authority.find('@'), colon = authority.find(':');
	return at != authority.npos && colon < at;
}

/* What a CREATE ROLE or ALTER ROLE would store in plain text; the server hashes it, the script does not. */
bool is_plain_password(const char *password)
{
	return *password != '\0' &&
		   pg_call([password] { return get_password_type(password); }) == PASSWORD_TYPE_PLAINTEXT;
}

const char *text_of(Node *value)
{
	return value != nullptr && IsA(value, String) ? strVal(value) : nullptr;
}

/* Plain text under a secret name; hashes count only where the server itself would take one. */
bool has_secret(List *options, bool of_role)
{
	for (int i = 0; i < list_length(options); i++) {
		const DefElem *option = (DefElem *)list_nth(options, i);
		const char *value = text_of(option->arg);
		if (value == nullptr || *value == '\0' || !is_secret_name(option->defname))
			continue;
		if (!of_role || is_plain_password(value))
			return true;
	}
	return false;
}

bool has_secret(Node *node)
{
	switch (nodeTag(node)) {
		case T_CreateRoleStmt:
			return has_secret(((CreateRoleStmt *)node)->options, true);
		case T_AlterRoleStmt:
			return has_secret(((AlterRoleStmt *)node)->options, true);
		case T_CreateUserMappingStmt:
			return has_secret(((CreateUserMappingStmt *)node)->options, false);
		case T_AlterUserMappingStmt:
			return has_secret(((AlterUserMappingStmt *)node)->options, false);
		case T_CreateForeignServerStmt:
			return has_secret(((CreateForeignServerStmt *)node)->options, false);
		case T_AlterForeignServerStmt:
			return has_secret(((AlterForeignServerStmt *)node)->options, false);
		case T_CreateSubscriptionStmt:
			return holds_password(((CreateSubscriptionStmt *)node)->conninfo);
		case T_AlterSubscriptionStmt: {
			const char *conninfo = ((AlterSubscriptionStmt *)node)->conninfo;
			return conninfo != nullptr && holds_password(conninfo);
		}
		default:
			return false;
	}
}

struct Span {
	int start, end;
};

/*
 * In doubt what is shown is covered (display), and what is to be kept is not refused: a word in a comment, a column of that name in
 * a function's body, and hashes are no passwords (refusal).
 */
enum class Purpose { display, refusal };

/* name = value name = value, as libpq reads it, or for the shell. */
bool is_connection_string(std::string_view text)
{
	const size_t first = text.find_first_not_of(" \t\r\n");
	const size_t end = first == text.npos ? first : text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_", first);
	if (end == text.npos || end == first)
		return false;
	const size_t sign = text.find_first_not_of(" \t", end);
	return sign != text.npos && text[sign] == '=';
}

bool holds_password(std::string_view text, Purpose purpose)
{
	if (!holds_password(text))
		return false;
	return purpose == Purpose::display || text.find("://") != text.npos || is_connection_string(text) || contains(text, "PGPASSWORD=");
}

/* The first byte after the opening tag of a dollar-quoted literal, or 0. */
int dollar_tag_length(std::string_view literal)
{
	if (literal.empty() || literal.front() != '$')
		return 0;
	const size_t second = literal.find('$', 1);
	return second == literal.npos ? 0 : static_cast<int>(second) + 1;
}

void find_secrets(const std::string &sql, int base, Purpose purpose, std::vector<Span> &found);

/* Whether text, taken as SQL, holds a password; what cannot be taken as SQL cannot be shown with confidence. */
bool holds_secret_sql(const std::string &text, Purpose purpose)
{
	std::vector<Span> found;
	try {
		find_secrets(text, 0, purpose, found);
	} catch (const Error &stumbled) {
		if (!is_scanner_error(stumbled))
			throw;
		return purpose == Purpose::display;
	}
	return !found.empty();
}

/* A literal that is not itself a password: a connection string, or SQL in a function's body or for EXECUTE. */
void find_in_literal(const std::string &written, const char *value, int at, Purpose purpose, std::vector<Span> &found)
{
	const Span whole = {at, at + static_cast<int>(written.size())};
	const size_t tag = static_cast<size_t>(dollar_tag_length(written));
	if (holds_password(value, purpose)) {
		found.push_back(whole);
	} else if (is_secret_name(value)) {
		/* Between dollars, a place in the value is a place in the text; between quotes it need not be. */
		const std::string body = tag > 0 ? written.substr(tag, written.size() - 2 * tag) : value;
		if (!holds_secret_sql(body, purpose))
			return;
		std::vector<Span> inside;
		if (tag > 0) {
			try {
				find_secrets(body, at + static_cast<int>(tag), purpose, inside);
			} catch (const Error &stumbled) {
				if (!is_scanner_error(stumbled))
					throw;
				inside.clear();
			}
		}
		if (inside.empty())
			inside.push_back(whole);
		found.insert(found.end(), inside.begin(), inside.end());
	}
}

void find_secrets(const std::string &sql, int base, Purpose purpose, std::vector<Span> &found)
{
	bool secret_name = false;
	Tokens tokens(sql);
	for (Token token; tokens.next(token);) {
		if (token.kind == Token::literal) {
			if (secret_name) {
				if (purpose == Purpose::display || is_plain_password(token.value))
					found.push_back({base + token.start, base + token.end});
			} else
				find_in_literal(sql.substr(static_cast<size_t>(token.start),
										   static_cast<size_t>(token.end - token.start)),
								token.value, base + token.start, purpose, found);
		}
		const bool word = token.kind == Token::keyword || token.kind == Token::identifier;
		secret_name = word && is_secret_name(token.value);
	}
}

/* What the parse tree does not tell: SQL inside a body or a string, connection strings for functions and programs. */
bool text_has_secret(const Statement &statement)
{
	const std::string &sql = statement.text;
	if (!is_secret_name(sql) && sql.find("://") == sql.npos)
		return false;
	std::vector<Span> found;
	find_secrets(sql, 0, Purpose::refusal, found);
	return !found.empty();
}

} // namespace

void refuse_literal_passwords(const Script &script)
{
	if (script.directives().accepts("literal-password"))
		return;
	for (const Statement &statement : script.statements())
		if (has_secret(statement.raw->stmt) || text_has_secret(statement))
			throw script.refusal(statement.offset,
								 "a password in plain text cannot be part of a migration",
								 "The script is kept in the history and in dumps.",
								 "Use a hash that the server takes (SCRAM-SHA-256$...), set the "
								 "password by other means, or "
								 "accept it by the comment: -- surefoot: accept=literal-password");
}

void mask_error(Error &error)
{
	for (std::string *text :
		 {&error.message, &error.detail, &error.detail_log, &error.hint, &error.context, &error.internal_query})
		*text = core::mask_secret_text(*text);
}

std::string mask_secrets(const std::string &sql)
{
	if (!is_secret_name(sql) && sql.find("://") == sql.npos)
		return sql;
	std::vector<Span> secrets;
	find_secrets(sql, 0, Purpose::display, secrets);
	std::string result = sql;
	for (auto span = secrets.rbegin(); span != secrets.rend(); ++span)
		result.replace(static_cast<size_t>(span->start),
					   static_cast<size_t>(span->end - span->start), "'********'");
	/* What the statement makes a literal of only when it runs: formats, concatenations. */
	return core::mask_secret_text(result);
}

} // namespace surefoot
