#include "server/keep/kept_enums.hpp"

extern "C" {
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xlog.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "commands/comment.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
}

namespace surefoot {

struct EnumNumbers {
	Oid type;
	bool same; /* it is the type itself, in its own database: numbers are what they were, whatever they are called by now */
	int count;
	Oid *numbers;
	char **labels;
};

namespace {

constexpr char heading[] = "the numbers of these values";

/* Where numbers mean what they meant. */
char *home_of(Oid type)
{
	return psprintf(" in type %u of database %u of system " UINT64_FORMAT ":", type, MyDatabaseId, GetSystemIdentifier());
}

/* A line for each value. In labels, ends of lines are written as \n. */
char *numbers_of(Oid type)
{
	StringInfoData text;
	initStringInfo(&text);
	appendStringInfo(&text, "%s%s", heading, home_of(type));
	CatCList *values = SearchSysCacheList1(ENUMTYPOIDNAME, ObjectIdGetDatum(type));
	for (int i = 0; i < values->n_members; i++) {
		const Form_pg_enum value = (Form_pg_enum)GETSTRUCT(&values->members[i]->tuple);
		appendStringInfo(&text, "\n%u ", value->oid);
		for (const char *c = NameStr(value->enumlabel); *c != '\0'; c++)
			if (*c == '\n' || *c == '\\')
				appendStringInfoString(&text, *c == '\n' ? "\\n" : "\\\\");
			else
				appendStringInfoChar(&text, *c);
	}
	ReleaseSysCacheList(values);
	return text.data;
}

Oid number_of(Oid type, const char *label)
{
	return GetSysCacheOid2(ENUMTYPOIDNAME, Anum_pg_enum_oid, ObjectIdGetDatum(type), CStringGetDatum(label));
}

bool is_of_type(Oid number, Oid type)
{
	HeapTuple tuple = SearchSysCache1(ENUMOID, ObjectIdGetDatum(number));
	if (!HeapTupleIsValid(tuple))
		return false;
	const bool is = ((Form_pg_enum)GETSTRUCT(tuple))->enumtypid == type;
	ReleaseSysCache(tuple);
	return is;
}

} // namespace

void store_enums_as_numbers(Oid archive)
{
	Relation table = table_open(archive, AccessExclusiveLock);
	const int count = RelationGetNumberOfAttributes(table);
	Oid *types = (Oid *)palloc0(sizeof(Oid) * (count + 1));
	for (int i = 0; i < count; i++) {
		const Form_pg_attribute column = TupleDescAttr(RelationGetDescr(table), i);
		if (!column->attisdropped && get_typtype(column->atttypid) == TYPTYPE_ENUM)
			types[i] = column->atttypid;
	}
	table_close(table, NoLock);
	Relation attributes = table_open(AttributeRelationId, RowExclusiveLock);
	for (int i = 0; i < count; i++) {
		if (!OidIsValid(types[i]))
			continue;
		const AttrNumber number = i + 1;
		HeapTuple row = SearchSysCacheCopy2(ATTNUM, ObjectIdGetDatum(archive), Int16GetDatum(number));
		if (!HeapTupleIsValid(row))
			elog(ERROR, "column %d of relation %u is not there", number, archive);
		/* Both are 4 bytes, by value. */
		((Form_pg_attribute)GETSTRUCT(row))->atttypid = OIDOID;
		CatalogTupleUpdate(attributes, &row->t_self, row);
		/* Of all columns of the type, with the first. */
		(void)deleteDependencyRecordsForSpecific(RelationRelationId, archive, DEPENDENCY_NORMAL, TypeRelationId, types[i]);
		CreateComments(archive, RelationRelationId, number, numbers_of(types[i]));
		CommandCounterIncrement();
	}
	table_close(attributes, RowExclusiveLock);
}

EnumNumbers *enum_numbers(Oid archive, AttrNumber column, Oid type)
{
	char *text = get_typtype(type) == TYPTYPE_ENUM ? GetComment(archive, RelationRelationId, column) : nullptr;
	if (text == nullptr || strncmp(text, heading, sizeof(heading) - 1) != 0)
		return nullptr;
	EnumNumbers *result = (EnumNumbers *)palloc0(sizeof(EnumNumbers));
	const size_t most = strlen(text) / 2 + 1;
	result->type = type;
	const char *home = home_of(type);
	result->same = strncmp(text + sizeof(heading) - 1, home, strlen(home)) == 0;
	result->numbers = (Oid *)palloc(sizeof(Oid) * most);
	result->labels = (char **)palloc(sizeof(char *) * most);
	for (char *line = strchr(text, '\n'); line != nullptr;) {
		char *next = strchr(++line, '\n'), *label = strchr(line, ' ');
		if (next != nullptr)
			*next = '\0';
		if (label == nullptr || (next != nullptr && label > next))
			elog(ERROR, "invalid numbers of values in the archive: %s", line);
		char *to = ++label;
		result->numbers[result->count] = (Oid)strtoul(line, nullptr, 10);
		result->labels[result->count++] = label;
		for (const char *from = label; *from != '\0'; from++)
			*to++ = *from != '\\' ? *from : *++from == 'n' ? '\n' : *from;
		*to = '\0';
		line = next;
	}
	return result;
}

bool has_same_numbers(Oid archive, AttrNumber column, Oid type)
{
	const EnumNumbers *numbers = enum_numbers(archive, column, type);
	return numbers != nullptr && numbers->same;
}

Oid renumbered(const EnumNumbers *numbers, Oid number)
{
	for (int i = 0; i < numbers->count && !numbers->same; i++)
		if (numbers->numbers[i] == number) {
			const Oid now = number_of(numbers->type, numbers->labels[i]);
			if (!OidIsValid(now))
				ereport(ERROR, (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
								errmsg("type %s has no value \"%s\" any more, which rows that were kept have", format_type_be(numbers->type), numbers->labels[i])));
			return now;
		}
	if (!is_of_type(number, numbers->type))
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("nothing says which value of type %s has the number %u", format_type_be(numbers->type), number)));
	return number;
}

} // namespace surefoot
