/* Small migrations that follow one another share a flush of the WAL, instead of each waiting for the disk. */
#pragma once

namespace surefoot {

/*
 * Lets the commit of this statement go without waiting for the disk, when the session has asked for it (surefoot.share_flush) and has
 * waited for it a moment ago; to be called when nothing can fail any more. The WAL is written in order: after a crash some of the last
 * migrations may be as if they had not begun, none is half there, and none is missing below one that is there. Whoever asks waits
 * once at the end (wait_for_flush).
 */
void share_flush();

/* Returns when all that is committed is as durable as synchronous_commit wants a commit to be, whichever session it was. */
void wait_for_flush();

} // namespace surefoot
