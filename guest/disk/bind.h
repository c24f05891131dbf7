/* Binding a disk to the running image: at initialising and after recovery. */
#pragma once

#include "guest/disk/disk.h"

/* Makes a new secret, seals it and sees that the TPM gives it back under the policy: fills in the
 * token but its slot. */
_must_check_ int bind_secret(struct context *c, struct luks2_tpm *token, struct error **err);
/* Adds the secret as the token's key slot, and the token. */
_must_check_ int bind_slot(struct volume *v, const struct luks2_tpm *token, const struct secrets *s,
			   struct error **err);
/* After a successful opening: no older epoch opens the disk from now on. */
_must_check_ int bind_epoch(struct context *c, const struct luks2_tpm *token, struct error **err);
