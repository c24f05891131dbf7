#include "crypto/pkcs7.h"

#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

/* SPC_INDIRECT_DATA_OBJID */
#define PROGRAM_DIGEST_OID "1.3.6.1.4.1.311.2.1.4"

struct pkcs7 {
	PKCS7 *p7;
	/* What the signature is over: the content without its tag and length. It ends in the
	 * program's digest. */
	struct span content;
	struct digest program;
};

static inline void x509_freep(X509 **c)
{
	X509_free(*c);
}

static inline void store_freep(X509_STORE **s)
{
	X509_STORE_free(*s);
}

static inline void bio_freep(BIO **b)
{
	BIO_free(*b);
}

void pkcs7_free(struct pkcs7 *p)
{
	if (!p)
		return;
	PKCS7_free(p->p7);
	free(p);
}

static int bad(const char *why, struct error **err)
{
	ERR_clear_error();
	return error_set(err, -ERROR_MALFORMED, "signature: %s", why);
}

static bool is_program_digest(const PKCS7 *content)
{
	char oid[64];

	return OBJ_obj2txt(oid, sizeof(oid), content->type, 1) > 0 &&
	       string_equal(oid, PROGRAM_DIGEST_OID);
}

/* The first algorithm that is listed, as firmware takes it. */
static bool read_algorithm(const PKCS7_SIGNED *s, enum digest_algorithm *ret)
{
	const X509_ALGOR *a = sk_X509_ALGOR_value(s->md_algs, 0);
	const ASN1_OBJECT *object = NULL;

	if (!a)
		return false;
	X509_ALGOR_get0(&object, NULL, NULL, a);
	switch (OBJ_obj2nid(object)) {
	case NID_sha1:
		*ret = DIGEST_SHA1;
		return true;
	case NID_sha256:
		*ret = DIGEST_SHA256;
		return true;
	case NID_sha384:
		*ret = DIGEST_SHA384;
		return true;
	case NID_sha512:
		*ret = DIGEST_SHA512;
		return true;
	default:
		return false;
	}
}

/* SpcIndirectDataContent, a SEQUENCE, without its tag and length. */
static bool read_content(const PKCS7 *content, struct span *ret)
{
	const ASN1_TYPE *value = content->d.other;

	if (!value || ASN1_TYPE_get(value) != V_ASN1_SEQUENCE)
		return false;

	const uint8_t *start = ASN1_STRING_get0_data(value->value.sequence), *p = start;
	long n = ASN1_STRING_length(value->value.sequence), inner;
	int tag, class;

	if (ASN1_get_object(&p, &inner, &tag, &class, n) & 0x80 || inner < 0 ||
	    inner > n - (p - start))
		return false;
	*ret = SPAN(p, (size_t)inner);
	return true;
}

static int read_signature(struct pkcs7 *p, struct error **err)
{
	if (!PKCS7_type_is_signed(p->p7) || !p->p7->d.sign || !p->p7->d.sign->contents)
		return bad("not signed data", err);

	const PKCS7_SIGNED *s = p->p7->d.sign;

	if (!is_program_digest(s->contents) || !read_content(s->contents, &p->content))
		return bad("not that of a program", err);
	if (!read_algorithm(s, &p->program.algorithm))
		return bad("its digest is not SHA-1, SHA-256, SHA-384 or SHA-512", err);

	size_t size = digest_size(p->program.algorithm);

	if (p->content.n < size)
		return bad("no digest of a program in it", err);
	memcpy(p->program.bytes, p->content.p + p->content.n - size, size);
	return 0;
}

int pkcs7_parse(struct span der, struct pkcs7 **ret, struct error **err)
{
	_cleanup_(pkcs7_freep) struct pkcs7 *p = calloc(1, sizeof(*p));
	const uint8_t *at = der.p;

	if (!p)
		return error_oom(err);
	if (der.n > PKCS7_MAX)
		return error_set(err, -ERROR_MALFORMED, "signature of %zu bytes: more than %u",
				 der.n, PKCS7_MAX);
	p->p7 = d2i_PKCS7(NULL, &at, (long)der.n);
	if (!p->p7)
		return bad("not PKCS#7", err);

	int r = read_signature(p, err);

	if (r < 0)
		return r;
	*ret = TAKE_PTR(p);
	return 0;
}

struct digest pkcs7_program_digest(const struct pkcs7 *p)
{
	return p->program;
}

static X509 *read_certificate(struct span der)
{
	const uint8_t *at = der.p;

	return der.n > 0 && der.n <= PKCS7_MAX ? d2i_X509(NULL, &at, (long)der.n) : NULL;
}

bool pkcs7_signed_under(const struct pkcs7 *p, struct span certificate)
{
	_cleanup_(x509_freep) X509 *trusted = read_certificate(certificate);
	_cleanup_(store_freep) X509_STORE *store = X509_STORE_new();
	_cleanup_(bio_freep) BIO *content = BIO_new_mem_buf(p->content.p, (int)p->content.n);
	bool good = false;

	if (trusted && store && content && X509_STORE_add_cert(store, trusted) == 1 &&
	    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME) ==
		    1 &&
	    X509_STORE_set_purpose(store, X509_PURPOSE_ANY) == 1)
		good = PKCS7_verify(p->p7, NULL, store, content, NULL, PKCS7_BINARY) == 1;
	ERR_clear_error();
	return good;
}

static bool has_digest(X509 *certificate, const struct digest *tbs)
{
	uint8_t *der = NULL;
	int n = i2d_re_X509_tbs(certificate, &der);
	bool equal = false;

	if (n > 0) {
		struct digest d = digest_bytes(tbs->algorithm, SPAN(der, (size_t)n));

		equal = digest_equal(&d, tbs);
	}
	OPENSSL_free(der);
	return equal;
}

bool pkcs7_has_certificate(const struct pkcs7 *p, struct span certificate, const struct digest *tbs)
{
	_cleanup_(x509_freep) X509 *own = read_certificate(certificate);
	const STACK_OF(X509) *all = p->p7->d.sign->cert;
	bool found = own && has_digest(own, tbs);

	for (int i = 0; !found && i < sk_X509_num(all); i++)
		found = has_digest(sk_X509_value(all, i), tbs);
	ERR_clear_error();
	return found;
}
