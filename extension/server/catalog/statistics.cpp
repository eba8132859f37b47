/* Extended statistics. */
#include "server/catalog/reading.hpp"
#include "server/catalog/text.hpp"
#include "server/compat.hpp"

extern "C" {
#include "catalog/pg_statistic_ext.h"
#include "utils/fmgrprotos.h"
}

namespace surefoot::catalog {

void read_statistics(Reading &reading, const Table &table)
{
	for (HeapTuple tuple : reading.source.rows(From::statistics, table.oid)) {
		const Form_pg_statistic_ext statistics = form<Form_pg_statistic_ext>(tuple);
		reading.out.begin("statistics",
						  reading.names.schema(statistics->stxnamespace) + "." + quoted(statistics->stxname),
						  {StatisticExtRelationId, statistics->oid, 0});
		reading.out.field("owner", reading.names.role(statistics->stxowner));
		reading.out.field("definition",
						  call_text(pg_get_statisticsobjdef, statistics->oid).value_or(std::string()));
		const int target = compat::extended_statistics_target(tuple, reading.source.descriptor(From::statistics));
		if (target >= 0)
			reading.out.field("statistics", std::to_string(target));
		reading.comments(StatisticExtRelationId, statistics->oid);
	}
}

} // namespace surefoot::catalog
