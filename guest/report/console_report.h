/*
 * What the running image says about itself on the console, for whoever started it:
 *
 *	tdnode-report: begin
 *	tdnode-report: pcr sha256 0 <hexadecimal>	registers 0 to 15 of each bank
 *	tdnode-report: root-hash <hexadecimal>
 *	tdnode-report: debug no
 *	tdnode-report: end
 *
 * Without a TPM the line "tdnode-report: no tpm" stands for the registers. The lines prove nothing: the
 * console is the host's. They let `tdnode run --check` compare a prediction with a real boot.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

#define REPORT_MAX (64u << 10)
#define REPORT_REGISTERS 16u

/* The whole report. `tpm` is the TPM's folder in sysfs ("/sys/class/tpm/tpm0"), absent or not. */
_must_check_ int report_make(const char *tpm, struct span command_line, bool debug,
			     struct buffer *ret, struct error **err);

/* True if os-release text says VARIANT_ID=debug. */
bool report_is_debug(struct span os_release);
