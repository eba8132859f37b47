/* The module's face to the server: magic block and start-up; nothing else. */
#include "jobs/launch.hpp"
#include "server/history/masked_log.hpp"
#include "server/record/recorder.hpp"
#include "server/settings.hpp"
#include "server/trial/harmless.hpp"

extern "C" {
PG_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

void _PG_init(void)
{
	surefoot::entry([] {
		surefoot::settings::define();
		surefoot::Recorder::install_hooks();
		surefoot::HarmlessOnly::install_hook();
		surefoot::MaskedLog::install_hook();
		surefoot::install_transaction_callback();
	});
}
}
