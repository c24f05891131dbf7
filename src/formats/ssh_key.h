/*
 * Keys as OpenSSH writes them: private keys (PROTOCOL.key), lines of public keys, and their place in other formats
 * (RFC 4253, 6.6; RFC 8709). Ed25519 alone.
 */
#pragma once

#include "base/buffer.h"
#include "crypto/ed25519.h"

#define SSH_ED25519 "ssh-ed25519"
/* "SHA256:" and 43 characters of base64. */
#define SSH_FINGERPRINT_SIZE 64
/* A key with a long comment. */
#define SSH_KEY_MAX (16u << 10)

/* "BEGIN OPENSSH PRIVATE KEY". One that is encrypted, or of another type, is refused by name. */
_must_check_ int ssh_private_parse(struct span text, struct ed25519_private *ret,
				   struct error **err);

/* The first words of a line: "ssh-ed25519 AAAA... comment". *ret_rest is what follows the key. */
_must_check_ int ssh_public_parse(struct span line, struct ed25519_public *ret,
				  struct span *ret_rest, struct error **err);

/* The key's bytes on the wire: string "ssh-ed25519", string key. */
void ssh_public_put(struct buffer *b, const struct ed25519_public *k);
_must_check_ int ssh_public_blob_parse(struct span blob, struct ed25519_public *ret,
				       struct error **err);

/* As `ssh-keygen -l` shows it. NULL without memory. */
_must_check_ bool ssh_fingerprint(const struct ed25519_public *k, char out[SSH_FINGERPRINT_SIZE]);

/* Strings of the protocol: a length of four bytes, and the bytes. */
void ssh_put_string(struct buffer *b, struct span s);
/* An empty span, and failure of the reader, if there is none. */
struct span ssh_take_string(struct reader *r);

/* The base64 between the lines "-----BEGIN LABEL-----" and "-----END LABEL-----", decoded; malloc()ed. */
_must_check_ int ssh_unarmor(struct span text, const char *label, uint8_t **ret, size_t *ret_n,
			     struct error **err);
void ssh_armor(struct buffer *b, const char *label, struct span bytes);
