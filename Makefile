# make, make install      builds and installs the server module (PGXS) and the client, for PG_CONFIG's PostgreSQL
# make demo               shows a migration of a million rows under traffic, on a throwaway server
# make installcheck       runs the regress and isolation tests on a server that is running
# make check              runs every test; TESTS='regress/* tap/020_crash' picks some
# make check-all          the same on each PostgreSQL that Debian has, in chroots (as root)
# make corpus             replays real migration histories there and back; HISTORIES=FOLDER adds those of a folder
# make torture            random migrations, and PostgreSQL's own regression scripts, there and back; SEQUENCES=500 SEED=7
# make bench              measures; BENCH='a d' picks some

EXTENSION   = extension/surefoot
MODULE_big  = surefoot
DATA        = $(wildcard extension/surefoot--*.sql)
SUREFOOT_VERSION := $(shell sed -n 's/^ *"version": "\([0-9.]*\)",/\1/p' META.json | head -n 1)

OBJS        = $(patsubst %.cpp,%.o,$(wildcard extension/core/*.cpp extension/server/*.cpp extension/server/*/*.cpp extension/jobs/*.cpp))

PG_CPPFLAGS = -Iextension -DSUREFOOT_VERSION='"$(SUREFOOT_VERSION)"'
# PostgreSQL's macros leave parameters unused and members out, and its headers up to 15 say `register`.
# What crosses the module's border is named by SUREFOOT_FUNCTION; all else is hidden, on every major.
PG_CXXFLAGS = -std=c++20 -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers -Wno-register -MMD -MP \
	-fvisibility=hidden -fvisibility-inlines-hidden '-DPGDLLEXPORT=__attribute__((visibility("default")))'
SHLIB_LINK += -lstdc++

# Debian compiles each file a second time to LLVM bitcode, without PG_CXXFLAGS; a migration has no use for JIT.
override with_llvm = no

# These install what they need, then come back here: they work before there is a PostgreSQL to ask.
errands = setup demo check check-all corpus bench torture
ifneq ($(filter $(errands),$(MAKECMDGOALS)),)

.PHONY: $(errands)
setup:
	@scripts/setup
check: setup
	@scripts/check $(foreach test,$(TESTS),'$(test)')
check-all: setup
	@scripts/check-all
demo: setup
	@test/demo/demo.sh
corpus: setup
	@test/corpus/corpus.sh
bench: setup
	@test/bench/bench.sh $(BENCH)
torture: setup
	@test/torture/torture.sh $(TORTURE)

else

# libpq-dev has a pg_config too, of whatever version: Debian's own server is asked by its full path.
PG_CONFIG  ?= $(firstword $(wildcard /usr/lib/postgresql/15/bin/pg_config) pg_config)
PGXS       := $(shell $(PG_CONFIG) --pgxs)
ifeq ($(wildcard $(PGXS)),)
$(error No PostgreSQL to build for: run `make setup` first, or name one by PG_CONFIG=)
endif
include $(PGXS)
include $(wildcard client/build.mk)

# Against the server that PGHOST and PGPORT name, with Surefoot installed; a database for each test, as none expects another.
installcheck:
	set -e; for test in $(basename $(notdir $(wildcard sql/*.sql))); do \
		$(pg_regress_installcheck) --dbname=regress_surefoot_$$test $$test; done
	set -e; for spec in $(basename $(notdir $(wildcard test/isolation/specs/*.spec))); do \
		$(pg_isolation_regress_installcheck) --inputdir=test/isolation --load-extension=surefoot \
			--dbname=isolation_surefoot_$$spec $$spec; done

# Most of the time goes to the server's and the standard library's headers: they are compiled once. A compiler that cannot use
# the result reads the header itself.
PCH = build/pch/server.hpp
$(PCH).gch: extension/server/pg.hpp
	mkdir -p $(@D)
	echo '#include "server/pg.hpp"' > $(PCH)
	$(COMPILE.cc) -x c++-header -o $@ $(PCH)
MODULE_OBJS = $(filter extension/server/% extension/jobs/%,$(OBJS))
$(MODULE_OBJS): CXXFLAGS += -include $(PCH)
$(MODULE_OBJS): $(PCH).gch
EXTRA_CLEAN += build/pch

-include $(OBJS:.o=.d)

endif
