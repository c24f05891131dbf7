# How the program, its tests and its fuzz targets are compiled. The Makefile includes it; on its own
# it needs nothing but a compiler and the libraries:
#
#   make -f scripts/build.mk             build/gcc/tdnode
#   make -f scripts/build.mk SANITIZE=1  the same under AddressSanitizer and UBSan, in build/sanitize
#   make -f scripts/build.mk FUZZ=1 fuzz-targets   fuzz targets that make their inputs, in build/fuzz
#   make -f scripts/build.mk CC=clang    with another compiler, in build/clang
#   make -f scripts/build.mk WERROR=1    warnings are errors
#   make -f scripts/build.mk tests       all that tests/run runs
#   make -f scripts/build.mk lib         libtdnode-verify, in build/gcc

ifeq ($(origin CC),default)
CC := gcc
endif
CPPFLAGS := -Isrc -I. -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64
WARNINGS := -Wall -Wextra -Wformat=2 -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla \
	-Wimplicit-fallthrough -Wpointer-arith -Wwrite-strings -Wcast-align \
	-Werror=return-type -Werror=incompatible-pointer-types -Werror=implicit-function-declaration
# Makes no other objects, so not part of what is remembered below.
ERRORS := $(if $(filter 1,$(WERROR)),-Werror)
# What a distribution adds, as EXTRA_CFLAGS and the like, comes last.
# The same objects are for programs and for the shared library, which shows its own functions alone.
CFLAGS := -std=gnu17 -O2 -g -fno-common -fstack-protector-strong -fPIC -fvisibility=hidden -pthread
LDFLAGS := -pie -pthread -Wl,-z,relro,-z,now -Wl,--as-needed
LIBS := -lcurl -larchive -llz4 -lz -lsolvext -lsolv -ljansson -lssl -lcrypto

B := build/$(notdir $(CC))
# Fuzz targets read the inputs that they are given, or those that libFuzzer makes up.
FUZZ_MAIN = $(B)/tests/fuzz/replay.o
ifeq ($(FUZZ),1)
CC := clang
B := build/fuzz
FUZZ_MAIN :=
CFLAGS += -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LDFLAGS += -fsanitize=fuzzer,address,undefined
else ifeq ($(SANITIZE),1)
B := build/sanitize
CFLAGS += -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LDFLAGS += -fsanitize=address,undefined
else
CPPFLAGS += -D_FORTIFY_SOURCE=2
# There are two hundred programs of tests: what links them in a fifth of the time does, where it is there, and their own
# sources need not be fast. What they test is compiled and linked as always.
TEST_LDFLAGS := $(firstword $(foreach linker,lld gold,$(if $(shell command -v ld.$(linker)),-fuse-ld=$(linker))))
TEST_CFLAGS := -O1
endif
CPPFLAGS += $(EXTRA_CPPFLAGS)
CFLAGS += $(EXTRA_CFLAGS)
LDFLAGS += $(EXTRA_LDFLAGS)

VERSION := $(shell cat VERSION)
# Of git, or of the release that these sources are. Changes that are not committed are said. Whoever installs need not
# be the clone's owner, whom git would want.
GIT := git -c safe.directory='$(CURDIR)'
COMMIT := $(shell if [ -e .git ]; then $(GIT) describe --always --abbrev=12 --exclude='*' --dirty=', changed'; \
	else sed -n '1 { /Format/d; s/^\(.\{12\}\).*/\1/p }' COMMIT; fi 2>/dev/null)
COMMIT_TIME := $(shell if [ -e .git ]; then $(GIT) log -1 --format=%ct; else sed -n '2 { /Format/d; p }' COMMIT; fi 2>/dev/null)
COMMIT := $(if $(COMMIT),commit $(COMMIT),unknown commit)

