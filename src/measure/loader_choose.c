/*
 * Which of its entries systemd-boot starts: sort_pointer_array(), boot_entry_compare() and
 * config_select_default_entry() of its src/boot/boot.c.
 */
#include <errno.h>
#include <strings.h>

#include "formats/bootspec.h"
#include "measure/loader.h"

/* Entries that systemd-boot may add by itself, after all others. */
static const char *const own_entries[] = {
	"auto-osx",
	"auto-windows",
	"auto-efi-shell",
	"auto-efi-default",
	"auto-poweroff",
	"auto-reboot",
	"auto-reboot-to-firmware-setup",
};

/* NULL comes first. */
static int compare_texts(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) : (a != NULL) - (b != NULL);
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static const char *sort_id(const struct loader_entry *e)
{
	return e->id_without_profile ? e->id_without_profile : e->id;
}

/* By what os-release or the text entry says. */
static int compare_keys(const struct loader_entry *a, const struct loader_entry *b,
			enum loader_generation generation)
{
	int r = (a->sort_key == NULL) - (b->sort_key == NULL);

	if (r != 0 || !a->sort_key)
		return r;
	r = strcmp(a->sort_key, b->sort_key);
	if (r == 0)
		r = compare_texts(a->machine_id, b->machine_id);
	if (r == 0)
		r = -bootspec_compare_versions(a->version, b->version);
	if (r == 0 && generation >= LOADER_262)
		r = compare_numbers(a->profile, b->profile);
	return r;
}

/* Less than 0 if `a` comes before `b`. */
static int compare_entries(const struct loader_entry *a, const struct loader_entry *b,
			   enum loader_generation generation)
{
	int r = (a->counted && a->tries_left == 0) - (b->counted && b->tries_left == 0);

	if (r == 0)
		r = compare_keys(a, b, generation);
	if (r == 0)
		r = -bootspec_compare_versions(sort_id(a), sort_id(b));
	if (r == 0 && a->id_without_profile && b->id_without_profile)
		r = compare_numbers(a->profile, b->profile);
	if (r != 0 || !a->counted || !b->counted)
		return r;
	r = compare_numbers(b->tries_left, a->tries_left);
	return r != 0 ? r : compare_numbers(a->tries_done, b->tries_done);
}

/* The order is not total: entries must be moved exactly as systemd-boot moves them. */
static void sort(struct loader_entries *l)
{
	for (size_t i = 1; i < l->n; i++) {
		struct loader_entry e = l->items[i];
		size_t at = i;

		for (; at > 0 && compare_entries(&l->items[at - 1], &e, l->generation) > 0; at--)
			l->items[at] = l->items[at - 1];
		l->items[at] = e;
	}
}

static bool is_file_of(const struct loader_entry *e, const char *wanted)
{
	size_t n = strlen(e->file);
	uint64_t profile;

	if (strncasecmp(wanted, e->file, n) != 0)
		return false;
	if (wanted[n] == '\0')
		return e->is_text || e->profile == 0;
	if (wanted[n] != '@' || e->is_text)
		return false;
	wanted += n + 1;
	return (e->profile_id && string_equal(wanted, e->profile_id)) ||
	       (parse_u64(span_string(wanted), LOADER_PROFILES_MAX, &profile) &&
		profile == e->profile);
}

static const struct loader_entry *find_wanted(const struct loader_entries *l, const char *wanted)
{
	for (size_t i = 0; i < l->n; i++) {
		if (is_file_of(&l->items[i], wanted))
			return &l->items[i];
	}
	for (size_t i = 0; i < l->n; i++) {
		if (strcasecmp(l->items[i].id, wanted) == 0)
			return &l->items[i];
	}
	return NULL;
}

static const struct loader_entry *find_pattern(const struct loader_entries *l, const char *pattern,
					       bool exhausted)
{
	for (size_t i = 0; pattern && i < l->n; i++) {
		const struct loader_entry *e = &l->items[i];

		if (bootspec_match(pattern, e->id) &&
		    (exhausted || !e->counted || e->tries_left > 0))
			return e;
	}
	return NULL;
}

static const struct loader_entry *find_first(const struct loader_entries *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->generation < LOADER_262 || l->items[i].profile == 0)
			return &l->items[i];
	}
	return NULL;
}

