/*
 * A world of its own for tests of attestation: a root, a platform under it, what its Intel says of the platform,
 * and a quote. All can be turned: world_init() makes a good one, the test changes what it is about,
 * world_build() signs everything.
 */
#pragma once

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "attest_said.h"

#define WORLD_AT 1767225600 /* 2026-01-01 */
#define WORLD_DAY (24 * 60 * 60)
#define WORLD_TEXT_MAX (64u << 10)

enum world_key {
	WORLD_ROOT,
	WORLD_CA,
	WORLD_PCK,
	WORLD_SIGNER,
	WORLD_ATTESTATION,
	WORLD_STRANGER,
	WORLD_KEYS,
};

enum world_date {
	WORLD_DATE_ROOT,
	WORLD_DATE_CA,
	WORLD_DATE_PCK,
	WORLD_DATE_SIGNER,
	WORLD_DATE_ROOT_CRL,
	WORLD_DATE_PCK_CRL,
	WORLD_DATE_TCB_INFO,
	WORLD_DATE_QE_IDENTITY,
	WORLD_DATES,
};

struct world_replacement {
	const char *from, *to;
};

struct world {
	EVP_PKEY *keys[WORLD_KEYS];
	int64_t from[WORLD_DATES], until[WORLD_DATES];

	unsigned version;
	enum td_report_type type;
	struct td_report td;
	struct sgx_report qe;
	uint8_t pck_svn[16], fmspc[6], pce_id[2];
	uint16_t pce_svn;
	bool configured; /* the PCK certificate says how the platform is set */

	bool ca_revoked, pck_revoked, signer_revoked;
	/* Who signs. */
	enum world_key pck_by, ca_by, signer_by, root_crl_by, pck_crl_by, tcb_info_by,
		qe_identity_by, qe_report_by, quote_by;
	/* The issuer that the PCK's list names. */
	enum world_key pck_crl_issuer;
	const char *pck_name, *ca_name, *root_name, *signer_name;

	/* JSON arrays, and what is replaced in the documents before they are signed */
	const char *levels, *modules, *qe_levels;
	struct world_replacement tcb_info_change, qe_identity_change;
	bool bind_attestation_key; /* the quoting enclave vouches for it */
	struct buffer trailing;	   /* behind the quote */

	struct buffer quote, root;
	struct collateral collateral;
};

static inline EVP_PKEY *world_new_key(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	assert_non_null(key);
	return key;
}

static inline void world_init(struct world *w)
{
	*w = (struct world){.version = 5,
			    .type = TD_REPORT_1_5,
			    .pce_svn = 13,
			    .fmspc = {0x90, 0xc0, 0x6f},
			    .pck_by = WORLD_CA,
			    .ca_by = WORLD_ROOT,
			    .signer_by = WORLD_ROOT,
			    .root_crl_by = WORLD_ROOT,
			    .pck_crl_by = WORLD_CA,
			    .pck_crl_issuer = WORLD_CA,
			    .tcb_info_by = WORLD_SIGNER,
			    .qe_identity_by = WORLD_SIGNER,
			    .qe_report_by = WORLD_PCK,
			    .quote_by = WORLD_ATTESTATION,
			    .bind_attestation_key = true,
			    .pck_name = "Intel SGX PCK Certificate",
			    .ca_name = "Intel SGX PCK Platform CA",
			    .root_name = "Intel SGX Root CA",
			    .signer_name = "Intel SGX TCB Signing",
			    .trailing = BUFFER_INIT(WORLD_TEXT_MAX),
			    .quote = BUFFER_INIT(WORLD_TEXT_MAX),
			    .root = BUFFER_INIT(WORLD_TEXT_MAX)};
	for (size_t i = 0; i < WORLD_KEYS; i++)
		w->keys[i] = world_new_key();
	for (size_t i = 0; i < WORLD_DATES; i++) {
		w->from[i] = WORLD_AT - 10 * WORLD_DAY;
		w->until[i] = WORLD_AT + 20 * WORLD_DAY;
	}
	memset(w->pck_svn, 5, sizeof w->pck_svn);
	memcpy(w->td.tee_tcb_svn, (uint8_t[]){0x0b, 1, 4}, 3);
	memcpy(w->td.tee_tcb_svn_2, (uint8_t[]){0x0d, 1, 4}, 3);
	w->td.td_attributes[3] = 0x10;
	for (size_t i = 0; i < 48; i++) {
		w->td.mr_td[i] = (uint8_t)i;
		for (size_t j = 0; j < 4; j++)
			w->td.rtmr[j][i] = (uint8_t)(16 * j + i);
	}
	memset(w->td.report_data, 0x5a, sizeof w->td.report_data);
	w->qe.attributes[0] = 0x11;
	w->qe.isv_prod_id[0] = 2;
	w->qe.isv_svn[0] = 6;
	memset(w->qe.mr_signer, 0xdc, sizeof w->qe.mr_signer);
}

