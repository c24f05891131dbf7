/*
 * Registers predicted from a finished file: a unified kernel image (.efi) or a disk, raw or in one
 * of the containers that image_file.h reads.
 *
 *	_cleanup_(measurement_release) struct measurement m = {0};
 *	r = measure_file("devnet.raw", &m, err);
 *	r = measurement_json(&m, &text, err);			(report.h)
 *	measurement_compare(&m, &read_in_vm, &comparison);	(compare.h)
 *
 * Nothing of how the file was made is known here; files are mapped, not read into memory.
 */
#pragma once

#include "measure/boot.h"

enum measured_format {
	MEASURED_UKI,
	MEASURED_RAW_DISK,
	MEASURED_FIXED_VHD,
	MEASURED_QCOW2,
	MEASURED_GCP_TAR,
};

struct measurement {
	/* The file. */
	char *file; /* its name without folders */
	enum measured_format format;
	uint64_t size;
	struct digest digest; /* SHA-256 of the file */

	/* The unified kernel image in it. */
	uint64_t uki_size;
	struct digest uki_digest; /* SHA-256 */
	struct digest uki_authentihashes[EVENT_BANKS];
	char *stub_version;   /* "257.13-1~deb13u1" */
	char *kernel_version; /* "6.12.117+deb13-cloud-amd64 ..." */
	char *command_line;   /* as the kernel gets it; "" if none */
	bool debug;	      /* its os-release says VARIANT_ID=debug */

	/* How it is booted. */
	enum boot_path path;
	bool secure_boot;

	/* What that measures, register by register, and the resulting registers. A register that
	 * cannot be predicted is not `known`. */
	struct event_list events;
	struct bank banks[EVENT_BANKS]; /* of event_banks[] */
};

void measurement_release(struct measurement *m);

/*
 * Predicts the boot that the file is made for: from disk, as EFI/BOOT/BOOTX64.EFI, Secure Boot off.
 * Of a .efi alone, PCR 5 stays unknown. A boot that cannot be predicted is refused with the reason.
 */
_must_check_ int measure_file(const char *path, struct measurement *ret, struct error **err);

/* As measure_file() for another kind of boot. A disk image is only booted from disk. */
_must_check_ int measure_file_as(const char *path, const struct boot_options *options,
				 struct measurement *ret, struct error **err);
