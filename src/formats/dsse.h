/*
 * Signed statements: DSSE envelopes (secure-systems-lab/dsse, version 1), signed with Ed25519.
 */
#pragma once

#include "base/buffer.h"
#include "crypto/ed25519.h"

/* A statement about a dozen artefacts and a few hundred packages. */
#define DSSE_MAX (16u << 20)

/*
 * Appends the envelope of `payload`: JSON with its base64 and a signature over type and bytes. The signature's keyid
 * is the key's fingerprint as OpenSSH shows it (formats/ssh_key.h).
 */
_must_check_ int dsse_sign(const struct ed25519_private *k, const char *type, struct span payload,
			   struct buffer *ret, struct error **err);