static inline void world_release(struct world *w)
{
	for (size_t i = 0; i < WORLD_KEYS; i++)
		EVP_PKEY_free(w->keys[i]);
	buffer_release(&w->trailing);
	buffer_release(&w->quote);
	buffer_release(&w->root);
	collateral_release(&w->collateral);
}

static inline void world_sign_raw(EVP_PKEY *key, struct span message, uint8_t ret[64])
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	uint8_t der[128];
	size_t n = sizeof der;
	const unsigned char *p = der;

	assert_int_equal(EVP_DigestSignInit_ex(c, NULL, "SHA256", NULL, NULL, key, NULL), 1);
	assert_int_equal(EVP_DigestSign(c, der, &n, message.p, message.n), 1);

	ECDSA_SIG *s = d2i_ECDSA_SIG(NULL, &p, (long)n);

	BN_bn2binpad(ECDSA_SIG_get0_r(s), ret, 32);
	BN_bn2binpad(ECDSA_SIG_get0_s(s), ret + 32, 32);
	ECDSA_SIG_free(s);
	EVP_MD_CTX_free(c);
}

static inline X509_NAME *world_name(const char *text)
{
	X509_NAME *name = X509_NAME_new();

	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
						    (const unsigned char *)text, -1, -1, 0),
			 1);
	return name;
}

/* DER: tag, length, content, of less than 64 KiB. */
static inline void world_der(struct buffer *b, uint8_t tag, struct span content)
{
	buffer_put_u8(b, tag);
	if (content.n >= 256) {
		buffer_put_u8(b, 0x82);
		buffer_put_u8(b, (uint8_t)(content.n >> 8));
	} else if (content.n >= 128) {
		buffer_put_u8(b, 0x81);
	}
	buffer_put_u8(b, (uint8_t)content.n);
	buffer_put(b, content);
}

/* SEQUENCE { identifier of the SGX extension continued by `path`, value } */
static inline void world_sgx_member(struct buffer *b, struct span path, uint8_t tag,
				    struct span content)
{
	static const uint8_t prefix[] = {0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 1, 13, 1};
	struct buffer oid = BUFFER_INIT(64), both = BUFFER_INIT(WORLD_TEXT_MAX);

	buffer_put(&oid, SPAN(prefix, sizeof prefix));
	buffer_put(&oid, path);
	world_der(&both, 0x06, buffer_span(&oid));
	world_der(&both, tag, content);
	world_der(b, 0x30, buffer_span(&both));
	buffer_release(&oid);
	buffer_release(&both);
}

static inline void world_sgx_number(struct buffer *b, unsigned member, unsigned value)
{
	const uint8_t path[] = {2, (uint8_t)member};
	const uint8_t content[] = {0, (uint8_t)(value >> 8), (uint8_t)value};
	size_t skip = value > 0x7fff ? 0 : value > 0x7f ? 1 : 2;

	world_sgx_member(b, SPAN(path, 2), 0x02, SPAN(content + skip, 3 - skip));
}

