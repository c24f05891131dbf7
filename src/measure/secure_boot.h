/*
 * The variables that decide about Secure Boot, from wherever they are known, and which of their
 * entries lets an image start.
 */
#pragma once

#include "crypto/digest.h"
#include "formats/efi_vars.h"
#include "formats/pe.h"

enum secure_variable {
	SECURE_VARIABLE_MODE, /* "SecureBoot": one byte; firmware without Secure Boot has none */
	SECURE_VARIABLE_PK,
	SECURE_VARIABLE_KEK,
	SECURE_VARIABLE_DB,
	SECURE_VARIABLE_DBX,
	/* Firmware measures these only if they hold something. */
	SECURE_VARIABLE_DBT,
	SECURE_VARIABLE_DBR,
	SECURE_VARIABLES,
};

enum secure_source {
	SECURE_UNKNOWN,	 /* nothing is known of the variables */
	SECURE_EMPTY,	 /* taken for empty, as firmware without Secure Boot has them */
	SECURE_FILE,	 /* from an OVMF_VARS.fd */
	SECURE_LOG,	 /* from an event log */
	SECURE_FIRMWARE, /* from the firmware's own volume */
};

struct secure_boot {
	enum secure_source source;
	struct span variables[SECURE_VARIABLES]; /* in what they were read from */
	bool on;
};

/* The variable's name and vendor; false past the last. */
const char *secure_variable_name(enum secure_variable v);
const struct guid *secure_variable_vendor(enum secure_variable v);
_must_check_ bool secure_variable_recognise(const struct efi_variable *v,
					    enum secure_variable *ret);

/* As firmware finds them in its store when it starts. */
void secure_boot_from_store(const struct efi_vars *store, enum secure_source source,
			    struct secure_boot *ret);

/*
 * The entry of db (EFI_SIGNATURE_DATA) by which firmware starts an image while Secure Boot is on. An
 * image that it would refuse is an error. -ERROR_UNPREDICTABLE: whether it does depends on a time stamp.
 */
_must_check_ int secure_boot_authority(const struct secure_boot *s, const struct pe *pe,
				       struct span *ret, struct error **err);
