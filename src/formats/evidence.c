#include "formats/evidence.h"

#include "base/text.h"
#include "formats/base64url.h"
#include "formats/json_read.h"
#include "formats/quote.h"
#include "formats/scale.h"
#include "formats/tpms_attest.h"

#define VERSION 1u
#define SIGNATURE_MAX 512u
/* Documents in documents: a message holds one that holds the evidence. */
#define DEPTH_MAX 2u

void evidence_release(struct evidence *e)
{
	struct buffer *buffers[] = {&e->quote,	       &e->hcl_report,	   &e->tpm_message,
				    &e->tpm_signature, &e->tpm_public,	   &e->ak_certificate,
				    &e->ak_issuers,    &e->binding.config, &e->binding.claims};

	for (size_t i = 0; i < ARRAY_SIZE(buffers); i++)
		buffer_release(buffers[i]);
	*e = (struct evidence){0};
}

static int put(struct buffer *b, struct span bytes, struct error **err)
{
	b->max = EVIDENCE_MAX;
	buffer_put(b, bytes);
	return buffer_ok(b) ? 0 : error_oom(err);
}

static int put_base64(struct buffer *b, const char *name, struct span text, struct error **err)
{
	_cleanup_free_ uint8_t *bytes = NULL;
	size_t n;

	if (!base64url_decode(text, &bytes, &n))
		return error_set(err, -ERROR_MALFORMED, "'%s' is not base64", name);
	return put(b, SPAN(bytes, n), err);
}

static int read_base64(const json_t *o, const char *name, struct buffer *b, struct error **err)
{
	const char *text;
	int r = json_read_string(o, name, &text, err);

	return r < 0 ? r : put_base64(b, name, span_string(text), err);
}

static int read_text(const json_t *o, const char *name, struct buffer *b, struct error **err)
{
	const char *text;
	int r = json_read_string(o, name, &text, err);

	return r < 0 ? r : put(b, span_string(text), err);
}

/* An array of numbers from 0 to 255. */
static int read_bytes(const json_t *array, const char *name, size_t max, struct buffer *b,
		      struct error **err)
{
	if (!json_is_array(array) || json_array_size(array) > max)
		return error_set(err, -ERROR_MALFORMED, "'%s' is no array of at most %zu bytes",
				 name, max);
	b->max = EVIDENCE_MAX;
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *value = json_array_get(array, i);
		json_int_t n = json_integer_value(value);

		if (!json_is_integer(value) || n < 0 || n > UINT8_MAX)
			return error_set(err, -ERROR_MALFORMED, "'%s' has an item that is no byte",
					 name);
		buffer_put_u8(b, (uint8_t)n);
	}
	return buffer_ok(b) ? 0 : error_oom(err);
}

/* Sets the i-th value; all have the same size. */
static int set_pcr(struct evidence *e, size_t i, struct span value, struct error **err)
{
	if (value.n != 20 && value.n != 32 && value.n != 48)
		return error_set(err, -ERROR_MALFORMED, "'pcrs', item %zu: %zu bytes", i + 1,
				 value.n);
	if (i > 0 && value.n != e->pcr_size)
		return error_set(err, -ERROR_MALFORMED, "'pcrs' are not all of one size");
	e->pcr_size = value.n;
	memcpy(e->pcrs[i], value.p, value.n);
	return 0;
}

/* [[1, 2, ...], ...] or ["hex", ...] */
static int read_pcrs(const json_t *o, struct evidence *e, struct error **err)
{
	const json_t *array;
	int r = json_read_array(o, "pcrs", EVIDENCE_PCRS, &array, err);

	for (size_t i = 0; r >= 0 && i < json_array_size(array); i++) {
		_cleanup_(buffer_release) struct buffer value = BUFFER_INIT(EVIDENCE_PCR_MAX);
		const json_t *item = json_array_get(array, i);
		const char *hex = json_string_value(item);
		uint8_t bytes[EVIDENCE_PCR_MAX];
		size_t n = hex ? strlen(hex) / 2 : 0;

		if (hex && (n > sizeof bytes || !hex_decode(span_string(hex), bytes, n)))
			return error_set(err, -ERROR_MALFORMED,
					 "'pcrs', item %zu: not hexadecimal digits", i + 1);
		if (!hex) {
			r = read_bytes(item, "pcrs", EVIDENCE_PCR_MAX, &value, err);
			if (r < 0)
				return r;
		}
		r = set_pcr(e, i, hex ? SPAN(bytes, n) : buffer_span(&value), err);
		e->n_pcrs = i + 1;
	}
	return r;
}

