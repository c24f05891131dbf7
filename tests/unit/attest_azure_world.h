/*
 * An Azure machine in a world of its own (attest_world.h): a paravisor's claims that the quote binds, a virtual
 * TPM whose key has a certificate under a root of its own, and a quote of that TPM.
 */
#pragma once

#include "attest_world.h"

#include <openssl/rsa.h>

#include "formats/base64url.h"
#include "formats/tpms_attest.h"

struct azure_world {
	struct world w;
	EVP_PKEY *ak, *tpm_root, *stranger; /* borrowed */
	EVP_PKEY *claimed;		    /* the key that the claims name; borrowed */
	EVP_PKEY *quoted;		    /* the key that signs the TPM's quote; borrowed */
	EVP_PKEY *certified_by;
	int64_t until; /* of the certificate */

	uint8_t pcrs[24][48];
	size_t pcr_size;
	uint32_t registers;    /* of the first selection */
	uint16_t algorithm;    /* of it */
	size_t n_selections;   /* the others are empty ones of the same bank */
	struct span nonce;     /* of the TPM's quote */
	const char *user_data; /* hexadecimal; NULL: none in the claims */
	const char *configuration;
	struct world_replacement claims_change; /* after the quote has bound them */

	struct evidence e;
	char *roots; /* JSON text */
};

#define AZURE_CONFIGURATION                                                                  \
	"{\"secure-boot\":false,\"tpm-enabled\":true,\"tpm-persisted\":true,\"vmUniqueId\":" \
	"\"8C85CE00-A0EB-497B-87EF-CA9609E6C757\"}"

static inline void azure_world_init(struct azure_world *a)
{
	*a = (struct azure_world){.until = WORLD_AT + 20 * WORLD_DAY,
				  .registers = 0xffffff,
				  .algorithm = TPM_ALGORITHM_SHA256,
				  .n_selections = 1,
				  .configuration = AZURE_CONFIGURATION,
				  .pcr_size = 32};
	/* The same for all tests of a program: making them takes longer than all else. */
	static EVP_PKEY *keys[3];

	world_init(&a->w);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!keys[i])
			keys[i] = EVP_RSA_gen(2048);
	a->ak = keys[0];
	a->stranger = keys[1];
	a->tpm_root = keys[2];
	a->claimed = a->quoted = a->ak;
	a->certified_by = a->tpm_root;
	for (size_t i = 0; i < 24; i++)
		memset(a->pcrs[i], (int)i, 48);
}

static inline void azure_world_release(struct azure_world *a)
{
	world_release(&a->w);
	evidence_release(&a->e);
	free(a->roots);
}

