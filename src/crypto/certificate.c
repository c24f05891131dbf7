#include "crypto/certificate.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>

#include "crypto/p256_key.h"
#include "crypto/pem.h"
#include "crypto/x509_time.h"

#define PEM_CERTIFICATE "CERTIFICATE"
#define NAME_MAX_ 128
/* The largest serial number is 20 bytes; exponents other than this one are not used. */
#define EXPONENT 65537u
/* Of a bit string, in its flags: how many bits of its last byte are none. */
#define ASN1_UNUSED_BITS 7

DEFINE_FREEP(X509_STORE *, X509_STORE_free)
DEFINE_FREEP(X509_STORE_CTX *, X509_STORE_CTX_free)
DEFINE_FREEP(BIGNUM *, BN_free)
DEFINE_FREEP(X509 *, X509_free)

/*
 * libcrypto's way from a certificate to its key asks every decoder of every provider, which takes as long as to check
 * a signature with that key. Many certificates are read where there is no provider, then, and their keys are made
 * here. To make such a place takes as long as two certificates.
 */
struct library {
	atomic_uint references;
	OSSL_LIB_CTX *context;
};

struct certificate {
	atomic_uint references;
	struct library *library; /* of x509; NULL: that of the process */
	X509 *x509;
	EVP_PKEY *key; /* NULL: of a kind that is not known */
	bool is_p256;
	uint8_t *der;
	size_t der_size;
	int64_t not_before, not_after;
	char name[NAME_MAX_];
};

static void library_free(struct library *l)
{
	if (!l || atomic_fetch_sub(&l->references, 1) > 1)
		return;
	OSSL_LIB_CTX_free(l->context);
	free(l);
}

static struct library *library_new(void)
{
	struct library *l = calloc(1, sizeof *l);
	OSSL_PROVIDER *none;

	if (!l)
		return NULL;
	atomic_init(&l->references, 1);
	l->context = OSSL_LIB_CTX_new();
	/* Without it, the first question would bring in the default provider. */
	none = l->context ? OSSL_PROVIDER_load(l->context, "null") : NULL;
	if (!none)
		library_free(TAKE_PTR(l));
	else
		OSSL_PROVIDER_unload(none);
	return l;
}

void certificate_free(struct certificate *c)
{
	if (!c || atomic_fetch_sub(&c->references, 1) > 1)
		return;
	EVP_PKEY_free(c->key);
	X509_free(c->x509);
	library_free(c->library);
	free(c->der);
	free(c);
}

/* A certificate without content, where `known` are; NULL: where all providers are. */
static struct certificate *new_certificate(const struct certificates *known)
{
	struct certificate *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	atomic_init(&c->references, 1);
	if (known && known->n)
		c->library = known->items[0]->library;
	if (c->library)
		atomic_fetch_add(&c->library->references, 1);
	else if (known)
		c->library = library_new();
	if (!known || c->library)
		c->x509 = X509_new_ex(c->library ? c->library->context : NULL, NULL);
	if (!c->x509)
		certificate_free(TAKE_PTR(c));
	return c;
}

/* The same, with all that libcrypto can do. */
static X509 *whole_x509(const struct certificate *c)
{
	const unsigned char *p = c->der;

	if (!c->library)
		return X509_up_ref(c->x509) == 1 ? c->x509 : NULL;
	return d2i_X509(NULL, &p, (long)c->der_size);
}

/* The point of an uncompressed key of the curve P-256; NULL for others. */
static const uint8_t *p256_point(const X509_PUBKEY *k)
{
	const unsigned char *bytes;
	ASN1_OBJECT *kind;
	const void *curve;
	X509_ALGOR *algorithm;
	int n, type;

	if (X509_PUBKEY_get0_param(&kind, &bytes, &n, &algorithm, k) != 1)
		return NULL;
	X509_ALGOR_get0(NULL, &type, &curve, algorithm);
	if (OBJ_obj2nid(kind) != NID_X9_62_id_ecPublicKey || type != V_ASN1_OBJECT ||
	    OBJ_obj2nid(curve) != NID_X9_62_prime256v1)
		return NULL;
	return n == 1 + P256_SIZE && bytes[0] == POINT_CONVERSION_UNCOMPRESSED ? bytes + 1 : NULL;
}

