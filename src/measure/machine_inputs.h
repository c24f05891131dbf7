/*
 * What is known of a machine, gathered from files.
 */
#pragma once

#include "base/file.h"
#include "measure/machine_facts.h"

/* All may be NULL, or 0. */
struct machine_input_options {
	const char *firmware;	      /* OVMF.fd: an undivided firmware file */
	uint64_t memory;	      /* bytes */
	const char *acpi_digests;     /* a file with the SHA-384 digests of ACPI_BLOBS */
	const char *log;	      /* an event log of such a machine */
	const char *secure_variables; /* OVMF_VARS.fd */
};

struct machine_inputs {
	struct file_map firmware_file;
	struct tdvf firmware;
	uint64_t memory;
	bool has_acpi;
	struct digest acpi[ACPI_BLOBS];
	struct buffer log_file;
	bool has_log;
	struct machine_events log;
	struct file_map variables_file;
	struct secure_boot variables;
};

void machine_inputs_release(struct machine_inputs *in);

_must_check_ int machine_inputs_open(const struct machine_input_options *options,
				     struct machine_inputs *ret, struct error **err);

/* The facts; they refer to the inputs. */
struct machine_facts machine_inputs_facts(const struct machine_inputs *in, enum platform platform);
