# tdnode: the front door. "make help" lists the targets; scripts/build.mk compiles.
#
# Thin wrappers over the program: what they run is printed, and can be run by hand.

-include .env
# Values of .env may be in quotes.
setting = $(strip $(subst ",,$(subst ',,$($(1)))))
IMAGE ?= devnet
PERSISTENT_DISK ?= persistent.qcow2
RPC_PORT ?= 8545
ATTEST_PORT ?= 8745
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

.PHONY: help dist deb setup-local demo test test-long bench check azure-image azure-image-docker start-swtpm \
	run-local deploy-azure check-disk setup-lighthouse setup-nethermind

all: ## compile tdnode (build/gcc/tdnode)

help: ## this list
	@echo 'make TARGET [VARIABLE=VALUE]...'
	@echo
	@sed -n 's/^\([a-z -]*\):[^#]*## /\1\t/p' Makefile scripts/build.mk | \
		awk -F'\t' '{ n = split($$1, t, " "); for (i = 1; i <= n; i++) printf "  %-19s %s\n", t[i], $$2 }'
	@echo
	@echo 'Settings are in .env (see .env.example): IMAGE, DEBUG_TWEAKS_ENABLED, DISK_SIZE,'
	@echo 'PERSISTENT_DISK, RPC_PORT, ATTEST_PORT, SSH_PORT. Others: T="NAME..." runs only these tests,'
	@echo 'SANITIZE=1 compiles with AddressSanitizer and UBSan, JOBS=N works on N things at once.'

RELEASE := tdnode-$(VERSION)

dist: ## make the archive of a release from the commit: build/tdnode-VERSION.tar.gz
	@[ -e .git ] || { echo 'dist: this is no clone: the archive is made from a commit' >&2; exit 1; }
	@git diff --quiet HEAD || echo 'NOTE: changes that are not committed are not in the archive' >&2
	@mkdir -p build
	git -c tar.umask=0022 archive --format=tar --prefix=$(RELEASE)/ HEAD | gzip -9n >build/$(RELEASE).tar.gz

deb: dist ## make Debian packages from the commit: build/deb/*.deb
	@scripts/setup build package
	rm -rf build/deb
	mkdir -p build/deb
	tar -xzf build/$(RELEASE).tar.gz -C build/deb
	cd build/deb/$(RELEASE) && debian/make-changelog && \
		env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL dpkg-buildpackage -us -uc -b -j$(JOBS)

setup-local: ## install the Debian packages that compiling, building, running and testing need
	scripts/setup build package run test

# Whose public key signs releases: SIGNER_KEY=FILE, or a key server.
KEY_SERVER ?= https://keyserver.ubuntu.com
SIGNER := $(if $(SIGNER_KEY),--signer-key $(SIGNER_KEY),--key-server $(KEY_SERVER))

setup-lighthouse setup-nethermind: all ## fetch a client's release into the store and check its signature
	$(PROGRAM) lock nethermind --only $(@:setup-%=%) $(SIGNER)

demo: ## build the devnet image, boot it, ask it over JSON-RPC, compare its registers
	@scripts/setup build run
	@$(MAKE) --no-print-directory all
	@scripts/demo $(PROGRAM)

test: ## run all tests that take minutes at most (T="NAME..." some, and compile only what these need)
	@scripts/setup build package run test
	@$(MAKE) --no-print-directory WERROR=1 $(if $(T),$$(BUILD=$(B) tests/run --needs $(T)),tests)
	@BUILD=$(B) tests/run -j $(JOBS) $(T)

test-long: ## run the long tests: a bare Debian 13, packages, fuzzing
	@scripts/setup build run test bench
	@$(MAKE) --no-print-directory tests
	@BUILD=$(B) tests/run $(if $(T),$(T),long)

check: ## static checks: layers, warnings of two compilers, sizes
	@scripts/setup build test
	@BUILD=$(B) tests/run -j $(JOBS) check

bench: ## measure building and booting, side by side with mkosi
	@scripts/setup build run bench
	@$(MAKE) --no-print-directory all $(B)/oracle_verify_time \
		$(B)/oracle_azure_upload
	@scripts/bench $(PROGRAM)

azure-image: all ## build the image IMAGE: artifacts/IMAGE/IMAGE.vhd and measurements.json
	$(PROGRAM) build $(call setting,IMAGE) $(VARIANT)

azure-image-docker: ## the same in a container, by docker or podman (DOCKER_BASE=debian@sha256:...)
	scripts/build-container $(if $(DOCKER_BASE),-b $(call setting,DOCKER_BASE)) $(call setting,IMAGE) $(VARIANT)

start-swtpm: all ## run a software TPM in the foreground, for run-local to use
	$(PROGRAM) swtpm --socket $(SWTPM_SOCKET)

run-local: all check-disk ## boot the image with a TPM and a persistent disk (DISK_SIZE=10G at first)
	$(PROGRAM) run $(call setting,IMAGE) $(VARIANT) --disk $(DISK) \
		$(if $(wildcard $(SWTPM_SOCKET)),--tpm-socket $(SWTPM_SOCKET)) \
		--instance $(call setting,IMAGE)$(patsubst --%,-%,$(VARIANT))-local \
		$(if $(call setting,DISK_SIZE),--disk-size $(call setting,DISK_SIZE)) \
		--rpc-port $(call setting,RPC_PORT) --attest-port $(call setting,ATTEST_PORT) \
		--ssh-port $(call setting,SSH_PORT)

check-disk:
	@test -e '$(DISK)' || test -n '$(call setting,DISK_SIZE)' || { \
		echo "run-local: the disk '$(DISK)' does not exist yet: give its size, as in DISK_SIZE=10G" >&2; \
		exit 2; }

# The original's names; what is not set is tdnode's default.
deploy-azure: all ## run the image as a confidential VM in Azure: VM_NAME, AZURE_REGION (docs/deploy.md)
	@test -n '$(call setting,VM_NAME)' -a -n '$(call setting,AZURE_REGION)' || { \
		echo 'deploy-azure: say VM_NAME and AZURE_REGION, as in VM_NAME=node1 AZURE_REGION=westus3' >&2; exit 2; }
	$(PROGRAM) deploy azure up '$(call setting,VM_NAME)' --region '$(call setting,AZURE_REGION)' \
		--image '$(or $(call setting,DISK_PATH),artifacts/$(call setting,IMAGE)$(patsubst --%,-%,$(VARIANT))/$(call setting,IMAGE).vhd)' \
		$(if $(call setting,AZURE_VM_SIZE),--size '$(call setting,AZURE_VM_SIZE)') \
		$(if $(call setting,AZURE_STORAGE_SIZE),--data-size '$(call setting,AZURE_STORAGE_SIZE)G') \
		$(if $(call setting,ALLOWED_IP),--allowed-ip '$(call setting,ALLOWED_IP)')
