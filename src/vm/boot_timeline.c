#include "vm/boot_timeline.h"

#include "base/text.h"
#include "formats/json_read.h"

/* What guest/persistent says last, when nothing is left for a node to wait for. It says so through the kernel's
 * log; lines of systemd can be lost while others write. */
#define DISK_READY "tdnode-persistent: /persistent is ready"

static const char *const phase_names[TIMELINE_PHASES] = {
	[TIMELINE_FIRMWARE] = "firmware", [TIMELINE_KERNEL] = "kernel", [TIMELINE_INIT] = "init",
	[TIMELINE_UNITS] = "units",	  [TIMELINE_NODE] = "node",
};

/* What the first line of a phase holds. */
static const struct {
	const char *text;
	enum timeline_phase phase;
} marks[] = {
	{"BdsDxe: starting", TIMELINE_KERNEL}, {"EFI stub:", TIMELINE_KERNEL},
	{"Linux version", TIMELINE_KERNEL},    {"systemd[1]:", TIMELINE_INIT},
	{"Welcome to", TIMELINE_INIT},
};

void boot_timeline_release(struct boot_timeline *t)
{
	free(t->units);
	*t = (struct boot_timeline){0};
}

const char *timeline_phase_name(enum timeline_phase p)
{
	return phase_names[p];
}

static void reach(struct boot_timeline *t, enum timeline_phase p, uint64_t milliseconds)
{
	if (t->reached[p])
		return;
	/* None begins before the one before it, and power-on is always there. */
	t->reached[TIMELINE_FIRMWARE] = true;
	t->reached[p] = true;
	t->begins[p] = milliseconds;
}

static bool is_of_node(const char *unit)
{
	return string_ends(unit, ".service") && !string_starts(unit, "systemd-") &&
	       !string_starts(unit, "tdnode-");
}

static struct timeline_unit *find_unit(struct boot_timeline *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++) {
		if (string_equal(t->units[i].name, name))
			return &t->units[i];
	}
	return NULL;
}

static struct timeline_unit *add_unit(struct boot_timeline *t, const char *name, uint64_t begin)
{
	struct timeline_unit *u;

	if (t->n >= TIMELINE_UNITS_MAX ||
	    array_reserve(&t->units, &t->capacity, t->n + 1, sizeof *t->units) < 0)
		return NULL;
	u = &t->units[t->n++];
	*u = (struct timeline_unit){.begin = begin};
	memcpy(u->name, name, MIN(strlen(name), sizeof u->name - 1));
	return u;
}

static void take_unit(struct boot_timeline *t, const struct boot_line *line, uint64_t milliseconds)
{
	struct timeline_unit *u = find_unit(t, line->unit);

	/* Until it answers: what comes later is no part of the boot. */
	if (!u && t->answered)
		return;
	reach(t, TIMELINE_UNITS, milliseconds);
	if (is_of_node(line->unit))
		reach(t, TIMELINE_NODE, milliseconds);
	if (!u)
		u = add_unit(t, line->unit, milliseconds);
	if (!u || u->ended || line->kind == BOOT_LINE_STARTING)
		return;
	u->ended = true;
	u->end = milliseconds;
	u->failed = line->kind == BOOT_LINE_FAILED;
}

void boot_timeline_take(struct boot_timeline *t, struct span line, uint64_t milliseconds)
{
	struct boot_line unit;
	size_t where;

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (!t->reached[TIMELINE_INIT] &&
		    span_find(line, span_string(marks[i].text), &where))
			reach(t, marks[i].phase, milliseconds);
	}
	if (!t->reached[TIMELINE_INIT])
		return;
	if (!t->answered && span_find(line, SPAN_LITERAL(DISK_READY), &where)) {
		reach(t, TIMELINE_UNITS, milliseconds);
		reach(t, TIMELINE_NODE, milliseconds);
	}
	if (boot_line_parse(line, &unit))
		take_unit(t, &unit, milliseconds);
}

void boot_timeline_answer(struct boot_timeline *t, uint64_t milliseconds)
{
	reach(t, TIMELINE_FIRMWARE, 0);
	t->answered = true;
	t->answer = milliseconds;
}

uint64_t boot_timeline_end(const struct boot_timeline *t)
{
	uint64_t end = t->answered ? t->answer : 0;

	for (size_t p = 0; p < TIMELINE_PHASES; p++)
		end = MAX(end, t->reached[p] ? t->begins[p] : 0);
	for (size_t i = 0; i < t->n; i++)
		end = MAX(end, t->units[i].ended ? t->units[i].end : t->units[i].begin);
	return end;
}

