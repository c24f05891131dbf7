#include "explain/log_judgement.h"

#include "explain/log_events.h"
#include "explain/log_explain_platform.h"

#include "base/text.h"
#include "formats/event_data.h"
#include "measure/report_json.h"

void log_judgement_release(struct log_judgement *j)
{
	log_alternative_release(&j->alternative);
	log_findings_release(&j->findings);
}

static bool has_register(const struct log_comparison *c, unsigned reg)
{
	for (size_t i = 0; i < c->n; i++) {
		if (c->registers[i].reg == reg)
			return true;
	}
	return false;
}

/* Registers that another way to boot lets nobody predict from the same files: an image alone has no
 * partition table, and nobody said which keys Secure Boot has. */
#define OPTION_REGISTERS                                                               \
	(REGISTER_BIT(PCR_BOOT_LOADER_CONFIG) | REGISTER_BIT(PCR_SECURE_BOOT_POLICY) | \
	 REGISTER_BIT(REGISTER_RTMR0) | REGISTER_BIT(REGISTER_RTMR1))

/* REGISTER_BIT() of the registers that are predicted, but not by the alternative. */
static uint32_t left_out(const struct log_comparison *alternative,
			 const struct log_comparison *given)
{
	uint32_t mask = 0;

	for (size_t i = 0; i < given->n; i++) {
		if (!has_register(alternative, given->registers[i].reg))
			mask |= REGISTER_BIT(given->registers[i].reg);
	}
	return mask;
}

/* Why the predicted registers differ, and what of the platform is foreign or another one. */
static int find_causes(struct log_judgement *j, const struct log_given *given, struct error **err)
{
	const struct log_context context = {
		.predicted = j->measurement,
		.closest = j->has_alternative ? &j->alternative.measurement : j->measurement,
		.comparison = &j->comparison,
		.good = given->good,
		.claimed_command_line = given->claimed_command_line,
	};

	if (j->comparison.n_different > 0) {
		int r = log_explain(&context, given->log, &j->findings, err);

		if (r < 0)
			return r;
	} else {
		log_explain_foreign(given->log, given->good, &j->findings);
	}
	if (given->good) {
		size_t n = j->findings.n;
		int r = log_explain_platform(given->log, given->good, &j->findings, err);

		if (r < 0)
			return r;
		j->other_platform = j->findings.n > n;
	}
	return j->findings.failed ? error_oom(err) : 0;
}

int log_judge(const char *path, const struct measure_options *options, const struct measurement *m,
	      const struct log_given *given, struct log_judgement *ret, struct error **err)
{
	const struct firmware_log *log = given->log;
	_cleanup_(log_judgement_release) struct log_judgement j = {
		.measurement = m,
		.log = log,
		.has_good = given->good != NULL,
	};
	int r = log_compare(m, log, &j.comparison, err);

	if (r >= 0 && j.comparison.n_different > 0 && path) {
		r = log_alternative_find(path, options, m, &j.comparison, log, &j.alternative, err);
		j.has_alternative = r > 0;
		if (j.has_alternative)
			j.left_out = left_out(&j.alternative.comparison, &j.comparison);
		j.explained = r > 0 && j.alternative.comparison.n_different == 0 &&
			      !(j.left_out & ~OPTION_REGISTERS);
	}
	if (r >= 0)
		r = find_causes(&j, given, err);
	if (r < 0)
		return r;
	*ret = j;
	j = (struct log_judgement){0};
	return 0;
}

/* Nothing differs, and nothing foreign is named either. */
static bool is_agreed(const struct log_judgement *j)
{
	return j->comparison.n_different == 0 && j->findings.n == 0;
}

/* "sha256 sha384" */
static void put_banks(const struct firmware_log *log, struct buffer *b)
{
	for (size_t i = 0; i < EVENT_BANKS; i++) {
		if (log->banks_present & 1u << i)
			buffer_printf(b, " %s", digest_name(event_banks[i]));
	}
}

static void put_hex(const struct digest *d, struct buffer *b)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(d, hex);
	buffer_put_string(b, hex);
}

/* True for a further bank that says the same as the one before: what is the same in all banks is
 * shown once. */
static bool is_repeated(const struct log_comparison *c, size_t i)
{
	return i > 0 && c->registers[i - 1].reg == c->registers[i].reg &&
	       c->registers[i - 1].equal == c->registers[i].equal;
}

