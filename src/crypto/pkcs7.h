/*
 * The signature of a program for UEFI: PKCS#7 SignedData over the digest of a PE image ("Windows
 * Authenticode Portable Executable Signature Format"). Judged as firmware does it: a certificate
 * that is trusted may be anywhere in the signer's chain, and no clock is asked.
 */
#pragma once

#include "crypto/digest.h"

/* Of a signature in DER: a few KiB with its chain of certificates and time stamp. */
#define PKCS7_MAX (1u << 20)

struct pkcs7;

/* Reads a signature; bytes after it are padding. One whose content is not the digest of a program is
 * an error, so is one with a digest of another algorithm than SHA-1, SHA-256, SHA-384 or SHA-512. */
_must_check_ int pkcs7_parse(struct span der, struct pkcs7 **ret, struct error **err);
void pkcs7_free(struct pkcs7 *p);
DEFINE_FREEP(struct pkcs7 *, pkcs7_free)

/* The digest of the program that was signed. */
struct digest pkcs7_program_digest(const struct pkcs7 *p);

/* True if the signature is good and its chain leads to this certificate (X.509 in DER). */
_must_check_ bool pkcs7_signed_under(const struct pkcs7 *p, struct span certificate);

/*
 * True if one of the signature's certificates, or `certificate`, has this digest of its signed part
 * (TBSCertificate): by that dbx names certificates that were revoked.
 */
_must_check_ bool pkcs7_has_certificate(const struct pkcs7 *p, struct span certificate,
					const struct digest *tbs);