static inline char *azure_base64url(struct span s)
{
	char *text = base64_string(s);

	for (char *c = text; *c; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	text[strcspn(text, "=")] = 0;
	return text;
}

static inline char *azure_claims(const struct azure_world *a)
{
	BIGNUM *n = NULL;
	uint8_t modulus[256];

	assert_int_equal(EVP_PKEY_get_bn_param(a->claimed, "n", &n), 1);
	BN_bn2binpad(n, modulus, sizeof modulus);
	BN_free(n);

	char *text = azure_base64url(SPAN(modulus, sizeof modulus));
	char *claims = string_printf(
		"{\"keys\":[{\"kid\":\"HCLAkPub\",\"key_ops\":[\"sign\"],\"kty\":\"RSA\",\"e\":"
		"\"AQAB\",\"n\":\"%s\"}],\"vm-configuration\":%s%s%s%s}",
		text, a->configuration, a->user_data ? ",\"user-data\":\"" : "",
		a->user_data ? a->user_data : "", a->user_data ? "\"" : "");

	free(text);
	return claims;
}

static inline void azure_hcl_report(const char *claims, struct buffer *b)
{
	size_t n = strlen(claims);

	b->max = WORLD_TEXT_MAX;
	buffer_put_string(b, "HCLA");
	buffer_put_le32(b, 2);
	buffer_put_le32(b, (uint32_t)(1216 + 20 + n));
	buffer_put_le32(b, 2);
	buffer_put_zeros(b, 16 + 1184);
	buffer_put_le32(b, (uint32_t)(20 + n));
	buffer_put_le32(b, 1);
	buffer_put_le32(b, 4);
	buffer_put_le32(b, 1);
	buffer_put_le32(b, (uint32_t)n);
	buffer_put_string(b, claims);
	buffer_put_zeros(b, 100);
}

static inline void azure_put_be16(struct buffer *b, unsigned v)
{
	buffer_put_u8(b, (uint8_t)(v >> 8));
	buffer_put_u8(b, (uint8_t)v);
}

/* The message of the TPM, and the values that go with it. */
static inline void azure_tpm_message(const struct azure_world *a, struct evidence *e)
{
	struct digest_stream *s = digest_stream_new(DIGEST_SHA256);
	struct buffer *b = &e->tpm_message;
	struct digest d;

	for (size_t i = 0; i < 24; i++) {
		if (!(a->registers & 1u << i))
			continue;
		digest_stream_add(s, SPAN(a->pcrs[i], a->pcr_size));
		memcpy(e->pcrs[e->n_pcrs++], a->pcrs[i], a->pcr_size);
	}
	e->pcr_size = a->pcr_size;
	d = digest_stream_end(s);
	digest_stream_free(s);
	b->max = WORLD_TEXT_MAX;
	buffer_put_be32(b, 0xff544347);
	azure_put_be16(b, 0x8018);
	azure_put_be16(b, 34);
	buffer_put_zeros(b, 34);
	azure_put_be16(b, (unsigned)a->nonce.n);
	buffer_put(b, a->nonce);
	buffer_put_zeros(b, 17 + 8);
	buffer_put_be32(b, (uint32_t)a->n_selections);
	for (size_t i = 0; i < a->n_selections; i++) {
		uint32_t bits = i == 0 ? a->registers : 0;

		azure_put_be16(b, a->algorithm);
		buffer_put_u8(b, 3);
		buffer_put_u8(b, (uint8_t)bits);
		buffer_put_u8(b, (uint8_t)(bits >> 8));
		buffer_put_u8(b, (uint8_t)(bits >> 16));
	}
	azure_put_be16(b, 32);
	buffer_put(b, digest_span(&d));
}

static inline void azure_sign(EVP_PKEY *key, struct span message, struct buffer *ret)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	uint8_t signature[256];
	size_t n = sizeof signature;

	assert_int_equal(EVP_DigestSignInit_ex(c, NULL, "SHA256", NULL, NULL, key, NULL), 1);
	assert_int_equal(EVP_DigestSign(c, signature, &n, message.p, message.n), 1);
	EVP_MD_CTX_free(c);
	ret->max = WORLD_TEXT_MAX;
	buffer_put(ret, SPAN(signature, n));
}

static inline X509 *azure_certificate(EVP_PKEY *subject, const char *name, EVP_PKEY *by,
				      X509 *issuer, int64_t until)
{
	X509_NAME *own = world_name(name), *its = world_name("Test TPM Root");
	X509 *c = X509_new();

	X509_set_version(c, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(c), issuer ? 2 : 1);
	X509_set_subject_name(c, own);
	X509_set_issuer_name(c, its);
	ASN1_TIME_set(X509_getm_notBefore(c), WORLD_AT - WORLD_DAY);
	ASN1_TIME_set(X509_getm_notAfter(c), until);
	X509_set_pubkey(c, subject);
	world_add_extension(c, issuer ? issuer : c, NID_basic_constraints,
			    issuer ? "critical,CA:FALSE" : "critical,CA:TRUE");
	if (issuer)
		world_add_extension(c, issuer, NID_ext_key_usage, "2.23.133.8.3");
	assert_true(X509_sign(c, by, EVP_sha256()) > 0);
	X509_NAME_free(own);
	X509_NAME_free(its);
	return c;
}

static inline void azure_certificates(struct azure_world *a)
{
	X509 *root = azure_certificate(a->tpm_root, "Test TPM Root", a->tpm_root, NULL,
				       WORLD_AT + 100 * WORLD_DAY);
	X509 *leaf =
		azure_certificate(a->ak, "test.ConfidentialVM", a->certified_by, root, a->until);
	struct buffer pem = BUFFER_INIT(WORLD_TEXT_MAX);

	a->e.ak_certificate.max = WORLD_TEXT_MAX;
	world_put_pem(&a->e.ak_certificate, leaf);
	world_put_pem(&pem, root);

	json_t *text = json_string(buffer_text(&pem));

	free(a->roots);
	a->roots = json_dumps(text, JSON_ENCODE_ANY);
	json_decref(text);
	buffer_release(&pem);
	X509_free(root);
	X509_free(leaf);
}

