#include "server/run/shared_flush.hpp"

#include "server/guard.hpp"
#include "server/settings.hpp"

extern "C" {
#include "access/xact.h"
#include "access/xlog.h"
#include "access/xloginsert.h"
#include "catalog/pg_control.h"
#include "miscadmin.h"
#include "replication/syncrep.h"
#include "utils/guc.h"
#include "utils/timestamp.h"
}

namespace surefoot {

namespace {

/* What a crash can take back is never older than twice this. */
constexpr int interval = 100; /* ms */

/* The end of what this session had written when an interval began, with all commits before. */
TimestampTz begun = 0;
XLogRecPtr mark = InvalidXLogRecPtr;

/* As a commit waits. Raises nothing but what ends the session. */
void wait_until_durable(XLogRecPtr end)
{
	pg_call([end] {
		XLogFlush(end);
		/* Interrupts are its own matter, as in a commit. The macros for that count a volatile up, which C++ has deprecated. */
		InterruptHoldoffCount = InterruptHoldoffCount + 1;
		SyncRepWaitForLSN(end, true);
		InterruptHoldoffCount = InterruptHoldoffCount - 1;
	});
}

} // namespace

void share_flush()
{
	/* What else the caller does in his transaction is not ours to delay. */
	if (!settings::share_flush || synchronous_commit == SYNCHRONOUS_COMMIT_OFF || pg_call([] { return IsTransactionBlock(); }))
		return;
	/*
	 * What was written before the interval that ends now. Mostly the WAL writer has had the time to bring it to the disk, so that nobody
	 * waits at all.
	 */
	const TimestampTz now = GetCurrentTimestamp();
	if (TimestampDifferenceExceeds(begun, now, interval)) {
		if (mark != InvalidXLogRecPtr)
			wait_until_durable(mark);
		mark = XactLastRecEnd;
		begun = now;
	}
	pg_call([] {
		(void)set_config_option("synchronous_commit", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
	});
}

void wait_for_flush()
{
	if (synchronous_commit == SYNCHRONOUS_COMMIT_OFF)
		return;
	wait_until_durable(pg_call([] {
		/* A record that does nothing; none may be empty. */
		static char nothing = 0;
		XLogBeginInsert();
		XLogRegisterData(&nothing, sizeof(nothing));
		return XLogInsert(RM_XLOG_ID, XLOG_NOOP);
	}));
	mark = InvalidXLogRecPtr;
}

} // namespace surefoot