static EVP_PKEY *decode_key(const X509_PUBKEY *k)
{
	uint8_t *der = NULL;
	int n = i2d_X509_PUBKEY(k, &der);
	const unsigned char *p = der;
	EVP_PKEY *key = n > 0 ? d2i_PUBKEY(NULL, &p, n) : NULL;

	OPENSSL_free(der);
	return key;
}

static void read_key(struct certificate *c, const struct certificates *known)
{
	const X509_PUBKEY *k = X509_get_X509_PUBKEY(c->x509);
	const uint8_t *point = c->library ? p256_point(k) : NULL;
	char group[32];
	size_t n = 0;

	if (point)
		c->key = p256_public_key(
			known->n && known->items[0]->is_p256 ? known->items[0]->key : NULL, point);
	else
		c->key = c->library ? decode_key(k) : X509_get_pubkey(c->x509);
	c->is_p256 = c->key &&
		     (point || (EVP_PKEY_get_group_name(c->key, group, sizeof group, &n) == 1 &&
				string_equal(group, "prime256v1")));
}

/* The common name; one with bytes that are no printable ASCII is not taken. */
static void read_name(struct certificate *c)
{
	char name[NAME_MAX_];
	int n = X509_NAME_get_text_by_NID(X509_get_subject_name(c->x509), NID_commonName, name,
					  sizeof name);

	if (n <= 0 || (size_t)n >= sizeof name - 1)
		return;
	for (int i = 0; i < n; i++)
		if (name[i] < ' ' || name[i] > '~')
			return;
	memcpy(c->name, name, (size_t)n + 1);
}

static int read_certificate(struct certificate *c, struct span der, bool padded,
			    const struct certificates *known, struct error **err)
{
	const unsigned char *p = der.p;
	uint32_t flags;

	/* Is emptied by what is no certificate. */
	if (!d2i_X509(&c->x509, &p, (long)der.n))
		return error_set(err, -ERROR_MALFORMED, "not a certificate (X.509 in DER)");

	struct span behind = span_skip(der, (size_t)(p - der.p));

	if (behind.n && !(padded && span_is_zero(behind)))
		return error_set(err, -ERROR_MALFORMED, "%zu bytes after the certificate",
				 behind.n);
	if (!x509_time(X509_get0_notBefore(c->x509), &c->not_before) ||
	    !x509_time(X509_get0_notAfter(c->x509), &c->not_after))
		return error_set(err, -ERROR_MALFORMED,
				 "a certificate without a begin or end date");
	/* Makes libcrypto read all extensions once. It may complain that it has no SHA-1 for a fingerprint, which
	 * nobody asks for: the flags tell the rest. */
	(void)X509_check_purpose(c->x509, -1, 0);
	flags = X509_get_extension_flags(c->x509);
	if (!(flags & EXFLAG_SET) || flags & EXFLAG_INVALID)
		return error_set(err, -ERROR_MALFORMED,
				 "a certificate whose extensions cannot be read");
	read_name(c);
	read_key(c, known);
	c->der_size = der.n - behind.n;
	c->der = malloc(c->der_size);
	if (!c->der)
		return error_oom(err);
	memcpy(c->der, der.p, c->der_size);
	return 0;
}

static int parse(struct span der, bool padded, const struct certificates *known,
		 struct certificate **ret, struct error **err)
{
	_cleanup_(certificate_freep) struct certificate *c = new_certificate(known);
	int r;

	if (!c)
		return error_oom(err);
	if (der.n > CERTIFICATE_MAX)
		return error_set(err, -ERROR_MALFORMED,
				 "%zu bytes, more than the %u of a certificate", der.n,
				 CERTIFICATE_MAX);
	r = read_certificate(c, der, padded, known, err);
	ERR_clear_error();
	if (r < 0)
		return r;
	*ret = TAKE_PTR(c);
	return 0;
}

/* Of these bytes, by what is known already if it is. */
static int parse_known(struct span der, bool padded, const struct certificates *known,
		       struct certificate **ret, struct error **err)
{
	for (size_t i = 0; known && i < known->n; i++) {
		struct certificate *c = known->items[i];

		if (!span_equal(der, SPAN(c->der, c->der_size)))
			continue;
		atomic_fetch_add(&c->references, 1);
		*ret = c;
		return 0;
	}
	return parse(der, padded, known, ret, err);
}

