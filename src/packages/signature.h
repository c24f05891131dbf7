/*
 * OpenPGP signatures, checked by gpgv. Whether one counts says gpgv_status.h: good, and neither it nor its key
 * expired or revoked, nor weak.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

/* gpgv's own; some hundred bytes are usual. */
#define SIGNATURE_MAX (256u << 10)

/* The text that a good signature by a key of the keyring covers; nothing else of `signed_text` is used. */
_must_check_ int signature_verify_text(const char *keyring, struct span signed_text,
				       struct buffer *ret, struct error **err);

/*
 * A detached signature of a file by the key whose primary fingerprint is `signer` (40 or 64 hexadecimal digits), or
 * by a signing key that this one vouches for. `keys` are the bytes of public keys, of whatever origin: no other
 * than the signer's counts.
 */
_must_check_ int signature_verify_file(struct span keys, const char *signer, struct span signature,
				       const char *file, struct error **err);
