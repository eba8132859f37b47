#include "server/functions/arguments.hpp"

#include "server/compat.hpp"
#include "server/history/history.hpp"
#include "server/internal.hpp"

namespace surefoot {

std::string version_argument(FunctionCallInfo fcinfo, int n)
{
	const std::string version = text_argument(fcinfo, n);
	const Internal internal;
	return history::version_of(version);
}

std::vector<std::string> text_array_argument(FunctionCallInfo fcinfo, int n)
{
	struct Elements {
		Datum *values;
		bool *nulls;
		int count;
	};
	const Elements elements = pg_call([fcinfo, n] {
		Elements e;
		deconstruct_array(PG_GETARG_ARRAYTYPE_P(n), TEXTOID, -1, false, TYPALIGN_INT, &e.values, &e.nulls, &e.count);
		return e;
	});
	std::vector<std::string> texts;
	for (int i = 0; i < elements.count; i++)
		if (!elements.nulls[i]) {
			const Datum value = elements.values[i];
			texts.emplace_back(pg_call([value] { return TextDatumGetCString(value); }));
		}
	return texts;
}

void return_rows(FunctionCallInfo fcinfo, const std::vector<std::vector<std::string>> &rows)
{
	pg_call([fcinfo] { compat::materialize(fcinfo); });
	ReturnSetInfo *result = (ReturnSetInfo *)fcinfo->resultinfo;
	for (const std::vector<std::string> &row : rows) {
		const char *cells[64];
		const int count = static_cast<int>(row.size());
		for (int i = 0; i < count; i++)
			cells[i] = row[i].empty() ? nullptr : row[i].c_str();
		pg_call([result, &cells, count] {
			Datum values[64];
			bool nulls[64];
			for (int i = 0; i < count; i++) {
				nulls[i] = cells[i] == nullptr;
				values[i] = nulls[i] ? (Datum)0 : CStringGetTextDatum(cells[i]);
			}
			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		});
	}
}

} // namespace surefoot
