# The client: build/client/surefoot, from client/*.cpp and what it shares with the server. Included by the top Makefile after PGXS.

CLIENT_SOURCES  := $(wildcard client/*.cpp)
CLIENT_CORE     := extension/core/secret_text.cpp extension/core/secret_sql.cpp
CLIENT_OBJECTS  := $(CLIENT_SOURCES:client/%.cpp=build/client/%.o) $(CLIENT_CORE:extension/%.cpp=build/client/%.o)
CLIENT          := build/client/surefoot
CLIENT_CXX      ?= g++
# It waits for the server nearly all of the time; -O2 -g would double its build's.
CLIENT_CXXFLAGS ?= -O1 -g1
CLIENT_LIBS     := -lpq
# What it starts with is a good part of what it costs; and libpq alone is needed where it is deployed.
CLIENT_STATIC   ?= -static-libstdc++ -static-libgcc -Wl,--gc-sections
CLIENT_INCLUDE  := $(shell $(PG_CONFIG) --includedir)

# Debian keeps a folder of programs for each major, which is in nobody's PATH: there a link is made.
CLIENT_LINK     ?= /usr/local/bin/surefoot
CLIENT_MAN_LINK ?= /usr/local/share/man/man1/surefoot.1

CLIENT_FMT      := build/client/library/fmt.o

$(CLIENT): $(CLIENT_OBJECTS) $(CLIENT_FMT)
	$(CLIENT_CXX) $(CLIENT_CXXFLAGS) $(CLIENT_STATIC) $(CLIENT_LDFLAGS) -o $@ $^ \
		-L$(shell $(PG_CONFIG) --libdir) $(CLIENT_LIBS)

CLIENT_COMPILE = $(CLIENT_CXX) -std=c++20 $(CLIENT_CXXFLAGS) -Wall -Wextra -MMD -MP \
	-DSUREFOOT_VERSION='"$(SUREFOOT_VERSION)"' -Iextension -I$(CLIENT_INCLUDE)
CLIENT_PCH     := build/client/precompiled.hpp

$(CLIENT_PCH).gch: client/precompiled.hpp META.json
	@mkdir -p $(@D)
	echo '#include "../../client/precompiled.hpp"' > $(CLIENT_PCH)
	$(CLIENT_COMPILE) -x c++-header -c -o $@ $(CLIENT_PCH)

$(CLIENT_SOURCES:client/%.cpp=build/client/%.o): build/client/%.o: client/%.cpp META.json $(CLIENT_PCH).gch
	$(CLIENT_COMPILE) -include $(CLIENT_PCH) -c -o $@ $<

$(CLIENT_CORE:extension/%.cpp=build/client/%.o): build/client/%.o: extension/%.cpp META.json
	@mkdir -p $(@D)
	$(CLIENT_COMPILE) -c -o $@ $<

$(CLIENT_FMT): client/library/fmt.cpp
	@mkdir -p $(@D)
	$(CLIENT_COMPILE) -fkeep-inline-functions -ffunction-sections -c -o $@ $<

-include $(CLIENT_OBJECTS:.o=.d) $(CLIENT_FMT:.o=.d)

.PHONY: client install-client uninstall-client clean-client
client: $(CLIENT)

install-client: $(CLIENT)
	$(MKDIR_P) '$(DESTDIR)$(bindir)' '$(DESTDIR)$(mandir)/man1'
	$(INSTALL_PROGRAM) $(CLIENT) '$(DESTDIR)$(bindir)/surefoot'
	if [ -f docs/surefoot.1 ]; then \
		$(INSTALL_DATA) docs/surefoot.1 '$(DESTDIR)$(mandir)/man1/surefoot.1'; fi
	case '$(bindir)' in /usr/lib/postgresql/*) \
		$(MKDIR_P) '$(DESTDIR)$(dir $(CLIENT_LINK))' && \
		ln -sf '$(bindir)/surefoot' '$(DESTDIR)$(CLIENT_LINK)' && \
		$(MKDIR_P) '$(DESTDIR)$(dir $(CLIENT_MAN_LINK))' && \
		ln -sf '$(mandir)/man1/surefoot.1' '$(DESTDIR)$(CLIENT_MAN_LINK)' ;; esac

uninstall-client:
	rm -f '$(DESTDIR)$(bindir)/surefoot' '$(DESTDIR)$(mandir)/man1/surefoot.1'
	case '$(bindir)' in /usr/lib/postgresql/*) \
		rm -f '$(DESTDIR)$(CLIENT_LINK)' '$(DESTDIR)$(CLIENT_MAN_LINK)' ;; esac

clean-client:
	rm -rf build/client

all: client
install: install-client
uninstall: uninstall-client
clean: clean-client