LIBRARY_SOURCES := $(sort $(wildcard src/base/*.c src/crypto/*.c src/formats/*.c src/net/*.c src/tree/*.c \
	src/packages/*.c src/container/*.c src/measure/*.c src/explain/*.c src/attest/*.c src/verify/*.c \
	src/channel/*.c src/cloud/*.c src/image/*.c src/inspect/*.c \
	src/diff/*.c src/sbom/*.c src/vm/*.c src/report/*.c))
CLI_SOURCES := $(sort $(wildcard src/cli/*.c))
GUEST_SOURCES := $(sort $(wildcard guest/*/*.c))
UNIT_TESTS := $(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/test_*.c)))
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
ORACLE_PROGRAMS := $(patsubst tests/oracle/%.c,oracle_%,$(sort $(wildcard tests/oracle/*.c)))

LIBRARY := $(B)/libtdnode.a
PROGRAM := $(B)/tdnode

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all lib man install install-lib clean tests unit-tests fuzz-targets oracle-programs objects syntax flags FORCE
all: $(PROGRAM)
tests: $(PROGRAM) unit-tests fuzz-targets oracle-programs objects
unit-tests: $(UNIT_TESTS:%=$(B)/%)
fuzz-targets: $(FUZZ_TARGETS:%=$(B)/%)
oracle-programs: $(ORACLE_PROGRAMS:%=$(B)/%)

# A file that changes when its text does: what depends on it is made again after a change of
# compiler or options, or when a source file came or went.
define remember
	@mkdir -p $(@D)
	@echo '$(1)' | cmp -s - $@ || echo '$(1)' > $@
endef
FORCE:
$(B)/compile-flags: FORCE
	@command -v $(CC) >/dev/null || { \
		echo "there is no $(CC): 'make setup-local' installs what compiling needs" >&2; exit 1; }
	$(call remember,$(CC) $(CPPFLAGS) $(CFLAGS) $(WARNINGS))
$(B)/link-flags: FORCE
	$(call remember,$(CC) $(CFLAGS) $(LDFLAGS) $(LIBS) $(TEST_LDFLAGS))
$(B)/library-sources: FORCE
	$(call remember,$(LIBRARY_SOURCES))
$(B)/program-sources: FORCE
	$(call remember,$(CLI_SOURCES))

# Only this object changes with each commit.
$(B)/version: FORCE
	$(call remember,$(VERSION) $(COMMIT))
$(B)/src/cli/version.o: $(B)/version
$(B)/src/cli/version.o: private CPPFLAGS += -DTDNODE_VERSION='"$(VERSION)"' -DTDNODE_COMMIT='"$(COMMIT)"'

# What the compiler has to say of an object stays beside it, for tests/check/compile: nobody compiles it again for that.
$(B)/%.o: %.c $(B)/compile-flags
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) $(ERRORS) -MMD -MP -c -o $@ $< 2>$@.said || { cat $@.said >&2; exit 1; }
	@if [ -s $@.said ]; then cat $@.said >&2; else rm -f $@.said; fi

$(B)/tests/%.o: private CFLAGS += $(TEST_CFLAGS)
$(UNIT_TESTS:%=$(B)/%) $(FUZZ_TARGETS:%=$(B)/%) $(ORACLE_PROGRAMS:%=$(B)/%): private LDFLAGS += $(TEST_LDFLAGS)

$(LIBRARY): $(LIBRARY_SOURCES:%.c=$(B)/%.o) $(B)/library-sources
	@echo "  AR    $@"
	@rm -f $@
	@ar rcs $@ $(filter %.o,$^)

define link
	@echo "  LD    $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIBRARY) $(LIBS) $(1)
endef

$(PROGRAM): $(CLI_SOURCES:%.c=$(B)/%.o) $(LIBRARY) $(B)/link-flags $(B)/program-sources
	$(call link)

$(B)/test_%: $(B)/tests/unit/test_%.o $(B)/tests/unit/test.o $(LIBRARY) $(B)/link-flags
	$(call link,-lcmocka)

# Command lines are parsed outside of the library.
$(B)/test_options: $(addprefix $(B)/src/cli/,command.o help.o options.o)

# test_guest_NAME_* tests the guest program NAME: all of it but its main().
guest_name = $(word 3,$(subst _, ,$(1)))
guest_objects = $(patsubst %.c,$(B)/%.o,$(filter-out %/main.c,$(filter guest/$(call guest_name,$(1))/%,$(GUEST_SOURCES))))
$(foreach test,$(filter test_guest_%,$(UNIT_TESTS)),$(eval $(B)/$(test): $(call guest_objects,$(test))))

# guest/tpm is no program: what programs that use the TPM share.
TPM_TESTS := $(filter test_guest_config_% test_guest_disk_% test_guest_tpm_%,$(UNIT_TESTS))
$(TPM_TESTS:%=$(B)/%): $(patsubst %.c,$(B)/%.o,$(filter guest/tpm/%,$(GUEST_SOURCES)))

# Libraries of guest programs, which the builder does not link; private, so that what is remembered of options does not
# depend on which program is made first.
$(B)/test_guest_disk_%: private LIBS += -lcryptsetup -ltss2-mu -lblkid
$(TPM_TESTS:%=$(B)/%): private LIBS += -ltss2-esys -ltss2-tcti-device

# The guest's own parsers.
$(B)/fuzz_modules_list: $(B)/guest/init/modules_list.o
$(B)/fuzz_creation_data: $(B)/guest/disk/creation_data.o
$(B)/fuzz_clock: $(B)/guest/clock/clock.o
$(B)/fuzz_firewall: $(B)/guest/firewall/policy.o $(B)/guest/firewall/ruleset.o
$(B)/fuzz_client_answers: $(addprefix $(B)/guest/status/,answers.o clients.o)
$(B)/fuzz_creation_data: private LIBS += -ltss2-mu

$(B)/fuzz_checkpoint: $(B)/guest/checkpoint/plan.o

# Asks servers of the test's own.
$(B)/oracle_checkpoint: $(patsubst %.c,$(B)/%.o,$(filter-out %/main.c,$(filter guest/checkpoint/%,$(GUEST_SOURCES))))

# The attestation service on the host, with a TPM of the test's own.
$(B)/oracle_attest_service: $(patsubst %.c,$(B)/%.o,$(filter-out %/main.c,$(filter guest/attest/%,$(GUEST_SOURCES))))

# Programs of the oracle tests: they make what other tools then judge.
$(B)/oracle_make_world $(B)/oracle_quote_server: private LIBS += -lcmocka
$(B)/oracle_%: $(B)/tests/oracle/%.o $(LIBRARY) $(B)/link-flags
	$(call link)

$(B)/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(FUZZ_MAIN) $(LIBRARY) $(B)/link-flags
	$(call link)

# libtdnode-verify: the public functions and what they need of the objects of the program, in one. The names
# of all else are no names outside of it.
SONAME := libtdnode-verify.so.0
VERIFY_MAP := src/verify/libtdnode-verify.map
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
INSTALL ?= install

lib: $(B)/libtdnode-verify.a $(B)/$(SONAME) $(B)/tdnode-verify.pc ## compile libtdnode-verify, static and shared

$(B)/tdnode-verify.o: $(B)/src/verify/tdnode_verify.o $(LIBRARY)
	@$(CC) -r -nostdlib -o $@ $^

$(B)/libtdnode-verify.a: $(B)/tdnode-verify.o
	@echo "  AR    $@"
	@objcopy --localize-hidden $< $(B)/tdnode-verify-public.o
	@rm -f $@
	@ar rcs $@ $(B)/tdnode-verify-public.o

$(B)/$(SONAME): $(B)/tdnode-verify.o $(VERIFY_MAP) $(B)/link-flags
	@echo "  LD    $@"
	@$(CC) $(CFLAGS) -shared -Wl,-soname,$(SONAME) -Wl,--version-script=$(VERIFY_MAP) \
		-Wl,-z,defs,-z,relro,-z,now -Wl,--as-needed -o $@ $< -ljansson -lcrypto

# Paths may be others at the next call.
$(B)/tdnode-verify.pc: src/verify/tdnode-verify.pc.in FORCE
	@sed -e 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@INCLUDEDIR@|$(INCLUDEDIR)|; s|@VERSION@|$(VERSION)|' $< >$@

install-lib: lib ## install it: PREFIX=/usr/local, below DESTDIR
	$(INSTALL) -d $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(INCLUDEDIR)
	$(INSTALL) -m 644 src/verify/tdnode-verify.h $(DESTDIR)$(INCLUDEDIR)
	$(INSTALL) -m 644 $(B)/libtdnode-verify.a $(DESTDIR)$(LIBDIR)
	$(INSTALL) -m 755 $(B)/$(SONAME) $(DESTDIR)$(LIBDIR)
	ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/libtdnode-verify.so
	$(INSTALL) -m 644 $(B)/tdnode-verify.pc $(DESTDIR)$(LIBDIR)/pkgconfig

# The installed program finds what it builds from in $(PREFIX)/share/tdnode, from where it lies itself (src/cli/places.h).
DATADIR := $(PREFIX)/share/tdnode
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/tdnode
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
DATA := images template $(wildcard guest/*/*.[ch] guest/*/sources src/base/*.[ch] src/crypto/*.[ch] src/formats/*.[ch])

man: $(PROGRAM) ## make the manual pages: build/gcc/man
	@command -v lowdown >/dev/null || { \
		echo "there is no lowdown: 'make setup-local' installs what manual pages need" >&2; exit 1; }
	@rm -rf $(B)/man
	@SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$(COMMIT_TIME)} TDNODE=$(PROGRAM) scripts/man-pages $(B)/man

install: $(PROGRAM) man ## install the program and what it builds from: PREFIX=/usr/local, below DESTDIR
	$(INSTALL) -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(DATADIR) $(DESTDIR)$(MANDIR) $(DESTDIR)$(DOCDIR) \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions \
		$(DESTDIR)$(ZSHDIR) $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	$(INSTALL) -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin
	@# Recipes and sources of an earlier version would be built from, too.
	rm -rf $(DESTDIR)$(DATADIR)/*
	cp -RP --parents --no-preserve=all $(DATA) $(DESTDIR)$(DATADIR)
	cp -R --no-preserve=all $(B)/man/. $(DESTDIR)$(MANDIR)
	cp -R --no-preserve=all docs README.md CHANGELOG.md MEASUREMENTS.md SECURITY.md $(DESTDIR)$(DOCDIR)
	chmod -R u=rwX,go=rX $(DESTDIR)$(DATADIR) $(DESTDIR)$(MANDIR)/man? $(DESTDIR)$(DOCDIR)
	$(PROGRAM) completion bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/tdnode
	$(PROGRAM) completion zsh >$(DESTDIR)$(ZSHDIR)/_tdnode
	$(PROGRAM) completion fish >$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/tdnode.fish

# Every source, also those of which no program of this machine is made.
EVERY_SOURCE := $(LIBRARY_SOURCES) $(CLI_SOURCES) $(GUEST_SOURCES) $(sort $(wildcard tests/*/*.c))
objects: $(EVERY_SOURCE:%.c=$(B)/%.o)

# Reads every source and writes nothing.
syntax: $(EVERY_SOURCE:%=%.syntax)
flags:
	@echo '$(CPPFLAGS) $(CFLAGS) $(WARNINGS)'
%.c.syntax: FORCE
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) $(ERRORS) -fsyntax-only $*.c

# Objects stay when only a test that needs them was asked for.
.SECONDARY:

clean: ## remove what was compiled; artifacts and the store stay
	rm -rf build

-include $(wildcard $(B)/src/*/*.d $(B)/guest/*/*.d $(B)/tests/*/*.d)
