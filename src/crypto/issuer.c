#include "crypto/issuer.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/pem.h"
#include "crypto/private_key.h"
#include "crypto/rsa_key.h"

#define PEM_CERTIFICATE "CERTIFICATE"
#define SERIAL_SIZE 16u
#define X509_VERSION_3_ 2
/* RFC 5280, 4.1.2.5: a certificate that has no well-defined end. */
#define NO_END "99991231235959Z"

DEFINE_FREEP(EVP_PKEY *, EVP_PKEY_free)
DEFINE_FREEP(X509 *, X509_free)
DEFINE_FREEP(X509_NAME *, X509_NAME_free)
DEFINE_FREEP(BIGNUM *, BN_free)
DEFINE_FREEP(ASN1_OBJECT *, ASN1_OBJECT_free)
DEFINE_FREEP(GENERAL_NAMES *, GENERAL_NAMES_free)
DEFINE_FREEP(PKCS8_PRIV_KEY_INFO *, PKCS8_PRIV_KEY_INFO_free)

struct issuer {
	EVP_PKEY *key;
	X509 *x509;
};

void issuer_free(struct issuer *i)
{
	if (!i)
		return;
	EVP_PKEY_free(i->key);
	X509_free(i->x509);
	free(i);
}

static int failed(const char *what, struct error **err)
{
	ERR_clear_error();
	return error_set(err, -EIO, "libcrypto cannot %s", what);
}

static bool add_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX c;
	X509_EXTENSION *e;
	bool ok;

	X509V3_set_ctx(&c, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &c, nid, value);
	ok = e && X509_add_ext(x, e, -1) == 1;
	X509_EXTENSION_free(e);
	return ok;
}

static bool set_serial(X509 *x)
{
	uint8_t bytes[SERIAL_SIZE];
	_cleanup_(BN_freep) BIGNUM *n = NULL;

	if (RAND_bytes(bytes, sizeof bytes) != 1)
		return false;
	bytes[0] = (uint8_t)((bytes[0] & 0x7f) | 0x40); /* positive, and of one size */
	n = BN_bin2bn(bytes, sizeof bytes, NULL);
	return n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x));
}

/* Version, serial number, names and dates; NULL if libcrypto fails. */
static X509 *new_certificate(const char *name, const X509_NAME *issuer, int64_t from)
{
	_cleanup_(X509_freep) X509 *x = X509_new();
	_cleanup_(X509_NAME_freep) X509_NAME *subject = X509_NAME_new();

	if (!x || !subject || X509_set_version(x, X509_VERSION_3_) != 1 || !set_serial(x) ||
	    X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
				       (const unsigned char *)name, -1, -1, 0) != 1 ||
	    X509_set_subject_name(x, subject) != 1 ||
	    X509_set_issuer_name(x, issuer ? issuer : subject) != 1 ||
	    !ASN1_TIME_set(X509_getm_notBefore(x), from) ||
	    ASN1_TIME_set_string(X509_getm_notAfter(x), NO_END) != 1)
		return NULL;
	return TAKE_PTR(x);
}

