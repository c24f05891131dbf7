/*
 * The QEMU machine that stands for a cloud VM: q35, UEFI firmware, TPM, a disk to boot from and perhaps a
 * persistent one, user networking with ports forwarded on loopback only.
 */
#pragma once

#include <sys/types.h>

#include "base/error.h"

struct qemu_machine {
	bool kvm;
	unsigned cpus;
	uint64_t memory; /* bytes */
	const char *firmware_code;
	const char *firmware_vars;
	const char *os_disk;   /* raw; opened so that it never changes */
	const char *data_disk; /* qcow2, NULL: none */
	int recovery_fd;       /* of a read-only raw disk, passed on; -1: none */
	const char *tpm_socket;
	const char *config; /* a file that the guest reads as its configuration; NULL: none */
	const char *console_log;
	const char *console_socket; /* for whoever wants to type (debug images) */
	const char *qmp_socket;
	uint16_t rpc_port;     /* to the guest's 8545 */
	uint16_t attest_port;  /* to the guest's 8745 */
	uint16_t ssh_port;     /* to the guest's 22; 0: not forwarded */
	uint16_t metrics_port; /* to the guest's 9100; 0: not forwarded */
	bool internet;	       /* the guest may call out */
};

_must_check_ int qemu_start(const struct qemu_machine *m, int stderr_fd, pid_t *ret,
			    struct error **err);

/* Makes an empty qcow2 of `size` bytes. */
_must_check_ int qemu_create_disk(const char *path, uint64_t size, struct error **err);