static inline void world_sgx_extension(const struct world *w, struct buffer *ret)
{
	struct buffer tcb = BUFFER_INIT(WORLD_TEXT_MAX), all = BUFFER_INIT(WORLD_TEXT_MAX);
	static const uint8_t zeros[16];

	for (unsigned i = 0; i < 16; i++)
		world_sgx_number(&tcb, i + 1, w->pck_svn[i]);
	world_sgx_number(&tcb, 17, w->pce_svn);
	world_sgx_member(&tcb, SPAN("\x02\x12", 2), 0x04, SPAN(w->pck_svn, 16));
	world_sgx_member(&all, SPAN("\x01", 1), 0x04, SPAN(zeros, 16));
	world_sgx_member(&all, SPAN("\x02", 1), 0x30, buffer_span(&tcb));
	world_sgx_member(&all, SPAN("\x03", 1), 0x04, SPAN(w->pce_id, sizeof w->pce_id));
	world_sgx_member(&all, SPAN("\x04", 1), 0x04, SPAN(w->fmspc, sizeof w->fmspc));
	world_sgx_member(&all, SPAN("\x05", 1), 0x0a, SPAN("\x01", 1));
	if (w->configured) {
		struct buffer flags = BUFFER_INIT(256);

		world_sgx_member(&flags, SPAN("\x07\x01", 2), 0x01, SPAN("\xff", 1));
		world_sgx_member(&flags, SPAN("\x07\x02", 2), 0x01, SPAN("\xff", 1));
		world_sgx_member(&flags, SPAN("\x07\x03", 2), 0x01, SPAN("\x00", 1));
		world_sgx_member(&all, SPAN("\x07", 1), 0x30, buffer_span(&flags));
		buffer_release(&flags);
	}
	world_der(ret, 0x30, buffer_span(&all));
	buffer_release(&tcb);
	buffer_release(&all);
}

