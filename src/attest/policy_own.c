#include "attest/policy_parts.h"
#include "formats/json_read.h"
#include "formats/tcb_status.h"

#define VERSION 1u
#define DAYS_MAX 3650u

static int unknown(const char *key, struct error **err)
{
	return error_set(err, -ERROR_MALFORMED, "unknown member '%s'", key);
}

static int read_version(struct policy *p, const json_t *o, const char *key, struct error **err)
{
	uint64_t n;
	int r = json_read_number(o, key, UINT32_MAX, &n, err);

	(void)p;
	if (r >= 0 && n != VERSION)
		r = error_set(err, -ERROR_UNSUPPORTED, "version %llu: %u is read",
			      (unsigned long long)n, VERSION);
	return r;
}

static int read_registers(struct policy *p, const json_t *o, const char *name, struct error **err)
{
	const json_t *registers;
	const char *key;
	json_t *value;
	int r = json_read_object(o, name, &registers, err);

	if (r < 0)
		return r;
	if (json_object_size(registers) == 0)
		return error_set(err, -ERROR_MALFORMED, "no registers: everything would fit");
	json_object_foreach((json_t *)(uintptr_t)registers, key, value)
	{
		unsigned reg;

		if (!policy_register(key, &reg))
			return error_set(err, -ERROR_MALFORMED, "unknown register '%s'", key);
		if (p->own.registers[reg].n)
			return error_set(err, -ERROR_MALFORMED, "register '%s' is there twice",
					 key);
		r = policy_read_values(value, policy_algorithms(reg), &p->own.registers[reg], err);
		if (r < 0)
			return error_wrap(err, r, "register '%s'", key);
		p->own.kinds = POLICY_TDX | POLICY_AZURE | POLICY_TPM;
	}
	return 0;
}

static int read_texts(const json_t *o, const char *key, struct string_list *l, struct error **err)
{
	const json_t *array;
	int r = json_read_array(o, key, POLICY_VALUES_MAX, &array, err);

	for (size_t i = 0; r >= 0 && i < json_array_size(array); i++) {
		const char *text = json_string_value(json_array_get(array, i));

		if (!text)
			r = error_set(err, -ERROR_MALFORMED, "'%s' has an item that is no text",
				      key);
		else if (string_list_add(l, text) < 0)
			r = error_oom(err);
	}
	return r;
}

static int read_statuses(struct policy *p, const json_t *o, const char *key, struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	int r = read_texts(o, key, &names, err);

	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		unsigned findings;

		if (!tcb_status_from_name(names.items[i], &findings))
			return error_set(err, -ERROR_MALFORMED, "'%s': unknown status '%s'", key,
					 names.items[i]);
		if (findings & TCB_REVOKED)
			return error_set(err, -ERROR_MALFORMED,
					 "'%s': what is revoked is not accepted", key);
		if (p->n_statuses == POLICY_STATUSES_MAX)
			return error_set(err, -ERROR_MALFORMED, "'%s' has more than %u items", key,
					 POLICY_STATUSES_MAX);
		p->statuses[p->n_statuses++] = findings;
	}
	return r;
}

static int read_allowed(struct policy *p, const json_t *o, const char *key, struct error **err)
{
	p->advisories_limited = true;
	return read_texts(o, key, &p->advisories_allowed, err);
}

static int read_denied(struct policy *p, const json_t *o, const char *key, struct error **err)
{
	return read_texts(o, key, &p->advisories_denied, err);
}

static int read_evaluation(struct policy *p, const json_t *o, const char *key, struct error **err)
{
	uint64_t n = 0;
	int r = json_read_number(o, key, UINT32_MAX, &n, err);

	p->evaluation_number_min = (uint32_t)n;
	return r;
}

static int read_days(struct policy *p, const json_t *o, const char *key, struct error **err)
{
	int r = json_read_number(o, key, DAYS_MAX, &p->collateral_days_max, err);

	/* It would be no limit, which nobody who writes it means. */
	return r >= 0 && p->collateral_days_max == 0
		       ? error_set(err, -ERROR_MALFORMED, "0 days: no document is that new")
		       : r;
}

static int read_debug(struct policy *p, const json_t *o, const char *key, struct error **err)
{
	return json_read_bool(o, key, &p->debug, err);
}

