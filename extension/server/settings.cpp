#include "server/settings.hpp"

#include "server/compat.hpp"

namespace surefoot::settings {

int lock_timeout = 50;
int lock_retry = 30;
int direct_index_pages = 128;
int build_deadline = 0;
int verify_timeout = 5000;
int rehearse_pages = 1280;
int rehearse_timeout = 2000;
bool restore_places = true;
bool keep_tables = true;
bool keep_rows = true;
int keep_size = 256;
int keep_for = 30 * 86400;
bool share_flush = false;
bool allow_out_of_order = false;
bool allow_no_way_back = false;

/* Others queue behind whoever waits for a strong lock: not for longer than this, whoever sets it. */
constexpr int longest_lock_timeout = 60000;

void define()
{
	DefineCustomIntVariable("surefoot.lock_timeout", "How long a step of a migration waits for one lock.",
							"When it is not had by then, the step is rolled back and tried again, so that nobody queues behind it.",
							&lock_timeout, 50, 1, longest_lock_timeout, PGC_USERSET, GUC_UNIT_MS, nullptr, nullptr, nullptr);
	DefineCustomIntVariable("surefoot.lock_retry", "How long a step is tried again until its locks can be had.", nullptr,
							&lock_retry, 30, 0, INT_MAX / 1000, PGC_USERSET, GUC_UNIT_S, nullptr, nullptr, nullptr);
	DefineCustomIntVariable("surefoot.direct_index_pages",
							"Largest table, in pages, whose indexes are built directly, in the transaction.", nullptr,
							&direct_index_pages, 128, 0, INT_MAX, PGC_USERSET, 0, nullptr, nullptr, nullptr);
	DefineCustomIntVariable("surefoot.build_deadline",
							"How long a statement that runs outside a transaction may take; 0 means no limit.", nullptr,
							&build_deadline, 0, 0, INT_MAX / 1000, PGC_USERSET, GUC_UNIT_S, nullptr, nullptr, nullptr);
	DefineCustomIntVariable("surefoot.verify_timeout",
							"How long a verify script may run before the commit, while the migration's locks are held.",
							"0 means no limit. After the commit, and in migrate_validate, there is none.", &verify_timeout, 5000, 0,
							INT_MAX, PGC_USERSET, GUC_UNIT_MS, nullptr, nullptr, nullptr);
	DefineCustomIntVariable("surefoot.rehearse_pages",
							"Largest table, in pages, that a rehearsal scans, rewrites or changes rows of.",
							"Larger ones look empty to what would do so, and queries of them are only prepared.", &rehearse_pages, 1280, 0,
							INT_MAX, PGC_USERSET, 0, nullptr, nullptr, nullptr);
	DefineCustomIntVariable("surefoot.rehearse_timeout", "How long a rehearsal may hold its locks.",
							"0 means no limit. What takes longer is rolled back and rehearsed once more on tables that look empty.",
							&rehearse_timeout, 2000, 0, INT_MAX, PGC_USERSET, GUC_UNIT_MS, nullptr, nullptr, nullptr);
	DefineCustomBoolVariable("surefoot.restore_places", "Gives columns that were dropped their place again, on the way back.", nullptr,
							 &restore_places, true, PGC_USERSET, 0, nullptr, nullptr, nullptr);
	DefineCustomBoolVariable("surefoot.keep_tables", "Keeps the rows of tables that migrations drop, for the way back.", nullptr,
							 &keep_tables, true, PGC_USERSET, 0, nullptr, nullptr, nullptr);
	DefineCustomBoolVariable("surefoot.keep_rows", "Keeps the rows that migrations drop or change, for the way back.", nullptr,
							 &keep_rows, true, PGC_USERSET, 0, nullptr, nullptr, nullptr);
	/* Of a table that goes they are copied while it is locked, which nobody should wait for long. */
	DefineCustomIntVariable("surefoot.keep_size", "Largest table whose rows are kept when they are dropped or changed.", nullptr, &keep_size,
							256, 0, 262144, PGC_USERSET, GUC_UNIT_KB, nullptr, nullptr, nullptr);
	DefineCustomIntVariable("surefoot.keep_for", "After how long migrate_purge() may remove what was kept.", nullptr, &keep_for,
							30 * 86400, 0, INT_MAX, PGC_USERSET, GUC_UNIT_S, nullptr, nullptr, nullptr);
	DefineCustomBoolVariable("surefoot.share_flush", "Lets small migrations that follow one another wait for the disk together.",
							 "What was applied in the last tenth of a second is on the disk when surefoot.wait_for_flush() has returned.",
							 &share_flush, false, PGC_USERSET, 0, nullptr, nullptr, nullptr);
	DefineCustomBoolVariable("surefoot.allow_out_of_order",
							 "Allows to apply a migration below the highest that is applied.", nullptr, &allow_out_of_order,
							 false, PGC_USERSET, 0, nullptr, nullptr, nullptr);
	DefineCustomBoolVariable("surefoot.allow_no_way_back", "Allows to apply a migration that cannot be walked back.", nullptr,
							 &allow_no_way_back, false, PGC_USERSET, 0, nullptr, nullptr, nullptr);
	compat::reserve_prefix("surefoot");
}

} // namespace surefoot::settings
