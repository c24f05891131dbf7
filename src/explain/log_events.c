#include "explain/log_events.h"

#include "formats/event_data.h"
#include "formats/printable.h"
#include "measure/report_json.h"

/* Enough of a digest to tell events apart; --json has all of it. */
#define SHORT_DIGEST 8u

static enum event_bank first_bank(const struct firmware_log *l)
{
	size_t bank = 0;

	while (bank + 1 < EVENT_BANKS && !(l->banks_present & 1u << bank))
		bank++;
	return (enum event_bank)bank;
}

/* The registers that some event extends. */
static uint32_t extended(const struct firmware_log *l)
{
	uint32_t mask = 0;

	for (size_t i = 0; i < l->n; i++) {
		unsigned reg = firmware_log_register(l, &l->events[i]);

		if (reg < REGISTERS)
			mask |= REGISTER_BIT(reg);
	}
	return mask;
}

static void text_event(const struct firmware_log *l, size_t i, enum event_bank bank,
		       struct buffer *b)
{
	const struct eventlog_event *e = &l->events[i];
	unsigned reg = firmware_log_register(l, e);
	struct digest d = firmware_log_digest(e, bank);
	const char *type = event_type_name(e->type);
	char name[REGISTER_NAME_SIZE] = "-", number[16];

	if (reg < REGISTERS)
		register_name(reg, name);
	if (string_equal(type, "unknown")) {
		snprintf(number, sizeof(number), "0x%08x", e->type);
		type = number;
	}
	buffer_printf(b, "%4zu  %-6s  %-32s  ", i + 1, name, type);
	printable_hex(SPAN(d.bytes, SHORT_DIGEST), SHORT_DIGEST, b);
	buffer_put_string(b, "  ");
	event_data_text(e, b);
	buffer_put_u8(b, '\n');
}

static void text_registers(const struct firmware_log *l, enum event_bank bank, uint32_t mask,
			   struct buffer *b)
{
	for (unsigned reg = 0; reg < REGISTERS; reg++) {
		char name[REGISTER_NAME_SIZE], hex[DIGEST_HEX_MAX];

		if (!(mask & REGISTER_BIT(reg)))
			continue;
		register_name(reg, name);
		digest_hex(firmware_log_value(l, bank, reg), hex);
		buffer_printf(b, "%-6s  %-6s  %s\n", name, digest_name(event_banks[bank]), hex);
	}
}

void firmware_log_text(const struct firmware_log *l, struct buffer *b)
{
	uint32_t mask = extended(l);

	for (size_t i = 0; i < l->n; i++)
		text_event(l, i, first_bank(l), b);
	buffer_put_u8(b, '\n');
	for (size_t bank = 0; bank < EVENT_BANKS; bank++) {
		if (l->banks_present & 1u << bank)
			text_registers(l, (enum event_bank)bank, mask, b);
	}
}

json_t *json_log_event(const struct firmware_log *log, size_t i)
{
	const struct eventlog_event *e = &log->events[i];
	unsigned reg = firmware_log_register(log, e);
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(EVENT_TEXT_MAX + 64);
	json_t *object;
	bool ok;

	event_data_text(e, &text);
	object = json_pack("{s:I, s:I, s:s, s:I, s:s}", "event", (json_int_t)(i + 1), "offset",
			   (json_int_t)e->offset, "type", event_type_name(e->type), "type_number",
			   (json_int_t)e->type, "data", buffer_text(&text));
	ok = object;
	if (ok && reg < REGISTERS) {
		char key[REGISTER_NAME_SIZE];

		register_key(reg, key);
		ok = json_object_set_new(object, "register", json_string(key)) >= 0;
	}
	for (size_t bank = 0; ok && bank < EVENT_BANKS; bank++) {
		struct digest d;

		if (!(log->banks_present & 1u << bank))
			continue;
		d = firmware_log_digest(e, (enum event_bank)bank);
		ok = json_object_set_new(object, digest_name(event_banks[bank]), json_digest(&d)) >=
		     0;
	}
	return json_complete(object, ok);
}

static json_t *json_events(const struct firmware_log *l)
{
	json_t *array = json_array();
	bool ok = array;

	for (size_t i = 0; ok && i < l->n; i++)
		ok = json_array_append_new(array, json_log_event(l, i)) >= 0;
	return json_complete(array, ok);
}

static json_t *json_bank(const struct firmware_log *l, enum event_bank bank, uint32_t mask)
{
	json_t *object = json_object();
	bool ok = object;

	for (unsigned reg = 0; ok && reg < REGISTERS; reg++) {
		if (mask & REGISTER_BIT(reg))
			ok = json_set_register(object, reg,
					       json_digest(firmware_log_value(l, bank, reg))) >= 0;
	}
	return json_complete(object, ok);
}

static json_t *json_registers(const struct firmware_log *l)
{
	json_t *object = json_object();
	uint32_t mask = extended(l);
	bool ok = object;

	for (size_t bank = 0; ok && bank < EVENT_BANKS; bank++) {
		if (l->banks_present & 1u << bank)
			ok = json_object_set_new(object, digest_name(event_banks[bank]),
						 json_bank(l, (enum event_bank)bank, mask)) >= 0;
	}
	return json_complete(object, ok);
}

int firmware_log_json(const struct firmware_log *l, struct buffer *b, struct error **err)
{
	return json_text(json_pack("{s:s, s:o, s:o}", "log", l->tdx ? "tdx" : "tpm", "events",
				   json_events(l), "registers", json_registers(l)),
			 b, err);
}