int issuer_new(const char *name, int64_t from, struct issuer **ret, struct error **err)
{
	_cleanup_(issuer_freep) struct issuer *i = calloc(1, sizeof *i);

	if (!i)
		return error_oom(err);
	i->key = EVP_EC_gen("P-256");
	i->x509 = new_certificate(name, NULL, from);
	if (!i->key || !i->x509 || X509_set_pubkey(i->x509, i->key) != 1 ||
	    !add_extension(i->x509, i->x509, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
	    !add_extension(i->x509, i->x509, NID_key_usage, "critical,keyCertSign") ||
	    !add_extension(i->x509, i->x509, NID_subject_key_identifier, "hash") ||
	    X509_sign(i->x509, i->key, EVP_sha256()) == 0)
		return failed("make an authority", err);
	*ret = TAKE_PTR(i);
	return 0;
}

static int parse_certificate(struct span pem, X509 **ret, struct error **err)
{
	uint8_t *der = NULL;
	size_t n = 0;
	int r = pem_decode(pem, PEM_CERTIFICATE, &der, &n, err);
	const unsigned char *p = der;

	if (r < 0)
		return r;
	*ret = d2i_X509(NULL, &p, (long)n);
	if (!*ret || p != der + n)
		r = error_set(err, -ERROR_MALFORMED, "not a certificate (X.509 in DER)");
	pem_free(der, n);
	ERR_clear_error();
	return r;
}

int issuer_parse(struct span key, struct span certificate, struct issuer **ret, struct error **err)
{
	_cleanup_(issuer_freep) struct issuer *i = calloc(1, sizeof *i);
	int r = i ? private_key_parse(key, &i->key, err) : error_oom(err);

	if (r >= 0)
		r = parse_certificate(certificate, &i->x509, err);
	if (r < 0)
		return r;
	if (X509_check_private_key(i->x509, i->key) != 1) {
		ERR_clear_error();
		return error_set(err, -ERROR_MALFORMED, "the key is not that of the certificate");
	}
	*ret = TAKE_PTR(i);
	return 0;
}

int issuer_write_key(const struct issuer *i, struct buffer *b, struct error **err)
{
	_cleanup_(PKCS8_PRIV_KEY_INFO_freep) PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(i->key);
	uint8_t *der = NULL;
	int n = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : 0;

	if (n <= 0)
		return failed("write the key of an authority", err);
	pem_encode(PEM_PRIVATE_KEY, SPAN(der, n), b);
	OPENSSL_clear_free(der, (size_t)n);
	return buffer_ok(b) ? 0 : error_oom(err);
}

static int put_der(const X509 *x, struct buffer *b, struct error **err)
{
	uint8_t *der = NULL;
	int n = i2d_X509(x, &der);

	if (n <= 0)
		return failed("write a certificate", err);
	buffer_put(b, SPAN(der, n));
	OPENSSL_free(der);
	return buffer_ok(b) ? 0 : error_oom(err);
}

int issuer_write_certificate(const struct issuer *i, struct buffer *b, struct error **err)
{
	_cleanup_(buffer_release) struct buffer der = BUFFER_INIT(PEM_MAX);
	int r = put_der(i->x509, &der, err);

	if (r < 0)
		return r;
	pem_encode(PEM_CERTIFICATE, buffer_span(&der), b);
	return buffer_ok(b) ? 0 : error_oom(err);
}

/* Manufacturer, model and version of swtpm, as its own tools name them: TCG EK Credential Profile, 3.1.2. */
static bool name_tpm(X509 *x)
{
	static const struct {
		const char *oid, *value;
	} parts[] = {{"2.23.133.2.1", "id:00001014"},
		     {"2.23.133.2.2", "swtpm"},
		     {"2.23.133.2.3", "id:20191023"}};
	_cleanup_(GENERAL_NAMES_freep) GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
	_cleanup_(X509_NAME_freep) X509_NAME *folder = X509_NAME_new();
	GENERAL_NAME *name = GENERAL_NAME_new();

	if (!names || !folder || !name || !sk_GENERAL_NAME_push(names, name)) {
		GENERAL_NAME_free(name);
		return false;
	}
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		_cleanup_(ASN1_OBJECT_freep) ASN1_OBJECT *oid = OBJ_txt2obj(parts[i].oid, 1);

		if (!oid || X509_NAME_add_entry_by_OBJ(folder, oid, MBSTRING_UTF8,
						       (const unsigned char *)parts[i].value, -1,
						       -1, 0) != 1)
			return false;
	}
	GENERAL_NAME_set0_value(name, GEN_DIRNAME, TAKE_PTR(folder));
	return X509_add1_ext_i2d(x, NID_subject_alt_name, names, 1, 0) == 1;
}

int issuer_issue(const struct issuer *i, enum issuer_purpose purpose, const char *name,
		 const struct rsa_public *key, int64_t from, struct buffer *ret, struct error **err)
{
	static const struct {
		const char *usage, *extended;
	} purposes[] = {
		[ISSUER_TPM_ENDORSEMENT] = {"critical,keyEncipherment", "2.23.133.8.1"},
		[ISSUER_TPM_ATTESTATION] = {"critical,digitalSignature", "2.23.133.8.3"},
	};
	_cleanup_(X509_freep) X509 *x = new_certificate(name, X509_get_subject_name(i->x509), from);
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *subject_key = rsa_public_key(key);

	if (!x || !subject_key || X509_set_pubkey(x, subject_key) != 1 ||
	    !add_extension(x, i->x509, NID_basic_constraints, "critical,CA:FALSE") ||
	    !add_extension(x, i->x509, NID_key_usage, purposes[purpose].usage) ||
	    !add_extension(x, i->x509, NID_ext_key_usage, purposes[purpose].extended) ||
	    !add_extension(x, i->x509, NID_authority_key_identifier, "keyid") || !name_tpm(x) ||
	    X509_sign(x, i->key, EVP_sha256()) == 0)
		return failed("make a certificate", err);
	return put_der(x, ret, err);
}
