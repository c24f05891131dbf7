/*
 * X.509 certificates and lists of revoked ones (RFC 5280), as attestation needs them: who signed whom,
 * when each is valid, what is revoked. Nothing here asks a clock.
 */
#pragma once

#include "crypto/digest.h"
#include "crypto/p256.h"
#include "crypto/rsa.h"

/* Of one certificate or list, in DER: Intel's lists of revoked certificates grow by 40 bytes for each. */
#define CERTIFICATE_MAX (16u << 10)
#define CRL_MAX (4u << 20)
/* Of a chain: three for a platform, up to five for a TPM of a cloud. */
#define CERTIFICATES_MAX 8u

struct certificate;

/* Reads DER. Bytes after it are an error, zeros are not if `padded` says so. */
_must_check_ int certificate_parse(struct span der, bool padded, struct certificate **ret,
				   struct error **err);
void certificate_free(struct certificate *c);
DEFINE_FREEP(struct certificate *, certificate_free)

/* A chain or a heap of certificates, in the order in which they were given. */
struct certificates {
	struct certificate *items[CERTIFICATES_MAX];
	size_t n;
};

void certificates_release(struct certificates *l);
/*
 * Reads PEM text: one block or more, nothing but blank lines around them; a NUL may end it. `known` are certificates
 * that may be in it and need not be read again. Those beside them are read a good deal faster than with NULL, for
 * certificate_check_issued(), which is slower for what is not of the curve P-256 then, as is
 * certificate_check_path(). If there are none yet, the list is empty, not NULL.
 */
_must_check_ int certificates_parse(struct span pem, bool padded, const struct certificates *known,
				    struct certificates *ret, struct error **err);

/* Puts each before the one that it names as its issuer, where such an order exists. */
void certificates_sort(struct certificates *l);

bool certificate_equal(const struct certificate *a, const struct certificate *b);
/* Whether the subject's common name has this text in it. */
bool certificate_name_has(const struct certificate *c, const char *text);
/* The subject's common name, for messages: "" if there is none. */
const char *certificate_name(const struct certificate *c);
/* Seconds since 1970. */
int64_t certificate_not_before(const struct certificate *c);
int64_t certificate_not_after(const struct certificate *c);
/* SHA-256 of the DER bytes. */
struct digest certificate_fingerprint(const struct certificate *c);
/* SHA-256 of the SubjectPublicKeyInfo (DER): that of the key, whoever certified it. */
struct digest certificate_key_digest(const struct certificate *c);

/* Whether the key is one of the curve P-256. */
bool certificate_has_p256(const struct certificate *c);
/* The key, if it is of RSA. */
_must_check_ bool certificate_rsa(const struct certificate *c, struct rsa_public *ret);

/* -ERROR_REFUSED if the signature is not that of the certificate's key, of the curve P-256. */
_must_check_ int certificate_p256_verify(const struct certificate *c, struct span message,
					 const uint8_t signature[P256_SIZE], struct error **err);

/* The same by another key of the curve; if that of `c` is of it, too, this is fast. */
_must_check_ int certificate_p256_verify_by(const struct certificate *c,
					    const struct p256_public *key, struct span message,
					    const uint8_t signature[P256_SIZE], struct error **err);

/* The content of the extension with this object identifier, which is owned by `c`; false if there is none,
 * or more than one. */
_must_check_ bool certificate_extension(const struct certificate *c, const char *oid,
					struct span *ret);

/* -ERROR_REFUSED unless `issuer` may sign certificates, is named as the issuer of `c` and signed it. */
_must_check_ int certificate_check_issued(const struct certificate *c,
					  const struct certificate *issuer, struct error **err);

/*
 * -ERROR_REFUSED unless a path leads from `c` by `others` to one of `roots` (PEM) and all of it is valid at
 * `at`, and on until *ret_until. What a certificate may be used for is not asked.
 */
_must_check_ int certificate_check_path(const struct certificate *c,
					const struct certificates *others,
					const struct certificates *roots, int64_t at,
					int64_t *ret_until, struct error **err);

/* A list of revoked certificates. */
struct crl;

_must_check_ int crl_parse(struct span der, struct crl **ret, struct error **err);
void crl_free(struct crl *l);
DEFINE_FREEP(struct crl *, crl_free)

int64_t crl_this_update(const struct crl *l);
int64_t crl_next_update(const struct crl *l);
/* -ERROR_REFUSED unless `issuer` is named as the list's issuer and signed it. */
_must_check_ int crl_check_issued(const struct crl *l, const struct certificate *issuer,
				  struct error **err);
/* Whether the list has the certificate's serial number. */
bool crl_has(const struct crl *l, const struct certificate *c);
