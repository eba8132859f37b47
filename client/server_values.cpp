#include "server_values.hpp"

namespace surefoot::client {

std::string text_array(const std::vector<std::optional<std::string_view>> &values)
{
	size_t size = 2;
	for (const auto &value : values)
		size += value ? value->size() + 16 : 5;
	std::string array = "{";
	array.reserve(size);
	for (const auto &value : values) {
		if (array.size() > 1)
			array += ',';
		if (!value) {
			array += "NULL";
			continue;
		}
		array += '"';
		for (char c : *value) {
			if (c == '"' || c == '\\')
				array += '\\';
			array += c;
		}
		array += '"';
	}
	return array + "}";
}

// Parameters only look at them.
std::pair<std::string, std::string> versions_and_ups(const std::vector<Script> &scripts)
{
	std::vector<std::optional<std::string_view>> versions, ups;
	for (const Script &script : scripts) {
		versions.emplace_back(script.version);
		ups.emplace_back(script.up);
	}
	return {text_array(versions), text_array(ups)};
}

} // namespace surefoot::client
