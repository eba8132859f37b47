#include "server/guard.hpp"

namespace surefoot {

namespace {

std::string copy(const char *text)
{
	return text ? std::string(text) : std::string();
}

/* Copies text into the current memory context; an empty string stands for an absent field. */
char *field(const std::string &text)
{
	return text.empty() ? nullptr : pnstrdup(text.data(), text.size());
}

/* Moves error into a server struct and frees it, so that nothing with a destructor is left when the jump comes. */
void unpack(Error &error, ErrorData *data)
{
	std::unique_ptr<Error> owned(&error);
	const std::string &s = error.sqlstate;

	data->elevel = ERROR;
	data->sqlerrcode = s.size() == 5 ? MAKE_SQLSTATE(s[0], s[1], s[2], s[3], s[4]) : ERRCODE_INTERNAL_ERROR;
	data->message = field(error.message.empty() ? "unknown error" : error.message);
	data->detail = field(error.detail);
	data->detail_log = field(error.detail_log);
	data->hint = field(error.hint);
	data->context = field(error.context);
	data->schema_name = field(error.schema);
	data->table_name = field(error.table);
	data->column_name = field(error.column);
	data->datatype_name = field(error.datatype);
	data->constraint_name = field(error.constraint);
	data->cursorpos = error.position;
	data->internalpos = error.internal_position;
	data->internalquery = field(error.internal_query);
}

} // namespace

Error take_error(MemoryContext context)
{
	MemoryContextSwitchTo(context);
	ErrorData *data = CopyErrorData();
	FlushErrorState();

	Error error;
	error.sqlstate = unpack_sql_state(data->sqlerrcode);
	error.message = copy(data->message);
	error.detail = copy(data->detail);
	error.detail_log = copy(data->detail_log);
	error.hint = copy(data->hint);
	error.context = copy(data->context);
	error.schema = copy(data->schema_name);
	error.table = copy(data->table_name);
	error.column = copy(data->column_name);
	error.datatype = copy(data->datatype_name);
	error.constraint = copy(data->constraint_name);
	error.position = data->cursorpos;
	error.internal_position = data->internalpos;
	error.internal_query = copy(data->internalquery);
	FreeErrorData(data);
	return error;
}

void raise(Error &error)
{
	ErrorData data = {};
	unpack(error, &data);
	ThrowErrorData(&data);
	pg_unreachable();
}

} // namespace surefoot