static inline void world_add_extension(X509 *c, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *e;

	X509V3_set_ctx(&context, issuer, c, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	assert_non_null(e);
	X509_add_ext(c, e, -1);
	X509_EXTENSION_free(e);
}

static inline X509 *world_certificate(const struct world *w, enum world_key subject,
				      const char *name, X509 *issuer, const char *issuer_name,
				      enum world_key by, enum world_date date)
{
	X509_NAME *own = world_name(name), *its = world_name(issuer_name);
	bool authority = subject == WORLD_ROOT || subject == WORLD_CA;
	X509 *c = X509_new();

	X509_set_version(c, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(c), 100 + (long)subject);
	X509_set_subject_name(c, own);
	X509_set_issuer_name(c, its);
	ASN1_TIME_set(X509_getm_notBefore(c), w->from[date]);
	ASN1_TIME_set(X509_getm_notAfter(c), w->until[date]);
	X509_set_pubkey(c, w->keys[subject]);
	world_add_extension(c, issuer ? issuer : c, NID_basic_constraints,
			    authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
	world_add_extension(c, issuer ? issuer : c, NID_key_usage,
			    authority ? "critical,keyCertSign,cRLSign"
				      : "critical,digitalSignature");
	if (subject == WORLD_PCK) {
		struct buffer der = BUFFER_INIT(WORLD_TEXT_MAX);
		ASN1_OCTET_STRING *data = ASN1_OCTET_STRING_new();
		ASN1_OBJECT *oid = OBJ_txt2obj(PCK_EXTENSION_OID, 1);

		world_sgx_extension(w, &der);
		ASN1_OCTET_STRING_set(data, der.p, (int)der.n);

		X509_EXTENSION *e = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, data);

		X509_add_ext(c, e, -1);
		X509_EXTENSION_free(e);
		ASN1_OBJECT_free(oid);
		ASN1_OCTET_STRING_free(data);
		buffer_release(&der);
	}
	assert_true(X509_sign(c, w->keys[by], EVP_sha256()) > 0);
	X509_NAME_free(own);
	X509_NAME_free(its);
	return c;
}

static inline void world_put_pem(struct buffer *b, X509 *c)
{
	BIO *memory = BIO_new(BIO_s_mem());
	char *text;

	assert_int_equal(PEM_write_bio_X509(memory, c), 1);

	long n = BIO_get_mem_data(memory, &text);

	buffer_put(b, SPAN(text, n));
	BIO_free(memory);
}

static inline void world_revoke(X509_CRL *list, enum world_key subject)
{
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	ASN1_TIME *date = ASN1_TIME_set(NULL, WORLD_AT - WORLD_DAY);

	ASN1_INTEGER_set(serial, 100 + (long)subject);
	X509_REVOKED_set_serialNumber(entry, serial);
	X509_REVOKED_set_revocationDate(entry, date);
	X509_CRL_add0_revoked(list, entry);
	ASN1_INTEGER_free(serial);
	ASN1_TIME_free(date);
}

static inline void world_crl(const struct world *w, const char *issuer, enum world_key by,
			     enum world_date date, bool ca, bool pck, bool signer, struct buffer *b)
{
	X509_CRL *list = X509_CRL_new();
	X509_NAME *name = world_name(issuer);
	ASN1_TIME *from = ASN1_TIME_set(NULL, w->from[date]);
	ASN1_TIME *until = ASN1_TIME_set(NULL, w->until[date]);
	unsigned char *der = NULL;

	X509_CRL_set_version(list, 1);
	X509_CRL_set_issuer_name(list, name);
	X509_CRL_set1_lastUpdate(list, from);
	X509_CRL_set1_nextUpdate(list, until);
	if (ca)
		world_revoke(list, WORLD_CA);
	if (pck)
		world_revoke(list, WORLD_PCK);
	if (signer)
		world_revoke(list, WORLD_SIGNER);
	X509_CRL_sort(list);
	assert_true(X509_CRL_sign(list, w->keys[by], EVP_sha256()) > 0);

	int n = i2d_X509_CRL(list, &der);

	b->max = WORLD_TEXT_MAX;
	buffer_put(b, SPAN(der, n));
	OPENSSL_free(der);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	X509_NAME_free(name);
	X509_CRL_free(list);
}

static inline void world_time(int64_t t, char out[32])
{
	time_t seconds = t;
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(out, 32, "%FT%TZ", &tm);
}

/* One level of a platform: all SGX components `sgx`, TDX components as given, then `tdx` to the end. */
static inline char *world_level(unsigned sgx, unsigned pce_svn, const uint8_t tdx[16],
				const char *status)
{
	struct buffer b = BUFFER_INIT(WORLD_TEXT_MAX);

	buffer_put_string(&b, "{\"tcb\":{\"sgxtcbcomponents\":[");
	for (size_t i = 0; i < 16; i++)
		buffer_printf(&b, "%s{\"svn\":%u}", i ? "," : "", sgx);
	buffer_printf(&b, "],\"pcesvn\":%u,\"tdxtcbcomponents\":[", pce_svn);
	for (size_t i = 0; i < 16; i++)
		buffer_printf(&b, "%s{\"svn\":%u}", i ? "," : "", tdx[i]);
	buffer_printf(&b,
		      "]},\"tcbDate\":\"2025-03-01T00:00:00Z\",\"tcbStatus\":\"%s\","
		      "\"advisoryIDs\":[\"INTEL-SA-1\"]}",
		      status);
	return buffer_steal_text(&b);
}

static inline void world_put(struct collateral *c, enum collateral_part part, struct span s)
{
	c->parts[part].max = WORLD_TEXT_MAX;
	buffer_put(&c->parts[part], s);
}

static inline void world_document(struct world *w, enum collateral_part part,
				  enum collateral_part signature, enum world_key by, char *text,
				  const struct world_replacement *change)
{
	struct buffer b = BUFFER_INIT(WORLD_TEXT_MAX);
	uint8_t signed_by[64];
	char *at = change->from ? strstr(text, change->from) : NULL;

	assert_true(at || !change->from);
	if (at) {
		buffer_put(&b, SPAN(text, at - text));
		buffer_put_string(&b, change->to);
		buffer_put_string(&b, at + strlen(change->from));
	} else {
		buffer_put_string(&b, text);
	}
	world_sign_raw(w->keys[by], buffer_span(&b), signed_by);
	world_put(&w->collateral, part, buffer_span(&b));
	world_put(&w->collateral, signature, SPAN(signed_by, 64));
	buffer_release(&b);
	free(text);
}

#define WORLD_ZEROS_48                                     \
	"000000000000000000000000000000000000000000000000" \
	"000000000000000000000000000000000000000000000000"
#define WORLD_MODULE(id, levels)                            \
	"{\"id\":\"" id "\",\"mrsigner\":\"" WORLD_ZEROS_48 \
	"\",\"attributes\":\"0000000000000000\","           \
	"\"attributesMask\":\"FFFFFFFFFFFFFFFF\",\"tcbLevels\":[" levels "]}"
#define WORLD_ISV_LEVEL(svn, status)                                          \
	"{\"tcb\":{\"isvsvn\":" svn "},\"tcbDate\":\"2024-11-01T00:00:00Z\"," \
	"\"tcbStatus\":\"" status "\",\"advisoryIDs\":[\"INTEL-SA-2\"]}"

static inline void world_documents(struct world *w)
{
	static const uint8_t tdx[16] = {2, 1, 4};
	char from[32], until[32], fmspc[13], pce_id[5];
	char *good = world_level(5, 13, tdx, "UpToDate"),
	     *old = world_level(2, 5, tdx, "OutOfDate");

	hex_encode(SPAN(w->fmspc, 6), fmspc);
	hex_encode(SPAN(w->pce_id, 2), pce_id);
	world_time(w->from[WORLD_DATE_TCB_INFO], from);
	world_time(w->until[WORLD_DATE_TCB_INFO], until);

	char *levels = w->levels ? strdup(w->levels) : string_printf("[%s,%s]", good, old);

	world_document(
		w, COLLATERAL_TCB_INFO, COLLATERAL_TCB_INFO_SIGNATURE, w->tcb_info_by,
		string_printf(
			"{\"id\":\"TDX\",\"version\":3,\"issueDate\":\"%s\",\"nextUpdate\":\"%s\","
			"\"fmspc\":\"%s\",\"pceId\":\"%s\",\"tcbType\":0,"
			"\"tcbEvaluationDataNumber\":18,\"tdxModule\":{\"mrsigner\":\"%s\","
			"\"attributes\":\"0000000000000000\","
			"\"attributesMask\":\"FFFFFFFFFFFFFFFF\"},\"tdxModuleIdentities\":%s,"
			"\"tcbLevels\":%s}",
			from, until, fmspc, pce_id, WORLD_ZEROS_48,
			w->modules
				? w->modules
				: "[" WORLD_MODULE("TDX_01", WORLD_ISV_LEVEL("4", "UpToDate")) "]",
			levels),
		&w->tcb_info_change);
	world_time(w->from[WORLD_DATE_QE_IDENTITY], from);
	world_time(w->until[WORLD_DATE_QE_IDENTITY], until);
	world_document(
		w, COLLATERAL_QE_IDENTITY, COLLATERAL_QE_IDENTITY_SIGNATURE, w->qe_identity_by,
		string_printf(
			"{\"id\":\"TD_QE\",\"version\":2,\"issueDate\":\"%s\","
			"\"nextUpdate\":\"%s\",\"tcbEvaluationDataNumber\":19,"
			"\"miscselect\":\"00000000\",\"miscselectMask\":\"FFFFFFFF\","
			"\"attributes\":\"11000000000000000000000000000000\","
			"\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\","
			"\"mrsigner\":\"DCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCD"
			"CDCDC\",\"isvprodid\":2,\"tcbLevels\":%s}",
			from, until,
			w->qe_levels ? w->qe_levels : "[" WORLD_ISV_LEVEL("4", "UpToDate") "]"),
		&w->qe_identity_change);
	free(levels);
	free(good);
	free(old);
}

static inline void world_public_point(EVP_PKEY *key, uint8_t ret[64])
{
	uint8_t point[65];
	size_t n = 0;

	assert_int_equal(EVP_PKEY_get_octet_string_param(key, "pub", point, sizeof point, &n), 1);
	assert_int_equal(n, sizeof point);
	memcpy(ret, point + 1, 64);
}

static inline void world_quote(struct world *w, struct span chain)
{
	static const uint8_t vendor[] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
					 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};
	size_t body = w->type == TD_REPORT_1_0	 ? TD_REPORT_1_0_SIZE
		      : w->type == TD_REPORT_1_5 ? TD_REPORT_1_5_SIZE
						 : TD_REPORT_1_5_EX_SIZE;
	uint8_t signature[64], qe_signature[64], key[64], auth[32] = {1, 2, 3};
	uint8_t bound[sizeof key + sizeof auth];
	struct digest d;
	struct buffer *q = &w->quote;

	buffer_put_le16(q, (uint16_t)w->version);
	buffer_put_le16(q, 2);
	buffer_put_le32(q, 0x81);
	buffer_put_le32(q, 0);
	buffer_put(q, SPAN(vendor, sizeof vendor));
	buffer_put_zeros(q, 20);
	if (w->version == 5) {
		buffer_put_le16(q, (uint16_t)w->type);
		buffer_put_le32(q, (uint32_t)body);
	}
	buffer_put(q, SPAN(&w->td, body));
	world_sign_raw(w->keys[w->quote_by], buffer_span(q), signature);
	world_public_point(w->keys[WORLD_ATTESTATION], key);
	memcpy(bound, key, sizeof key);
	memcpy(bound + sizeof key, auth, sizeof auth);
	d = digest_bytes(DIGEST_SHA256, SPAN(bound, sizeof bound));
	if (w->bind_attestation_key)
		memcpy(w->qe.report_data, d.bytes, 32);
	world_sign_raw(w->keys[w->qe_report_by], SPAN(&w->qe, sizeof w->qe), qe_signature);
	buffer_put_le32(q, (uint32_t)(128 + 6 + 384 + 64 + 2 + sizeof auth + 6 + chain.n));
	buffer_put(q, SPAN(signature, 64));
	buffer_put(q, SPAN(key, 64));
	buffer_put_le16(q, 6);
	buffer_put_le32(q, (uint32_t)(384 + 64 + 2 + sizeof auth + 6 + chain.n));
	buffer_put(q, SPAN(&w->qe, sizeof w->qe));
	buffer_put(q, SPAN(qe_signature, 64));
	buffer_put_le16(q, sizeof auth);
	buffer_put(q, SPAN(auth, sizeof auth));
	buffer_put_le16(q, 5);
	buffer_put_le32(q, (uint32_t)chain.n);
	buffer_put(q, chain);
	buffer_put(q, buffer_span(&w->trailing));
}

