/* Functions, procedures and aggregates. */
#include "server/catalog/reading.hpp"
#include "server/catalog/text.hpp"

extern "C" {
#include "catalog/pg_aggregate.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "utils/fmgrprotos.h"
}

namespace surefoot::catalog {

namespace {

const char *kind_of(char prokind)
{
	switch (prokind) {
	case PROKIND_AGGREGATE: return "aggregate";
	case PROKIND_PROCEDURE: return "procedure";
	default: return "function";
	}
}

const char *modify_name(char code)
{
	switch (code) {
	case AGGMODIFY_SHAREABLE: return "shareable";
	case AGGMODIFY_READ_WRITE: return "read write";
	default: return "read only";
	}
}

/* No function of the server spells an aggregate. */
void aggregate_fields(Reading &reading, Form_pg_proc function)
{
	HeapTuple tuple = reading.source.row(From::aggregate, function->oid);
	if (tuple == nullptr)
		return;
	const Form_pg_aggregate aggregate = form<Form_pg_aggregate>(tuple);
	Writer &out = reading.out;
	auto part = [&](const char *name, Oid oid) {
		if (OidIsValid(oid))
			out.field(name, reading.names.function(oid));
	};
	auto text = [&](const char *name, AttrNumber attribute) {
		bool is_null;
		const Datum value = reading.source.get(From::aggregate, tuple, attribute, &is_null);
		if (!is_null)
			out.field(name, text_of(value));
	};
	auto space = [&](const char *name, int32 size) {
		if (size != 0)
			out.field(name, std::to_string(size));
	};
	/* as a function, an aggregate has an order of arguments and a parallel label of its own */
	out.field("arguments", call_text(pg_get_function_arguments, function->oid).value_or(std::string()));
	out.field("returns", call_text(pg_get_function_result, function->oid).value_or(std::string()));
	if (aggregate->aggkind != AGGKIND_NORMAL)
		out.field("kind", aggregate->aggkind == AGGKIND_HYPOTHETICAL ? "hypothetical set" : "ordered set");
	if (aggregate->aggnumdirectargs != 0)
		out.field("direct arguments", std::to_string(aggregate->aggnumdirectargs));
	if (function->proparallel != PROPARALLEL_UNSAFE)
		out.field("parallel", function->proparallel == PROPARALLEL_SAFE ? "safe" : "restricted");
	part("sfunc", aggregate->aggtransfn);
	out.field("stype", reading.names.type(aggregate->aggtranstype));
	space("sspace", aggregate->aggtransspace);
	text("initcond", Anum_pg_aggregate_agginitval);
	part("finalfunc", aggregate->aggfinalfn);
	out.flag("finalfunc extra", aggregate->aggfinalextra);
	if (OidIsValid(aggregate->aggfinalfn))
		out.field("finalfunc modify", modify_name(aggregate->aggfinalmodify));
	part("combinefunc", aggregate->aggcombinefn);
	part("serialfunc", aggregate->aggserialfn);
	part("deserialfunc", aggregate->aggdeserialfn);
	part("msfunc", aggregate->aggmtransfn);
	part("minvfunc", aggregate->aggminvtransfn);
	if (OidIsValid(aggregate->aggmtranstype))
		out.field("mstype", reading.names.type(aggregate->aggmtranstype));
	space("msspace", aggregate->aggmtransspace);
	text("minitcond", Anum_pg_aggregate_aggminitval);
	part("mfinalfunc", aggregate->aggmfinalfn);
	out.flag("mfinalfunc extra", aggregate->aggmfinalextra);
	if (OidIsValid(aggregate->aggmfinalfn))
		out.field("mfinalfunc modify", modify_name(aggregate->aggmfinalmodify));
	if (OidIsValid(aggregate->aggsortop))
		out.field("sortop", reading.names.identity(OperatorRelationId, aggregate->aggsortop));
}

} // namespace

void read_function(Reading &reading, HeapTuple row)
{
	const Form_pg_proc function = form<Form_pg_proc>(row);
	bool is_null;
	std::string arguments;
	for (int i = 0; i < function->pronargs; i++)
		append_item(arguments, reading.names.type(function->proargtypes.values[i]));

	Writer &out = reading.out;
	out.begin(kind_of(function->prokind), reading.names.schema(function->pronamespace) + "." + quoted(function->proname) +
											  "(" + arguments + ")",
			  {ProcedureRelationId, function->oid, 0});
	out.field("owner", reading.names.role(function->proowner));
	if (function->prokind == PROKIND_AGGREGATE)
		aggregate_fields(reading, function);
	else
		out.field("definition", call_text(pg_get_functiondef, function->oid).value_or(std::string()));
	reading.extension_dependencies(ProcedureRelationId, function->oid);
	const Datum acl = reading.source.get(From::function, row, Anum_pg_proc_proacl, &is_null);
	reading.grants(acl, is_null, OBJECT_FUNCTION, function->proowner);
	reading.membership(ProcedureRelationId, function->oid);
	reading.comments(ProcedureRelationId, function->oid);
}

} // namespace surefoot::catalog
