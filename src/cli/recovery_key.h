/*
 * The private key of an owner of disks, as `tdnode recovery keygen` writes it.
 */
#pragma once

#include "crypto/x25519.h"

/* Errors name the file. */
_must_check_ int recovery_key_read(const char *path, struct x25519_private *ret,
				   struct error **err);
