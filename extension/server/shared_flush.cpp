#include "server/shared_flush.hpp"

#include "server/guard.hpp"
#include "server/settings.hpp"

extern "C" {
#include "access/xact.h"
#include "access/xlog.h"
#include "access/xloginsert.h"
#include "catalog/pg_control.h"
#include "miscadmin.h"
#include "replication/syncrep.h"
#include "access/xlog.h"
#include "miscadmin.h"
#include "replication/syncrep.h"
#include "utils/guc.h"
#include "utils/timestamp.h"
}

namespace surefoot {

namespace {

/* What a crash can take back is never older than this and the delay of the WAL writer. */
constexpr int longest_without = 100; /* ms */

TimestampTz last_flush = 0;

} // namespace

void share_flush()
{
	/* What else the caller does in his transaction is not ours to delay. */
	if (!settings::share_flush || synchronous_commit == SYNCHRONOUS_COMMIT_OFF || pg_call([] { return IsTransactionBlock(); }))
		return;
	const TimestampTz now = GetCurrentTimestamp();
	if (TimestampDifferenceExceeds(last_flush, now, longest_without)) {
		last_flush = now;
		return;
	}
	pg_call([] {
		(void)set_config_option("synchronous_commit", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
	});
}

void wait_for_flush()
{
	pg_call([] {
		if (synchronous_commit == SYNCHRONOUS_COMMIT_OFF)
			return;
		/* A record that does nothing; none may be empty. */
		static char nothing = 0;
		XLogBeginInsert();
		XLogRegisterData(&nothing, sizeof(nothing));
		const XLogRecPtr end = XLogInsert(RM_XLOG_ID, XLOG_NOOP);
		XLogFlush(end);
		/* Interrupts are its own matter, as in a commit. The macros for that count a volatile up, which C++ has deprecated. */
		InterruptHoldoffCount = InterruptHoldoffCount + 1;
		SyncRepWaitForLSN(end, true);
		InterruptHoldoffCount = InterruptHoldoffCount - 1;
	});
}

} // namespace surefoot