int certificate_parse(struct span der, bool padded, struct certificate **ret, struct error **err)
{
	return parse(der, padded, NULL, ret, err);
}

void certificates_release(struct certificates *l)
{
	for (size_t i = 0; i < l->n; i++)
		certificate_free(l->items[i]);
	*l = (struct certificates){0};
}

static int add_block(struct certificates *l, struct span block, bool padded,
		     const struct certificates *known, struct error **err)
{
	uint8_t *der = NULL;
	size_t n = 0;
	int r;

	if (l->n == CERTIFICATES_MAX)
		return error_set(err, -ERROR_MALFORMED, "more than %u certificates",
				 CERTIFICATES_MAX);
	r = pem_decode(block, PEM_CERTIFICATE, &der, &n, err);
	if (r < 0)
		return r;
	/* The first one makes the place of the others. */
	r = parse_known(SPAN(der, n), padded, known && !known->n ? l : known, &l->items[l->n], err);
	pem_free(der, n);
	if (r >= 0)
		l->n++;
	return r;
}

/* Cuts the text behind each end of a block. */
static int add_blocks(struct certificates *l, struct span text, bool padded,
		      const struct certificates *known, struct error **err)
{
	static const char end[] = "-----END CERTIFICATE-----";
	size_t at;

	while (span_find(text, SPAN_LITERAL(end), &at)) {
		size_t n = at + sizeof end - 1;
		int r = add_block(l, SPAN(text.p, n), padded, known, err);

		if (r < 0)
			return error_wrap(err, r, "certificate %zu", l->n + 1);
		text = span_skip(text, n);
	}
	for (size_t i = 0; i < text.n; i++)
		if (!strchr("\r\n\t ", text.p[i]) || !text.p[i])
			return error_set(err, -ERROR_MALFORMED, "text after the certificates");
	return l->n ? 0 : error_set(err, -ERROR_MALFORMED, "no PEM block 'CERTIFICATE'");
}

int certificates_parse(struct span pem, bool padded, const struct certificates *known,
		       struct certificates *ret, struct error **err)
{
	_cleanup_(certificates_release) struct certificates l = {0};
	int r;

	if (pem.n && pem.p[pem.n - 1] == 0)
		pem.n--;
	r = add_blocks(&l, pem, padded, known, err);
	if (r < 0)
		return r;
	*ret = l;
	l.n = 0;
	return 0;
}

static bool is_issuer_of(const struct certificate *issuer, const struct certificate *c)
{
	return X509_NAME_cmp(X509_get_issuer_name(c->x509), X509_get_subject_name(issuer->x509)) ==
	       0;
}

/* The one among items[from..] that none of the others there names as its issuer; n if there is none. */
static size_t find_leaf(const struct certificates *l, size_t from)
{
	for (size_t i = from; i < l->n; i++) {
		bool issues = false;

		for (size_t j = from; j < l->n; j++)
			issues |= j != i && is_issuer_of(l->items[i], l->items[j]);
		if (!issues)
			return i;
	}
	return l->n;
}

void certificates_sort(struct certificates *l)
{
	for (size_t at = 0; at < l->n; at++) {
		size_t leaf = find_leaf(l, at);

		if (leaf == l->n)
			return;

		struct certificate *c = l->items[leaf];

		memmove(&l->items[at + 1], &l->items[at],
			(leaf - at) * sizeof(struct certificate *));
		l->items[at] = c;
	}
}

bool certificate_equal(const struct certificate *a, const struct certificate *b)
{
	return span_equal(SPAN(a->der, a->der_size), SPAN(b->der, b->der_size));
}

bool certificate_name_has(const struct certificate *c, const char *text)
{
	return strstr(c->name, text);
}

const char *certificate_name(const struct certificate *c)
{
	return c->name;
}

int64_t certificate_not_before(const struct certificate *c)
{
	return c->not_before;
}

int64_t certificate_not_after(const struct certificate *c)
{
	return c->not_after;
}

struct digest certificate_fingerprint(const struct certificate *c)
{
	return digest_bytes(DIGEST_SHA256, SPAN(c->der, c->der_size));
}

