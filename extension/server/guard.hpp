/*
 * Where longjmp and C++ exceptions meet, and the only place where they do.
 *
 * pg_call(f)     calls the server; its ERROR becomes an Error. f's frame holds nothing with a destructor, and its result is
 *                trivially destructible, because a longjmp skips destructors.
 * entry(...)     the body of every extern "C" function: an Error becomes an ERROR, raised after the catch clause has ended.
 * in_subtransaction(f)   the only way to go on after an Error: all that f did is rolled back, and the locks that it took are
 *                released, before the Error goes on to the caller.
 *
 * An Error is never swallowed outside a subtransaction: the server would go on with half-done state (open relations, snapshots,
 * even rows that break a unique index). In a worker, AbortCurrentTransaction() at the top level does the same service.
 */
#pragma once

#include "server/error.hpp"
#include "server/pg.hpp"

namespace surefoot {

/* Takes the pending server error out of errordata; call it only where a longjmp has just landed. */
Error take_error(MemoryContext context);

/* Raises error as a server ERROR; never returns. The strings are copied before the jump and error is emptied. */
[[noreturn]] void raise(Error &error);

template <typename F> auto pg_call(F &&f) -> decltype(f())
{
	using R = decltype(f());
	static_assert(std::is_void_v<R> || std::is_trivially_destructible_v<R>,
				  "a longjmp would skip the destructor of the result");

	sigjmp_buf *const outer_stack = PG_exception_stack;
	ErrorContextCallback *const outer_callbacks = error_context_stack;
	const MemoryContext outer_context = CurrentMemoryContext;
	sigjmp_buf here;

	if (sigsetjmp(here, 0) == 0) {
		PG_exception_stack = &here;
		if constexpr (std::is_void_v<R>) {
			f();
			PG_exception_stack = outer_stack;
			error_context_stack = outer_callbacks;
			return;
		} else {
			R result = f();
			PG_exception_stack = outer_stack;
			error_context_stack = outer_callbacks;
			return result;
		}
	}
	PG_exception_stack = outer_stack;
	error_context_stack = outer_callbacks;
	throw take_error(outer_context);
}

/* Runs body and lets no exception out: the only function that an extern "C" entry calls. */
template <typename F> auto entry(F &&body) -> decltype(body())
{
	Error *error = nullptr;
	try {
		return body();
	} catch (Error &e) {
		error = new (std::nothrow) Error(std::move(e));
	} catch (const std::bad_alloc &) {
		error = nullptr;
	} catch (const std::exception &e) {
		error = new (std::nothrow) Error("XX000", e.what());
	} catch (...) {
		error = new (std::nothrow) Error("XX000", "unknown C++ exception");
	}
	if (error == nullptr)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	raise(*error);
}

/* A subtransaction with the state that has to be put back by hand. */
class Subtransaction {
public:
	Subtransaction()
	{
		pg_call([] {
			/* A command that invalidated something at its very end, as ALTER DOMAIN does, would be in the way. */
			(void)GetCurrentCommandId(true);
			CommandCounterIncrement();
			BeginInternalSubTransaction(nullptr);
		});
		MemoryContextSwitchTo(context_);
	}
	void release()
	{
		pg_call([] { ReleaseCurrentSubTransaction(); });
		restore();
	}
	void roll_back()
	{
		pg_call([] { RollbackAndReleaseCurrentSubTransaction(); });
		restore();
	}

private:
	void restore()
	{
		MemoryContextSwitchTo(context_);
		CurrentResourceOwner = owner_;
	}
	MemoryContext context_ = CurrentMemoryContext;
	ResourceOwner owner_ = CurrentResourceOwner;
};

template <typename F> auto in_subtransaction(F &&f) -> decltype(f())
{
	Subtransaction sub;
	try {
		if constexpr (std::is_void_v<decltype(f())>) {
			f();
			sub.release();
		} else {
			auto result = f();
			sub.release();
			return result;
		}
	} catch (...) {
		sub.roll_back();
		throw;
	}
}

/* Runs f and undoes whatever it did in the database; its result is what was seen. */
template <typename F> auto in_rolled_back_subtransaction(F &&f) -> decltype(f())
{
	Subtransaction sub;
	try {
		if constexpr (std::is_void_v<decltype(f())>) {
			f();
			sub.roll_back();
		} else {
			auto result = f();
			sub.roll_back();
			return result;
		}
	} catch (...) {
		sub.roll_back();
		throw;
	}
}

} // namespace surefoot

/* Defines the SQL-callable function name; its body gets fcinfo and may throw. */
#define SUREFOOT_FUNCTION(name)                                                                                        \
	static Datum name##_body(FunctionCallInfo fcinfo);                                                                 \
	extern "C" {                                                                                                       \
	PGDLLEXPORT Datum name(PG_FUNCTION_ARGS);                                                                          \
	PG_FUNCTION_INFO_V1(name);                                                                                         \
	Datum name(PG_FUNCTION_ARGS)                                                                                       \
	{                                                                                                                  \
		return surefoot::entry([fcinfo] { return name##_body(fcinfo); });                                              \
	}                                                                                                                  \
	}                                                                                                                  \
	static Datum name##_body(FunctionCallInfo fcinfo)