static int read_service_td(struct policy *p, const json_t *o, const char *key, struct error **err)
{
	const json_t *value = json_object_get(o, key);
	const char *text = json_string_value(value);

	if (text && string_equal(text, "none")) {
		p->service_td = POLICY_SERVICE_TD_NONE;
		return 0;
	}
	if (text && string_equal(text, "any")) {
		p->service_td = POLICY_SERVICE_TD_ANY;
		return 0;
	}
	p->service_td = POLICY_SERVICE_TD_LISTED;
	return policy_read_values(value, POLICY_SHA384, &p->service_tds, err);
}

static int read_bits(const json_t *o, const char *key, struct policy_bits *ret, struct error **err)
{
	const json_t *bits;
	int r = json_read_object(o, key, &bits, err);

	if (r >= 0)
		r = json_read_hex(bits, "mask", ret->mask, sizeof ret->mask, err);
	if (r >= 0)
		r = json_read_hex(bits, "value", ret->value, sizeof ret->value, err);
	if (r >= 0 && json_object_size(bits) != 2)
		r = error_set(err, -ERROR_MALFORMED, "'%s' has more than 'mask' and 'value'", key);
	for (size_t i = 0; r >= 0 && i < sizeof ret->mask; i++)
		if (ret->value[i] & ~ret->mask[i])
			r = error_set(err, -ERROR_MALFORMED,
				      "'%s' wants bits that are not in its mask", key);
	ret->given = true;
	return r;
}

static int read_td_attributes(struct policy *p, const json_t *o, const char *key,
			      struct error **err)
{
	return read_bits(o, key, &p->td_attributes, err);
}

static int read_xfam(struct policy *p, const json_t *o, const char *key, struct error **err)
{
	return read_bits(o, key, &p->xfam, err);
}

static int read_list(struct policy_values *l, const json_t *o, const char *key, struct error **err)
{
	return policy_read_values(json_object_get(o, key), POLICY_SHA384, l, err);
}

static int read_mr_seam(struct policy *p, const json_t *o, const char *key, struct error **err)
{
	return read_list(&p->mr_seam, o, key, err);
}

static int read_mr_config_id(struct policy *p, const json_t *o, const char *key, struct error **err)
{
	return read_list(&p->mr_config_id, o, key, err);
}

static int read_mr_owner(struct policy *p, const json_t *o, const char *key, struct error **err)
{
	return read_list(&p->mr_owner, o, key, err);
}

static int read_mr_owner_config(struct policy *p, const json_t *o, const char *key,
				struct error **err)
{
	return read_list(&p->mr_owner_config, o, key, err);
}

static int read_flag(const json_t *o, const char *key, enum pck_flag *ret, struct error **err)
{
	bool yes = false;
	int r = json_read_bool(o, key, &yes, err);

	*ret = yes ? PCK_FLAG_YES : PCK_FLAG_NO;
	return r;
}

static int read_dynamic(struct policy *p, const json_t *o, const char *key, struct error **err)
{
	return read_flag(o, key, &p->dynamic_platform, err);
}

static int read_cached_keys(struct policy *p, const json_t *o, const char *key, struct error **err)
{
	return read_flag(o, key, &p->cached_keys, err);
}

static int read_smt(struct policy *p, const json_t *o, const char *key, struct error **err)
{
	return read_flag(o, key, &p->smt, err);
}

static int read_paravisors(struct policy *p, const json_t *o, const char *key, struct error **err)
{
	return read_list(&p->paravisors, o, key, err);
}

static int read_secure_boot(struct policy *p, const json_t *o, const char *key, struct error **err)
{
	return read_flag(o, key, &p->secure_boot, err);
}

static int read_tpm_persisted(struct policy *p, const json_t *o, const char *key,
			      struct error **err)
{
	return read_flag(o, key, &p->tpm_persisted, err);
}

static int copy_text(const json_t *o, const char *key, char **ret, struct error **err)
{
	const char *text;
	int r = json_read_string(o, key, &text, err);

	if (r < 0)
		return r;
	*ret = strdup(text);
	return *ret ? 0 : error_oom(err);
}

static int read_vm_id(struct policy *p, const json_t *o, const char *key, struct error **err)
{
	int r = copy_text(o, key, &p->vm_id, err);

	/* It would fit every machine that does not say which it is. */
	return r >= 0 && !p->vm_id[0] ? error_set(err, -ERROR_MALFORMED, "'%s' is empty", key) : r;
}