/* Makes all again from what `w` says. */
static inline void world_build(struct world *w)
{
	struct buffer chain = BUFFER_INIT(WORLD_TEXT_MAX),
		      signer_chain = BUFFER_INIT(WORLD_TEXT_MAX);

	buffer_release(&w->quote);
	buffer_release(&w->root);
	collateral_release(&w->collateral);
	w->quote = (struct buffer)BUFFER_INIT(WORLD_TEXT_MAX);
	w->root = (struct buffer)BUFFER_INIT(WORLD_TEXT_MAX);

	X509 *root = world_certificate(w, WORLD_ROOT, w->root_name, NULL, w->root_name, WORLD_ROOT,
				       WORLD_DATE_ROOT);
	X509 *ca = world_certificate(w, WORLD_CA, w->ca_name, root, w->root_name, w->ca_by,
				     WORLD_DATE_CA);
	X509 *pck = world_certificate(w, WORLD_PCK, w->pck_name, ca, w->ca_name, w->pck_by,
				      WORLD_DATE_PCK);
	X509 *signer = world_certificate(w, WORLD_SIGNER, w->signer_name, root, w->root_name,
					 w->signer_by, WORLD_DATE_SIGNER);
	const char *crl_issuer = w->pck_crl_issuer == WORLD_CA ? w->ca_name : "Another CA";

	world_put_pem(&w->root, root);
	world_put_pem(&chain, pck);
	world_put_pem(&chain, ca);
	world_put_pem(&chain, root);
	world_put_pem(&signer_chain, signer);
	world_put_pem(&signer_chain, root);
	world_put(&w->collateral, COLLATERAL_TCB_INFO_CHAIN, buffer_span(&signer_chain));
	world_put(&w->collateral, COLLATERAL_QE_IDENTITY_CHAIN, buffer_span(&signer_chain));
	world_crl(w, w->root_name, w->root_crl_by, WORLD_DATE_ROOT_CRL, w->ca_revoked, false,
		  w->signer_revoked, &w->collateral.parts[COLLATERAL_ROOT_CRL]);
	world_crl(w, crl_issuer, w->pck_crl_by, WORLD_DATE_PCK_CRL, false, w->pck_revoked, false,
		  &w->collateral.parts[COLLATERAL_PCK_CRL]);
	world_documents(w);
	world_quote(w, buffer_span(&chain));
	X509_free(root);
	X509_free(ca);
	X509_free(pck);
	X509_free(signer);
	buffer_release(&chain);
	buffer_release(&signer_chain);
}

