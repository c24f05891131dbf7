#include "measure/report.h"

#include <errno.h>
#include <inttypes.h>

#include "measure/report_json.h"

/* The registers in measured-boot's output. PCR 5 is not among them: it depends on the firmware. */
static const unsigned measured_boot_registers[] = {4, 8, 9, 11, 12, 13, 15};

/* Under which the prediction of a register holds. */
static const struct {
	unsigned reg;
	const char *text;
} conditions[] = {
	{5,
	 "the kernel leaves boot services at its first attempt, and firmware measures nothing else "
	 "here: seen with OVMF, not promised by others"},
	{9, "nothing but the image's own command line and initrd reaches the kernel"},
	{11, "before user space runs: systemd-pcrphase in an image would extend it further"},
	{15, "before user space runs: systemd in an image with TPM support would extend it"},
	{REGISTER_RTMR2,
	 "firmware gives the kernel the TDX module's registers and no TPM; before user space runs"},
	{REGISTER_RTMR3, "before user space runs: nothing in firmware and kernel extends it"},
};

static const char *condition(const struct measurement *m, unsigned reg)
{
	if (reg == 4 && !m->loader)
		return "firmware starts the image itself, without a boot loader in between";
	if (m->platform == PLATFORM_AZURE_TDX && reg >= REGISTER_MRTD)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(conditions); i++) {
		if (conditions[i].reg == reg)
			return conditions[i].text;
	}
	return NULL;
}

static bool on_platform(const struct measurement *m, unsigned reg)
{
	return platform_registers(m->platform) & REGISTER_BIT(reg);
}

static void text_register(struct buffer *b, const char *name, const char *bank,
			  const struct digest *d)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(d, hex);
	buffer_printf(b, "%-6s  %-6s  %s\n", name, bank, hex);
}

static void text_event(struct buffer *b, const struct event *e, enum event_bank bank)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(&e->digests[bank], hex);
	buffer_printf(b, "  + %s  %s: %s\n", hex, event_type_name(e->type), e->description);
}

static void text_pcr(struct buffer *b, const struct measurement *m, unsigned pcr, unsigned banks,
		     bool explain)
{
	char name[REGISTER_NAME_SIZE];

	register_name(pcr, name);
	for (size_t bank = 0; bank < EVENT_BANKS; bank++) {
		if (!(banks & 1u << bank) || !m->banks[bank].known[pcr])
			continue;
		text_register(b, name, digest_name(event_banks[bank]),
			      &m->banks[bank].registers[pcr]);
		for (size_t i = 0; explain && i < m->events.n; i++) {
			if (m->events.items[i].pcr == pcr)
				text_event(b, &m->events.items[i], (enum event_bank)bank);
		}
	}
}

static void text_tdx(struct buffer *b, const struct measurement *m, unsigned reg, bool explain)
{
	int rtmr = (int)reg - REGISTER_RTMR0;
	char name[REGISTER_NAME_SIZE];

	if (!m->tdx.known[reg - REGISTER_MRTD])
		return;
	register_name(reg, name);
	text_register(b, name, "", &m->tdx.registers[reg - REGISTER_MRTD]);
	for (size_t i = 0; explain && m->platform != PLATFORM_AZURE_TDX && i < m->events.n; i++) {
		if (m->events.items[i].rtmr == rtmr)
			text_event(b, &m->events.items[i], EVENT_SHA384);
	}
}

static void text_remarks(struct buffer *b, const struct measurement *m, bool explain)
{
	for (unsigned reg = 0; reg < REGISTERS; reg++) {
		const struct reason *reason = &m->reasons.items[reg];
		const char *text = condition(m, reg);
		char name[REGISTER_NAME_SIZE];

		if (!on_platform(m, reg))
			continue;
		register_name(reg, name);
		if (explain && text && measurement_knows(m, reg))
			buffer_printf(b, "%s holds if: %s\n", name, text);
		if (reason->text && reason->unpredictable)
			buffer_printf(b, "%s cannot be predicted: %s\n", name, reason->text);
		else if (reason->text && explain)
			buffer_printf(b, "%s is not predicted: %s\n", name, reason->text);
	}
}

