# Builds and installs the server module (PGXS) and the client.

EXTENSION   = extension/surefoot
MODULE_big  = surefoot
DATA        = $(wildcard extension/surefoot--*.sql)
SUREFOOT_VERSION := $(shell sed -n 's/^ *"version": "\([0-9.]*\)",/\1/p' META.json | head -n 1)

OBJS        = $(patsubst %.cpp,%.o,$(wildcard extension/core/*.cpp extension/server/*.cpp extension/jobs/*.cpp))

PG_CPPFLAGS = -Iextension -DSUREFOOT_VERSION='"$(SUREFOOT_VERSION)"'
# What crosses the module's border is named by SUREFOOT_FUNCTION; all else is hidden, on every major.
PG_CXXFLAGS = -std=c++20 -Wall -Wextra -Wno-unused-parameter -Wno-register -MMD -MP \
	-fvisibility=hidden -fvisibility-inlines-hidden '-DPGDLLEXPORT=__attribute__((visibility("default")))'
SHLIB_LINK += -lstdc++

# Debian compiles each file a second time to LLVM bitcode, without PG_CXXFLAGS; a migration has no use for JIT.
override with_llvm = no

PG_CONFIG  ?= pg_config
PGXS       := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

-include $(OBJS:.o=.d)
