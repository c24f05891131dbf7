# How the program, its tests and its fuzz targets are compiled. The Makefile includes it; on its own
# it needs nothing but a compiler and the libraries:
#
#   make -f scripts/build.mk             build/gcc/tdnode
#   make -f scripts/build.mk SANITIZE=1  the same under AddressSanitizer and UBSan, in build/sanitize
#   make -f scripts/build.mk CC=clang    with another compiler, in build/clang
#   make -f scripts/build.mk WERROR=1    warnings are errors
#   make -f scripts/build.mk tests       all that tests/run runs

ifeq ($(origin CC),default)
CC := gcc
endif
CPPFLAGS := -Isrc -I. -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64
WARNINGS := -Wall -Wextra -Wformat=2 -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla \
	-Wimplicit-fallthrough -Wpointer-arith -Wwrite-strings -Wcast-align \
	-Werror=return-type -Werror=incompatible-pointer-types -Werror=implicit-function-declaration
# Makes no other objects, so not part of what is remembered below.
ERRORS := $(if $(filter 1,$(WERROR)),-Werror)
CFLAGS := -std=gnu17 -O2 -g -fno-common -fstack-protector-strong -fPIE -pthread
LDFLAGS := -pie -pthread -Wl,-z,relro,-z,now -Wl,--as-needed
LIBS := -lcurl -larchive -llz4 -lz -lsolvext -lsolv -ljansson -lssl -lcrypto

B := build/$(notdir $(CC))
ifeq ($(SANITIZE),1)
B := build/sanitize
CFLAGS += -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LDFLAGS += -fsanitize=address,undefined
else
CPPFLAGS += -D_FORTIFY_SOURCE=2
endif

LIBRARY_SOURCES := $(sort $(wildcard src/base/*.c src/crypto/*.c src/formats/*.c src/net/*.c src/tree/*.c \
	src/packages/*.c src/container/*.c src/measure/*.c src/explain/*.c src/image/*.c src/inspect/*.c \
	src/diff/*.c src/vm/*.c))
CLI_SOURCES := $(sort $(wildcard src/cli/*.c))
GUEST_SOURCES := $(sort $(wildcard guest/*/*.c))
UNIT_TESTS := $(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/test_*.c)))
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
ORACLE_PROGRAMS := $(patsubst tests/oracle/%.c,oracle_%,$(sort $(wildcard tests/oracle/*.c)))

LIBRARY := $(B)/libtdnode.a
PROGRAM := $(B)/tdnode

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all clean tests unit-tests fuzz-targets oracle-programs syntax FORCE
all: $(PROGRAM)
tests: $(PROGRAM) unit-tests fuzz-targets oracle-programs
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
	$(call remember,$(CC) $(CFLAGS) $(LDFLAGS) $(LIBS))
$(B)/library-sources: FORCE
	$(call remember,$(LIBRARY_SOURCES))
$(B)/program-sources: FORCE
	$(call remember,$(CLI_SOURCES))

$(B)/%.o: %.c $(B)/compile-flags
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) $(ERRORS) -MMD -MP -c -o $@ $<

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

# test_guest_NAME_* tests the guest program NAME: all of it but its main().
guest_name = $(word 3,$(subst _, ,$(1)))
guest_objects = $(patsubst %.c,$(B)/%.o,$(filter-out %/main.c,$(filter guest/$(call guest_name,$(1))/%,$(GUEST_SOURCES))))
$(foreach test,$(filter test_guest_%,$(UNIT_TESTS)),$(eval $(B)/$(test): $(call guest_objects,$(test))))

# Libraries of guest programs, which the builder does not link.
$(B)/test_guest_disk_%: LIBS += -lcryptsetup -ltss2-esys -ltss2-mu -ltss2-tcti-device -lblkid

# The guest's own parsers.
$(B)/fuzz_modules_list: $(B)/guest/init/modules_list.o
$(B)/fuzz_creation_data: $(B)/guest/disk/creation_data.o
$(B)/fuzz_creation_data: LIBS += -ltss2-mu

# Programs of the oracle tests: they make what other tools then judge.
$(B)/oracle_%: $(B)/tests/oracle/%.o $(LIBRARY) $(B)/link-flags
	$(call link)

# Fuzz targets with a plain main that replays files and folders given as arguments.
$(B)/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/replay.o $(LIBRARY) $(B)/link-flags
	$(call link)

# Reads every source and writes nothing.
EVERY_SOURCE := $(LIBRARY_SOURCES) $(CLI_SOURCES) $(GUEST_SOURCES) $(sort $(wildcard tests/*/*.c))
syntax: $(EVERY_SOURCE:%=%.syntax)
%.c.syntax: FORCE
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) $(ERRORS) -fsyntax-only $*.c

# Objects stay when only a test that needs them was asked for.
.SECONDARY:

clean: ## remove what was compiled; artifacts and the store stay
	rm -rf build

-include $(wildcard $(B)/src/*/*.d $(B)/guest/*/*.d $(B)/tests/*/*.d)
