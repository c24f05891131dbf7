/*
 * The client's side of tdnode-unlock/1 (formats/disk_key.h), once the node was judged: takes the offer of its disk, and
 * sends the secret.
 */
#pragma once

#include "channel/ask.h"
#include "crypto/x25519.h"
#include "formats/disk_key.h"

/*
 * The secret of the disk with this UUID: HKDF-SHA-256 of the owner's private key, with UNLOCK_SALT as salt and the UUID as
 * info. A disk that somebody else made under a UUID of his choice does not open by it.
 */
#define UNLOCK_SALT "tdnode disk key 1"

_must_check_ int unlock_secret(const struct x25519_private *key, const char *uuid,
			       uint8_t ret[DISK_KEY_SECRET_SIZE], struct error **err);

/* `deadline` as of channel_ask(). */
_must_check_ int unlock_offer(struct channel *c, int64_t deadline, struct disk_key_offer *ret,
			      struct error **err);
/* Sends the key and waits until the disk is open. -EPERM with the node's reason if it stays locked. */
_must_check_ int unlock_send(struct channel *c, const struct disk_key_message *m, int64_t deadline,
			     struct error **err);