static int read_issuers(const json_t *attestation, struct evidence *e, struct error **err)
{
	const char *name = "ak_intermediate_certificates_pem";
	const json_t *list = json_object_get(attestation, name);

	if (!list || json_is_null(list))
		return 0;
	if (!json_is_array(list))
		return error_set(err, -ERROR_MALFORMED, "'%s' is no array", name);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *pem = json_string_value(json_array_get(list, i));
		int r = pem ? put(&e->ak_issuers, span_string(pem), err)
			    : error_set(err, -ERROR_MALFORMED, "'%s' has an item that is no text",
					name);

		if (r >= 0)
			r = put(&e->ak_issuers, SPAN_LITERAL("\n"), err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The document of Azure's machines. */
static int read_azure(const json_t *root, struct evidence *e, struct error **err)
{
	const json_t *attestation, *quote;
	int r = read_base64(root, "tdx_quote_base64", &e->quote, err);

	e->kind = EVIDENCE_AZURE;
	if (r >= 0)
		r = read_base64(root, "hcl_report_base64", &e->hcl_report, err);
	if (r >= 0)
		r = json_read_object(root, "tpm_attestation", &attestation, err);
	if (r >= 0)
		r = read_text(attestation, "ak_certificate_pem", &e->ak_certificate, err);
	if (r >= 0)
		r = read_issuers(attestation, e, err);
	if (r >= 0)
		r = json_read_object(attestation, "quote", &quote, err);
	if (r >= 0)
		r = read_bytes(json_object_get(quote, "message"), "message", TPMS_ATTEST_MAX,
			       &e->tpm_message, err);
	if (r >= 0)
		r = read_bytes(json_object_get(quote, "signature"), "signature", SIGNATURE_MAX,
			       &e->tpm_signature, err);
	return r < 0 ? r : read_pcrs(quote, e, err);
}

/* "tpm" of tdnode's own documents. */
static int read_tpm(const json_t *root, struct evidence *e, struct error **err)
{
	const json_t *tpm;
	int r = json_read_object(root, "tpm", &tpm, err);

	if (r >= 0)
		r = read_base64(tpm, "message", &e->tpm_message, err);
	if (r >= 0)
		r = read_base64(tpm, "signature", &e->tpm_signature, err);
	if (r >= 0 && json_object_get(tpm, "ak_public"))
		r = read_base64(tpm, "ak_public", &e->tpm_public, err);
	if (r >= 0 && json_object_get(tpm, "ak_certificate"))
		r = read_text(tpm, "ak_certificate", &e->ak_certificate, err);
	if (r >= 0 && json_object_get(tpm, "ak_issuers"))
		r = read_text(tpm, "ak_issuers", &e->ak_issuers, err);
	return r < 0 ? r : read_pcrs(tpm, e, err);
}

static int read_purpose(const json_t *root, struct evidence_binding *b, struct error **err)
{
	const char *name;
	int r = json_read_string(root, "purpose", &name, err);

	if (r < 0)
		return r;
	for (unsigned p = 0; p < BINDING_PURPOSES_; p++) {
		b->purpose = (enum binding_purpose)p;
		if (string_equal(name, binding_purpose_name(b->purpose)))
			return 0;
	}
	return error_set(err, -ERROR_UNSUPPORTED,
			 "evidence for the purpose '%s': channel and evidence are known", name);
}

/* What it is bound to: all of it, or none. */
static int read_binding(const json_t *root, struct evidence_binding *b, struct error **err)
{
	int r;

	if (!json_object_get(root, "purpose"))
		return 0;
	r = read_purpose(root, b, err);
	if (r >= 0)
		r = json_read_hex(root, "nonce", b->nonce, sizeof b->nonce, err);
	if (r >= 0)
		r = json_read_hex(root, "tls_key", b->key, sizeof b->key, err);
	if (r >= 0 && b->purpose == BINDING_CHANNEL && json_object_get(root, "exporter")) {
		b->has_exporter = true;
		r = json_read_hex(root, "exporter", b->exporter, sizeof b->exporter, err);
	}
	if (r >= 0)
		r = read_text(root, "config", &b->config, err);
	if (r >= 0)
		r = read_text(root, "claims", &b->claims, err);
	if (r >= 0)
		r = claims_check(buffer_span(&b->claims), err);
	b->given = r >= 0;
	return r;
}

bool evidence_binding_digest(const struct evidence_binding *b, uint8_t ret[BINDING_SIZE])
{
	struct binding all = {
		.purpose = b->purpose,
		.config = buffer_span(&b->config),
		.claims = buffer_span(&b->claims),
	};

	if (!b->given || (b->purpose == BINDING_CHANNEL && !b->has_exporter))
		return false;
	memcpy(all.nonce, b->nonce, sizeof all.nonce);
	memcpy(all.exporter, b->exporter, sizeof all.exporter);
	memcpy(all.key, b->key, sizeof all.key);
	binding_digest(&all, ret);
	return true;
}

static int read_own(const json_t *root, struct evidence *e, struct error **err)
{
	static const char *const kinds[] = {"tdx", "azure", "tpm"};
	const char *kind;
	uint64_t version;
	int r = json_read_number(root, "tdnode_evidence", UINT32_MAX, &version, err);

	if (r >= 0 && version != VERSION)
		r = error_set(err, -ERROR_UNSUPPORTED, "evidence of version %llu: %u is read",
			      (unsigned long long)version, VERSION);
	if (r >= 0)
		r = json_read_string(root, "kind", &kind, err);
	if (r >= 0)
		r = read_binding(root, &e->binding, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!string_equal(kind, kinds[i]))
			continue;
		e->kind = (enum evidence_kind)i;
		if (e->kind != EVIDENCE_TPM)
			r = read_base64(root, "quote", &e->quote, err);
		if (r >= 0 && e->kind == EVIDENCE_AZURE)
			r = read_base64(root, "hcl_report", &e->hcl_report, err);
		return r >= 0 && e->kind != EVIDENCE_TDX ? read_tpm(root, e, err) : r;
	}
	return error_set(err, -ERROR_UNSUPPORTED,
			 "evidence of kind '%s': tdx, azure and tpm are read", kind);
}

static int parse(struct span bytes, unsigned depth, struct evidence *e, struct error **err);

/* A quote, or a document, as base64 or hexadecimal digits. */
static int parse_text(struct span text, unsigned depth, struct evidence *e, struct error **err)
{
	_cleanup_(buffer_release) struct buffer bytes = {0};
	_cleanup_free_ uint8_t *hex = malloc(text.n / 2 + 1);
	int r;

	if (!hex)
		return error_oom(err);
	if (text.n % 2 == 0 && hex_decode(text, hex, text.n / 2))
		return parse(SPAN(hex, text.n / 2), depth, e, err);
	r = put_base64(&bytes, "quote", text, err);
	return r < 0 ? r : parse(buffer_span(&bytes), depth, e, err);
}

/* {"attestation_evidence": null | {"quote": "base64", "platform": {...}}} */
static int read_message(const json_t *root, unsigned depth, struct evidence *e, struct error **err)
{
	const json_t *evidence = json_object_get(root, "attestation_evidence");
	const char *quote;
	int r;

	if (json_is_null(evidence))
		return error_set(err, -ERROR_MALFORMED,
				 "the message says that there is no "
				 "evidence");
	r = json_read_object(root, "attestation_evidence", &evidence, err);
	if (r >= 0)
		r = json_read_string(evidence, "quote", &quote, err);
	return r < 0 ? r : parse_text(span_string(quote), depth + 1, e, err);
}

static int read_document(const json_t *root, unsigned depth, struct evidence *e, struct error **err)
{
	const char *quote;
	int r;

	if (depth > DEPTH_MAX)
		return error_set(err, -ERROR_MALFORMED, "documents in documents");
	if (json_object_get(root, "tdnode_evidence"))
		return read_own(root, e, err);
	if (json_object_get(root, "tdx_quote_base64"))
		return read_azure(root, e, err);
	if (json_object_get(root, "attestation_evidence"))
		return read_message(root, depth, e, err);
	r = json_read_string(root, "quote", &quote, err);
	return r < 0 ? r : parse_text(span_string(quote), depth + 1, e, err);
}

/* SCALE of a text and bytes, as attested-tls-proxy sends it: the kind of machine, and its evidence. */
static bool take_scale(struct span bytes, struct span *ret)
{
	static const char *const types[] = {"azure-tdx", "dcap-tdx", "gcp-tdx", "qemu-tdx"};
	struct reader r = reader_init(bytes);
	struct span type = scale_read_bytes(&r);
	bool known = false;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		known |= span_equal(type, span_string(types[i]));
	*ret = scale_read_bytes(&r);
	return known && reader_ok(&r) && r.rest.n == 0;
}

static struct span trim(struct span s)
{
	static const char blanks[] = " \t\r\n";

	while (s.n && s.p[0] && strchr(blanks, s.p[0]))
		s = span_skip(s, 1);
	while (s.n && s.p[s.n - 1] && strchr(blanks, s.p[s.n - 1]))
		s.n--;
	return s;
}

static int parse(struct span bytes, unsigned depth, struct evidence *e, struct error **err)
{
	_cleanup_json_ json_t *root = NULL;
	struct span text = trim(bytes), inner;
	int r;

	if (quote_is(bytes)) {
		e->kind = EVIDENCE_TDX;
		return put(&e->quote, bytes, err);
	}
	if (text.n && text.p[0] == '{') {
		r = json_read_document(text, false, &root, err);
		return r < 0 ? r : read_document(root, depth, e, err);
	}
	if (depth == 0 && take_scale(bytes, &inner))
		return parse(inner, depth + 1, e, err);
	if (depth == 0 && text.n && parse_text(text, depth + 1, e, NULL) >= 0)
		return 0;
	return error_set(err, -ERROR_UNSUPPORTED,
			 "neither a TDX quote (bytes, hexadecimal digits, base64) nor a document "
			 "that has evidence");
}

int evidence_parse(struct span bytes, struct evidence *ret, struct error **err)
{
	_cleanup_(evidence_release) struct evidence e = {0};
	int r;

	if (bytes.n > EVIDENCE_MAX)
		return error_set(err, -ERROR_MALFORMED, "%zu bytes, more than the %u of evidence",
				 bytes.n, EVIDENCE_MAX);
	r = parse(bytes, 0, &e, err);
	if (r < 0)
		return r;
	*ret = e;
	e = (struct evidence){0};
	return 0;
}
