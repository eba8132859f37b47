#include "server/spi.hpp"

namespace surefoot {

namespace {

SPIPlanPtr prepare(const char *text, int count, Oid *types)
{
	SPIPlanPtr plan = SPI_prepare(text, count, types);
	if (plan == nullptr)
		elog(ERROR, "could not prepare \"%s\": %s", text, SPI_result_code_string(SPI_result));
	if (SPI_keepplan(plan) != 0)
		elog(ERROR, "could not keep the plan of \"%s\"", text);
	return plan;
}

} // namespace

namespace {

Value text_array(size_t count, const std::function<const std::string *(size_t)> &at)
{
	struct Cells {
		Datum *values;
		bool *nulls;
	};
	const Cells cells = pg_call([count] {
		return Cells{(Datum *)palloc(sizeof(Datum) * (count + 1)), (bool *)palloc0(sizeof(bool) * (count + 1))};
	});
	for (size_t i = 0; i < count; i++) {
		const std::string *text = at(i);
		cells.nulls[i] = text == nullptr;
		if (text != nullptr)
			cells.values[i] =
				pg_call([text] { return PointerGetDatum(cstring_to_text_with_len(text->data(), text->size())); });
	}
	return Value::datum(pg_call([&cells, count] {
		int dimension = static_cast<int>(count), lower = 1;
		if (count == 0)
			return PointerGetDatum(construct_empty_array(TEXTOID));
		return PointerGetDatum(
			construct_md_array(cells.values, cells.nulls, 1, &dimension, &lower, TEXTOID, -1, false, TYPALIGN_INT));
	}));
}

} // namespace

Datum Value::raw() const
{
	return is_text_ ? PointerGetDatum(cstring_to_text_with_len(text_.data(), text_.size())) : datum_;
}

Value Value::array(const std::vector<std::string> &texts)
{
	return text_array(texts.size(), [&texts](size_t i) { return &texts[i]; });
}

Value Value::array(const std::vector<std::optional<std::string>> &texts)
{
	return text_array(texts.size(), [&texts](size_t i) { return texts[i] ? &*texts[i] : nullptr; });
}

int64 Rows::number(size_t row, size_t column) const
{
	return rows_[row][column] ? std::stoll(*rows_[row][column]) : 0;
}

Rows Query::run(std::initializer_list<Value> values)
{
	Datum datums[lengthof(types_)];
	char nulls[lengthof(types_) + 1];
	size_t i = 0;

	if (values.size() != count_)
		throw Error("XX000", std::string("wrong number of parameters for \"") + text_ + "\"");
	for (const Value &value : values) {
		nulls[i] = value.null_ ? 'n' : ' ';
		datums[i] = value.is_text_ ? pg_call([&value] { return value.raw(); }) : value.datum_;
		i++;
	}
	nulls[i] = '\0';

	Rows result;
	pg_call([&] {
		if (SPI_connect() != SPI_OK_CONNECT)
			elog(ERROR, "SPI_connect failed");
		if (plan_ == nullptr)
			plan_ = prepare(text_, static_cast<int>(count_), types_);
		const int code = SPI_execute_plan(plan_, datums, nulls, false, 0);
		if (code < 0)
			elog(ERROR, "could not execute \"%s\": %s", text_, SPI_result_code_string(code));
	});
	result.affected_ = SPI_processed;
	if (SPI_tuptable != nullptr) {
		const SPITupleTable *table = SPI_tuptable;
		const int columns = table->tupdesc->natts;
		result.rows_.reserve(table->numvals);
		for (uint64 row = 0; row < table->numvals; row++) {
			auto &cells = result.rows_.emplace_back();
			cells.reserve(columns);
			for (int column = 1; column <= columns; column++) {
				const char *text =
					pg_call([&] { return SPI_getvalue(table->vals[row], table->tupdesc, column); });
				cells.push_back(text ? std::optional<std::string>(text) : std::nullopt);
			}
		}
	}
	pg_call([] { SPI_finish(); });
	return result;
}

} // namespace surefoot
