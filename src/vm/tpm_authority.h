/*
 * The user's own authority for the TPMs of local runs: a folder beside the instances, which swtpm_certify() makes
 * when the first TPM needs it. Whoever trusts it trusts this user, so a verdict by it never says "confidential".
 *
 *	key.pem		PKCS #8, for its owner alone
 *	root.pem	the certificate
 *	policy.json	a policy for 'tdnode verify', 'attest' and 'connect' that trusts this root (docs/attest.md)
 */
#pragma once

#include "crypto/issuer.h"

#define TPM_AUTHORITY_POLICY "policy.json"

/*
 * Reads what is in the folder, or makes it. Several processes may do that at once. *ret_root is the certificate's
 * fingerprint, 64 hexadecimal digits.
 */
_must_check_ int tpm_authority_open(const char *folder, struct issuer **ret, char **ret_root,
				    struct error **err);
