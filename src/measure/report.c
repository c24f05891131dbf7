#include "measure/report.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>

/* The registers in measured-boot's output. PCR 5 is not among them: it depends on the firmware. */
static const unsigned measured_boot_registers[] = {4, 8, 9, 11, 12, 13, 15};

static const char *const format_names[] = {
	[MEASURED_UKI] = "uki",
	[MEASURED_RAW_DISK] = "raw",
	[MEASURED_FIXED_VHD] = "vhd",
	[MEASURED_QCOW2] = "qcow2",
	[MEASURED_GCP_TAR] = "gcp-tar",
};

struct remark {
	unsigned pcr;
	const char *text;
};

/* Of registers that are predicted. */
static const struct remark conditions[] = {
	{4, "firmware starts the image itself, without a boot loader in between"},
	{5,
	 "the kernel leaves boot services at its first attempt, and firmware measures nothing else "
	 "here: seen with OVMF, not promised by others"},
	{9, "nothing but the image's own command line and initrd reaches the kernel"},
	{11, "before user space runs: systemd-pcrphase in an image would extend it further"},
	{15, "before user space runs: systemd in an image with TPM support would extend it"},
};

/* Of registers that are not. */
static const struct remark reasons[] = {
	{0, "firmware code and version"},
	{1, "firmware settings and the machine: ACPI tables, boot order"},
	{2, "option ROMs of the machine"},
	{3, "configuration of option ROMs"},
	{5, "the partition table of the disk is not in a file that holds only the image"},
	{6, "the machine's manufacturer"},
	{7, "Secure Boot variables of the machine"},
	{10, "the kernel's integrity measurement architecture, if used"},
	{14, "boot loaders such as shim, if used"},
};

void measurement_text(const struct measurement *m, bool explain, struct buffer *b)
{
	const struct bank *bank = &m->banks[0];
	char hex[DIGEST_HEX_MAX];

	buffer_printf(b, "%s: %s, %" PRIu64 " bytes\n", m->file, format_names[m->format], m->size);
	buffer_printf(b, "stub %s, kernel %.64s\n", m->stub_version, m->kernel_version);
	buffer_printf(b, "command line: %s\n", m->command_line);
	buffer_printf(b, "boot: %s, Secure Boot %s%s\n", boot_path_name(m->path),
		      m->secure_boot ? "on" : "off", m->debug ? ", DEBUG IMAGE" : "");
	for (unsigned pcr = 0; pcr < BANK_REGISTERS; pcr++) {
		if (!bank->known[pcr])
			continue;
		digest_hex(&bank->registers[pcr], hex);
		buffer_printf(b, "PCR %2u  %s\n", pcr, hex);
		for (size_t i = 0; explain && i < m->events.n; i++) {
			const struct event *e = &m->events.items[i];

			if (e->pcr != pcr)
				continue;
			digest_hex(&e->digests[0], hex);
			buffer_printf(b, "  + %s  %s: %s\n", hex, event_type_name(e->type),
				      e->description);
		}
	}
	if (!explain)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(conditions); i++)
		if (bank->known[conditions[i].pcr])
			buffer_printf(b, "PCR %2u holds if: %s\n", conditions[i].pcr,
				      conditions[i].text);
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (!bank->known[reasons[i].pcr])
			buffer_printf(b, "PCR %2u is not predicted: %s\n", reasons[i].pcr,
				      reasons[i].text);
}

static json_t *json_digest(const struct digest *d)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(d, hex);
	return json_string(hex);
}

static json_t *json_size(uint64_t n)
{
	return json_integer((json_int_t)n);
}

/* Sets a member whose name is a register's number. Takes `value`, also on failure. */
static int set_register(json_t *object, unsigned pcr, json_t *value)
{
	char name[8];

	snprintf(name, sizeof(name), "%u", pcr);
	return json_object_set_new(object, name, value);
}