static inline void azure_world_build(struct azure_world *a)
{
	char *claims = azure_claims(a);
	struct digest d = digest_bytes(DIGEST_SHA256, span_string(claims));
	char *at = a->claims_change.from ? strstr(claims, a->claims_change.from) : NULL;

	evidence_release(&a->e);
	a->e.kind = EVIDENCE_AZURE;
	memset(a->w.td.report_data, 0, 64);
	memcpy(a->w.td.report_data, d.bytes, 32);
	world_build(&a->w);
	assert_true(at || !a->claims_change.from);
	if (at)
		memcpy(at, a->claims_change.to, strlen(a->claims_change.to));
	azure_hcl_report(claims, &a->e.hcl_report);
	a->e.quote.max = WORLD_TEXT_MAX;
	buffer_put(&a->e.quote, buffer_span(&a->w.quote));
	azure_tpm_message(a, &a->e);
	azure_sign(a->quoted, buffer_span(&a->e.tpm_message), &a->e.tpm_signature);
	azure_certificates(a);
	free(claims);
}

/* TPMT_PUBLIC of a key of 2048 bits. */
static inline void azure_put_public(uint32_t attributes, EVP_PKEY *key, struct buffer *b)
{
	BIGNUM *n = NULL;
	uint8_t modulus[256];

	assert_int_equal(EVP_PKEY_get_bn_param(key, "n", &n), 1);
	BN_bn2binpad(n, modulus, sizeof modulus);
	BN_free(n);
	buffer_release(b);
	b->max = WORLD_TEXT_MAX;
	azure_put_be16(b, 1);
	azure_put_be16(b, 11);
	buffer_put_be32(b, attributes);
	azure_put_be16(b, 0);
	azure_put_be16(b, 0x10);
	azure_put_be16(b, 0x14);
	azure_put_be16(b, 11);
	azure_put_be16(b, 2048);
	buffer_put_be32(b, 0);
	azure_put_be16(b, 256);
	buffer_put(b, SPAN(modulus, 256));
}

/* `more` is JSON of the policy, which has the roots, the paravisor and PCR 4 already unless `bare`. */
static inline int azure_try(const struct azure_world *a, bool bare, const char *more, int64_t at,
			    struct verdict *v, struct error **err)
{
	json_t *pem = json_string(buffer_text(&a->w.root));
	char *root = json_dumps(pem, JSON_ENCODE_ANY);
	struct policy p = {0};
	char mrtd[97], pcr4[97];
	int r;

	hex_encode(SPAN(a->w.td.mr_td, 48), mrtd);
	hex_encode(SPAN(a->pcrs[4], a->pcr_size), pcr4);

	char *registers =
		string_printf(",\"registers\":{\"4\":\"%s\"},\"azure\":{\"paravisor_mrtd\":"
			      "[\"%s\"]}",
			      pcr4, mrtd);
	char *text = string_printf("{\"tdnode_policy\":1,\"intel_roots\":%s,\"azure_roots\":%s,"
				   "\"tpm_roots\":%s%s%s}",
				   root, a->roots, a->roots, bare ? "" : registers, more);

	assert_done(policy_add(&p, "policy", span_string(text), err), err);
	v->at = at;
	r = attest_judge(&a->e, &a->w.collateral, &p, v, err);
	policy_release(&p);
	json_decref(pem);
	free(root);
	free(registers);
	free(text);
	return r;
}

/* The same where it can be judged. */
static inline void azure_judge(const struct azure_world *a, bool bare, const char *more, int64_t at,
			       struct verdict *v)
{
	struct error *err = NULL;

	assert_done(azure_try(a, bare, more, at, v, &err), &err);
}

/* What refused first, "good", or the error. */
static inline char *azure_judged(const struct azure_world *a, bool bare, const char *more,
				 int64_t at)
{
	struct verdict v = {0};
	struct error *err = NULL;
	int r = azure_try(a, bare, more, at, &v, &err);

	return attest_said(r, &v, err);
}
