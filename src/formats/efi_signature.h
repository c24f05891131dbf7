/*
 * UEFI's lists of signatures, the contents of PK, KEK, db and dbx (UEFI 2.10, 32.4.1): hashes and
 * certificates, each with an owner.
 *
 *	struct efi_signatures s = efi_signatures_init(db);
 *	struct efi_signature e;
 *
 *	while ((r = efi_signatures_next(&s, &e, err)) > 0)
 *		...
 */
#pragma once

#include "base/error.h"
#include "base/text.h"

enum efi_signature_type {
	EFI_SIGNATURE_SHA1, /* of an image, as Authenticode hashes it */
	EFI_SIGNATURE_SHA256,
	EFI_SIGNATURE_SHA384,
	EFI_SIGNATURE_SHA512,
	EFI_SIGNATURE_X509,	   /* a certificate in DER */
	EFI_SIGNATURE_X509_SHA256, /* of a certificate's signed part; with the time of its end */
	EFI_SIGNATURE_X509_SHA384,
	EFI_SIGNATURE_X509_SHA512,
	EFI_SIGNATURE_OTHER,
};

struct efi_signature {
	enum efi_signature_type type;
	struct span entry; /* EFI_SIGNATURE_DATA: the owner's GUID and the data */
	struct span data;
};

struct efi_signatures {
	struct span variable;
	size_t list;  /* offset of the list that is being read */
	size_t entry; /* offset of the next entry, 0: none is read yet */
};

static inline struct efi_signatures efi_signatures_init(struct span variable)
{
	return (struct efi_signatures){.variable = variable};
}

/* The next entry: 1, 0 at the end, or a negative code. */
_must_check_ int efi_signatures_next(struct efi_signatures *s, struct efi_signature *ret,
				     struct error **err);
