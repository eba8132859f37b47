#include "server/history/masked_log.hpp"

#include "core/secret_text.hpp"
#include "server/guard.hpp"

namespace surefoot {

namespace {

int alive = 0;
emit_log_hook_type next_hook = nullptr;

/* In the midst of a report: nothing may be raised, so what cannot be masked is left out. */
void mask(char *&text) noexcept
{
	if (text == nullptr)
		return;
	try {
		const std::string masked = core::mask_secret_text(text);
		if (masked == text)
			return;
		char *copy = (char *)palloc_extended(masked.size() + 1, MCXT_ALLOC_NO_OOM);
		if (copy != nullptr)
			memcpy(copy, masked.c_str(), masked.size() + 1);
		text = copy;
	} catch (...) {
		text = nullptr;
	}
}

void on_log(ErrorData *report)
{
	if (alive > 0 && report->elevel < ERROR)
		for (char **text : {&report->message, &report->detail, &report->detail_log, &report->hint, &report->context, &report->internalquery})
			mask(*text);
	if (next_hook != nullptr)
		next_hook(report);
}

} // namespace

MaskedLog::MaskedLog()
{
	alive++;
}

MaskedLog::~MaskedLog()
{
	alive--;
}

void MaskedLog::install_hook()
{
	next_hook = emit_log_hook;
	emit_log_hook = on_log;
}

} // namespace surefoot
