#include "crypto/certificate.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "crypto/p256_key.h"
#include "crypto/pem.h"
#include "crypto/x509_time.h"

#define PEM_CERTIFICATE "CERTIFICATE"
#define NAME_MAX_ 128
/* The largest serial number is 20 bytes; exponents other than this one are not used. */
#define EXPONENT 65537u

DEFINE_FREEP(X509_STORE *, X509_STORE_free)
DEFINE_FREEP(X509_STORE_CTX *, X509_STORE_CTX_free)
DEFINE_FREEP(BIGNUM *, BN_free)

struct certificate {
	X509 *x509;
	uint8_t *der;
	size_t der_size;
	int64_t not_before, not_after;
	char name[NAME_MAX_];
};

void certificate_free(struct certificate *c)
{
	if (!c)
		return;
	X509_free(c->x509);
	free(c->der);
	free(c);
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

static int read_certificate(struct certificate *c, struct span der, bool padded, struct error **err)
{
	const unsigned char *p = der.p;

	c->x509 = d2i_X509(NULL, &p, (long)der.n);
	if (!c->x509)
		return error_set(err, -ERROR_MALFORMED, "not a certificate (X.509 in DER)");

	struct span behind = span_skip(der, (size_t)(p - der.p));

	if (behind.n && !(padded && span_is_zero(behind)))
		return error_set(err, -ERROR_MALFORMED, "%zu bytes after the certificate",
				 behind.n);
	if (!x509_time(X509_get0_notBefore(c->x509), &c->not_before) ||
	    !x509_time(X509_get0_notAfter(c->x509), &c->not_after))
		return error_set(err, -ERROR_MALFORMED,
				 "a certificate without a begin or end date");
	/* Makes libcrypto read all extensions once. */
	if (X509_check_purpose(c->x509, -1, 0) != 1 ||
	    (X509_get_extension_flags(c->x509) & EXFLAG_INVALID))
		return error_set(err, -ERROR_MALFORMED,
				 "a certificate whose extensions cannot be read");
	read_name(c);
	c->der_size = der.n - behind.n;
	c->der = malloc(c->der_size);
	if (!c->der)
		return error_oom(err);
	memcpy(c->der, der.p, c->der_size);
	return 0;
}

/* Another one with the same content. */
static int copy_certificate(const struct certificate *from, struct certificate **ret,
			    struct error **err)
{
	_cleanup_(certificate_freep) struct certificate *c = calloc(1, sizeof *c);

	if (!c)
		return error_oom(err);
	*c = *from;
	X509_up_ref(c->x509);
	c->der = malloc(from->der_size);
	if (!c->der)
		return error_oom(err);
	memcpy(c->der, from->der, from->der_size);
	*ret = TAKE_PTR(c);
	return 0;
}

/* Of these bytes, by what is known already if it is. */
static int parse_known(struct span der, bool padded, const struct certificates *known,
		       struct certificate **ret, struct error **err)
{
	for (size_t i = 0; known && i < known->n; i++)
		if (span_equal(der, SPAN(known->items[i]->der, known->items[i]->der_size)))
			return copy_certificate(known->items[i], ret, err);
	return certificate_parse(der, padded, ret, err);
}

int certificate_parse(struct span der, bool padded, struct certificate **ret, struct error **err)
{
	_cleanup_(certificate_freep) struct certificate *c = calloc(1, sizeof *c);
	int r;

	if (!c)
		return error_oom(err);
	if (der.n > CERTIFICATE_MAX)
		return error_set(err, -ERROR_MALFORMED,
				 "%zu bytes, more than the %u of a certificate", der.n,
				 CERTIFICATE_MAX);
	r = read_certificate(c, der, padded, err);
	ERR_clear_error();
	if (r < 0)
		return r;
	*ret = TAKE_PTR(c);
	return 0;
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
	r = parse_known(SPAN(der, n), padded, known, &l->items[l->n], err);
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
	struct digest d = {.algorithm = DIGEST_SHA256};
	unsigned n = 0;

	if (X509_digest(c->x509, EVP_sha256(), d.bytes, &n) != 1)
		abort();
	return d;
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
	const EVP_PKEY *key = X509_get0_pubkey(c->x509);
	char group[32];
	size_t n = 0;
	bool is = key && EVP_PKEY_get_group_name(key, group, sizeof group, &n) == 1 &&
		  string_equal(group, "prime256v1");

	ERR_clear_error();
	return is;
}

int certificate_p256_verify(const struct certificate *c, struct span message,
			    const uint8_t signature[P256_SIZE], struct error **err)
{
	if (!certificate_has_p256(c))
		return error_set(err, -ERROR_REFUSED, "the key of '%s' is not of the curve P-256",
				 c->name);
	return p256_key_verify(X509_get0_pubkey(c->x509), message, signature, err);
}

bool certificate_rsa(const struct certificate *c, struct rsa_public *ret)
{
	const EVP_PKEY *key = X509_get0_pubkey(c->x509);
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

int certificate_check_issued(const struct certificate *c, const struct certificate *issuer,
			     struct error **err)
{
	int why = X509_check_issued(issuer->x509, c->x509);
	bool good = false;

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
	good = X509_verify(c->x509, X509_get0_pubkey(issuer->x509)) == 1;
	ERR_clear_error();
	return good ? 0
		    : error_set(err, -ERROR_REFUSED, "the signature of '%s' is not that of '%s'",
				c->name, issuer->name);
}

/* The roots as a store, which owns references to them. */
static X509_STORE *root_store(const struct certificates *roots)
{
	_cleanup_(X509_STORE_freep) X509_STORE *store = X509_STORE_new();

	for (size_t i = 0; store && i < roots->n; i++)
		if (X509_STORE_add_cert(store, roots->items[i]->x509) != 1)
			return NULL;
	return TAKE_PTR(store);
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

static int check_path(const struct certificate *c, STACK_OF(X509) * others, X509_STORE *store,
		      int64_t at, int64_t *ret_until, struct error **err)
{
	_cleanup_(X509_STORE_CTX_freep) X509_STORE_CTX *path = X509_STORE_CTX_new();

	if (!path || X509_STORE_CTX_init(path, store, c->x509, others) != 1)
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
	STACK_OF(X509) *stack = sk_X509_new_null();
	bool complete = store && stack;
	int r;

	for (size_t i = 0; complete && i < others->n; i++)
		complete = sk_X509_push(stack, others->items[i]->x509) > 0;
	r = complete ? check_path(c, stack, store, at, ret_until, err) : error_oom(err);
	sk_X509_free(stack);
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
	good = X509_CRL_verify(l->list, X509_get0_pubkey(issuer->x509)) == 1;
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