static void text_registers(const struct log_judgement *j, struct buffer *b)
{
	const struct log_comparison *c = &j->comparison;

	for (size_t i = 0; i < c->n; i++) {
		const struct log_register *row = &c->registers[i];
		char name[REGISTER_NAME_SIZE];

		if (is_repeated(c, i))
			continue;

		register_name(row->reg, name);
		buffer_printf(b, "%-6s  %-6s  ", name, digest_name(event_banks[row->bank]));
		put_hex(&row->logged, b);
		if (row->equal) {
			buffer_put_string(b, "  equal\n");
			continue;
		}
		buffer_put_string(b, "  DIFFERENT, predicted ");
		put_hex(&row->predicted, b);
		buffer_put_u8(b, '\n');
	}
	buffer_put_string(b, "not predicted, as the log replays them:");
	if (c->not_predicted == 0)
		buffer_put_string(b, " none");
	buffer_put_u8(b, '\n');
	for (unsigned reg = 0; reg < REGISTERS; reg++) {
		enum event_bank bank = c->registers[0].bank;
		char name[REGISTER_NAME_SIZE];

		if (!(c->not_predicted & REGISTER_BIT(reg)))
			continue;
		register_name(reg, name);
		buffer_printf(b, "%-6s  %-6s  ", name, digest_name(event_banks[bank]));
		put_hex(firmware_log_value(j->log, bank, reg), b);
		buffer_put_u8(b, '\n');
	}
}

/* The text that a predicted event measures, NULL if it is not text. */
static const char *predicted_text(const struct measurement *m, const struct event *e)
{
	return e->kind == EVENT_KIND_COMMAND_LINE ? m->command_line : NULL;
}

static void text_first(const struct log_judgement *j, struct buffer *b)
{
	const struct log_difference *d = &j->comparison.first;
	char name[REGISTER_NAME_SIZE];

	if (!j->comparison.has_first)
		return;
	register_name(d->reg, name);
	if (d->event == LOG_NONE) {
		buffer_printf(b, "first difference: the log has no more events for %s\n", name);
	} else {
		const struct eventlog_event *e = &j->log->events[d->event];
		struct digest digest = firmware_log_digest(e, d->bank);

		buffer_printf(b, "first difference: event %zu at 0x%zx, %s, %s\n", d->event + 1,
			      e->offset, name, event_type_name(e->type));
		buffer_printf(b, "  log        %s ", digest_name(event_banks[d->bank]));
		put_hex(&digest, b);
		buffer_put_string(b, "  ");
		event_data_text(e, b);
		buffer_put_u8(b, '\n');
	}
	if (d->predicted == LOG_NONE) {
		buffer_put_string(b, "  predicted  no further event\n");
	} else {
		const struct event *e = &j->measurement->events.items[d->predicted];

		buffer_printf(b, "  predicted  %s ", digest_name(event_banks[d->bank]));
		put_hex(&e->digests[d->bank], b);
		buffer_printf(b, "  %s: %s", event_type_name(e->type), e->description);
		if (predicted_text(j->measurement, e))
			buffer_printf(b, ": '%s'", predicted_text(j->measurement, e));
		buffer_put_u8(b, '\n');
	}
}

void log_judgement_text(const struct log_judgement *j, struct buffer *b)
{
	buffer_printf(b, "log of %s: %zu events, banks", j->log->tdx ? "a TDX module" : "a TPM",
		      j->log->n);
	put_banks(j->log, b);
	buffer_put_u8(b, '\n');
	text_registers(j, b);
	if (j->comparison.n_different == 0)
		buffer_put_string(
			b, "the log agrees with the prediction in all predicted registers\n");
	if (!j->has_good && j->comparison.not_predicted & (REGISTER_BIT(PCR_PLATFORM_CODE) |
							   REGISTER_BIT(PCR_PLATFORM_CONFIG)))
		buffer_put_string(b,
				  "firmware, ACPI tables and boot variables (PCR 0 and 1) belong "
				  "to the machine: judged with the log of a good boot "
				  "(--platform-log), and bound by the persistent disk\n");
	text_first(j, b);
	for (size_t i = 0; i < j->findings.n; i++)
		buffer_printf(b, "cause: %s\n", j->findings.items[i].text);
	if (!j->explained)
		return;
	buffer_printf(b, "the log is that of a boot of this file with: %s", j->alternative.text);
	for (unsigned reg = 0; reg < REGISTERS; reg++) {
		char name[REGISTER_NAME_SIZE];

		if (!(j->left_out & REGISTER_BIT(reg)))
			continue;
		register_name(reg, name);
		buffer_printf(b, "; %s is not predicted then", name);
	}
	buffer_put_u8(b, '\n');
}

