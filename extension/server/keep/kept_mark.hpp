/*
 * A table without columns, surefoot_archive.kept_rows: DROP EXTENSION needs CASCADE while it is there. It stands for what the extension's own
 * tables keep of rows and values, which go with the extension without a word otherwise, and which nothing but a revert brings back. (Rows that
 * are kept by their storage have tables of their own there, which do the same.)
 */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

/* Something is kept from now on; within an Internal. */
void mark_kept();

/* Takes the mark away when nothing is kept any more, unless somebody is about to keep something. */
void unmark_kept();

} // namespace surefoot