void measurement_text(const struct measurement *m, unsigned banks, bool explain, struct buffer *b)
{
	buffer_printf(b, "%s: %s, %" PRIu64 " bytes\n", m->file, image_file_format_name(m->format),
		      m->size);
	if (m->image_path)
		buffer_printf(b, "image: %s, %" PRIu64 " bytes\n", m->image_path, m->uki_size);
	buffer_printf(b, "stub %s, kernel %.64s\n", m->stub_version, m->kernel_version);
	buffer_printf(b, "command line: %s\n", m->command_line);
	buffer_printf(b, "boot: %s%s, Secure Boot %s%s\n", boot_path_name(m->path),
		      m->loader ? " by systemd-boot" : "", m->secure_boot ? "on" : "off",
		      m->debug ? ", DEBUG IMAGE" : "");
	for (unsigned reg = 0; reg < REGISTERS; reg++) {
		if (!on_platform(m, reg))
			continue;
		if (reg < REGISTER_MRTD)
			text_pcr(b, m, reg, banks, explain);
		else
			text_tdx(b, m, reg, explain);
	}
	text_remarks(b, m, explain);
}

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

json_t *json_complete(json_t *object, bool ok)
{
	if (ok)
		return object;
	json_decref(object);
	return NULL;
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
	return json_pack("{s:s, s:s, s:b, s:b}", "platform", platform_name(m->platform), "path",
			 boot_path_name(m->path), "systemd_boot", m->loader, "secure_boot",
			 m->secure_boot);
}

json_t *measurement_json_expected(const struct measurement *m)
{
	json_t *object = json_object();
	bool ok = object;

	for (size_t i = 0; ok && i < ARRAY_SIZE(measured_boot_registers); i++) {
		unsigned pcr = measured_boot_registers[i];

		if (m->banks[EVENT_SHA256].known[pcr])
			ok = json_set_register(
				     object, pcr,
				     json_pack("{s:o}", "expected",
					       json_digest(
						       &m->banks[EVENT_SHA256].registers[pcr]))) >=
			     0;
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

static json_t *json_tdx(const struct measurement *m)
{
	json_t *object = json_object();
	bool ok = object;

	for (unsigned i = 0; ok && i < TDX_REGISTERS; i++) {
		if (m->tdx.known[i] && on_platform(m, REGISTER_MRTD + i))
			ok = json_set_register(object, REGISTER_MRTD + i,
					       json_digest(&m->tdx.registers[i])) >= 0;
	}
	return json_complete(object, ok);
}

static json_t *json_conditions(const struct measurement *m)
{
	json_t *object = json_object();
	bool ok = object;

	for (unsigned reg = 0; ok && reg < REGISTERS; reg++) {
		const char *text = condition(m, reg);

		if (text && on_platform(m, reg) && measurement_knows(m, reg))
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

		if (reason->text && reason->unpredictable == unpredictable && on_platform(m, reg))
			ok = json_set_register(object, reg, json_string(reason->text)) >= 0;
	}
	return json_complete(object, ok);
}

static json_t *json_event(const struct event *e)
{
	json_t *object = json_pack("{s:i, s:s, s:s}", "pcr", (int)e->pcr, "type",
				   event_type_name(e->type), "description", e->description);
	bool ok = object;

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

int json_text(json_t *root, struct buffer *b, struct error **err)
{
	char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;

	json_decref(root);
	if (!text)
		return error_set(err, -ENOMEM,
				 "cannot make the report: out of memory or text that is "
				 "not UTF-8");
	buffer_put_string(b, text);
	buffer_put_u8(b, '\n');
	free(text);
	return buffer_ok(b) ? 0 : error_oom(err);
}

int measurement_json(const struct measurement *m, struct buffer *b, struct error **err)
{
	json_t *root = json_pack(
		"{s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "version", 2, "file",
		json_file(m), "image", json_image(m), "boot", json_boot(m), "measurements",
		measurement_json_expected(m), "banks", json_banks(m), "tdx", json_tdx(m),
		"conditions", json_conditions(m), "not_predicted", json_reasons(m, false),
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
	json_t *root = json_loadb((const char *)json.p, json.n, JSON_REJECT_DUPLICATES, &e);
	const json_t *banks = json_object_get(root, "banks");
	int r = 0;

	if (!root)
		return error_set(err, -ERROR_MALFORMED, "line %d: %s", e.line, e.text);
	if (!json_is_object(banks))
		r = error_set(err, -ERROR_MALFORMED, "banks: missing or no object");
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