static json_t *json_file(const struct measurement *m)
{
	return json_pack("{s:s, s:s, s:o, s:o}", "name", m->file, "format", format_names[m->format],
			 "size", json_size(m->size), "sha256", json_digest(&m->digest));
}

static json_t *json_image(const struct measurement *m)
{
	json_t *authentihash = json_object();

	for (size_t i = 0; i < EVENT_BANKS; i++)
		if (json_object_set_new(authentihash, digest_name(event_banks[i]),
					json_digest(&m->uki_authentihashes[i])) < 0)
			break;
	return json_pack("{s:o, s:o, s:o, s:s, s:s, s:s, s:b}", "size", json_size(m->uki_size),
			 "sha256", json_digest(&m->uki_digest), "authentihash", authentihash,
			 "stub", m->stub_version, "kernel", m->kernel_version, "command_line",
			 m->command_line, "debug", m->debug);
}

static json_t *json_measurements(const struct measurement *m)
{
	json_t *object = json_object();
	bool ok = object;

	for (size_t i = 0; ok && i < ARRAY_SIZE(measured_boot_registers); i++) {
		unsigned pcr = measured_boot_registers[i];

		ok = set_register(object, pcr,
				  json_pack("{s:o}", "expected",
					    json_digest(&m->banks[0].registers[pcr]))) >= 0;
	}
	if (!ok) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *json_bank(const struct bank *b)
{
	json_t *object = json_object();
	bool ok = object;

	for (unsigned pcr = 0; ok && pcr < BANK_REGISTERS; pcr++) {
		if (b->known[pcr])
			ok = set_register(object, pcr, json_digest(&b->registers[pcr])) >= 0;
	}
	if (!ok) {
		json_decref(object);
		return NULL;
	}
	return object;
}

/* The remarks about registers that are known, or about those that are not. */
static json_t *json_remarks(const struct bank *b, const struct remark *remarks, size_t n,
			    bool known)
{
	json_t *object = json_object();
	bool ok = object;

	for (size_t i = 0; ok && i < n; i++) {
		if (b->known[remarks[i].pcr] == known)
			ok = set_register(object, remarks[i].pcr, json_string(remarks[i].text)) >=
			     0;
	}
	if (!ok) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *json_events(const struct event_list *l)
{
	json_t *array = json_array();
	bool ok = array;

	for (size_t i = 0; ok && i < l->n; i++) {
		const struct event *e = &l->items[i];
		json_t *object = json_pack("{s:i, s:s, s:s}", "pcr", (int)e->pcr, "type",
					   event_type_name(e->type), "description", e->description);

		for (size_t k = 0; ok && k < EVENT_BANKS; k++)
			ok = json_object_set_new(object, digest_name(event_banks[k]),
						 json_digest(&e->digests[k])) >= 0;
		ok = json_array_append_new(array, object) >= 0 && ok;
	}
	if (!ok) {
		json_decref(array);
		return NULL;
	}
	return array;
}

int measurement_json(const struct measurement *m, struct buffer *b, struct error **err)
{
	const struct bank *bank = &m->banks[0];
	json_t *boot = json_pack("{s:s, s:b}", "path", boot_path_name(m->path), "secure_boot",
				 m->secure_boot);
	json_t *banks =
		json_pack("{s:o, s:o}", digest_name(event_banks[0]), json_bank(&m->banks[0]),
			  digest_name(event_banks[1]), json_bank(&m->banks[1]));
	json_t *root = json_pack(
		"{s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "version", 1, "file", json_file(m),
		"image", json_image(m), "boot", boot, "measurements", json_measurements(m), "banks",
		banks, "conditions", json_remarks(bank, conditions, ARRAY_SIZE(conditions), true),
		"not_predicted", json_remarks(bank, reasons, ARRAY_SIZE(reasons), false), "events",
		json_events(&m->events));
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
		r = parse_bank(json_object_get(banks, digest_name(event_banks[i])), &ret->banks[i],
			       err);
	}
	json_decref(root);
	return r;
}
