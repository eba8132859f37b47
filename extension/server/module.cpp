/* The module's face to the server: magic block and start-up; nothing else. */
#include "server/settings.hpp"

extern "C" {
PG_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

void _PG_init(void)
{
	surefoot::settings::define();
}
}
