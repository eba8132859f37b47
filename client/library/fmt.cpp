// The functions of fmt, for the linker: a deploy host then needs no libfmt, and the client does not spend a tenth of its
// life on loading it and the library of C++. The other files see them declared alone; with bodies, which is what
// FMT_HEADER_ONLY does everywhere, the client takes twice as long to compile. All inline functions are kept (see build.mk).
#define FMT_HEADER_ONLY

#include <fmt/format.h>