/* A policy that accepts what the world is about; `more` is the rest of its JSON, with a comma in front. */
static inline void world_policy(const struct world *w, const char *more, struct policy *ret)
{
	json_t *pem = json_string(buffer_text(&w->root));
	char *root = json_dumps(pem, JSON_ENCODE_ANY);
	char mrtd[97], rtmr[4][97];
	struct error *err = NULL;

	hex_encode(SPAN(w->td.mr_td, 48), mrtd);
	for (size_t i = 0; i < 4; i++)
		hex_encode(SPAN(w->td.rtmr[i], 48), rtmr[i]);

	char *text =
		string_printf("{\"tdnode_policy\":1,\"intel_roots\":%s,\"registers\":{\"mrtd\":"
			      "\"%s\",\"rtmr0\":\"%s\",\"rtmr1\":\"%s\",\"rtmr2\":\"%s\"}%s}",
			      root, mrtd, rtmr[0], rtmr[1], rtmr[2], more);

	assert_done(policy_add(ret, "policy", span_string(text), &err), &err);
	json_decref(pem);
	free(root);
	free(text);
}

/* Judges for WORLD_AT, or another time. */
static inline int world_judge_at(const struct world *w, const char *more, int64_t at,
				 struct verdict *v, struct error **err)
{
	struct evidence e = {.kind = EVIDENCE_TDX};
	struct policy p = {0};
	int r;

	world_policy(w, more, &p);
	e.quote.max = WORLD_TEXT_MAX;
	buffer_put(&e.quote, buffer_span(&w->quote));
	v->at = at;
	r = attest_judge(&e, &w->collateral, &p, v, err);
	policy_release(&p);
	evidence_release(&e);
	return r;
}

/* The same in one line. */
static inline char *world_judged(const struct world *w, const char *more, int64_t at)
{
	struct verdict v = {0};
	struct error *err = NULL;
	int r = world_judge_at(w, more, at, &v, &err);

	return attest_said(r, &v, err);
}
