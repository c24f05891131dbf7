# tdnode: the front door. "make help" lists the targets; scripts/build.mk compiles.
#
# Thin wrappers over the program: what they run is printed, and can be run by hand.

-include .env
# Values of .env may be in quotes.
setting = $(strip $(subst ",,$(subst ',,$($(1)))))
IMAGE ?= devnet
PERSISTENT_DISK ?= persistent.qcow2
RPC_PORT ?= 8545
SSH_PORT ?= 2222
DEBUG_TWEAKS_ENABLED ?= 0

include scripts/build.mk

# How many things are done at once.
JOBS ?= $(shell nproc)
# Not below another make, whose jobs these are.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(JOBS)
endif

DEBUG := $(call setting,DEBUG_TWEAKS_ENABLED)
ifneq ($(filter-out 0 1,$(DEBUG)),)
$(error DEBUG_TWEAKS_ENABLED is '$(DEBUG)': use 1 for the debug variant, 0 for release)
endif
VARIANT := $(if $(filter 1,$(DEBUG)),--debug)
# Of start-swtpm, in a folder of one's own.
SWTPM_SOCKET := $(CURDIR)/build/swtpm.sock
DISK := $(call setting,PERSISTENT_DISK)

.PHONY: help setup-local demo test test-long bench check azure-image azure-image-docker start-swtpm \
	run-local deploy-azure check-disk

all: ## compile tdnode (build/gcc/tdnode)

help: ## this list
	@echo 'make TARGET [VARIABLE=VALUE]...'
	@echo
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' Makefile scripts/build.mk | \
		awk -F'\t' '{ printf "  %-19s %s\n", $$1, $$2 }'
	@echo
	@echo 'Settings are in .env (see .env.example): IMAGE, DEBUG_TWEAKS_ENABLED, DISK_SIZE,'
	@echo 'PERSISTENT_DISK, RPC_PORT, SSH_PORT. Others: T="NAME..." runs only these tests,'
	@echo 'SANITIZE=1 compiles with AddressSanitizer and UBSan, JOBS=N works on N things at once.'

setup-local: ## install the Debian packages that compiling, building, running and testing need
	scripts/setup build run test

demo: ## build the devnet image, boot it, ask it over JSON-RPC, compare its registers
	@scripts/setup build run
	@$(MAKE) --no-print-directory all
	@scripts/demo $(PROGRAM)

test: ## run all tests that take minutes at most (T="NAME..." some)
	@scripts/setup build run test
	@$(MAKE) --no-print-directory tests WERROR=1
	@BUILD=$(B) tests/run -j $(JOBS) $(T)

test-long: ## run the long tests: a bare Debian 13, fuzzing
	@scripts/setup build run test bench
	@$(MAKE) --no-print-directory tests
	@BUILD=$(B) tests/run $(if $(T),$(T),long)

check: ## static checks: layers, warnings of two compilers, sizes
	@scripts/setup build test
	@BUILD=$(B) tests/run -j $(JOBS) check

bench: ## measure building and booting, side by side with mkosi
	@scripts/setup build run bench
	@$(MAKE) --no-print-directory all
	@scripts/bench $(PROGRAM)

azure-image: all ## build the image IMAGE: artifacts/IMAGE/IMAGE.vhd and measurements.json
	$(PROGRAM) build $(call setting,IMAGE) $(VARIANT)

azure-image-docker: ## the same; a container is not needed for the same bytes
	@echo 'azure-image-docker: no container is needed, the bytes do not depend on this machine.'
	@$(MAKE) --no-print-directory azure-image

start-swtpm: all ## run a software TPM in the foreground, for run-local to use
	$(PROGRAM) swtpm --socket $(SWTPM_SOCKET)

run-local: all check-disk ## boot the image with a TPM and a persistent disk (DISK_SIZE=10G at first)
	$(PROGRAM) run $(call setting,IMAGE) $(VARIANT) --disk $(DISK) \
		$(if $(wildcard $(SWTPM_SOCKET)),--tpm-socket $(SWTPM_SOCKET)) \
		--instance $(call setting,IMAGE)$(patsubst --%,-%,$(VARIANT))-local \
		$(if $(call setting,DISK_SIZE),--disk-size $(call setting,DISK_SIZE)) \
		--rpc-port $(call setting,RPC_PORT) --ssh-port $(call setting,SSH_PORT)

check-disk:
	@test -e '$(DISK)' || test -n '$(call setting,DISK_SIZE)' || { \
		echo "run-local: the disk '$(DISK)' does not exist yet: give its size, as in DISK_SIZE=10G" >&2; \
		exit 2; }

deploy-azure:
	@echo 'deploy-azure: this version of tdnode does not deploy; upload artifacts/$(call setting,IMAGE)/$(call setting,IMAGE).vhd yourself.' >&2
	@exit 1
