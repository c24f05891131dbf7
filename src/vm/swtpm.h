/*
 * The software TPM, swtpm: state in a folder, control socket for QEMU.
 */
#pragma once

#include <sys/types.h>

#include "base/error.h"

/*
 * Makes the state of a new TPM in `folder` unless it is there; whole or not at all. Either way its keys are
 * certified by the authority in the folder `authority` (vm/swtpm_certify.h). Only the banks SHA-256 and SHA-384 are
 * active: they are what is predicted, and each bank more makes firmware hash everything once more.
 */
_must_check_ int swtpm_prepare(const char *folder, const char *authority, struct error **err);

/* True if the folder holds the state of a TPM. */
bool swtpm_exists(const char *folder);

/* Starts swtpm on a control socket; returns when it listens there. It ends when QEMU leaves. */
_must_check_ int swtpm_start(const char *folder, const char *socket, pid_t *ret,
			     struct error **err);

/* True if a process answers at the socket. */
bool swtpm_is_alive(const char *socket);

/* A TPM that runs already: somebody listens at the socket (-ENOENT), and it is a process of our own user
 * (-ERROR_REFUSED). */
_must_check_ int swtpm_check(const char *socket, struct error **err);
