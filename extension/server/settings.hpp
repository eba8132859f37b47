/* The settings surefoot.*; each is documented where it is defined. */
#pragma once

#include "server/pg.hpp"

namespace surefoot::settings {

extern int lock_timeout;        /* ms: how long one strong lock is waited for */
extern int lock_retry;          /* s: how long a step is tried again until its locks are had */
extern int direct_index_pages;  /* pages: tables up to this size get their indexes directly */
extern int build_deadline;      /* s: longest run of a concurrent statement; 0: none */
extern int verify_timeout;      /* ms: longest verify script while a step's locks are held; 0: none */
extern int rehearse_pages;      /* pages: tables up to this size are rehearsed with their rows */
extern int rehearse_timeout;    /* ms: longest rehearsal, which holds its locks; 0: none */
extern bool restore_places;     /* a column that was dropped gets its place again */
extern bool keep_tables;        /* rows of tables that a migration drops are kept, by their storage */
extern bool keep_rows;          /* what a migration drops is kept */
extern int keep_size;           /* kB: tables up to this size are kept */
extern int keep_for;            /* s: until what is kept may be purged */
extern bool share_flush;
extern bool share_flush;	   /* see shared_flush.hpp */
extern bool allow_out_of_order; /* applying below the highest applied version */
extern bool allow_no_way_back;  /* applying what cannot be walked back */

void define();

} // namespace surefoot::settings