int log_judgement_verdict(const struct log_judgement *j, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(LOG_REPORT_MAX);
	unsigned last = REGISTERS;

	if (is_agreed(j))
		return 0;
	for (size_t i = 0; i < j->comparison.n; i++) {
		const struct log_register *row = &j->comparison.registers[i];
		char name[REGISTER_NAME_SIZE];

		if (row->equal || row->reg == last)
			continue;
		register_name(row->reg, name);
		buffer_printf(&text, "%s%s", text.n ? ", " : "", name);
		last = row->reg;
	}
	if (j->comparison.n_different == 0)
		buffer_put_string(&text, "all predicted registers are equal");
	else
		buffer_printf(&text, " %s", strchr(buffer_text(&text), ',') ? "differ" : "differs");
	if (j->findings.n > 0)
		buffer_printf(&text, ": %s", j->findings.items[0].text);
	if (j->findings.n > 1)
		buffer_printf(&text, "; and %zu more %s", j->findings.n - 1,
			      j->findings.n == 2 ? "cause" : "causes");
	if (!buffer_ok(&text))
		return error_oom(err);
	return error_set(err, -ERROR_REFUSED, "%s", buffer_text(&text));
}

static json_t *json_registers(const struct log_judgement *j)
{
	json_t *array = json_array();
	bool ok = array;

	for (size_t i = 0; ok && i < j->comparison.n; i++) {
		const struct log_register *row = &j->comparison.registers[i];
		char key[REGISTER_NAME_SIZE];

		register_key(row->reg, key);
		ok = json_array_append_new(
			     array, json_pack("{s:s, s:s, s:o, s:o, s:b}", "register", key, "bank",
					      digest_name(event_banks[row->bank]), "predicted",
					      json_digest(&row->predicted), "log",
					      json_digest(&row->logged), "equal", row->equal)) >= 0;
	}
	return json_complete(array, ok);
}

static json_t *json_not_predicted(const struct log_judgement *j)
{
	json_t *banks = json_object();
	bool ok = banks;

	for (size_t bank = 0; ok && bank < EVENT_BANKS; bank++) {
		json_t *registers;

		if (!(j->log->banks_present & 1u << bank))
			continue;
		registers = json_object();
		for (unsigned reg = 0; ok && reg < REGISTERS; reg++) {
			if (j->comparison.not_predicted & REGISTER_BIT(reg))
				ok = json_set_register(
					     registers, reg,
					     json_digest(firmware_log_value(
						     j->log, (enum event_bank)bank, reg))) >= 0;
		}
		ok = json_object_set_new(banks, digest_name(event_banks[bank]), registers) >= 0 &&
		     ok;
	}
	return json_complete(banks, ok);
}

static json_t *json_first(const struct log_judgement *j)
{
	const struct log_difference *d = &j->comparison.first;
	char key[REGISTER_NAME_SIZE];
	json_t *log, *predicted;

	if (!j->comparison.has_first)
		return json_null();
	register_key(d->reg, key);
	log = d->event == LOG_NONE ? json_null() : json_log_event(j->log, d->event);
	if (d->predicted == LOG_NONE) {
		predicted = json_null();
	} else {
		const struct event *e = &j->measurement->events.items[d->predicted];

		predicted = json_pack(
			"{s:s, s:s, s:s*, s:o}", "type", event_type_name(e->type), "description",
			e->description, "data", predicted_text(j->measurement, e),
			digest_name(event_banks[d->bank]), json_digest(&e->digests[d->bank]));
	}
	return json_pack("{s:s, s:s, s:o, s:o}", "register", key, "bank",
			 digest_name(event_banks[d->bank]), "log", log, "predicted", predicted);
}

static json_t *json_causes(const struct log_judgement *j)
{
	json_t *array = json_array();
	bool ok = array;

	for (size_t i = 0; ok && i < j->findings.n; i++) {
		const struct log_finding *f = &j->findings.items[i];
		json_t *event =
			f->event == LOG_NONE ? json_null() : json_integer((json_int_t)f->event + 1);

		ok = json_array_append_new(array, json_pack("{s:s, s:s, s:o}", "code",
							    log_cause_name(f->cause), "text",
							    f->text, "event", event)) >= 0;
	}
	return json_complete(array, ok);
}

int log_judgement_json(const struct log_judgement *j, struct buffer *b, struct error **err)
{
	json_t *root = json_pack(
		"{s:s, s:s, s:I, s:b, s:o, s:o, s:o, s:o, s:o}", "file", j->measurement->file,
		"log", j->log->tdx ? "tdx" : "tpm", "events", (json_int_t)j->log->n, "equal",
		is_agreed(j), "registers", json_registers(j), "not_predicted",
		json_not_predicted(j), "first_difference", json_first(j), "causes", json_causes(j),
		"explained_by", j->explained ? json_string(j->alternative.text) : json_null());

	return json_text(root, b, err);
}