struct digest certificate_key_digest(const struct certificate *c)
{
	uint8_t *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(c->x509), &der);
	struct digest d;

	if (n <= 0)
		abort();
	d = digest_bytes(DIGEST_SHA256, SPAN(der, n));
	OPENSSL_free(der);
	return d;
}

bool certificate_has_p256(const struct certificate *c)
{
	return c->is_p256;
}

int certificate_p256_verify(const struct certificate *c, struct span message,
			    const uint8_t signature[P256_SIZE], struct error **err)
{
	if (!certificate_has_p256(c))
		return error_set(err, -ERROR_REFUSED, "the key of '%s' is not of the curve P-256",
				 c->name);
	return p256_key_verify(c->key, message, signature, err);
}

int certificate_p256_verify_by(const struct certificate *c, const struct p256_public *key,
			       struct span message, const uint8_t signature[P256_SIZE],
			       struct error **err)
{
	return p256_verify(c->is_p256 ? c->key : NULL, key, message, signature, err);
}

bool certificate_rsa(const struct certificate *c, struct rsa_public *ret)
{
	const EVP_PKEY *key = c->key;
	_cleanup_(BN_freep) BIGNUM *n = NULL, *e = NULL;
	struct rsa_public public = {0};
	int size = key && EVP_PKEY_is_a(key, "RSA") ? EVP_PKEY_get_bits(key) / 8 : 0;

	if ((size != 256 && size != 384) ||
	    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
	    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) != 1 ||
	    !BN_is_word(e, EXPONENT) || BN_bn2binpad(n, public.modulus, size) != size)
		return false;
	public.size = (size_t)size;
	*ret = public;
	return true;
}

bool certificate_extension(const struct certificate *c, const char *oid, struct span *ret)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	int at = object ? X509_get_ext_by_OBJ(c->x509, object, -1) : -1;
	bool once = at >= 0 && X509_get_ext_by_OBJ(c->x509, object, at) < 0;

	ASN1_OBJECT_free(object);
	if (!once)
		return false;

	const ASN1_OCTET_STRING *data = X509_EXTENSION_get_data(X509_get_ext(c->x509, at));

	*ret = SPAN(ASN1_STRING_get0_data(data), (size_t)ASN1_STRING_length(data));
	return true;
}

/* As X509_check_issued() does, which needs certificates that have their keys. */
static int check_issuer(const struct certificate *c, const struct certificate *issuer)
{
	AUTHORITY_KEYID *id;
	int why = X509_V_OK;

	if (!is_issuer_of(issuer, c))
		return X509_V_ERR_SUBJECT_ISSUER_MISMATCH;
	id = X509_get_ext_d2i(c->x509, NID_authority_key_identifier, NULL, NULL);
	if (id)
		why = X509_check_akid(issuer->x509, id);
	AUTHORITY_KEYID_free(id);
	if (why == X509_V_OK && !issuer->key)
		why = X509_V_ERR_NO_ISSUER_PUBLIC_KEY;
	if (why == X509_V_OK && !(X509_get_key_usage(issuer->x509) & X509v3_KU_KEY_CERT_SIGN))
		why = X509_V_ERR_KEYUSAGE_NO_CERTSIGN;
	return why;
}

/* The bytes that the issuer signed: the first element of the certificate. Empty if it is not in DER. */
static struct span signed_part(const struct certificate *c)
{
	const unsigned char *p = c->der, *start, *end = c->der + c->der_size;
	int tag, class;
	long n;

	/* Any flag is an error or a length that is not said. */
	if (ASN1_get_object(&p, &n, &tag, &class, end - p) != V_ASN1_CONSTRUCTED)
		return (struct span){0};
	start = p;
	if (ASN1_get_object(&p, &n, &tag, &class, end - p) != V_ASN1_CONSTRUCTED)
		return (struct span){0};
	return SPAN(start, (size_t)(p - start + n));
}

