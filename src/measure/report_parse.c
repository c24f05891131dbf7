#include "measure/report_parse.h"

#include <jansson.h>

#include "measure/measurement_report.h"

static char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return strdup(text ? text : "");
}

static bool parse_digest(const json_t *object, enum event_bank bank, struct digest *ret)
{
	const char *hex =
		json_string_value(json_object_get(object, digest_name(event_banks[bank])));

	return hex && digest_parse(event_banks[bank], hex, ret);
}

/* The index in `object`; `none` if there is none. False if it is no index up to `max`. */
static bool parse_index(const json_t *object, const char *key, int max, int none, int *ret)
{
	const json_t *value = json_object_get(object, key);
	json_int_t n = json_integer_value(value);

	*ret = value ? (int)MIN(MAX(n, 0), (json_int_t)max) : none;
	return !value || (json_is_integer(value) && n >= 0 && n <= max);
}

/* Types that have no name are "unknown". */
static bool parse_type(const json_t *object, uint32_t *ret)
{
	const char *name = json_string_value(json_object_get(object, "type"));

	*ret = 0;
	return name && (event_type_from_name(name, ret) || string_equal(name, event_type_name(0)));
}

static int parse_event(const json_t *object, size_t number, struct event_list *l,
		       struct error **err)
{
	const char *description = json_string_value(json_object_get(object, "description"));
	const char *kind;
	int pcr, rtmr;
	uint32_t type;

	if (!parse_index(object, "pcr", BANK_REGISTERS - 1, EVENT_NO_PCR, &pcr) ||
	    !parse_index(object, "rtmr", 3, EVENT_NO_RTMR, &rtmr) || !parse_type(object, &type) ||
	    !description)
		return error_set(err, -ERROR_MALFORMED, "events: number %zu is not an event",
				 number);
	kind = json_string_value(json_object_get(object, "kind"));
	event_begin(l, (unsigned)pcr, (enum eventlog_type)type,
		    kind ? event_kind_from_name(kind) : EVENT_KIND_OTHER, "%s", description);
	if (!event_list_ok(l))
		return error_oom(err);

	struct event *e = &l->items[l->n - 1];

	e->rtmr = rtmr;
	for (size_t i = 0; i < EVENT_BANKS; i++)
		e->has_digest[i] = parse_digest(object, (enum event_bank)i, &e->digests[i]);
	return 0;
}

static int parse_events(const json_t *array, struct event_list *l, struct error **err)
{
	size_t n = json_array_size(array);
	int r = 0;

	if (n > REPORT_EVENTS_MAX)
		return error_set(err, -ERROR_MALFORMED, "events: %zu, more than %u", n,
				 REPORT_EVENTS_MAX);
	for (size_t i = 0; i < n && r >= 0; i++)
		r = parse_event(json_array_get(array, i), i + 1, l, err);
	return r;
}

static int parse_image(const json_t *root, struct measurement *m, struct error **err)
{
	const json_t *image = json_object_get(root, "image");
	const json_t *boot = json_object_get(root, "boot");
	const json_t *authentihash = json_object_get(image, "authentihash");
	const char *path = json_string_value(json_object_get(boot, "path"));

	m->file = text_of(json_object_get(root, "file"), "name");
	m->stub_version = text_of(image, "stub");
	m->kernel_version = text_of(image, "kernel");
	m->command_line = text_of(image, "command_line");
	m->secure_boot = json_is_true(json_object_get(boot, "secure_boot"));
	m->loader = json_is_true(json_object_get(boot, "systemd_boot"));
	if (path && !boot_kind_from_name(path, &m->boot_kind))
		return error_set(err, -ERROR_MALFORMED, "boot.path: unknown kind '%s'", path);
	for (size_t i = 0; i < EVENT_BANKS; i++) {
		m->uki_authentihashes[i].algorithm = event_banks[i];
		if (!parse_digest(authentihash, (enum event_bank)i, &m->uki_authentihashes[i]))
			m->uki_authentihashes[i] = (struct digest){.algorithm = event_banks[i]};
	}
	return m->file && m->stub_version && m->kernel_version && m->command_line ? 0
										  : error_oom(err);
}

int measurement_parse(struct span json, struct measurement *ret, struct error **err)
{
	_cleanup_(measurement_release) struct measurement m = {0};
	int r = measurement_parse_banks(json, &m, err);
	json_error_t e;
	json_t *root;

	if (r < 0)
		return r;
	root = json_loadb((const char *)json.p, json.n, JSON_REJECT_DUPLICATES, &e);
	if (!root)
		return error_set(err, -ERROR_MALFORMED, "line %d: %s", e.line, e.text);
	r = parse_image(root, &m, err);
	if (r >= 0)
		r = parse_events(json_object_get(root, "events"), &m.events, err);
	json_decref(root);
	if (r < 0)
		return r;
	*ret = m;
	m = (struct measurement){0};
	return 0;
}
