#include "cli/options.h"

#include <errno.h>

void option_list_release(struct option_list *l)
{
	free(l->items);
	*l = (struct option_list){0};
}

static int add_entries(const struct option_spec *table, size_t base, const char *heading,
		       struct option_list *l)
{
	for (; table && table->kind != OPTION_KIND_END_; table++) {
		if (table->kind == OPTION_KIND_GROUP) {
			if (add_entries(table->group, base + table->place, table->help, l) < 0)
				return -ENOMEM;
			continue;
		}
		if (array_reserve(&l->items, &l->capacity, l->n + 1, sizeof l->items[0]) < 0)
			return -ENOMEM;
		l->items[l->n++] = (struct option_entry){
			.spec = table, .heading = heading, .place = base + table->place};
		heading = NULL;
	}
	return 0;
}

int option_list_make(const struct option_spec *table, struct option_list *ret, struct error **err)
{
	_cleanup_(option_list_release) struct option_list l = {0};

	if (add_entries(table, 0, NULL, &l) < 0)
		return error_oom(err);
	*ret = l;
	l = (struct option_list){0};
	return 0;
}

static int bad_number(const struct option_spec *s, const char *value, struct error **err)
{
	if (s->what)
		return error_set(err, -ERROR_USAGE, "--%s '%s' is not %s", s->name, value, s->what);
	return error_set(err, -ERROR_USAGE, "--%s '%s' is not a number from %llu to %llu", s->name,
			 value, (unsigned long long)s->min, (unsigned long long)s->max);
}

static void put_number(void *place, size_t width, uint64_t v)
{
	uint16_t v16 = (uint16_t)v;
	uint32_t v32 = (uint32_t)v;

	switch (width) {
	case sizeof v16:
		memcpy(place, &v16, sizeof v16);
		break;
	case sizeof v32:
		memcpy(place, &v32, sizeof v32);
		break;
	default:
		memcpy(place, &v, sizeof v);
		break;
	}
}

static int take_number(const struct option_spec *s, void *place, const char *value,
		       struct error **err)
{
	uint64_t v = 0;
	bool ok = s->kind == OPTION_KIND_SIZE ? parse_size(span_string(value), s->max, &v)
					      : parse_u64(span_string(value), s->max, &v);

	if (!ok || v < s->min || (s->step && v % s->step != 0))
		return bad_number(s, value, err);
	put_number(place, s->kind == OPTION_KIND_SIZE ? sizeof v : s->width, v);
	return 0;
}

/* "a, b or c" */
static void put_choices(const struct option_spec *s, struct buffer *b)
{
	for (unsigned v = (unsigned)s->min; v <= s->max; v++)
		buffer_printf(b, "%s%s",
			      v == s->min   ? ""
			      : v == s->max ? " or "
					    : ", ",
			      s->choice(v));
}

static int take_choice(const struct option_spec *s, void *place, const char *value,
		       struct error **err)
{
	_cleanup_(buffer_release) struct buffer choices = BUFFER_INIT(4096);

	for (unsigned v = (unsigned)s->min; v <= s->max; v++) {
		if (string_equal(value, s->choice(v))) {
			put_number(place, sizeof v, v);
			return 0;
		}
	}
	put_choices(s, &choices);
	if (!s->what)
		return error_set(err, -ERROR_USAGE, "--%s '%s' is not %s", s->name, value,
				 buffer_text(&choices));
	return error_set(err, -ERROR_USAGE, "unknown %s '%s': use %s", s->what, value,
			 buffer_text(&choices));
}

int option_take(const struct option_entry *e, void *arguments, const char *value,
		struct error **err)
{
	void *place = (char *)arguments + e->place;

	switch (e->spec->kind) {
	case OPTION_KIND_FLAG:
		*(bool *)place = true;
		return 0;
	case OPTION_KIND_TEXT:
		*(const char **)place = value;
		return 0;
	case OPTION_KIND_LIST:
		return string_list_add(place, value) < 0 ? error_oom(err) : 0;
	case OPTION_KIND_NUMBER:
	case OPTION_KIND_SIZE:
		return take_number(e->spec, place, value, err);
	case OPTION_KIND_CHOICE:
		return take_choice(e->spec, place, value, err);
	default:
		return e->spec->take(place, value, err);
	}
}

void option_label(const struct option_spec *spec, struct buffer *b)
{
	buffer_printf(b, "--%s%s%s", spec->name, spec->argument ? " " : "",
		      spec->argument ? spec->argument : "");
}

struct option_entry *option_by_letter(const struct option_list *l, char letter)
{
	for (size_t i = 0; i < l->n; i++)
		if (letter && l->items[i].spec->letter == letter)
			return &l->items[i];
	return NULL;
}
