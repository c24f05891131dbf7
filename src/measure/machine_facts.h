/*
 * The machine around an image: its firmware, memory, ACPI tables, variables and boot options, as far
 * as they are known. From it come PCR 7, MRTD and RTMR0.
 */
#pragma once

#include "formats/tdvf.h"
#include "measure/machine_events.h"
#include "measure/platform.h"

/* What firmware of QEMU loads through fw_cfg and measures: etc/table-loader, etc/acpi/rsdp,
 * etc/acpi/tables. */
#define ACPI_BLOBS 3

struct machine_facts {
	enum platform platform;
	const struct tdvf *firmware; /* NULL: not given */
	uint64_t memory;	     /* bytes; 0: not given */
	/* SHA-384 of each of ACPI_BLOBS; NULL: not given */
	const struct digest *acpi;
	const struct machine_events *log;    /* of such a machine; NULL: not given */
	const struct secure_boot *variables; /* from a file; NULL: not given */
};
