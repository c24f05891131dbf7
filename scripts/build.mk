# How the program, its tests and its fuzz targets are compiled.
#
#   make            build/tdnode
#   make SANITIZE=1 the same under AddressSanitizer and UBSan, in build/sanitize
#   make CC=clang   with another compiler, in build/clang

CC := gcc
CPPFLAGS := -Isrc -I. -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64
WARNINGS := -Wall -Wextra -Wformat=2 -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla \
	-Wimplicit-fallthrough -Wpointer-arith -Wwrite-strings -Wcast-align -Wswitch-enum \
	-Werror=return-type -Werror=incompatible-pointer-types -Werror=implicit-function-declaration
ifeq ($(WERROR),1)
WARNINGS += -Werror
endif
CFLAGS := -std=gnu17 -O2 -g -fno-common -fstack-protector-strong -fPIE -pthread
LDFLAGS := -pie -pthread -Wl,-z,relro,-z,now -Wl,--as-needed
LIBS := -lcurl -larchive -lsolvext -lsolv -ljansson -lssl -lcrypto

B := build/$(notdir $(CC))
ifeq ($(SANITIZE),1)
B := build/sanitize
CFLAGS += -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LDFLAGS += -fsanitize=address,undefined
else
CPPFLAGS += -D_FORTIFY_SOURCE=2
endif

LIBRARY_SOURCES := $(sort $(wildcard src/base/*.c src/crypto/*.c src/formats/*.c src/net/*.c src/tree/*.c \
	src/packages/*.c src/image/*.c src/measure/*.c src/attest/*.c src/vm/*.c src/cloud/*.c))
CLI_SOURCES := $(sort $(wildcard src/cli/*.c))
UNIT_TESTS := $(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/test_*.c)))
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))

LIBRARY := $(B)/libtdnode.a
PROGRAM := $(B)/tdnode

.DEFAULT_GOAL := all
.PHONY: all clean unit-tests fuzz-targets
all: $(PROGRAM)
unit-tests: $(UNIT_TESTS:%=$(B)/%)
fuzz-targets: $(FUZZ_TARGETS:%=$(B)/%)

# Objects depend on the flags: a change of compiler or options rebuilds.
FLAGS_LINE := $(CC) $(CPPFLAGS) $(CFLAGS) $(WARNINGS)
$(B)/flags: FORCE
	@mkdir -p $(B)
	@echo '$(FLAGS_LINE)' | cmp -s - $@ || echo '$(FLAGS_LINE)' > $@
.PHONY: FORCE
FORCE:

$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) -MMD -MP -c -o $@ $<

$(LIBRARY): $(LIBRARY_SOURCES:%.c=$(B)/%.o)
	@echo "  AR    $@"
	@rm -f $@
	@ar rcs $@ $^

$(PROGRAM): $(CLI_SOURCES:%.c=$(B)/%.o) $(LIBRARY)
	@echo "  LD    $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/test_%: $(B)/tests/unit/test_%.o $(B)/tests/unit/test.o $(LIBRARY)
	@echo "  LD    $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

# Fuzz targets with a plain main that replays files and folders given as arguments.
$(B)/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/replay.o $(LIBRARY)
	@echo "  LD    $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

clean:
	rm -rf build

-include $(wildcard $(B)/src/*/*.d $(B)/tests/*/*.d)
