#include "attest/policy.h"

#include "attest/policy_parts.h"
#include "formats/json_read.h"
#include "measure/bank.h"

static void alternative_release(struct policy_alternative *a)
{
	free(a->name);
	for (size_t i = 0; i < REGISTERS; i++)
		free(a->registers[i].items);
	*a = (struct policy_alternative){0};
}

void policy_release(struct policy *p)
{
	struct policy_values *lists[] = {&p->service_tds, &p->mr_seam,	       &p->mr_config_id,
					 &p->mr_owner,	  &p->mr_owner_config, &p->paravisors,
					 &p->config,	  &p->tls_keys,	       &p->instances};

	for (size_t i = 0; i < p->n; i++)
		alternative_release(&p->alternatives[i]);
	free(p->alternatives);
	alternative_release(&p->own);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		free(lists[i]->items);
	string_list_release(&p->advisories_allowed);
	string_list_release(&p->advisories_denied);
	free(p->vm_id);
	free(p->intel_roots);
	free(p->azure_roots);
	free(p->tpm_roots);
	*p = (struct policy){0};
}

unsigned policy_algorithms(unsigned reg)
{
	return reg < REGISTER_MRTD ? POLICY_BANKS : POLICY_SHA384;
}

bool policy_has_bank(const struct policy_values *l, enum digest_algorithm bank)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->items[i].algorithm == bank)
			return true;
	return false;
}

static bool alternative_has_bank(const struct policy_alternative *a, enum digest_algorithm bank)
{
	for (unsigned reg = 0; reg < REGISTER_MRTD; reg++)
		if (policy_has_bank(&a->registers[reg], bank))
			return true;
	return false;
}

bool policy_accepts_bank(const struct policy *p, enum digest_algorithm bank)
{
	bool accepts = bank == DIGEST_SHA256 || alternative_has_bank(&p->own, bank);

	for (size_t i = 0; i < p->n && !accepts; i++)
		accepts = alternative_has_bank(&p->alternatives[i], bank);
	return accepts;
}

/* Whether the text is a digest of one of the algorithms, by its length. */
static bool parse_value(const char *text, unsigned algorithms, struct digest *ret)
{
	for (unsigned a = 0; a < DIGEST_ALGORITHMS_; a++)
		if (algorithms & 1u << a && digest_parse((enum digest_algorithm)a, text, ret))
			return true;
	return false;
}

static int bad_value(const char *text, unsigned algorithms, struct error **err)
{
	if (algorithms == POLICY_BANKS)
		return error_set(
			err, -ERROR_MALFORMED,
			"'%s' is not 64 hexadecimal digits (SHA-256), and not 96 (SHA-384)", text);
	return error_set(
		err, -ERROR_MALFORMED, "'%s' is not %zu hexadecimal digits", text,
		2 * digest_size(algorithms & POLICY_SHA256 ? DIGEST_SHA256 : DIGEST_SHA384));
}

static int add_value(struct policy_values *l, unsigned algorithms, const json_t *value,
		     struct error **err)
{
	const char *text = json_string_value(value);
	struct digest d;
	struct digest *items;

	if (!text || !parse_value(text, algorithms, &d))
		return bad_value(text ? text : "", algorithms, err);
	if (l->n == POLICY_VALUES_MAX)
		return error_set(err, -ERROR_MALFORMED, "more than %u values", POLICY_VALUES_MAX);
	items = realloc(l->items, (l->n + 1) * sizeof *items);
	if (!items)
		return error_oom(err);
	l->items = items;
	l->items[l->n++] = d;
	return 0;
}

int policy_read_values(const json_t *value, unsigned algorithms, struct policy_values *l,
		       struct error **err)
{
	int r = 0;

	if (!json_is_array(value))
		return add_value(l, algorithms, value, err);
	if (json_array_size(value) == 0)
		return error_set(err, -ERROR_MALFORMED, "an empty list: nothing would fit");
	for (size_t i = 0; r >= 0 && i < json_array_size(value); i++)
		r = add_value(l, algorithms, json_array_get(value, i), err);
	return r;
}

/* {"expected": "hex"} or {"expected_any": ["hex", ...]}; other members are for people. */
static int read_expected(const json_t *o, unsigned reg, struct policy_values *l, struct error **err)
{
	const json_t *one = json_object_get(o, "expected"),
		     *any = json_object_get(o, "expected_any");

	if (!one == !any)
		return error_set(err, -ERROR_MALFORMED,
				 "neither 'expected' nor 'expected_any', or both");
	if (one && !json_is_string(one))
		return error_set(err, -ERROR_MALFORMED, "'expected' is no text");
	if (any && !json_is_array(any))
		return error_set(err, -ERROR_MALFORMED, "'expected_any' is no array");
	return policy_read_values(one ? one : any, policy_algorithms(reg), l, err);
}

