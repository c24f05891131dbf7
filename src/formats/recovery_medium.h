/*
 * The medium that brings the recovery secret into a VM: a small disk whose first sector holds a magic,
 * the secret and the SHA-256 digest of both. All else is zero.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

#define RECOVERY_MEDIUM_SIZE (1u << 20)
#define RECOVERY_MEDIUM_SECTOR 512u
#define RECOVERY_MEDIUM_MAGIC "TDNODE-RECOVERY" /* with its NUL: 16 bytes */
#define RECOVERY_SECRET_SIZE 32u
/* Serial number of the disk, as QEMU gives it. */
#define RECOVERY_MEDIUM_SERIAL "tdnode-recovery"

void recovery_medium_encode(const uint8_t secret[RECOVERY_SECRET_SIZE],
			    uint8_t ret[RECOVERY_MEDIUM_SECTOR]);

/* True if the bytes begin like a medium, damaged or not. */
bool recovery_medium_recognise(struct span first);

/* `first`: the first sector, or more. The caller zeroes it and *ret. */
_must_check_ int recovery_medium_parse(struct span first, uint8_t ret[RECOVERY_SECRET_SIZE],
				       struct error **err);