static const char *own_entry(const char *pattern)
{
	for (size_t i = 0; pattern && i < ARRAY_SIZE(own_entries); i++) {
		if (bootspec_match(pattern, own_entries[i]))
			return own_entries[i];
	}
	return NULL;
}

int loader_entries_choose(struct loader_entries *l, const struct loader_conf *conf,
			  const char *wanted, const struct loader_entry **ret, struct error **err)
{
	const struct loader_entry *found;
	const char *own;

	sort(l);
	if (wanted) {
		found = find_wanted(l, wanted);
		if (!found)
			return error_set(err, -ENOENT, "systemd-boot has no entry '%s'", wanted);
		*ret = found;
		return 0;
	}
	found = find_pattern(l, conf->preferred, false);
	if (!found)
		found = find_pattern(l, conf->default_entry, true);
	own = found ? NULL : own_entry(conf->default_entry);
	if (own)
		return error_set(err, -ERROR_UNPREDICTABLE,
				 "'default %s' may start systemd-boot's own entry '%s'; name the "
				 "entry with --entry",
				 conf->default_entry, own);
	if (!found)
		found = find_first(l);
	if (!found)
		return error_set(err, -ENOENT,
				 "systemd-boot finds no image in '" LOADER_IMAGE_FOLDER
				 "' and no entry in '" LOADER_TEXT_FOLDER "'");
	*ret = found;
	return 0;
}

void loader_choice_release(struct loader_choice *c)
{
	free(c->path);
	free(c->started_path);
	free(c->start.options);
	string_list_release(&c->initrds);
}

static bool same_options(const char *a, const char *b)
{
	return a == b || (a && b && string_equal(a, b));
}

static bool same_choice(const struct loader_choice *a, const struct loader_choice *b)
{
	return a->volume == b->volume && string_equal(a->path, b->path) &&
	       a->start.profile == b->start.profile && a->start.has_extras == b->start.has_extras &&
	       a->initrds.n == b->initrds.n && same_options(a->start.options, b->start.options);
}

static int take_choice(const struct loader_entry *e, bool others, struct loader_choice *ret,
		       struct error **err)
{
	struct loader_choice c = {
		.volume = e->volume,
		.path = strdup(e->path),
		.started_path = strdup(e->started_path),
		.start =
			{
				.options = e->options ? strdup(e->options) : NULL,
				.profile = e->profile,
				.is_text = e->is_text,
				.has_extras = e->has_extras,
				.has_others = others,
			},
	};

	bool ok = c.path && c.started_path && (c.start.options || !e->options);

	for (size_t i = 0; ok && i < e->initrds.n; i++)
		ok = string_list_add(&c.initrds, e->initrds.items[i]) >= 0;
	if (!ok) {
		loader_choice_release(&c);
		return error_oom(err);
	}
	*ret = c;
	return 0;
}

/* As one generation chooses. */
static int find_of(enum loader_generation generation, const struct loader_search *s,
		   struct loader_choice *ret, struct error **err)
{
	_cleanup_(loader_entries_release) struct loader_entries l = {.generation = generation};
	_cleanup_(loader_conf_release) struct loader_conf conf = {0};
	const struct loader_entry *e;
	int r = loader_conf_parse(s->conf, generation, &conf, err);

	if (r >= 0)
		r = s->add_entries(s->context, &l, err);
	if (r >= 0)
		r = loader_entries_choose(&l, &conf, s->wanted, &e, err);
	return r < 0 ? r : take_choice(e, l.n > 1, ret, err);
}

int loader_find(const struct loader_search *s, struct loader_choice *ret, struct error **err)
{
	_cleanup_(loader_choice_release) struct loader_choice first = {0};
	bool found = false;

	for (size_t i = 0; i < LOADER_GENERATIONS; i++) {
		_cleanup_(loader_choice_release) struct loader_choice c = {0};
		int r;

		if (!loader_may_be(&s->version, (enum loader_generation)i))
			continue;
		r = find_of((enum loader_generation)i, s, &c, err);
		if (r < 0)
			return r;
		if (found && !same_choice(&first, &c))
			return error_set(err, -ERROR_UNPREDICTABLE,
					 "which entry systemd-boot %u starts is not known: name it "
					 "with --entry",
					 s->version.number);
		if (found)
			continue;
		first = c;
		c = (struct loader_choice){0};
		found = true;
	}
	first.version = s->version;
	*ret = first;
	first = (struct loader_choice){0};
	return 0;
}
