/*
 * What gpgv says about the signatures of a text: the lines of its --status-fd (GnuPG, doc/DETAILS, "Format of
 * the status fd output"). Its exit status is no verdict: keys that expired or were revoked pass, and one
 * unknown signature beside a good one fails.
 *
 * As apt decides: at least one good signature by a key of the keyring, none that is bad; a signature by a
 * key that expired or was revoked, that itself expired, or over a weak digest (MD5, SHA-1, RIPEMD-160)
 * does not count, one by an unknown key is passed over.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

/* Of the lines; Debian's Release files have three signatures of a dozen lines each. */
#define GPGV_STATUS_MAX (64u << 10)

/*
 * 0 if the text is signed well; else -ERROR_REFUSED, with each signer and why it does not count. With `signer` (the
 * fingerprint of a primary key, upper-case hexadecimal) a signature by any other key is passed over.
 */
_must_check_ int gpgv_status_judge(struct span lines, const char *signer, struct error **err);