static bool is_signed_by(const struct certificate *c, const struct certificate *issuer)
{
	const ASN1_BIT_STRING *signature;
	const X509_ALGOR *algorithm;

	if (!issuer->is_p256 || X509_get_signature_nid(c->x509) != NID_ecdsa_with_SHA256) {
		_cleanup_(X509_freep) X509 *whole = whole_x509(c);

		return whole && X509_verify(whole, issuer->key) == 1;
	}
	X509_get0_signature(&signature, &algorithm, c->x509);
	/* The algorithm stands in what is signed, too; a signature is of whole bytes. */
	if (X509_ALGOR_cmp(algorithm, X509_get0_tbs_sigalg(c->x509)) != 0 ||
	    signature->flags & ASN1_UNUSED_BITS)
		return false;
	return p256_key_verify_der(
		issuer->key, signed_part(c),
		SPAN(ASN1_STRING_get0_data(signature), (size_t)ASN1_STRING_length(signature)));
}

int certificate_check_issued(const struct certificate *c, const struct certificate *issuer,
			     struct error **err)
{
	int why = check_issuer(c, issuer);
	bool good;

	ERR_clear_error();
	if (why != X509_V_OK)
		return error_set(err, -ERROR_REFUSED, "'%s' did not issue '%s': %s", issuer->name,
				 c->name, X509_verify_cert_error_string(why));
	if (X509_check_ca(issuer->x509) != 1)
		return error_set(err, -ERROR_REFUSED,
				 "'%s', which issued '%s', is no certificate authority",
				 issuer->name, c->name);
	if (X509_get_extension_flags(c->x509) & EXFLAG_CRITICAL)
		return error_set(err, -ERROR_REFUSED,
				 "'%s' has a critical extension that is not known", c->name);
	good = is_signed_by(c, issuer);
	ERR_clear_error();
	return good ? 0
		    : error_set(err, -ERROR_REFUSED, "the signature of '%s' is not that of '%s'",
				c->name, issuer->name);
}

/* The roots as a store, which owns references to them. */
static X509_STORE *root_store(const struct certificates *roots)
{
	_cleanup_(X509_STORE_freep) X509_STORE *store = X509_STORE_new();

	for (size_t i = 0; store && i < roots->n; i++) {
		_cleanup_(X509_freep) X509 *root = whole_x509(roots->items[i]);

		if (!root || X509_STORE_add_cert(store, root) != 1)
			return NULL;
	}
	return TAKE_PTR(store);
}

/* Certificates that a path may lead over. */
static STACK_OF(X509) * stack_of(const struct certificates *l)
{
	STACK_OF(X509) *stack = sk_X509_new_null();
	bool complete = stack;

	for (size_t i = 0; complete && i < l->n; i++) {
		X509 *x = whole_x509(l->items[i]);

		complete = x && sk_X509_push(stack, x) > 0;
		if (!complete)
			X509_free(x);
	}
	if (!complete)
		sk_X509_pop_free(TAKE_PTR(stack), X509_free);
	return stack;
}

/* The first date at which a certificate of the path expires. */
static int path_until(STACK_OF(X509) * chain, int64_t *ret, struct error **err)
{
	int64_t first = INT64_MAX;

	for (int i = 0; i < sk_X509_num(chain); i++) {
		int64_t until;

		if (!x509_time(X509_get0_notAfter(sk_X509_value(chain, i)), &until))
			return error_set(err, -ERROR_MALFORMED,
					 "a certificate without an end date");
		first = MIN(first, until);
	}
	*ret = first;
	return 0;
}

static int check_path(X509 *leaf, STACK_OF(X509) * others, X509_STORE *store, int64_t at,
		      int64_t *ret_until, struct error **err)
{
	_cleanup_(X509_STORE_CTX_freep) X509_STORE_CTX *path = X509_STORE_CTX_new();

	if (!path || X509_STORE_CTX_init(path, store, leaf, others) != 1)
		return error_oom(err);

	X509_VERIFY_PARAM *wanted = X509_STORE_CTX_get0_param(path);

	X509_VERIFY_PARAM_set_time(wanted, at);
	X509_VERIFY_PARAM_set_depth(wanted, CERTIFICATES_MAX);
	if (X509_VERIFY_PARAM_set_purpose(wanted, X509_PURPOSE_ANY) != 1 ||
	    X509_VERIFY_PARAM_set_flags(wanted, X509_V_FLAG_PARTIAL_CHAIN) != 1)
		return error_oom(err);
	if (X509_verify_cert(path) == 1)
		return path_until(X509_STORE_CTX_get0_chain(path), ret_until, err);

	int why = X509_STORE_CTX_get_error(path);
	const X509 *failed = X509_STORE_CTX_get_current_cert(path);
	char name[NAME_MAX_] = "";

	if (failed)
		X509_NAME_get_text_by_NID(X509_get_subject_name(failed), NID_commonName, name,
					  sizeof name);
	return error_set(err, -ERROR_REFUSED, "'%s': %s", name, X509_verify_cert_error_string(why));
}

