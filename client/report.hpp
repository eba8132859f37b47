// Failures and rows as people and programs read them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "failure.hpp"
#include "rows.hpp"

namespace surefoot::client {

using Json = nlohmann::ordered_json;

constexpr int json_schema_version = 1;

// Several lines: what, where in the script, why, what is left, what to do next.
std::string failure_text(const Failure &failure, bool color);

Json to_json(const Failure &failure);
Json to_json(const StatusRow &row);
Json to_json(const PlanRow &row);
Json to_json(const Finding &row);
Json to_json(const DriftRow &row);
Json to_json(const RehearsedRow &row);
Json to_json(const DifferenceRow &row);
Json to_json(const JobRow &row);
Json to_json(const ArchiveRow &row);
Json to_json(const HistoryRow &row);
Json to_json(const EventRow &row);

template <typename Row>
Json to_json(const std::vector<Row> &rows)
{
	Json array = Json::array();
	for (const Row &row : rows)
		array.push_back(to_json(row));
	return array;
}

// What is no UTF-8 (a server may quote anything) is replaced instead of throwing.
std::string dump(const Json &json, int indent = 2);

} // namespace surefoot::client
