#include "core/fingerprint.hpp"

#include <algorithm>
#include <map>

namespace surefoot::core {

/* Texts are written with their length in front, so that no two sequences of texts give the same bytes. */
void Fingerprint::put(std::string_view text)
{
	const uint32_t size = static_cast<uint32_t>(text.size());
	const char bytes[4] = {static_cast<char>(size), static_cast<char>(size >> 8), static_cast<char>(size >> 16),
						   static_cast<char>(size >> 24)};
	buffer_.append(bytes, sizeof(bytes));
	buffer_.append(text);
}

void Fingerprint::begin(std::string_view kind, std::string_view identity)
{
	if (!entries_.empty())
		entries_.back().end = buffer_.size();
	const size_t start = buffer_.size();
	buffer_.push_back('O');
	put(kind);
	put(identity);
	entries_.push_back({{}, start, buffer_.size() - start, 0});
}

void Fingerprint::field(std::string_view name, std::string_view value)
{
	if (kind_ == Kind::logical && is_physical(name))
		return;
	buffer_.push_back('F');
	put(name);
	put(value);
}

void Fingerprint::end_root()
{
	if (entries_.empty())
		return;
	entries_.back().end = buffer_.size();
	for (Entry &entry : entries_)
		entry.name = std::string_view(buffer_).substr(entry.start, entry.name_size);
	std::sort(entries_.begin(), entries_.end(), [](const Entry &a, const Entry &b) { return a.name < b.name; });
	ordered_.clear();
	for (const Entry &entry : entries_)
		ordered_.append(buffer_, entry.start, entry.end - entry.start);
	digests_.push_back(hash_(ordered_));
	buffer_.clear();
	entries_.clear();
}

std::string Fingerprint::finish()
{
	std::sort(digests_.begin(), digests_.end());
	std::string all;
	for (const Digest &digest : digests_)
		all.append(reinterpret_cast<const char *>(digest.data()), digest.size());
	return hexadecimal(hash_(all));
}

std::string fingerprint(const Objects &objects, Kind kind)
{
	std::map<std::string_view, std::vector<const Object *>> roots;
	for (const Object &object : objects)
		roots[object.root].push_back(&object);

	Fingerprint result(kind);
	for (const auto &[root, members] : roots) {
		for (const Object *object : members) {
			result.begin(object->kind, object->identity);
			for (const auto &[name, value] : object->fields)
				result.field(name, value);
		}
		result.end_root();
	}
	return result.finish();
}

} // namespace surefoot::core
