/*
 * The registers: each with the events that lead to it, and what holds under which condition.
 */
#include <inttypes.h>

#include "measure/measurement_report.h"
#include "report/report_parts.h"

static const char *measurer(const struct event *e)
{
	switch (e->kind) {
	case EVENT_KIND_SECTION_NAME:
	case EVENT_KIND_SECTION:
	case EVENT_KIND_PROFILE:
	case EVENT_KIND_PASSED_COMMAND_LINE:
	case EVENT_KIND_CREDENTIALS:
	case EVENT_KIND_CONFIGURATION_EXTENSION:
	case EVENT_KIND_SYSTEM_EXTENSION:
	case EVENT_KIND_ADDON_SECTION:
		return "systemd-stub";
	case EVENT_KIND_LOADER_CONF:
		return "systemd-boot";
	case EVENT_KIND_COMMAND_LINE:
	case EVENT_KIND_INITRD:
		return "Linux";
	case EVENT_KIND_PHASE:
		return "systemd";
	case EVENT_KIND_CONFIGURATION:
		return "tdnode-config";
	default:
		return "firmware";
	}
}

/* Where the measured bytes are, or what they are made of. */
static bool find_place(const struct event *e, const struct place_map *map, size_t *ret)
{
	if (e->has_place)
		return place_map_find(map, e->place, ret);
	if (e->kind == EVENT_KIND_PARTITION_TABLE)
		return place_map_find_name(map, "partition table", ret);
	if (e->kind == EVENT_KIND_COMMAND_LINE)
		return place_map_find_name(map, ".cmdline", ret);
	return false;
}

static void put_event(const struct event *e, enum event_bank bank, const struct place_map *map,
		      struct buffer *b)
{
	size_t i;

	html_put(b, "<li><span class=\"who\">%s</span> <span class=\"what\">%s", measurer(e),
		 e->description);
	if (!e->given)
		html_put(b, " <span class=\"muted\">(%lu bytes, %s)</span>", e->size,
			 event_type_name(e->type));
	else
		html_put(b, " <span class=\"muted\">(%s)</span>", event_type_name(e->type));
	if (find_place(e, map, &i) && e->has_place)
		html_put(b, " <a href=\"#at-%zu\">from byte %lu, in %s</a>", i, e->place,
			 map->items[i].name);
	else if (find_place(e, map, &i))
		html_put(b, " <a href=\"#at-%zu\">made of %s</a>", i, map->items[i].name);
	buffer_put_string(b, "</span> ");
	if (e->has_digest[bank])
		html_digest(b, &e->digests[bank]);
	buffer_put_string(b, "</li>\n");
}

static bool belongs(const struct measurement *m, const struct event *e, unsigned reg)
{
	if (reg < REGISTER_MRTD)
		return e->pcr == reg;
	return m->platform != PLATFORM_AZURE_TDX && e->rtmr == (int)reg - (int)REGISTER_RTMR0;
}

static const struct digest *value(const struct measurement *m, unsigned reg)
{
	return reg < REGISTER_MRTD ? &m->banks[EVENT_SHA256].registers[reg]
				   : &m->tdx.registers[reg - REGISTER_MRTD];
}

static void put_register(const struct measurement *m, unsigned reg, const struct place_map *map,
			 struct buffer *b)
{
	const char *condition = measurement_condition(m, reg);
	enum event_bank bank = reg < REGISTER_MRTD ? EVENT_SHA256 : EVENT_SHA384;
	char name[REGISTER_NAME_SIZE];
	size_t n = 0;

	register_name(reg, name);
	html_put(b,
		 "<details class=\"register\" id=\"register-%u\"><summary><span "
		 "class=\"name\">%s</span> "
		 "<span class=\"what\">%s</span> ",
		 reg, name, register_purpose(reg));
	html_digest(b, value(m, reg));
	buffer_put_string(b, "</summary>\n");
	if (condition)
		html_put(b, "<p class=\"condition\">Holds if: %s.</p>\n", condition);
	html_put(b,
		 "<p>Starts as zeros; each event extends it: %s of what it was and of the event's "
		 "digest."
		 "</p>\n<ol class=\"events\">\n",
		 bank == EVENT_SHA256 ? "SHA-256" : "SHA-384");
	for (size_t i = 0; i < m->events.n; i++) {
		if (!belongs(m, &m->events.items[i], reg))
			continue;
		put_event(&m->events.items[i], bank, map, b);
		n++;
	}
	buffer_put_string(b, n ? "</ol>\n" : "<li>Nothing extends it.</li></ol>\n");
	buffer_put_string(b, "</details>\n");
}

/* Each condition, after the registers that hold under it. */
static void put_conditions(const struct measurement *m, struct buffer *b)
{
	buffer_put_string(
		b,
		"<h3 id=\"conditions\">Conditions</h3>\n<div class=\"scroll\" tabindex=\"0\" "
		"role=\"region\" "
		"aria-labelledby=\"conditions\"><table><thead><tr><th scope=\"col\">register</th>"
		"<th scope=\"col\">holds if</th></tr></thead><tbody>\n");
	for (unsigned reg = 0; reg < REGISTERS; reg++) {
		const char *condition = measurement_condition(m, reg);
		char name[REGISTER_NAME_SIZE];

		if (!condition || !measurement_has(m, reg) || !measurement_knows(m, reg))
			continue;
		register_name(reg, name);
		html_put(b,
			 "<tr><th scope=\"row\"><a "
			 "href=\"#register-%u\">%s</a></th><td>%s</td></tr>\n",
			 reg, name, condition);
	}
	buffer_put_string(b, "</tbody></table></div>\n");
}

static void put_reasons(const struct measurement *m, struct buffer *b)
{
	buffer_put_string(
		b, "<h3 id=\"reasons\">Not predicted</h3>\n<div class=\"scroll\" tabindex=\"0\" "
		   "role=\"region\" "
		   "aria-labelledby=\"reasons\"><table><thead><tr><th scope=\"col\">register</th>"
		   "<th scope=\"col\">what it depends on</th></tr></thead><tbody>\n");
	for (unsigned reg = 0; reg < REGISTERS; reg++) {
		const struct reason *reason = &m->reasons.items[reg];
		char name[REGISTER_NAME_SIZE];

		if (!reason->text || !measurement_has(m, reg))
			continue;
		register_name(reg, name);
		html_put(b, "<tr><th scope=\"row\">%s</th><td>%s%s</td></tr>\n", name,
			 reason->unpredictable ? "cannot be predicted: " : "", reason->text);
	}
	buffer_put_string(b, "</tbody></table></div>\n");
}

void report_registers(const struct report *r, const struct place_map *map, struct buffer *b)
{
	const struct measurement *m = r->registers.measurement;

	buffer_put_string(b, "<section id=\"registers\"><h2>Registers</h2>\n");
	if (!m) {
		html_put(b, "<p>They cannot be predicted: %s.</p></section>\n",
			 r->registers.problem);
		return;
	}
	html_put(b,
		 "<p>What a TPM (PCR, SHA-256) and a TDX module (RTMR, SHA-384) hold after a boot "
		 "from disk, "
		 "Secure Boot %s. Each opens to the chain of events that leads to it. "
		 "<code>tdnode measure</code> has other banks, platforms and options.</p>\n",
		 m->secure_boot ? "on" : "off");
	for (unsigned reg = 0; reg < REGISTERS; reg++) {
		if (measurement_has(m, reg) && measurement_knows(m, reg))
			put_register(m, reg, map, b);
	}
	put_conditions(m, b);
	put_reasons(m, b);
	buffer_put_string(b, "</section>\n");
}
