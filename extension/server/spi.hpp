/*
 * Surefoot's own statements: text fixed at compile time, values as parameters, prepared once a session.
 *
 *     static Query insert_event("INSERT INTO surefoot.event_log (run, message) VALUES ($1, $2)", {INT8OID, TEXTOID});
 *     insert_event.run({run, message});
 *
 * A Query runs inside an Internal. Its rows are copied out as text, so that they outlive SPI's memory.
 */
#pragma once

#include "server/internal.hpp"

namespace surefoot {

/* A parameter: NULL, a text, a number, a boolean or a ready Datum. */
class Value {
public:
	Value(std::nullopt_t) : null_(true) {}
	Value(const std::string &text) : text_(text), is_text_(true) {}
	Value(std::string_view text) : text_(text), is_text_(true) {}
	Value(const char *text) : text_(text), is_text_(true) {}
	Value(int64 number) : datum_(Int64GetDatum(number)) {}
	Value(int number) : datum_(Int32GetDatum(number)) {}
	Value(bool flag) : datum_(BoolGetDatum(flag)) {}
	template <typename T> Value(const std::optional<T> &maybe) : Value(maybe ? Value(*maybe) : Value(std::nullopt)) {}
	static Value datum(Datum datum)
	{
		Value value(std::nullopt);
		value.null_ = false;
		value.datum_ = datum;
		return value;
	}
	/* text[]; the memory is the current context's. */
	static Value array(const std::vector<std::string> &texts);
	static Value array(const std::vector<std::optional<std::string>> &texts);
	/* An empty text stands for NULL. */
	static Value or_null(const std::string &text) { return text.empty() ? Value(std::nullopt) : Value(text); }
	bool is_null() const { return null_; }
	/* What a column holds; a text is made in the current memory context. Raises as the server does. */
	Datum raw() const;

private:
	friend class Query;
	std::string text_;
	Datum datum_ = 0;
	bool null_ = false, is_text_ = false;
};

class Rows {
public:
	size_t size() const { return rows_.size(); }
	bool empty() const { return rows_.empty(); }
	bool is_null(size_t row, size_t column) const { return !rows_[row][column]; }
	/* The value as text; empty for NULL. */
	std::string text(size_t row, size_t column) const { return rows_[row][column].value_or(std::string()); }
	const std::optional<std::string> &maybe(size_t row, size_t column) const { return rows_[row][column]; }
	int64 number(size_t row, size_t column) const;
	bool flag(size_t row, size_t column) const { return rows_[row][column] == "t"; }
	uint64 affected() const { return affected_; }

private:
	friend class Query;
	friend Rows first_rows(const struct IndexOrder &order, std::initializer_list<const char *> columns);
	std::vector<std::vector<std::optional<std::string>>> rows_;
	uint64 affected_ = 0;
};

class Query {
public:
	/* text is a literal: the Query keeps the pointer. */
	constexpr Query(const char *text, std::initializer_list<Oid> types) : text_(text), count_(types.size())
	{
		size_t i = 0;
		for (Oid type : types)
			types_[i++] = type;
	}
	/* Runs it with a fresh snapshot, seeing what this transaction did before. The caller holds an Internal. */
	Rows run(std::initializer_list<Value> values = {});

private:
	const char *text_;
	size_t count_;
	Oid types_[24] = {};
	SPIPlanPtr plan_ = nullptr;
};

} // namespace surefoot
