#include "server/typed_rows.hpp"

#include "server/compat.hpp"

namespace surefoot {

void return_typed_rows(FunctionCallInfo fcinfo, const std::vector<TextRow> &rows)
{
	pg_call([fcinfo] { compat::materialize(fcinfo); });
	ReturnSetInfo *result = (ReturnSetInfo *)fcinfo->resultinfo;
	AttInMetadata *columns =
		pg_call([result] { return TupleDescGetAttInMetadata(result->setDesc); });
	std::vector<char *> values;
	for (const TextRow &row : rows) {
		values.clear();
		for (const std::optional<std::string> &value : row)
			values.push_back(value ? const_cast<char *>(value->c_str()) : nullptr);
		char **cells = values.data();
		pg_call([=] {
			HeapTuple tuple = BuildTupleFromCStrings(columns, cells);
			tuplestore_puttuple(result->setResult, tuple);
			heap_freetuple(tuple);
		});
	}
}

std::string array_text(const std::vector<std::string> &elements)
{
	std::string result = "{";
	for (const std::string &element : elements) {
		result += result.size() > 1 ? ",\"" : "\"";
		for (const char c : element) {
			if (c == '"' || c == '\\')
				result += '\\';
			result += c;
		}
		result += '"';
	}
	return result + "}";
}

} // namespace surefoot
