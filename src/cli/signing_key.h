/*
 * The private key of who says something about images: Ed25519, as ssh-keygen makes it.
 */
#pragma once

#include "crypto/ed25519.h"

/* Errors start with the path. The caller erases the key. */
_must_check_ int signing_key_read(const char *path, struct ed25519_private *ret,
				  struct error **err);
