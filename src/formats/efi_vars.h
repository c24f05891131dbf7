/*
 * UEFI's variables: as OVMF keeps them in a file (OVMF_VARS.fd, or the start of an undivided
 * OVMF.fd), and as firmware measures them.
 *
 * The file is a firmware volume (UEFI Platform Initialization Specification, volume 3, chapter 3)
 * with a store of authenticated variables (MdeModulePkg/Include/Guid/VariableFormat.h of EDK2). A
 * change appends a new record and marks the old one, so one name has several records, of which at
 * most one is valid.
 */
#pragma once

#include "base/error.h"
#include "base/text.h"

/* Volumes of OVMF have 128 KiB or 528 KiB; those of other firmware do not reach this. */
#define EFI_VARS_FILE_MAX (256u << 20)

extern const struct guid efi_global_guid;	  /* PK, KEK, SecureBoot */
extern const struct guid efi_image_security_guid; /* db, dbx, dbt, dbr */
extern const struct guid efi_secure_boot_enable_guid;
extern const struct guid efi_custom_mode_guid;
extern const struct guid efi_cert_db_guid;

struct efi_variable {
	struct guid vendor;
	struct span name; /* UTF-16LE without NUL */
	struct span data;
};

/* A store whose records were all checked. */
struct efi_vars {
	struct span records;
};

/*
 * Finds and checks the store at the start of a file. Refused are: another kind of volume or store, a
 * store that is not whole, records that reach beyond it, names that do not end in one NUL.
 */
_must_check_ int efi_vars_open(struct span file, struct efi_vars *ret, struct error **err);

/* The valid record of a name (ASCII); false if there is none. */
_must_check_ bool efi_vars_find(const struct efi_vars *v, const struct guid *vendor,
				const char *name, struct efi_variable *ret);

/* True if `name`, UTF-16LE without NUL, is this ASCII text. */
bool efi_name_is(struct span name, const char *text);

/* UEFI_VARIABLE_DATA: what firmware measures of a variable, as it is in its event log (TCG PC Client
 * Platform Firmware Profile, 10.2.6). */
_must_check_ int efi_variable_parse(struct span event, struct efi_variable *ret,
				    struct error **err);
