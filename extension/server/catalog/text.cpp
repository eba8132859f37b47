#include "server/catalog/text.hpp"

#include "core/canonical.hpp"

#include <algorithm>

namespace surefoot::catalog {

namespace {

template <typename T> std::vector<T> elements_of(Datum array)
{
	ArrayType *const values = pg_call([array] { return DatumGetArrayTypeP(array); });
	const T *first = reinterpret_cast<const T *>(ARR_DATA_PTR(values));
	if (ARR_NDIM(values) != 1 || ARR_HASNULL(values))
		return {};
	return std::vector<T>(first, first + ARR_DIMS(values)[0]);
}

std::optional<std::string> call(PGFunction function, int count, Oid first, Oid second)
{
	const char *result = pg_call([=]() -> char * {
		LOCAL_FCINFO(fcinfo, 2);
		InitFunctionCallInfoData(*fcinfo, nullptr, count, InvalidOid, nullptr, nullptr);
		fcinfo->args[0].value = ObjectIdGetDatum(first);
		fcinfo->args[0].isnull = false;
		fcinfo->args[1].value = ObjectIdGetDatum(second);
		fcinfo->args[1].isnull = false;
		const Datum value = function(fcinfo);
		return fcinfo->isnull ? nullptr : TextDatumGetCString(value);
	});
	return result ? std::optional<std::string>(result) : std::nullopt;
}

} // namespace

std::string_view text_of(Datum value)
{
	struct varlena *text = reinterpret_cast<struct varlena *>(DatumGetPointer(value));
	/* What is stored out of line looks like a short one. */
	if (VARATT_IS_COMPRESSED(text) || VARATT_IS_EXTERNAL(text))
		text = pg_call([text] { return pg_detoast_datum_packed(text); });
	return {VARDATA_ANY(text), static_cast<size_t>(VARSIZE_ANY_EXHDR(text))};
}

std::vector<std::string_view> texts_of(Datum array)
{
	struct Elements {
		Datum *values;
		bool *nulls;
		int count;
	};
	const Elements elements = pg_call([array] {
		Elements e;
		deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT, &e.values, &e.nulls, &e.count);
		return e;
	});
	std::vector<std::string_view> texts;
	for (int i = 0; i < elements.count; i++)
		texts.push_back(elements.nulls[i] ? std::string_view() : text_of(elements.values[i]));
	return texts;
}

std::vector<Oid> oids_of(Datum array)
{
	return elements_of<Oid>(array);
}

std::vector<AttrNumber> numbers_of(Datum array)
{
	return elements_of<AttrNumber>(array);
}

std::string quoted(std::string_view name)
{
	char buffer[NAMEDATALEN];
	if (name.size() >= sizeof(buffer))
		throw Error("XX000", "identifier too long");
	memcpy(buffer, name.data(), name.size());
	buffer[name.size()] = '\0';
	const char *const plain = buffer;
	return pg_call([plain] { return quote_identifier(plain); });
}

std::string quoted(const NameData &name)
{
	return pg_call([&name] { return quote_identifier(NameStr(name)); });
}

std::string literal(std::string_view text)
{
	std::string out;
	if (text.find('\\') != text.npos)
		out.push_back('E');
	out.push_back('\'');
	for (char c : text) {
		if (c == '\'' || c == '\\')
			out.push_back(c);
		out.push_back(c);
	}
	out.push_back('\'');
	return out;
}

std::string options_of(Datum array, bool is_null, std::string_view prefix)
{
	if (is_null)
		return {};
	std::vector<std::string_view> options = texts_of(array);
	std::sort(options.begin(), options.end());
	std::string out;
	for (std::string_view option : options) {
		const size_t equals = std::min(option.find('='), option.size());
		const std::string_view value = equals < option.size() ? option.substr(equals + 1) : std::string_view();
		if (!out.empty())
			out.append(", ");
		out.append(prefix).append(quoted(option.substr(0, equals))).append("=");
		if (!value.empty() && value.size() < NAMEDATALEN && quoted(value) == value)
			out.append(value);
		else
			out.append(literal(value));
	}
	return out;
}

void append_item(std::string &list, std::string_view item)
{
	if (!list.empty())
		list.append(", ");
	list.append(item);
}

std::optional<std::string> call_text(PGFunction function, Oid argument)
{
	return call(function, 1, argument, InvalidOid);
}

std::string canonical_text(PGFunction function, Oid argument)
{
	const std::optional<std::string> text = call_text(function, argument);
	return text ? core::canonical(*text) : std::string();
}

std::optional<std::string> call_text(PGFunction function, Oid first, Oid second)
{
	return call(function, 2, first, second);
}

} // namespace surefoot::catalog
