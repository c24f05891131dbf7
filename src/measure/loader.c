#include "measure/loader.h"

#include <errno.h>
#include <inttypes.h>
#include <strings.h>

#include "formats/bootspec.h"
#include "formats/uki.h"

#define IMAGE_SUFFIX ".efi"
#define TEXT_SUFFIX ".conf"
#define ARCHITECTURE "x64"
/* Of a text entry. The kernel takes 2048 bytes. */
#define OPTIONS_MAX (16u << 10)

static const struct {
	unsigned first;
	unsigned last;
} versions[LOADER_GENERATIONS] = {
	[LOADER_252] = {252, 254},
	[LOADER_257] = {257, 257},
	[LOADER_262] = {262, 262},
	[LOADER_262_1] = {262, 262},
};

int loader_version_of(struct span program, struct loader_version *ret, struct error **err)
{
	struct loader_version v;
	struct span text;
	struct pe pe;
	size_t digits = 0;
	int r = pe_parse(program, &pe, err);

	if (r >= 0)
		r = uki_program_version(&pe, "systemd-boot", &v.number, &text, err);
	if (r < 0)
		return r;
	while (digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9')
		digits++;
	v.is_point_release = digits < text.n && text.p[digits] == '.';
	*ret = v;
	return 0;
}

bool loader_may_be(const struct loader_version *v, enum loader_generation g)
{
	/* The last two are one but for the point releases of 262. */
	if (v->number == versions[LOADER_262].first)
		return g == (v->is_point_release ? LOADER_262_1 : LOADER_262);
	if (g == LOADER_262_1)
		g = LOADER_262;
	return (g == LOADER_262 || v->number < versions[g + 1].first) &&
	       (g == 0 || v->number > versions[g - 1].last);
}

void loader_conf_release(struct loader_conf *c)
{
	free(c->default_entry);
	free(c->preferred);
}

static void entry_release(struct loader_entry *e)
{
	free(e->file);
	free(e->id);
	free(e->id_without_profile);
	free(e->profile_id);
	free(e->sort_key);
	free(e->version);
	free(e->machine_id);
	free(e->path);
	free(e->started_path);
	free(e->options);
	string_list_release(&e->initrds);
}

void loader_entries_release(struct loader_entries *l)
{
	for (size_t i = 0; i < l->n; i++)
		entry_release(&l->items[i]);
	free(l->items);
}

void loader_entries_drop_last(struct loader_entries *l)
{
	entry_release(&l->items[--l->n]);
}

/* ASCII only, as systemd-boot does it. NULL stays NULL. */
static char *lower(char *s)
{
	for (char *c = s; c && *c; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	}
	return s;
}

static bool ends_without_case(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && strcasecmp(s + n - m, suffix) == 0;
}

bool loader_takes_name(const char *name, const char *suffix)
{
	return name[0] != '.' && strncasecmp(name, "auto-", 5) != 0 &&
	       ends_without_case(name, suffix);
}

static bool key_is(struct span key, const char *name)
{
	return span_equal(key, span_string(name));
}

/* Puts the text in place of what is there. */
static int set_text(char **text, struct span value, struct error **err)
{
	free(*text);
	*text = span_to_string(value);
	return *text ? 0 : error_oom(err);
}

static int set_pattern(char **pattern, struct span value, struct error **err)
{
	static const char saved[] = "@saved";
	int r;

	if (value.n > 0 && value.p[0] == '@' &&
	    (value.n != strlen(saved) || strncasecmp((const char *)value.p, saved, value.n) != 0))
		return 0;
	r = set_text(pattern, value, err);
	lower(*pattern);
	if (r >= 0 && string_equal(*pattern, saved)) {
		free(*pattern);
		*pattern = NULL;
	}
	return r;
}

int loader_conf_parse(struct span text, enum loader_generation generation, struct loader_conf *ret,
		      struct error **err)
{
	_cleanup_(loader_conf_release) struct loader_conf c = {0};
	struct reader r = bootspec_reader(text);
	struct span key, value;
	int done = 0;

	while (done >= 0 && bootspec_next(&r, " \t", generation >= LOADER_257, &key, &value)) {
		if (key_is(key, "default"))
			done = set_pattern(&c.default_entry, value, err);
		else if (key_is(key, "preferred") && generation >= LOADER_262)
			done = set_pattern(&c.preferred, value, err);
	}
	if (done < 0)
		return done;
	*ret = c;
	c = (struct loader_conf){0};
	return 0;
}

static int add(struct loader_entries *l, struct loader_entry *e, struct error **err)
{
	if (l->n == LOADER_ENTRIES_MAX)
		return error_set(err, -E2BIG, "systemd-boot has more than %u entries",
				 LOADER_ENTRIES_MAX);
	if (array_reserve(&l->items, &l->capacity, l->n + 1, sizeof(*l->items)) < 0)
		return error_oom(err);
	l->items[l->n++] = *e;
	*e = (struct loader_entry){0};
	return 0;
}

/* What systemd-boot knows of a file from its name, counter included. */
static int take_name(struct loader_entry *e, enum loader_generation generation, const char *name,
		     const char *suffix, struct error **err)
{
	struct bootspec_count count;

	e->file = strdup(name);
	e->counted = bootspec_count_parse(name, suffix, &count);
	if (e->counted) {
		e->tries_left = count.left;
		e->tries_done = count.done;
	}
	if (e->counted && generation >= LOADER_257)
		e->id = string_printf("%.*s%s", (int)count.name_length, name, suffix);
	else
		e->id = lower(strdup(name));
	if (generation >= LOADER_262_1)
		lower(e->id);
	return e->file && e->id ? 0 : error_oom(err);
}

/* The name of the file after the attempt was counted. */
static char *started_name(const struct loader_entry *e)
{
	size_t n = (size_t)(strrchr(e->file, '+') - e->file);

	return string_printf("%.*s+%" PRIu64 "-%" PRIu64 IMAGE_SUFFIX, (int)n, e->file,
			     e->tries_left - (e->tries_left > 0), e->tries_done + 1);
}

static int take_image_paths(struct loader_entry *e, struct error **err)
{
	_cleanup_free_ char *started = e->counted ? started_name(e) : strdup(e->file);

	if (!started)
		return error_oom(err);
	e->path = path_join(LOADER_IMAGE_FOLDER, e->file);
	e->started_path = path_join(LOADER_IMAGE_FOLDER, started);
	return e->path && e->started_path ? 0 : error_oom(err);
}

static int take_profile_id(struct loader_entry *e, struct span profile, struct error **err)
{
	struct reader r = bootspec_reader(profile);
	struct span key, value;
	int done = 0;

	while (done >= 0 && bootspec_next(&r, "=", true, &key, &value)) {
		if (key_is(key, "ID"))
			done = set_text(&e->profile_id, value, err);
	}
	return done;
}

/* Gives a later profile its id. Before 262 the id of a counted image is the same for all of them. */
static int take_profile(struct loader_entry *e, enum loader_generation generation,
			struct error **err)
{
	_cleanup_free_ char *name = NULL;

	if (e->profile == 0)
		return 0;
	if (generation < LOADER_262) {
		e->id_without_profile = lower(strdup(e->file));
		if (!e->id_without_profile)
			return error_oom(err);
		if (e->counted)
			return 0;
	} else {
		e->id_without_profile = strdup(e->id);
	}
	name = e->id;
	e->id = e->profile_id ? string_printf("%s@%s", name, e->profile_id)
			      : string_printf("%s@%u", name, e->profile);
	if (generation != LOADER_262)
		lower(e->id);
	return e->id && e->id_without_profile ? 0 : error_oom(err);
}

/* Fields of os-release, the first of each list that is there counts. */
enum {
	OS_IMAGE_ID,
	OS_ID,
	OS_IMAGE_VERSION,
	OS_VERSION,
	OS_VERSION_ID,
	OS_BUILD_ID,
	OS_PRETTY_NAME,
	OS_NAME,
	OS_FIELDS,
};

/* 1 if os-release gives the entry a name, 0 if not: then there is no entry. */
static int take_os_release(struct loader_entry *e, enum loader_generation generation,
			   struct span text, struct error **err)
{
	static const char *const names[OS_FIELDS] = {
		"IMAGE_ID",   "ID",	  "IMAGE_VERSION", "VERSION",
		"VERSION_ID", "BUILD_ID", "PRETTY_NAME",   "NAME",
	};
	struct span fields[OS_FIELDS] = {0}, key, value;
	struct reader r = bootspec_reader(text);
	int done = 0;

	while (bootspec_next(&r, "=", generation >= LOADER_257, &key, &value)) {
		for (size_t i = 0; i < OS_FIELDS; i++) {
			if (key_is(key, names[i]))
				fields[i] = value;
		}
	}
	for (size_t i = OS_IMAGE_ID; done >= 0 && !e->sort_key && i <= OS_ID; i++) {
		if (fields[i].p)
			done = set_text(&e->sort_key, fields[i], err);
	}
	for (size_t i = OS_IMAGE_VERSION; done >= 0 && !e->version && i <= OS_BUILD_ID; i++) {
		if (fields[i].p)
			done = set_text(&e->version, fields[i], err);
	}
	if (done < 0)
		return done;
	return e->sort_key || fields[OS_PRETTY_NAME].p || fields[OS_NAME].p;
}

static struct span section_text(const struct uki *u, const char *name, unsigned profile)
{
	const struct pe_section *s = uki_section(u, name, profile);

	return s ? pe_section_data(&u->pe, s) : (struct span){0};
}

static int add_profile(struct loader_entries *l, unsigned volume, const char *name,
		       const struct uki *u, unsigned profile, struct error **err)
{
	_cleanup_(entry_release) struct loader_entry e = {.volume = volume, .profile = profile};
	int r = take_os_release(&e, l->generation, section_text(u, ".osrel", profile), err);

	if (r <= 0)
		return r;
	r = take_name(&e, l->generation, name, IMAGE_SUFFIX, err);
	if (r >= 0)
		r = take_profile_id(&e, section_text(u, ".profile", profile), err);
	if (r >= 0)
		r = take_profile(&e, l->generation, err);
	if (r >= 0)
		r = take_image_paths(&e, err);
	return r < 0 ? r : add(l, &e, err);
}

int loader_entries_add_image(struct loader_entries *l, unsigned volume, const char *name,
			     struct span file, struct error **err)
{
	_cleanup_error_ struct error *no_image = NULL;
	/* It looks for sections as the stub of its own version does. */
	struct uki u = {.stub = uki_stub_find(versions[l->generation].first)};
	unsigned profiles;
	int r = 0;

	if (pe_parse(file, &u.pe, &no_image) < 0)
		return 0;
	profiles = u.stub->profiles ? MIN(uki_profiles(&u), LOADER_PROFILES_MAX) : 0;
	for (unsigned i = 0; r >= 0 && i < MAX(profiles, 1u); i++)
		r = add_profile(l, volume, name, &u, i, err);
	return r;
}

/* "/EFI\\Linux//node.efi" with one `separator` in place of each run of slashes. */
static char *make_path(struct span value, char separator)
{
	char *path = span_to_string(value), *to = path;

	for (const char *c = path; c && *c; c++) {
		bool slash = *c == '/' || *c == '\\';

		if (slash && to > path && to[-1] == separator)
			continue;
		*to++ = slash ? separator : *c;
	}
	if (path)
		*to = '\0';
	return path;
}

/* The path as the reader of FAT takes it: "EFI/Linux/node.efi". */
static char *make_fat_path(struct span value)
{
	while (value.n > 0 && (value.p[0] == '/' || value.p[0] == '\\'))
		value = span_skip(value, 1);
	return make_path(value, '/');
}

static int set_program(struct loader_entry *e, struct span value, struct error **err)
{
	free(e->path);
	e->path = make_fat_path(value);
	return e->path ? 0 : error_oom(err);
}

/* Appends a word after a blank, unless it is the first. */
static int append(char **text, const char *what, struct span value, struct error **err)
{
	_cleanup_free_ char *old = *text;

	*text = NULL;
	if ((old ? strlen(old) : 0) + value.n > OPTIONS_MAX)
		return error_set(err, -E2BIG, "options of more than %u bytes", OPTIONS_MAX);
	*text = string_printf("%s%s%s%.*s", old ? old : "", old ? " " : "", what, (int)value.n,
			      (const char *)value.p);
	return *text ? 0 : error_oom(err);
}

/* The kernel is told of an initrd by name, too. */
static int add_initrd(struct loader_entry *e, char **names, struct span value, struct error **err)
{
	_cleanup_free_ char *name = make_path(value, '\\');
	char *path = make_fat_path(value);

	if (!path || string_list_take(&e->initrds, path) < 0 || !name)
		return error_oom(err);
	return append(names, "initrd=", span_string(name), err);
}

/* The keys that name the program. */
static bool is_program(struct span key, enum loader_generation generation)
{
	return key_is(key, "linux") || key_is(key, "efi") ||
	       (generation >= LOADER_262 && key_is(key, "uki"));
}

/* What a text entry says besides what the entry itself keeps. */
struct text {
	struct span program; /* the key that named the program; empty before */
	char *initrds;	     /* options that name them; NULL if there is none */
};

static void text_release(struct text *t)
{
	free(t->initrds);
}

/* One line of an entry: 1 to go on, 0 if the entry is none. */
static int take_line(struct loader_entry *e, enum loader_generation generation, struct span key,
		     struct span value, struct text *t, struct error **err)
{
	uint64_t profile;
	int r = 0;

	if (is_program(key, generation)) {
		if (generation >= LOADER_262 && t->program.n > 0 && !span_equal(t->program, key))
			return 0;
		t->program = key;
		r = set_program(e, value, err);
	} else if (key_is(key, "uki-url") && generation >= LOADER_262) {
		return 0;
	} else if (key_is(key, "architecture")) {
		return value.n == strlen(ARCHITECTURE) &&
		       strncasecmp((const char *)value.p, ARCHITECTURE, value.n) == 0;
	} else if (key_is(key, "sort-key")) {
		r = set_text(&e->sort_key, value, err);
	} else if (key_is(key, "version")) {
		r = set_text(&e->version, value, err);
	} else if (key_is(key, "machine-id")) {
		r = set_text(&e->machine_id, value, err);
	} else if (key_is(key, "options")) {
		r = append(&e->options, "", value, err);
	} else if (key_is(key, "initrd")) {
		r = add_initrd(e, &t->initrds, value, err);
	} else if (generation >= LOADER_262 && key_is(key, "extra")) {
		e->has_extras = true;
	} else if (generation >= LOADER_262 && key_is(key, "profile") &&
		   parse_u64(value, UINT32_MAX, &profile)) {
		e->profile = (unsigned)profile;
	}
	return r < 0 ? r : 1;
}

/* Initrds are taken only with "linux", and other files only with "uki". */
static int take_files(struct loader_entry *e, struct text *t, struct error **err)
{
	char *options = e->options;
	int r;

	if (!key_is(t->program, "uki"))
		e->has_extras = false;
	if (!key_is(t->program, "linux")) {
		string_list_release(&e->initrds);
		e->initrds = (struct string_list){0};
	}
	if (e->initrds.n == 0)
		return 0;
	e->options = TAKE_PTR(t->initrds);
	r = options ? append(&e->options, "", span_string(options), err) : 0;
	free(options);
	return r;
}

/* systemd-boot makes no entry for itself. */
static bool is_loader(const struct loader_entry *e, struct span program)
{
	return e->volume == 0 && key_is(program, "efi") && strcasecmp(e->path, LOADER_FILE) == 0;
}

int loader_entries_add_text(struct loader_entries *l, unsigned volume, const char *name,
			    struct span text, struct error **err)
{
	_cleanup_(entry_release) struct loader_entry e = {.volume = volume, .is_text = true};
	_cleanup_(text_release) struct text t = {0};
	struct reader reader = bootspec_reader(text);
	struct span key, value;
	int r = 1;

	while (r > 0 && bootspec_next(&reader, " \t", l->generation >= LOADER_257, &key, &value))
		r = take_line(&e, l->generation, key, value, &t, err);
	if (r <= 0 || !e.path || is_loader(&e, t.program))
		return r < 0 ? r : 0;
	r = take_files(&e, &t, err);
	if (r >= 0)
		r = take_name(&e, l->generation, name, TEXT_SUFFIX, err);
	if (r < 0)
		return r;
	if (l->generation >= LOADER_262)
		lower(e.id);
	e.started_path = strdup(e.path);
	return e.started_path ? add(l, &e, err) : error_oom(err);
}