int certificate_check_path(const struct certificate *c, const struct certificates *others,
			   const struct certificates *roots, int64_t at, int64_t *ret_until,
			   struct error **err)
{
	_cleanup_(X509_STORE_freep) X509_STORE *store = root_store(roots);
	_cleanup_(X509_freep) X509 *leaf = whole_x509(c);
	STACK_OF(X509) *stack = stack_of(others);
	int r = store && leaf && stack ? check_path(leaf, stack, store, at, ret_until, err)
				       : error_oom(err);

	sk_X509_pop_free(stack, X509_free);
	ERR_clear_error();
	return r;
}

struct crl {
	X509_CRL *list;
	int64_t this_update, next_update;
};

void crl_free(struct crl *l)
{
	if (!l)
		return;
	X509_CRL_free(l->list);
	free(l);
}

static int read_crl(struct crl *l, struct span der, struct error **err)
{
	const unsigned char *p = der.p;

	l->list = d2i_X509_CRL(NULL, &p, (long)der.n);
	if (!l->list)
		return error_set(err, -ERROR_MALFORMED,
				 "not a list of revoked certificates (X.509 CRL in DER)");
	if (p != der.p + der.n)
		return error_set(err, -ERROR_MALFORMED, "%td bytes after the list",
				 der.p + der.n - p);
	if (!x509_time(X509_CRL_get0_lastUpdate(l->list), &l->this_update) ||
	    !x509_time(X509_CRL_get0_nextUpdate(l->list), &l->next_update))
		return error_set(err, -ERROR_MALFORMED,
				 "a list of revoked certificates without a date");
	return 0;
}

int crl_parse(struct span der, struct crl **ret, struct error **err)
{
	_cleanup_(crl_freep) struct crl *l = calloc(1, sizeof *l);
	int r;

	if (!l)
		return error_oom(err);
	if (der.n > CRL_MAX)
		return error_set(err, -ERROR_MALFORMED,
				 "%zu bytes, more than the %u of a list of revoked certificates",
				 der.n, CRL_MAX);
	r = read_crl(l, der, err);
	ERR_clear_error();
	if (r < 0)
		return r;
	*ret = TAKE_PTR(l);
	return 0;
}

int64_t crl_this_update(const struct crl *l)
{
	return l->this_update;
}

int64_t crl_next_update(const struct crl *l)
{
	return l->next_update;
}

/* A list of some kinds of certificates only, or of changes to another one, does not say what is not
 * revoked: such lists say so by a critical extension. */
static bool is_partial(const X509_CRL *list)
{
	for (int i = 0; i < X509_CRL_get_ext_count(list); i++)
		if (X509_EXTENSION_get_critical(X509_CRL_get_ext(list, i)))
			return true;
	return false;
}

int crl_check_issued(const struct crl *l, const struct certificate *issuer, struct error **err)
{
	bool good;

	if (X509_NAME_cmp(X509_CRL_get_issuer(l->list), X509_get_subject_name(issuer->x509)) != 0)
		return error_set(err, -ERROR_REFUSED, "is of another issuer than '%s'",
				 issuer->name);
	if (is_partial(l->list))
		return error_set(err, -ERROR_REFUSED,
				 "has a critical extension: it is not about all certificates of "
				 "'%s'",
				 issuer->name);
	good = X509_CRL_verify(l->list, issuer->key) == 1;
	ERR_clear_error();
	return good ? 0
		    : error_set(err, -ERROR_REFUSED, "its signature is not that of '%s'",
				issuer->name);
}

bool crl_has(const struct crl *l, const struct certificate *c)
{
	X509_REVOKED *entry = NULL;
	X509_CRL *list = l->list;

	/* 2: "removeFromCRL", which only a list of changes may say; taken as revoked. */
	return X509_CRL_get0_by_serial(list, &entry, X509_get0_serialNumber(c->x509)) != 0;
}
