#include "measure/report_json.h"

#include <errno.h>

#include "measure/measurement_report.h"

/* The registers in measured-boot's output. PCR 5 is not among them: it depends on the firmware. */
static const unsigned measured_boot_registers[] = {2, 3, 4, 8, 9, 11, 12, 13, 15};

json_t *json_digest(const struct digest *d)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(d, hex);
	return json_string(hex);
}

static json_t *json_size(uint64_t n)
{
	return json_integer((json_int_t)n);
}

int json_set_register(json_t *object, unsigned reg, json_t *value)
{
	char key[REGISTER_NAME_SIZE];

	register_key(reg, key);
	return json_object_set_new(object, key, value);
}

static json_t *json_file(const struct measurement *m)
{
	return json_pack("{s:s, s:s, s:o, s:o}", "name", m->file, "format",
			 image_file_format_name(m->format), "size", json_size(m->size), "sha256",
			 json_digest(&m->digest));
}

static json_t *json_image(const struct measurement *m)
{
	json_t *authentihash = json_object();
	bool ok = authentihash;

	for (size_t i = 0; ok && i < EVENT_BANKS; i++) {
		if (m->banks_predicted & 1u << i)
			ok = json_object_set_new(authentihash, digest_name(event_banks[i]),
						 json_digest(&m->uki_authentihashes[i])) >= 0;
	}
	return json_pack("{s:o, s:o, s:o, s:s, s:s, s:s, s:b, s:s*}", "size",
			 json_size(m->uki_size), "sha256", json_digest(&m->uki_digest),
			 "authentihash", json_complete(authentihash, ok), "stub", m->stub_version,
			 "kernel", m->kernel_version, "command_line", m->command_line, "debug",
			 m->debug, "path", m->image_path);
}

static json_t *json_boot(const struct measurement *m)
{
	return json_pack("{s:s, s:s, s:b, s:b, s:o*, s:s*}", "platform", platform_name(m->platform),
			 "path", boot_kind_name(m->boot_kind), "systemd_boot", m->loader,
			 "secure_boot", m->secure_boot, "vtpm", m->vtpm ? json_true() : NULL,
			 "phases", m->phases);
}

json_t *json_expectation(const struct measurement *m, unsigned reg, const char *key, json_t *value)
{
	return json_pack("{s:o, s:s*}", key, value, "condition", measurement_condition(m, reg));
}

bool policy_may_have(const struct measurement *m, unsigned reg)
{
	return reg != PCR_EXTERNAL_CODE ||
	       (m->platform != PLATFORM_ANY && m->platform != PLATFORM_AZURE_TDX);
}

json_t *measurement_json_expected(const struct measurement *m)
{
	json_t *object = json_object();
	bool ok = object;

	for (size_t i = 0; ok && i < ARRAY_SIZE(measured_boot_registers); i++) {
		unsigned pcr = measured_boot_registers[i];

		if (m->banks[EVENT_SHA256].known[pcr] && policy_may_have(m, pcr))
			ok = json_set_register(
				     object, pcr,
				     json_expectation(
					     m, pcr, "expected",
					     json_digest(
						     &m->banks[EVENT_SHA256].registers[pcr]))) >= 0;
	}
	return json_complete(object, ok);
}

static json_t *json_bank(const struct bank *b)
{
	json_t *object = json_object();
	bool ok = object;

	for (unsigned pcr = 0; ok && pcr < BANK_REGISTERS; pcr++) {
		if (b->known[pcr])
			ok = json_set_register(object, pcr, json_digest(&b->registers[pcr])) >= 0;
	}
	return json_complete(object, ok);
}

static json_t *json_banks(const struct measurement *m)
{
	json_t *object = json_object();
	bool ok = object;

	for (size_t i = 0; ok && i < EVENT_BANKS; i++) {
		if (m->banks_predicted & 1u << i)
			ok = json_object_set_new(object, digest_name(event_banks[i]),
						 json_bank(&m->banks[i])) >= 0;
	}
	return json_complete(object, ok);
}

/* The firmware, and MRTD in either order of filling memory; NULL if it was not given. */
static json_t *json_firmware(const struct measurement *m)
{
	json_t *orders;
	bool ok;

	if (m->firmware_size == 0)
		return NULL;
	orders = json_object();
	ok = orders;
	for (size_t i = 0; ok && i < PAGE_ORDERS; i++)
		ok = json_object_set_new(orders, page_order_name((enum page_order)i),
					 json_digest(&m->mrtd[i])) >= 0;
	return json_pack("{s:o, s:o, s:o}", "size", json_size(m->firmware_size), "sha384",
			 json_digest(&m->firmware_digest), "mrtd", json_complete(orders, ok));
}

static json_t *json_tdx(const struct measurement *m)
{
	json_t *object = json_object();
	bool ok = object;

	for (unsigned i = 0; ok && i < TDX_REGISTERS; i++) {
		if (m->tdx.known[i] && measurement_has(m, REGISTER_MRTD + i))
			ok = json_set_register(object, REGISTER_MRTD + i,
					       json_digest(&m->tdx.registers[i])) >= 0;
	}
	return json_complete(object, ok);
}

