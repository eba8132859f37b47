/* Extended statistics. */
#include "core/sql_text.hpp"
#include "server/catalog/reading.hpp"
#include "server/catalog/text.hpp"
#include "server/compat.hpp"

extern "C" {
#include "catalog/pg_statistic_ext.h"
#include "utils/fmgrprotos.h"
}

namespace surefoot::catalog {

namespace {

/* The server lists columns in the order of the table, which says nothing about the statistics. */
std::string with_sorted_columns(std::string definition)
{
	constexpr std::string_view on = " ON ", from = " FROM ";
	const size_t begin = definition.find(on), end = definition.rfind(from);
	if (begin == definition.npos || end == definition.npos || end < begin + on.size())
		return definition;
	std::vector<std::string> columns = core::split_list(std::string_view(definition).substr(begin + on.size(), end - begin - on.size()));
	std::sort(columns.begin(), columns.end());
	std::string list;
	for (const std::string &column : columns)
		append_item(list, column);
	return definition.replace(begin + on.size(), end - begin - on.size(), list);
}

} // namespace

void read_statistics(Reading &reading, const Table &table)
{
	for (HeapTuple tuple : reading.source.rows(From::statistics, table.oid)) {
		const Form_pg_statistic_ext statistics = form<Form_pg_statistic_ext>(tuple);
		reading.out.begin("statistics",
						  reading.names.schema(statistics->stxnamespace) + "." + quoted(statistics->stxname),
						  {StatisticExtRelationId, statistics->oid, 0});
		reading.out.field("owner", reading.names.role(statistics->stxowner));
		reading.out.field("definition",
						  with_sorted_columns(canonical_text(pg_get_statisticsobjdef, statistics->oid)));
		const int target = compat::extended_statistics_target(tuple, reading.source.descriptor(From::statistics));
		if (target >= 0)
			reading.out.field("statistics", std::to_string(target));
		reading.comments(StatisticExtRelationId, statistics->oid);
	}
}

} // namespace surefoot::catalog
