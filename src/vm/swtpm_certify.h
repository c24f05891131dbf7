/*
 * What the maker of a TPM does for it: keys that stay at fixed places, and certificates on them, as in the
 * machines of a cloud.
 *
 *	0x81010001	endorsement key, RSA 2048		certificate: index 0x01c00002 (DER)
 *	0x81000003	attestation key, restricted, RSASSA	certificate: index 0x01c101d0 (DER)
 *
 * Both are for owner and guest to read. No register depends on them.
 */
#pragma once

#include "base/error.h"

/*
 * Gives the TPM whose state is in `folder`, which no swtpm uses, what the above lists, unless the authority in
 * `authority` (tpm_authority.h) has done it: a note in the state's folder says so.
 */
_must_check_ int swtpm_certify(const char *folder, const char *authority, struct error **err);
