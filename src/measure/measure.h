/*
 * Registers predicted from a finished file: a unified kernel image (.efi) or a disk, raw or in one
 * of the containers that image_file.h reads.
 *
 *	_cleanup_(measurement_release) struct measurement m = {0};
 *	r = measure_file("devnet.raw", NULL, &m, err);
 *	r = measurement_json(&m, &text, err);			(report.h)
 *	measurement_compare(&m, &read_in_vm, &comparison);	(compare.h)
 *
 * Nothing of how the file was made is known here; files are mapped, not read into memory.
 */
#pragma once

#include "measure/configuration.h"
#include "measure/inputs.h"
#include "measure/mrtd.h"
#include "measure/platform.h"

struct measure_options {
	enum platform platform;
	struct boot_options boot; /* .confidential follows from the platform */
	struct input_options inputs;
	unsigned banks; /* bits 1 << enum event_bank; 0: all */
	/* Leave out the digests of file and image as such: hashing them takes as long as a register. */
	bool registers_only;
	/* SHA-256 of the file, of whoever has just written it: no register needs it. NULL: it is hashed. */
	const struct digest *file_sha256;
	/* How the host fills memory; unless given it follows from the platform. */
	bool has_page_order;
	enum page_order page_order;
};

/* The registers of a TDX module, by REGISTER_MRTD + i. */
#define TDX_REGISTERS (REGISTERS - REGISTER_MRTD)

struct tdx_bank {
	struct digest registers[TDX_REGISTERS]; /* SHA-384 */
	bool known[TDX_REGISTERS];
};

struct measurement {
	/* The file. */
	char *file; /* its name without folders; NULL of firmware alone */
	enum image_file_format format;
	uint64_t size;
	struct digest digest; /* SHA-256 of the file; zero with registers_only */

	/* The unified kernel image in it. */
	char *image_path; /* on the disk: "EFI/BOOT/BOOTX64.EFI"; NULL of an image alone */
	uint64_t uki_size;
	struct digest uki_digest;		       /* SHA-256; zero with registers_only */
	struct digest uki_authentihashes[EVENT_BANKS]; /* likewise */
	char *stub_version;			       /* "257.13-1~deb13u1" */
	char *kernel_version;			       /* "6.12.117+deb13-cloud-amd64 ..." */
	char *command_line;			       /* as the kernel gets it; "" if none */
	bool debug;				       /* its os-release says VARIANT_ID=debug */
	/* What firmware measures of the disk's partition table; empty of an image alone. */
	struct buffer partition_table;

	/* How it is booted. */
	enum platform platform;
	enum boot_kind boot_kind;
	bool secure_boot;
	bool vtpm;    /* a TPM beside the TDX module */
	bool loader;  /* by systemd-boot */
	char *phases; /* of systemd-pcrphase, as they were given; NULL if none were */

	/* What the node is configured by; NULL: its image takes no configuration, or its keys are not known. */
	struct configuration *configuration;

	/* The firmware, if it was given: size 0 if not. */
	uint64_t firmware_size;
	struct digest firmware_digest; /* SHA-384 */
	struct digest mrtd[PAGE_ORDERS];

	/* What that measures, in the order of the boot, and the resulting registers. A register that
	 * is not predicted is not `known`, and has a reason. */
	unsigned banks_predicted; /* bits 1 << enum event_bank */
	struct event_list events;
	struct bank banks[EVENT_BANKS]; /* of event_banks[] */
	struct tdx_bank tdx;
	struct reasons reasons;
	struct reasons conditions; /* besides those that hold for every boot (report.h) */
};

void measurement_release(struct measurement *m);

/*
 * Predicts a boot of the file. `options` NULL: from disk, Secure Boot off, all banks. Files that
 * nobody could boot are errors; what cannot be predicted of others is said in m->reasons.
 */
_must_check_ int measure_file(const char *path, const struct measure_options *options,
			      struct measurement *ret, struct error **err);

/*
 * MRTD of options->inputs.machine.firmware alone, which no image changes: *ret knows no other
 * register.
 */
_must_check_ int measure_firmware(const struct measure_options *options, struct measurement *ret,
				  struct error **err);

/* True if the register is predicted in all banks that were asked for. */
_must_check_ bool measurement_knows(const struct measurement *m, unsigned reg);

/*
 * An error (-ERROR_UNPREDICTABLE) that names each register of the platform that no input could make known,
 * and why: "PCR 9 cannot be predicted: ...". What is known otherwise stays true.
 */
_must_check_ int measurement_require(const struct measurement *m, struct error **err);
