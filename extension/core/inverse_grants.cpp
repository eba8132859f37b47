/* Privileges: from the list that is to the list that was. */
#include "core/derivation.hpp"

#include <algorithm>

namespace surefoot::core {

namespace {

/* By grantee and grantor: each privilege, and whether with grant option. */
using Privileges = std::map<char, bool>;
using Grants = std::map<std::pair<std::string, std::string>, Privileges>;

const char *privilege_name(char letter)
{
	switch (letter) {
	case 'r': return "SELECT";
	case 'a': return "INSERT";
	case 'w': return "UPDATE";
	case 'd': return "DELETE";
	case 'D': return "TRUNCATE";
	case 'x': return "REFERENCES";
	case 't': return "TRIGGER";
	case 'm': return "MAINTAIN";
	case 'X': return "EXECUTE";
	case 'U': return "USAGE";
	case 'C': return "CREATE";
	case 'T': return "TEMPORARY";
	case 'c': return "CONNECT";
	default: return "ALL";
	}
}

/* Where c stands outside of quotes, from the end. */
size_t last_outside(const std::string &text, char c)
{
	bool quoted = false;
	for (size_t i = text.size(); i-- > 0;) {
		if (text[i] == '"')
			quoted = !quoted;
		else if (text[i] == c && !quoted)
			return i;
	}
	return text.npos;
}

/* "joe=r*w/owner, PUBLIC=r/owner" */
Grants parse(const std::string &list)
{
	Grants grants;
	if (list == "none")
		return grants;
	for (const std::string &item : split_list(list)) {
		const size_t slash = last_outside(item, '/'), equals = last_outside(item.substr(0, slash), '=');
		if (slash == item.npos || equals == item.npos)
			continue;
		Privileges &privileges = grants[{item.substr(0, equals), item.substr(slash + 1)}];
		for (size_t i = equals + 1; i < slash; i++)
			if (item[i] != '*')
				privileges[item[i]] = i + 1 < slash && item[i + 1] == '*';
	}
	return grants;
}

std::string letters_of(const KindOfObject &words, int version)
{
	std::string letters = words.owner_has;
	if (version >= 170000 && letters == "arwdDxt")
		letters.push_back('m');
	return letters;
}

Grants standard(const KindOfObject &words, const std::string &owner, int version)
{
	Grants grants;
	for (char letter : letters_of(words, version))
		grants[{owner, owner}][letter] = false;
	for (const char *c = words.public_has; *c; c++)
		grants[{"PUBLIC", owner}][*c] = false;
	return grants;
}

/* A new owner takes the place of the old one wherever that stands. */
Grants with_owner(const Grants &grants, const std::string &from, const std::string &to)
{
	Grants result;
	for (const auto &[who, privileges] : grants)
		for (const auto &[letter, option] : privileges) {
			bool &there = result[{who.first == from ? to : who.first, who.second == from ? to : who.second}][letter];
			there = there || option;
		}
	return result;
}

class Writer {
public:
	Writer(std::string owner, std::string role, std::string prefix, std::string on, std::string column, std::string all)
		: owner_(std::move(owner)), role_(std::move(role)), prefix_(std::move(prefix)), on_(std::move(on)), column_(std::move(column)),
		  all_(std::move(all))
	{
	}
	void revoke(const std::string &letters, const std::string &from, const std::string &grantor, bool option_only)
	{
		if (!letters.empty())
			as(grantor, prefix_ + "REVOKE " + (option_only ? "GRANT OPTION FOR " : "") + list(letters) + on_ + " FROM " + from);
	}
	void grant(const std::string &letters, const std::string &to, const std::string &grantor, bool with_option)
	{
		if (!letters.empty())
			as(grantor, prefix_ + "GRANT " + list(letters) + on_ + " TO " + to + (with_option ? " WITH GRANT OPTION" : ""));
	}
	std::vector<std::string> statements;

private:
	std::string list(std::string letters) const
	{
		std::string all = all_;
		std::sort(letters.begin(), letters.end());
		std::sort(all.begin(), all.end());
		if (letters == all && column_.empty())
			return "ALL";
		std::string text;
		for (char letter : letters)
			text.append(text.empty() ? "" : ", ").append(privilege_name(letter)).append(column_);
		return text;
	}
	/* Who owns it grants in his own name; in that of others only they themselves. */
	void as(const std::string &grantor, std::string statement)
	{
		if (grantor != owner_)
			statements.push_back("SET ROLE " + grantor);
		statements.push_back(std::move(statement));
		if (grantor != owner_)
			statements.push_back(role_.empty() ? "RESET ROLE" : "SET ROLE " + role_);
	}
	std::string owner_, role_, prefix_, on_, column_, all_;
};

std::vector<std::string> lead(const Grants &was, const Grants &is, const std::string &owner, Writer writer)
{
	/* What others granted goes first and comes last: it hangs on their grant options. */
	std::vector<const Grants::value_type *> revoked, granted;
	for (const auto &entry : is)
		revoked.push_back(&entry);
	for (const auto &entry : was)
		granted.push_back(&entry);
	const auto by_others = [&owner](const Grants::value_type *entry) { return entry->first.second != owner; };
	std::stable_partition(revoked.begin(), revoked.end(), by_others);
	std::stable_partition(granted.begin(), granted.end(), [&](const auto *entry) { return !by_others(entry); });

	for (const auto *entry : revoked) {
		auto wanted = was.find(entry->first);
		std::string all, option;
		for (auto [letter, with_option] : entry->second) {
			const Privileges none;
			const Privileges &target = wanted == was.end() ? none : wanted->second;
			auto it = target.find(letter);
			if (it == target.end())
				all.push_back(letter);
			else if (with_option && !it->second)
				option.push_back(letter);
		}
		writer.revoke(all, entry->first.first, entry->first.second, false);
		writer.revoke(option, entry->first.first, entry->first.second, true);
	}
	for (const auto *entry : granted) {
		auto there = is.find(entry->first);
		std::string plain, option;
		for (auto [letter, with_option] : entry->second) {
			const bool has = there != is.end() && there->second.contains(letter);
			if (!has || (with_option && !there->second.at(letter)))
				(with_option ? option : plain).push_back(letter);
		}
		writer.grant(plain, entry->first.first, entry->first.second, false);
		writer.grant(option, entry->first.first, entry->first.second, true);
	}
	return std::move(writer.statements);
}

} // namespace

std::vector<std::string> grant_statements(const KindOfObject &words, const std::string &was, const std::string &is,
										  const std::string &owner, const std::string &role, const std::string &prefix,
										  const std::string &on, const std::string &column, int version)
{
	const bool whole = column.empty();
	const Grants wanted = was.empty() ? (whole ? standard(words, owner, version) : Grants()) : parse(was);
	const Grants there = is.empty() ? (whole ? standard(words, owner, version) : Grants()) : parse(is);
	return lead(wanted, there, owner, Writer(owner, role, prefix, on, column, letters_of(words, version)));
}

void change_grants_on(Derivation &derivation, Changing &changing, const std::string &field, const KindOfObject &words, const std::string &name)
{
	const bool differs = changing.take(field);
	if (!differs && (!changing.differs("owner") || !changing.before.field(field)))
		return;
	const Object &object = changing.before;
	const bool column = object.kind == "column";
	const Object *whole = column ? derivation.before.whole(object) : &object;
	const std::string owner = whole ? value_of(*whole, "owner") : "";
	const std::string owner_now = column || changing.is("owner").empty() ? owner : changing.is("owner");
	const int version = derivation.around.version;
	const auto of = [&](const std::string &list, const std::string &who) {
		return list.empty() ? (column ? Grants() : standard(words, who, version)) : parse(list);
	};
	for (std::string &statement :
		 lead(of(changing.was(field), owner), with_owner(of(changing.is(field), owner_now), owner_now, owner), owner,
			  Writer(owner, derivation.around.role, "", " ON " + std::string(words.grant) + " " + name, column ? " (" + last_part(object.identity) + ")" : "",
					 letters_of(words, version))))
		changing.run(std::move(statement));
}

void change_grants(Derivation &derivation, Changing &changing)
{
	const Object &object = changing.before;
	if (const KindOfObject &words = kind_of(object.kind); words.grant != nullptr)
		change_grants_on(derivation, changing, "grants", words, object.kind == "column" ? without_last_part(object.identity) : object.identity);
}

} // namespace surefoot::core