bool boot_timeline_phase(const struct boot_timeline *t, enum timeline_phase p, uint64_t *ret_begin,
			 uint64_t *ret_end)
{
	size_t next = p + 1;

	if (!t->reached[p])
		return false;
	while (next < TIMELINE_PHASES && !t->reached[next])
		next++;
	*ret_begin = t->begins[p];
	*ret_end = next < TIMELINE_PHASES ? t->begins[next]
		   : t->answered	  ? t->answer
					  : boot_timeline_end(t);
	return true;
}

static json_t *phases_json(const struct boot_timeline *t)
{
	json_t *phases = json_object();
	bool ok = phases;

	for (size_t p = 0; ok && p < TIMELINE_PHASES; p++) {
		if (t->reached[p])
			ok = json_object_set_new(phases, phase_names[p],
						 json_integer((json_int_t)t->begins[p])) == 0;
	}
	return json_complete(phases, ok);
}

static json_t *units_json(const struct boot_timeline *t)
{
	json_t *units = json_array();
	bool ok = units;

	for (size_t i = 0; ok && i < t->n; i++) {
		const struct timeline_unit *u = &t->units[i];

		ok = json_array_append_new(
			     units,
			     json_pack("{s:s, s:I, s:o, s:b}", "name", u->name, "begin",
				       (json_int_t)u->begin, "end",
				       u->ended ? json_integer((json_int_t)u->end) : json_null(),
				       "failed", u->failed)) == 0;
	}
	return json_complete(units, ok);
}

json_t *boot_timeline_json(const struct boot_timeline *t)
{
	return json_pack("{s:o, s:o, s:o}", "phases", phases_json(t), "units", units_json(t),
			 "answer", t->answered ? json_integer((json_int_t)t->answer) : json_null());
}

static int parse_unit(const json_t *json, struct boot_timeline *t, struct error **err)
{
	struct timeline_unit u = {0};
	const char *name;
	int r = json_read_string(json, "name", &name, err);

	if (r >= 0 && strlen(name) >= sizeof u.name)
		r = error_set(err, -ERROR_MALFORMED, "'name': a unit of more than %zu bytes",
			      sizeof u.name - 1);
	if (r >= 0)
		r = json_read_number(json, "begin", TIMELINE_MILLISECONDS_MAX, &u.begin, err);
	if (r >= 0)
		r = json_read_bool(json, "failed", &u.failed, err);
	u.ended = !json_is_null(json_object_get(json, "end"));
	if (r >= 0 && u.ended)
		r = json_read_number(json, "end", TIMELINE_MILLISECONDS_MAX, &u.end, err);
	if (r >= 0 && u.ended && u.end < u.begin)
		r = error_set(err, -ERROR_MALFORMED, "'end': before 'begin'");
	if (r >= 0 && array_reserve(&t->units, &t->capacity, t->n + 1, sizeof u) < 0)
		r = error_oom(err);
	if (r < 0)
		return r;
	memcpy(u.name, name, strlen(name));
	t->units[t->n++] = u;
	return 0;
}

static int parse_units(const json_t *json, struct boot_timeline *t, struct error **err)
{
	const json_t *units;
	int r = json_read_array(json, "units", TIMELINE_UNITS_MAX, &units, err);

	for (size_t i = 0; r >= 0 && i < json_array_size(units); i++) {
		r = parse_unit(json_array_get(units, i), t, err);
		if (r < 0)
			r = error_wrap(err, r, "units[%zu]", i);
	}
	return r;
}

int boot_timeline_parse(const json_t *json, struct boot_timeline *ret, struct error **err)
{
	const json_t *phases;
	uint64_t before = 0;
	int r = json_read_object(json, "phases", &phases, err);

	for (size_t p = 0; r >= 0 && p < TIMELINE_PHASES; p++) {
		if (!json_object_get(phases, phase_names[p]))
			continue;
		r = json_read_number(phases, phase_names[p], TIMELINE_MILLISECONDS_MAX,
				     &ret->begins[p], err);
		if (r >= 0 && ret->begins[p] < before)
			r = error_set(err, -ERROR_MALFORMED, "'%s' begins before what is before it",
				      phase_names[p]);
		ret->reached[p] = r >= 0;
		before = ret->begins[p];
	}
	if (r >= 0)
		r = parse_units(json, ret, err);
	ret->answered = !json_is_null(json_object_get(json, "answer"));
	if (r >= 0 && ret->answered)
		r = json_read_number(json, "answer", TIMELINE_MILLISECONDS_MAX, &ret->answer, err);
	return r;
}