static bool parse_pcr(const char *key, unsigned *ret)
{
	uint64_t n;

	if (string_starts(key, "pcr"))
		key += 3;
	if (!parse_u64(span_string(key), BANK_REGISTERS - 1, &n) ||
	    (key[0] == '0' && key[1] != '\0'))
		return false;
	*ret = (unsigned)n;
	return true;
}

static bool parse_tdx(const char *key, unsigned *ret)
{
	char name[REGISTER_NAME_SIZE];

	for (unsigned reg = REGISTER_MRTD; reg < REGISTERS; reg++) {
		register_key(reg, name);
		if (string_equal(key, name)) {
			*ret = reg;
			return true;
		}
	}
	return false;
}

bool policy_register(const char *key, unsigned *ret)
{
	return parse_tdx(key, ret) || parse_pcr(key, ret);
}

/* "0" to "4" are MRTD and RTMR0 to 3 where there is no TPM. */
static bool parse_key(const char *key, bool tdx, unsigned *ret)
{
	if (!tdx)
		return parse_pcr(key, ret);
	if (parse_tdx(key, ret))
		return true;
	if (!parse_pcr(key, ret) || string_starts(key, "pcr") || *ret > 4)
		return false;
	*ret += REGISTER_MRTD;
	return true;
}

static int read_measurements(const json_t *o, bool tdx, struct policy_alternative *a,
			     struct error **err)
{
	const char *key;
	json_t *value;

	if (json_object_size(o) == 0)
		return error_set(err, -ERROR_MALFORMED, "no registers: everything would fit");
	json_object_foreach((json_t *)(uintptr_t)o, key, value)
	{
		unsigned reg;
		int r;

		if (!parse_key(key, tdx, &reg))
			return error_set(err, -ERROR_MALFORMED, "unknown register '%s'", key);
		if (a->registers[reg].n)
			return error_set(err, -ERROR_MALFORMED, "register '%s' is there twice",
					 key);
		r = read_expected(value, reg, &a->registers[reg], err);
		if (r < 0)
			return error_wrap(err, r, "register '%s'", key);
	}
	return 0;
}

static int add_alternative(struct policy *p, const char *name, unsigned kinds,
			   struct policy_alternative **ret, struct error **err)
{
	struct policy_alternative *a;

	if (p->n == POLICY_ALTERNATIVES_MAX)
		return error_set(err, -ERROR_MALFORMED, "more than %u alternatives",
				 POLICY_ALTERNATIVES_MAX);
	if (array_reserve(&p->alternatives, &p->capacity, p->n + 1, sizeof *p->alternatives) < 0)
		return error_oom(err);
	a = &p->alternatives[p->n];
	*a = (struct policy_alternative){.name = strdup(name), .kinds = kinds};
	if (!a->name)
		return error_oom(err);
	p->n++;
	*ret = a;
	return 0;
}

static int read_record(struct policy *p, const char *file, const json_t *record, struct error **err)
{
	static const struct {
		const char *name;
		unsigned kinds;
	} types[] = {{"azure-tdx", POLICY_AZURE},
		     {"gcp-tdx", POLICY_TDX},
		     {"dcap-tdx", POLICY_TDX},
		     {"qemu-tdx", POLICY_TDX}};
	const char *type, *id = json_string_value(json_object_get(record, "measurement_id"));
	struct policy_alternative *a;
	const json_t *measurements;
	unsigned kinds = 0;
	int r = json_read_string(record, "attestation_type", &type, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (string_equal(type, types[i].name))
			kinds = types[i].kinds;
	if (!kinds)
		return error_set(err, -ERROR_UNSUPPORTED, "attestation type '%s' is not judged",
				 type);
	if (json_object_get(record, "dcap_image_hashes"))
		return error_set(err, -ERROR_UNSUPPORTED,
				 "'dcap_image_hashes' are not judged: name registers");
	if (!json_object_get(record, "measurements"))
		return error_set(err, -ERROR_UNSUPPORTED,
				 "no 'measurements': every image would fit");
	r = json_read_object(record, "measurements", &measurements, err);
	if (r >= 0)
		r = add_alternative(p, id ? id : file, kinds, &a, err);
	return r < 0 ? r : read_measurements(measurements, kinds == POLICY_TDX, a, err);
}

/* What cvm-reverse-proxy and attested-tls read. */
static int read_records(struct policy *p, const char *file, const json_t *root, struct error **err)
{
	if (json_array_size(root) == 0)
		return error_set(err, -ERROR_MALFORMED, "no records: nothing would fit");
	for (size_t i = 0; i < json_array_size(root); i++) {
		int r = read_record(p, file, json_array_get(root, i), err);

		if (r < 0)
			return error_wrap(err, r, "record %zu", i + 1);
	}
	return 0;
}

/* {"mrtd": "hex", "rtmr1": "hex", ...} as `tdnode build` writes it; what is not predicted is not there. */
static int read_tdx(const json_t *o, struct policy_alternative *a, struct error **err)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)o, key, value)
	{
		unsigned reg;
		int r;

		if (!parse_tdx(key, &reg))
			continue; /* values for one kind of host or another */
		r = policy_read_values(value, POLICY_SHA384, &a->registers[reg], err);
		if (r < 0)
			return error_wrap(err, r, "register '%s'", key);
	}
	return 0;
}

