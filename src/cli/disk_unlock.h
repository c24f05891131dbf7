/*
 * Handing the key of its disk to a node: what `tdnode unlock` and `tdnode deploy azure replace` have in common.
 */
#pragma once

#include "channel/unlock.h"
#include "cli/attest_session.h"
#include "cli/options.h"

/* Which disk is recovered: the claim of the machine that had it. */
struct wanted_disk {
	bool given;
	struct digest identity; /* SHA-256, disk_key_identity() */
};

/* Takes 64 hexadecimal digits into a struct wanted_disk, for OPTION_CUSTOM(). */
_must_check_ int wanted_disk_take(void *place, const char *value, struct error **err);

struct disk_unlock {
	const struct x25519_private *key;
	bool initialise;	 /* the disk is new */
	struct wanted_disk disk; /* given: it is recovered */
	unsigned timeout;	 /* seconds, for the offer */
};

/*
 * Judges the node and, if it is accepted, sends it the secret of its disk. -ERROR_REFUSED if the node, its offer or its
 * disk is not what it has to be; -EACCES if it waits for no key, -EPERM if the key does not open the disk; other codes
 * if it cannot be reached. Nothing is sent before all is judged.
 */
_must_check_ int disk_unlock(struct attest_session *s, const struct address *a,
			     const struct disk_unlock *u, struct disk_key_offer *ret,
			     struct error **err);
