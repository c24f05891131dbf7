#include "formats/base64url.h"
#include "formats/evidence.h"
#include "formats/json.h"

#define VERSION 1

static bool set_base64(json_t *o, const char *name, const struct buffer *b)
{
	_cleanup_free_ char *text = base64_string(buffer_span(b));

	return text && json_object_set_new(o, name, json_string(text)) == 0;
}

static bool set_base64url(json_t *o, const char *name, const struct buffer *b)
{
	_cleanup_free_ char *text = base64url_string(buffer_span(b));

	return text && json_object_set_new(o, name, json_string(text)) == 0;
}

static bool set_hex(json_t *o, const char *name, struct span bytes)
{
	_cleanup_free_ char *text = hex_string(bytes);

	return text && json_object_set_new(o, name, json_string(text)) == 0;
}

/* Fails for what is not UTF-8. */
static bool set_text(json_t *o, const char *name, const struct buffer *b)
{
	return json_object_set_new(o, name, json_stringn(buffer_text(b), b->n)) == 0;
}

static json_t *hex_pcrs(const struct evidence *e)
{
	json_t *array = json_array();
	bool ok = array != NULL;

	for (size_t i = 0; ok && i < e->n_pcrs; i++) {
		_cleanup_free_ char *text = hex_string(SPAN(e->pcrs[i], e->pcr_size));

		ok = text && json_array_append_new(array, json_string(text)) == 0;
	}
	return json_complete(array, ok);
}

static json_t *tpm_object(const struct evidence *e)
{
	json_t *o = json_object();
	bool ok = o && set_base64(o, "message", &e->tpm_message) &&
		  set_base64(o, "signature", &e->tpm_signature) &&
		  json_object_set_new(o, "pcrs", hex_pcrs(e)) == 0;

	if (ok && e->tpm_public.n)
		ok = set_base64(o, "ak_public", &e->tpm_public);
	if (ok && e->ak_certificate.n)
		ok = set_text(o, "ak_certificate", &e->ak_certificate);
	if (ok && e->ak_issuers.n)
		ok = set_text(o, "ak_issuers", &e->ak_issuers);
	return json_complete(o, ok);
}

static bool set_binding(json_t *o, const struct evidence_binding *b)
{
	bool ok = json_object_set_new(o, "purpose",
				      json_string(binding_purpose_name(b->purpose))) == 0 &&
		  set_hex(o, "nonce", SPAN(b->nonce, sizeof b->nonce)) &&
		  set_hex(o, "tls_key", SPAN(b->key, sizeof b->key));

	if (ok && b->has_exporter)
		ok = set_hex(o, "exporter", SPAN(b->exporter, sizeof b->exporter));
	return ok && set_text(o, "config", &b->config) && set_text(o, "claims", &b->claims);
}

int evidence_write(const struct evidence *e, struct buffer *b, struct error **err)
{
	static const char *const kinds[] = {"tdx", "azure", "tpm"};
	json_t *o = json_object();
	bool ok = o && json_object_set_new(o, "tdnode_evidence", json_integer(VERSION)) == 0 &&
		  json_object_set_new(o, "kind", json_string(kinds[e->kind])) == 0;

	if (ok && e->kind != EVIDENCE_TPM)
		ok = set_base64(o, "quote", &e->quote);
	if (ok && e->kind == EVIDENCE_AZURE)
		ok = set_base64(o, "hcl_report", &e->hcl_report);
	if (ok && e->kind != EVIDENCE_TDX)
		ok = json_object_set_new(o, "tpm", tpm_object(e)) == 0;
	if (ok && e->binding.given)
		ok = set_binding(o, &e->binding);
	return json_text(json_complete(o, ok), b, err);
}

static json_t *bytes_array(struct span bytes)
{
	json_t *array = json_array();
	bool ok = array != NULL;

	for (size_t i = 0; ok && i < bytes.n; i++)
		ok = json_array_append_new(array, json_integer(bytes.p[i])) == 0;
	return json_complete(array, ok);
}

static json_t *pcrs_array(const struct evidence *e)
{
	json_t *array = json_array();
	bool ok = array != NULL;

	for (size_t i = 0; ok && i < e->n_pcrs; i++)
		ok = json_array_append_new(array, bytes_array(SPAN(e->pcrs[i], e->pcr_size))) == 0;
	return json_complete(array, ok);
}

static json_t *azure_attestation(const struct evidence *e)
{
	json_t *quote = json_object(), *o = json_object();
	bool ok = quote && o &&
		  json_object_set_new(quote, "signature",
				      bytes_array(buffer_span(&e->tpm_signature))) == 0 &&
		  json_object_set_new(quote, "message",
				      bytes_array(buffer_span(&e->tpm_message))) == 0 &&
		  json_object_set_new(quote, "pcrs", pcrs_array(e)) == 0 &&
		  set_text(o, "ak_certificate_pem", &e->ak_certificate) &&
		  json_object_set_new(o, "event_log", json_array()) == 0 &&
		  json_object_set_new(o, "instance_info", json_null()) == 0;

	/* Taken by the object whatever the outcome. */
	if (o && json_object_set_new(o, "quote", quote) < 0)
		ok = false;
	return json_complete(o, ok);
}

int evidence_write_azure(const struct evidence *e, struct buffer *b, struct error **err)
{
	json_t *o = json_object();
	bool ok = o && e->kind == EVIDENCE_AZURE &&
		  set_base64url(o, "tdx_quote_base64", &e->quote) &&
		  set_base64url(o, "hcl_report_base64", &e->hcl_report) &&
		  json_object_set_new(o, "tpm_attestation", azure_attestation(e)) == 0;

	return json_text(json_complete(o, ok), b, err);
}
