/* Binding a disk to the running image: at initialising and after recovery. */
#pragma once

#include "guest/disk/disk.h"

/* Makes a new secret, seals it and sees that the TPM gives it back under the policy: fills in the
 * token but its slot. */
_must_check_ int bind_secret(struct disk_opening *c, struct luks2_tpm *token, struct error **err);
/* Adds the secret as the token's key slot, and the token. */
_must_check_ int bind_slot(struct volume *v, const struct luks2_tpm *token, const struct secrets *s,
			   struct error **err);
/*
 * Whether the token may be believed and the signed policy used, by the TPM's counter: a secret that was
 * sealed under a revoked epoch may come from whoever had that epoch's hole, and an epoch far above the
 * counter is a mistake (TPM_EPOCH_STEPS_MAX). -ERROR_REFUSED if not.
 */
_must_check_ int bind_check_epochs(struct disk_opening *c, const struct luks2_tpm *token,
				   struct error **err);
/* After a successful opening: no older epoch opens the disk from now on. */
_must_check_ int bind_epoch(struct disk_opening *c, const struct luks2_tpm *token,
			    struct error **err);
/*
 * Seals a new secret to the running image, in the place of the old one: in `header`, which is `checked`
 * and lies on the disk, and in v, whose volume key is in c->secrets. `token` is from bind_secret().
 */
_must_check_ int bind_anew(struct disk_opening *c, struct volume *v, const uint8_t *header,
			   const struct luks2 *checked, struct luks2_tpm *token,
			   struct error **err);
