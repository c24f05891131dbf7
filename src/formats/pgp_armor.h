/*
 * ASCII armour of OpenPGP (RFC 9580, 6.2): public keys as upstreams publish them, turned into the bytes that gpgv
 * takes as a keyring.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

/* Keys that many have signed have some hundred kB. */
#define PGP_KEYS_MAX (4u << 20)

/*
 * Appends the bytes of all blocks "PGP PUBLIC KEY BLOCK" of the text; a text that does not begin like armour is
 * taken as such bytes. Text around blocks is passed over; their checksums are not looked at, as the standard has
 * it. Refused: private keys, blocks that do not end, what is no base64, nothing at all.
 */
_must_check_ int pgp_public_keys(struct span text, struct buffer *ret, struct error **err);
