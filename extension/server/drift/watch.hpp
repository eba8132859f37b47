/*
 * Who changes what is recorded, beside Surefoot: an event trigger writes it down while surefoot.watch() is on.
 *
 * It must neither make a statement fail nor be noticed, so it notes names only, in a subtransaction that may fail by itself. The text
 * of a statement is not kept: it may hold secrets.
 */
#pragma once

namespace surefoot {

/* Whether what happens now is done by a run of Surefoot. */
bool is_own_doing();

} // namespace surefoot
