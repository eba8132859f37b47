#include "server/text_query.hpp"

#include "server/spi.hpp"

namespace surefoot {

std::vector<Cells> run_with_texts(const std::string &sql, const std::vector<Cells> &parameters)
{
	std::vector<Datum> values;
	for (const Cells &column : parameters)
		values.push_back(Value::array(column).raw());
	std::vector<Oid> types(values.size(), TEXTARRAYOID);
	const char *text = sql.c_str();
	const int count = static_cast<int>(values.size());
	Oid *const type = types.data();
	Datum *const value = values.data();
	const int columns = pg_call([=] {
		if (SPI_connect() != SPI_OK_CONNECT)
			elog(ERROR, "SPI_connect failed");
		const int code = SPI_execute_with_args(text, count, type, value, nullptr, false, 0);
		if (code < 0)
			elog(ERROR, "could not execute \"%s\": %s", text, SPI_result_code_string(code));
		return SPI_tuptable != nullptr ? SPI_tuptable->tupdesc->natts : 0;
	});
	std::vector<Cells> rows;
	const SPITupleTable *table = SPI_tuptable;
	for (uint64 row = 0; table != nullptr && row < table->numvals; row++) {
		Cells &cells = rows.emplace_back();
		for (int column = 1; column <= columns; column++) {
			const char *cell = pg_call([table, row, column] { return SPI_getvalue(table->vals[row], table->tupdesc, column); });
			cells.push_back(cell ? std::optional<std::string>(cell) : std::nullopt);
		}
	}
	pg_call([] { SPI_finish(); });
	return rows;
}

std::string unnested(const std::vector<size_t> &columns, const std::string &alias)
{
	std::string parameters, names;
	for (size_t i = 0; i < columns.size(); i++) {
		parameters += (i == 0 ? "$" : ", $") + std::to_string(i + 1);
		names += (i == 0 ? "c" : ", c") + std::to_string(columns[i]);
	}
	return "unnest(" + parameters + ") AS " + alias + "(" + names + ")";
}

} // namespace surefoot