/* *ret is NULL if the member is not there. */
static int find_object(const json_t *o, const char *name, const json_t **ret, struct error **err)
{
	*ret = NULL;
	return json_object_get(o, name) ? json_read_object(o, name, ret, err) : 0;
}

/* "banks": {"sha384": {"4": "hex", ...}, ...}: the same registers as in the bank of SHA-256. */
static int read_banks(const json_t *root, struct policy_alternative *a, struct error **err)
{
	const json_t *banks, *values = NULL;
	const char *key;
	json_t *value;
	int r = find_object(root, "banks", &banks, err);

	if (r >= 0)
		r = find_object(banks, "sha384", &values, err);
	if (r < 0)
		return r;
	json_object_foreach((json_t *)(uintptr_t)values, key, value)
	{
		unsigned reg;

		if (!parse_pcr(key, &reg) || !a->registers[reg].n)
			continue;
		r = policy_read_values(value, POLICY_SHA384, &a->registers[reg], err);
		if (r < 0)
			return error_wrap(err, r, "register '%s' of SHA-384", key);
	}
	return 0;
}

/* measurements.json of a build, or the output of measured-boot. */
static int read_build(struct policy *p, const char *file, const json_t *root, struct error **err)
{
	const json_t *tdx = NULL, *measurements;
	const char *name =
		json_string_value(json_object_get(json_object_get(root, "file"), "name"));
	struct policy_alternative *a;
	int r = json_read_object(root, "measurements", &measurements, err);

	if (r >= 0)
		r = find_object(root, "tdx", &tdx, err);
	if (r >= 0)
		r = add_alternative(p, name ? name : file,
				    POLICY_AZURE | POLICY_TPM | (tdx ? POLICY_TDX : 0), &a, err);
	if (r >= 0)
		r = read_measurements(measurements, false, a, err);
	if (r >= 0)
		r = read_banks(root, a, err);
	if (r >= 0 && tdx)
		r = read_tdx(tdx, a, err);
	return r;
}

static void add_to_id(struct policy *p, struct span document)
{
	struct digest d[2] = {p->id, digest_bytes(DIGEST_SHA256, document)};
	uint8_t both[2 * 32];

	memcpy(both, d[0].bytes, 32);
	memcpy(both + 32, d[1].bytes, 32);
	p->id = p->n_documents++ ? digest_bytes(DIGEST_SHA256, SPAN(both, sizeof both)) : d[1];
}

int policy_add(struct policy *p, const char *name, struct span json, struct error **err)
{
	_cleanup_json_ json_t *root = NULL;
	bool array = false;
	int r;

	if (json.n > POLICY_MAX)
		return error_set(err, -ERROR_MALFORMED, "%zu bytes, more than the %u of a policy",
				 json.n, POLICY_MAX);
	add_to_id(p, json);
	for (size_t i = 0; i < json.n && !array && strchr(" \t\r\n[", json.p[i]); i++)
		array = json.p[i] == '[';
	r = json_read_document(json, array, &root, err);
	if (r < 0)
		return r;
	if (array)
		return read_records(p, name, root, err);
	if (json_object_get(root, "tdnode_policy")) {
		if (p->has_own)
			return error_set(err, -ERROR_MALFORMED,
					 "a second policy: one can stand beside any number of "
					 "builds");
		p->has_own = true;
		return policy_read_own(p, root, err);
	}
	if (json_object_get(root, "measurements"))
		return read_build(p, name, root, err);
	return error_set(err, -ERROR_UNSUPPORTED,
			 "neither a policy ('tdnode_policy') nor the registers of a build "
			 "('measurements')");
}

/* Those of `pem` in place of what is there. */
static int replace_roots(struct certificates *l, const char *pem, const char *name,
			 struct error **err)
{
	int r;

	if (!pem)
		return 0;
	certificates_release(l);
	r = certificates_parse(span_string(pem), false, NULL, l, err);
	return r < 0 ? error_wrap(err, r, "policy: '%s'", name) : 0;
}

int policy_roots(const struct policy *p, bool azure, const struct certificates *known,
		 struct attest_roots *ret, struct error **err)
{
	_cleanup_(attest_roots_release) struct attest_roots roots = {0};
	int r = attest_roots_builtin(azure, known, &roots, err);

	if (r >= 0)
		r = replace_roots(&roots.intel, p->intel_roots, "intel_roots", err);
	if (r >= 0)
		r = replace_roots(&roots.azure, p->azure_roots, "azure_roots", err);
	if (r >= 0)
		r = replace_roots(&roots.tpm, p->tpm_roots, "tpm_roots", err);
	if (r < 0)
		return r;
	roots.intel_is_foreign = p->intel_roots;
	*ret = roots;
	roots = (struct attest_roots){0};
	return 0;
}
