#include "attest/facts.h"

#include "attest/azure_verify.h"
#include "formats/json_read.h"

static bool set_hex(json_t *o, const char *name, const void *bytes, size_t n)
{
	_cleanup_free_ char *text = hex_string(SPAN(bytes, n));

	return text && json_object_set_new(o, name, json_string(text)) == 0;
}

static bool set_registers(json_t *o, const struct subject *s)
{
	json_t *registers = json_object();
	bool ok = registers;

	for (unsigned reg = 0; reg < REGISTERS; reg++) {
		char key[REGISTER_NAME_SIZE];
		struct digest d;

		if (!subject_register(s, reg, &d))
			continue;
		register_key(reg, key);
		ok = ok && set_hex(registers, key, d.bytes, digest_size(d.algorithm));
	}
	return json_object_set_new(o, "registers", registers) == 0 && ok;
}

static bool set_quote(json_t *o, const struct quote_facts *f)
{
	const struct td_report *td = &f->quote.td;

	return set_hex(o, "fmspc", f->pck.fmspc, sizeof f->pck.fmspc) &&
	       set_hex(o, "tee_tcb_svn", td->tee_tcb_svn, sizeof td->tee_tcb_svn) &&
	       set_hex(o, "mr_td", td->mr_td, sizeof td->mr_td) &&
	       set_hex(o, "mr_seam", td->mr_seam, sizeof td->mr_seam) &&
	       set_hex(o, "td_attributes", td->td_attributes, sizeof td->td_attributes) &&
	       set_hex(o, "xfam", td->xfam, sizeof td->xfam) &&
	       set_hex(o, "mr_config_id", td->mr_config_id, sizeof td->mr_config_id) &&
	       set_hex(o, "mr_owner", td->mr_owner, sizeof td->mr_owner) &&
	       set_hex(o, "mr_owner_config", td->mr_owner_config, sizeof td->mr_owner_config) &&
	       set_hex(o, "report_data", td->report_data, sizeof td->report_data) &&
	       (f->quote.type == TD_REPORT_1_0 ||
		(set_hex(o, "tee_tcb_svn_2", td->tee_tcb_svn_2, sizeof td->tee_tcb_svn_2) &&
		 set_hex(o, "mr_service_td", td->mr_service_td, sizeof td->mr_service_td)));
}

static bool set_azure(json_t *o, const struct hcl_claims *c)
{
	return json_object_set_new(o, "secure_boot", json_boolean(c->secure_boot)) == 0 &&
	       json_object_set_new(o, "tpm_persisted", json_boolean(c->tpm_persisted)) == 0 &&
	       json_object_set_new(o, "vm_id", json_string(c->vm_id)) == 0 &&
	       set_hex(o, "user_data", c->user_data, sizeof c->user_data);
}

static bool set_tpm(json_t *o, const struct tpm_facts *f)
{
	return set_hex(o, "tpm_key", f->key.bytes, digest_size(f->key.algorithm)) &&
	       set_hex(o, "tpm_extra_data", f->extra_data, f->extra_data_size) &&
	       json_object_set_new(o, "tpm_reset_count", json_integer(f->reset_count)) == 0 &&
	       json_object_set_new(o, "tpm_restart_count", json_integer(f->restart_count)) == 0;
}

int facts_of(const struct subject *s, json_t **ret, struct error **err)
{
	json_t *o = json_object();
	bool ok = o && set_registers(o, s);

	if (s->quote)
		ok = ok && set_quote(o, verified_quote_facts(s->quote));
	if (s->tpm)
		ok = ok && set_tpm(o, verified_tpm_facts(s->tpm));
	if (s->azure)
		ok = ok && set_azure(o, &s->azure->claims);
	*ret = json_complete(o, ok);
	return *ret ? 0 : error_oom(err);
}
