/*
 * Detached signatures of OpenSSH (its PROTOCOL.sshsig), as `ssh-keygen -Y sign` makes and `ssh-keygen -Y verify`
 * checks them, and the file of those who may sign (ssh-keygen(1), ALLOWED SIGNERS).
 */
#pragma once

#include "base/error.h"
#include "crypto/digest.h"
#include "formats/ssh_key.h"

/* What is checked of a signature before its bytes are: for what it was made, and by whom. */
struct sshsig {
	struct ed25519_public key;
	char namespace[64];
	enum digest_algorithm algorithm; /* of the message: SHA-256 or SHA-512 */
	uint8_t signature[ED25519_SIGNATURE_SIZE];
};

/* Signatures by other keys than Ed25519 are -ERROR_UNSUPPORTED. */
_must_check_ int sshsig_parse(struct span text, struct sshsig *ret, struct error **err);

/* -ERROR_REFUSED: made for another namespace, or not of this message. */
_must_check_ int sshsig_verify(const struct sshsig *s, const char *namespace, struct span message,
			       struct error **err);

/* Appends the text of a signature, byte for byte as ssh-keygen would write it. */
_must_check_ int sshsig_make(const struct ed25519_private *k, const char *namespace,
			     struct span message, struct buffer *ret, struct error **err);

/* A file of a few hundred signers. */
#define ALLOWED_SIGNERS_MAX (1u << 20)
#define SIGNER_NAME_MAX 256

/*
 * Who may sign with the key for the namespace at the time (seconds since 1970): the names of the first line of the
 * file that says so, one of which is `identity` unless that is NULL.
 *
 * Each line is "NAMES [options] ssh-ed25519 KEY [comment]", NAMES with commas between; options are
 * namespaces="...", valid-after="YYYYMMDD[HHMM[SS]][Z]" and valid-before. Lines with another type of key and those
 * for certificates (cert-authority) are passed over; an option that is not known is an error, because it might say
 * who may not sign, and so is a pattern where a name is looked for. Times are UTC with or without "Z".
 *
 * -ERROR_REFUSED if no line allows it: the message says whether the key, the name, the namespace or the time
 * is to blame.
 */
struct allowed_signer_query {
	const struct ed25519_public *key;
	const char *namespace;
	const char *identity; /* may be NULL */
	int64_t now;
};

_must_check_ int allowed_signer_find(struct span file, const struct allowed_signer_query *q,
				     char ret[SIGNER_NAME_MAX], struct error **err);