static int read_report_data(struct policy *p, const json_t *o, const char *key, struct error **err)
{
	p->report_data.given = true;
	return json_read_hex(o, key, p->report_data.bytes, sizeof p->report_data.bytes, err);
}

static int read_config(struct policy *p, const json_t *o, const char *key, struct error **err)
{
	return policy_read_values(json_object_get(o, key), POLICY_BANKS, &p->config, err);
}

static int read_tls_key(struct policy *p, const json_t *o, const char *key, struct error **err)
{
	return policy_read_values(json_object_get(o, key), POLICY_SHA256, &p->tls_keys, err);
}

static int read_instance(struct policy *p, const json_t *o, const char *key, struct error **err)
{
	return policy_read_values(json_object_get(o, key), POLICY_SHA256, &p->instances, err);
}

static int read_confidentiality(struct policy *p, const json_t *o, const char *key,
				struct error **err)
{
	return json_read_bool(o, key, &p->without_confidentiality, err);
}

static int read_intel_roots(struct policy *p, const json_t *o, const char *key, struct error **err)
{
	return copy_text(o, key, &p->intel_roots, err);
}

static int read_azure_roots(struct policy *p, const json_t *o, const char *key, struct error **err)
{
	return copy_text(o, key, &p->azure_roots, err);
}

static int read_tpm_roots(struct policy *p, const json_t *o, const char *key, struct error **err)
{
	return copy_text(o, key, &p->tpm_roots, err);
}

struct member {
	const char *name;
	int (*read)(struct policy *p, const json_t *o, const char *key, struct error **err);
};

static int read_members(struct policy *p, const json_t *o, const struct member *members, size_t n,
			struct error **err)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)o, key, value)
	{
		const struct member *found = NULL;
		int r;

		for (size_t i = 0; i < n && !found; i++)
			if (string_equal(key, members[i].name))
				found = &members[i];
		if (!found)
			return unknown(key, err);
		r = found->read(p, o, key, err);
		if (r < 0)
			return error_wrap(err, r, "policy: '%s'", key);
	}
	return 0;
}

static int read_platform(struct policy *p, const json_t *o, const char *key, struct error **err)
{
	static const struct member members[] = {{"dynamic_platform", read_dynamic},
						{"cached_keys", read_cached_keys},
						{"smt", read_smt}};
	const json_t *platform;
	int r = json_read_object(o, key, &platform, err);

	return r < 0 ? r : read_members(p, platform, members, ARRAY_SIZE(members), err);
}

static int read_azure(struct policy *p, const json_t *o, const char *key, struct error **err)
{
	static const struct member members[] = {{"paravisor_mrtd", read_paravisors},
						{"secure_boot", read_secure_boot},
						{"tpm_persisted", read_tpm_persisted},
						{"vm_id", read_vm_id}};
	const json_t *azure;
	int r = json_read_object(o, key, &azure, err);

	return r < 0 ? r : read_members(p, azure, members, ARRAY_SIZE(members), err);
}

int policy_read_own(struct policy *p, const json_t *root, struct error **err)
{
	static const struct member members[] = {
		{"tdnode_policy", read_version},
		{"registers", read_registers},
		{"tcb_status", read_statuses},
		{"advisories_allowed", read_allowed},
		{"advisories_denied", read_denied},
		{"min_tcb_evaluation_data_number", read_evaluation},
		{"max_collateral_age_days", read_days},
		{"debug", read_debug},
		{"service_td", read_service_td},
		{"td_attributes", read_td_attributes},
		{"xfam", read_xfam},
		{"mr_seam", read_mr_seam},
		{"mr_config_id", read_mr_config_id},
		{"mr_owner", read_mr_owner},
		{"mr_owner_config", read_mr_owner_config},
		{"platform", read_platform},
		{"azure", read_azure},
		{"without_confidentiality", read_confidentiality},
		{"report_data", read_report_data},
		{"config", read_config},
		{"tls_key", read_tls_key},
		{"instance", read_instance},
		{"intel_roots", read_intel_roots},
		{"azure_roots", read_azure_roots},
		{"tpm_roots", read_tpm_roots},
	};

	return read_members(p, root, members, ARRAY_SIZE(members), err);
}