json_t *json_conditions(const struct measurement *m, uint32_t mask)
{
	json_t *object = json_object();
	bool ok = object;

	for (unsigned reg = 0; ok && reg < REGISTERS; reg++) {
		const char *text = measurement_condition(m, reg);

		if (mask & REGISTER_BIT(reg) && text && measurement_has(m, reg) &&
		    measurement_knows(m, reg))
			ok = json_set_register(object, reg, json_string(text)) >= 0;
	}
	return json_complete(object, ok);
}

/* The reasons that more input could not take away, or the others. */
static json_t *json_reasons(const struct measurement *m, bool unpredictable)
{
	json_t *object = json_object();
	bool ok = object;

	for (unsigned reg = 0; ok && reg < REGISTERS; reg++) {
		const struct reason *reason = &m->reasons.items[reg];

		if (reason->text && reason->unpredictable == unpredictable &&
		    measurement_has(m, reg))
			ok = json_set_register(object, reg, json_string(reason->text)) >= 0;
	}
	return json_complete(object, ok);
}

static json_t *json_event(const struct event *e)
{
	json_t *object = json_object();
	bool ok = object;

	if (ok && e->pcr != EVENT_NO_PCR)
		ok = json_object_set_new(object, "pcr", json_integer((json_int_t)e->pcr)) >= 0;
	if (ok)
		ok = json_object_set_new(object, "type", json_string(event_type_name(e->type))) >=
			     0 &&
		     json_object_set_new(object, "kind", json_string(event_kind_name(e->kind))) >=
			     0 &&
		     json_object_set_new(object, "description", json_string(e->description)) >= 0;
	if (ok && e->rtmr != EVENT_NO_RTMR)
		ok = json_object_set_new(object, "rtmr", json_integer(e->rtmr)) >= 0;
	for (size_t k = 0; ok && k < EVENT_BANKS; k++) {
		if (e->has_digest[k])
			ok = json_object_set_new(object, digest_name(event_banks[k]),
						 json_digest(&e->digests[k])) >= 0;
	}
	return json_complete(object, ok);
}

static json_t *json_events(const struct event_list *l)
{
	json_t *array = json_array();
	bool ok = array;

	for (size_t i = 0; ok && i < l->n; i++)
		ok = json_array_append_new(array, json_event(&l->items[i])) >= 0;
	return json_complete(array, ok);
}

/* The canonical form that PCR 8 has; NULL if the image takes no configuration. */
static json_t *json_configuration(const struct measurement *m)
{
	const struct buffer *text = m->configuration ? &m->configuration->text : NULL;

	return text ? json_stringn(text->n ? buffer_text(text) : "", text->n) : NULL;
}

int measurement_json(const struct measurement *m, struct buffer *b, struct error **err)
{
	json_t *root;

	if (!m->file)
		return json_text(json_pack("{s:i, s:o, s:o, s:o, s:o}", "version", 2, "firmware",
					   json_firmware(m), "tdx", json_tdx(m), "conditions",
					   json_conditions(m, UINT32_MAX), "not_predicted",
					   json_reasons(m, false)),
				 b, err);
	root = json_pack("{s:i, s:o, s:o, s:o, s:o*, s:o*, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "version", 2, "file", json_file(m), "image", json_image(m), "boot",
			 json_boot(m), "configuration", json_configuration(m), "firmware",
			 json_firmware(m), "measurements", measurement_json_expected(m), "banks",
			 json_banks(m), "tdx", json_tdx(m), "conditions",
			 json_conditions(m, UINT32_MAX), "not_predicted", json_reasons(m, false),
			 "unpredictable", json_reasons(m, true), "events", json_events(&m->events));

	return json_text(root, b, err);
}

static int parse_bank(const json_t *object, struct bank *b, struct error **err)
{
	const char *key;
	const json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		const char *hex = json_string_value(value);
		struct digest d;
		uint64_t pcr;

		if (!parse_u64(span_string(key), BANK_REGISTERS - 1, &pcr) || !hex ||
		    !digest_parse(b->algorithm, hex, &d))
			return error_set(err, -ERROR_MALFORMED, "banks.%s.%s: not a register",
					 digest_name(b->algorithm), key);
		bank_set(b, (unsigned)pcr, &d);
	}
	return 0;
}

int measurement_parse_banks(struct span json, struct measurement *ret, struct error **err)
{
	json_error_t e;
	json_t *root = json.n ? json_loadb((const char *)json.p, json.n, JSON_REJECT_DUPLICATES, &e)
			      : NULL;
	const json_t *banks = json_object_get(root, "banks");
	int r = 0;

	if (json.n == 0)
		return error_set(err, -ERROR_MALFORMED, "empty");
	if (!root)
		return error_set(err, -ERROR_MALFORMED, "line %d: %s", e.line, e.text);
	if (!json_is_object(banks))
		r = error_set(err, -ERROR_MALFORMED, "banks: missing or not an object");
	for (size_t i = 0; r >= 0 && i < EVENT_BANKS; i++) {
		bank_init(&ret->banks[i], event_banks[i]);
		if (!json_object_get(banks, digest_name(event_banks[i])))
			continue;
		ret->banks_predicted |= 1u << i;
		r = parse_bank(json_object_get(banks, digest_name(event_banks[i])), &ret->banks[i],
			       err);
	}
	json_decref(root);
	return r;
}
