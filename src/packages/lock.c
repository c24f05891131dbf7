#include "packages/lock.h"

#include <errno.h>

#include "base/file.h"
#include "base/text.h"
#include "formats/json.h"
#include "formats/release.h"

#define LOCK_VERSION 1
/* No Debian package comes near this; it keeps sums of sizes far from overflow. */
#define PACKAGE_SIZE_MAX (4ll << 30)

static void package_release(struct lock_package *p)
{
	free(p->name);
	free(p->version);
	free(p->architecture);
	free(p->archive);
	free(p->path);
}

static void component_release(struct lock_component *c)
{
	free(c->name);
	free(c->kind);
	free(c->version);
	free(c->source);
	free(c->licence);
	free(c->signer);
	for (size_t i = 0; i < c->n_packages; i++) {
		free(c->packages[i].location);
		free(c->packages[i].version);
		free(c->packages[i].source);
		free(c->packages[i].licence);
	}
	free(c->packages);
}

void lock_release(struct lock *l)
{
	for (size_t i = 0; i < l->n_archives; i++) {
		free(l->archives[i].name);
		free(l->archives[i].timestamp);
	}
	for (size_t i = 0; i < l->n_suites; i++) {
		free(l->suites[i].archive);
		free(l->suites[i].suite);
		free(l->suites[i].date);
	}
	for (size_t k = 0; k < LOCK_SETS_; k++) {
		for (size_t i = 0; i < l->sets[k].n; i++)
			package_release(&l->sets[k].items[i]);
		free(l->sets[k].items);
	}
	for (size_t i = 0; i < l->n_components; i++)
		component_release(&l->components[i]);
	free(l->archives);
	free(l->suites);
	free(l->components);
	free(l->image);
	*l = (struct lock){0};
}

bool lock_component_is(const struct lock_component *c, const char *kind)
{
	return string_equal(c->kind, kind);
}

size_t lock_component_blobs(const struct lock_component *c)
{
	return lock_component_is(c, "npm-lock") ? c->n_packages : 1;
}

const struct digest *lock_component_blob(const struct lock_component *c, size_t i)
{
	return lock_component_is(c, "npm-lock") ? &c->packages[i].sha256 : &c->sha256;
}

static const char *set_name(enum lock_set_kind kind)
{
	static const char *const names[LOCK_SETS_] = {
		[LOCK_IMAGE] = "image",
		[LOCK_DEBUG] = "debug",
		[LOCK_BUILD_ROOT] = "build-root",
		[LOCK_FIRMWARE] = "firmware",
	};

	return names[kind];
}

/* A field of a JSON object and where its value goes. */
enum field_kind {
	FIELD_TEXT,
	FIELD_OPTIONAL_TEXT,
	FIELD_PATH,
	FIELD_SIZE,
	FIELD_SHA256,
	FIELD_LIST
};

struct field {
	const char *key;
	enum field_kind kind;
	void *place;
};

static int field_error(const char *where, const char *key, const char *what, struct error **err)
{
	return error_set(err, -ERROR_MALFORMED, "%s%s%s: %s", where, where[0] ? "." : "", key,
			 what);
}

static bool is_printable(const char *s)
{
	if (!s[0])
		return false;
	for (; *s; s++) {
		if ((uint8_t)*s < 0x20 || (uint8_t)*s >= 0x7f)
			return false;
	}
	return true;
}

static int take_text(const json_t *value, const char *where, const struct field *f,
		     struct error **err)
{
	const char *text = json_string_value(value);

	if (!text || strlen(text) != json_string_length(value) || !is_printable(text))
		return field_error(where, f->key, "not a text", err);
	if (f->kind == FIELD_PATH && !path_is_confined(text))
		return field_error(where, f->key, "not a path below a mirror", err);
	if (f->kind == FIELD_SHA256)
		return digest_parse(DIGEST_SHA256, text, f->place)
			       ? 0
			       : field_error(where, f->key, "not a SHA-256 in hexadecimal", err);
	*(char **)f->place = strdup(text);
	return *(char **)f->place ? 0 : error_oom(err);
}

static int take_list(json_t *value, const char *where, const struct field *f, struct error **err)
{
	if (!json_is_array(value))
		return field_error(where, f->key, "not a list", err);
	*(json_t **)f->place = value;
	return 0;
}

static int take_size(const json_t *value, const char *where, const struct field *f,
		     struct error **err)
{
	json_int_t size = json_integer_value(value);

	if (!json_is_integer(value) || size <= 0 || size > PACKAGE_SIZE_MAX)
		return field_error(where, f->key, "not a size in bytes", err);
	*(uint64_t *)f->place = (uint64_t)size;
	return 0;
}

/* Takes exactly the fields given: missing and unknown keys are errors. Duplicate ones jansson refuses. */
static int take_object(json_t *object, const char *where, const struct field *fields, size_t n,
		       struct error **err)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return error_set(err, -ERROR_MALFORMED, "%s: not an object", where);
	for (size_t i = 0; i < n; i++) {
		value = json_object_get(object, fields[i].key);
		if (!value && fields[i].kind == FIELD_OPTIONAL_TEXT)
			continue;
		if (!value)
			return field_error(where, fields[i].key, "missing", err);

		int r = fields[i].kind == FIELD_SIZE   ? take_size(value, where, &fields[i], err)
			: fields[i].kind == FIELD_LIST ? take_list(value, where, &fields[i], err)
						       : take_text(value, where, &fields[i], err);

		if (r < 0)
			return r;
	}
	json_object_foreach(object, key, value)
	{
		bool known = false;

		for (size_t i = 0; i < n; i++)
			known |= string_equal(key, fields[i].key);
		if (!known)
			return field_error(where, key, "unknown key", err);
	}
	return 0;
}

static int take_package(json_t *object, const char *where, struct lock_package *p,
			struct error **err)
{
	const struct field fields[] = {
		{"name", FIELD_TEXT, &p->name},
		{"version", FIELD_TEXT, &p->version},
		{"architecture", FIELD_TEXT, &p->architecture},
		{"archive", FIELD_TEXT, &p->archive},
		{"path", FIELD_PATH, &p->path},
		{"size", FIELD_SIZE, &p->size},
		{"sha256", FIELD_SHA256, &p->sha256},
	};

	return take_object(object, where, fields, ARRAY_SIZE(fields), err);
}

static int take_npm_package(json_t *object, const char *where, struct lock_npm_package *p,
			    struct error **err)
{
	const struct field fields[] = {
		{"location", FIELD_PATH, &p->location}, {"version", FIELD_TEXT, &p->version},
		{"source", FIELD_PATH, &p->source},	{"size", FIELD_SIZE, &p->size},
		{"sha256", FIELD_SHA256, &p->sha256},	{"licence", FIELD_TEXT, &p->licence},
	};

	return take_object(object, where, fields, ARRAY_SIZE(fields), err);
}

static int compare_npm_packages(const void *a, const void *b)
{
	return strcmp(((const struct lock_npm_package *)a)->location,
		      ((const struct lock_npm_package *)b)->location);
}

static int take_npm_packages(const json_t *array, const char *where, struct lock_component *c,
			     struct error **err)
{
	size_t index;
	json_t *object;

	json_array_foreach(array, index, object)
	{
		char place[96];

		snprintf(place, sizeof place, "%s.packages[%zu]", where, index);
		if (array_reserve(&c->packages, &c->packages_capacity, c->n_packages + 1,
				  sizeof *c->packages) < 0)
			return error_oom(err);
		c->packages[c->n_packages] = (struct lock_npm_package){0};

		struct lock_npm_package *p = &c->packages[c->n_packages++];
		int r = take_npm_package(object, place, p, err);

		if (r < 0)
			return r;
		if (index > 0 && compare_npm_packages(p - 1, p) >= 0)
			return error_set(err, -ERROR_MALFORMED, "%s: not in order of location",
					 place);
	}
	return c->n_packages ? 0 : field_error(where, "packages", "none", err);
}

static int take_component(json_t *object, const char *where, struct lock_component *c,
			  struct error **err)
{
	static const char *const kinds[] = {"npm", "npm-lock", "url", "file"};
	json_t *packages = NULL;
	const struct field fields[] = {
		{"name", FIELD_TEXT, &c->name},	      {"kind", FIELD_TEXT, &c->kind},
		{"version", FIELD_TEXT, &c->version}, {"source", FIELD_TEXT, &c->source},
		{"size", FIELD_SIZE, &c->size},	      {"sha256", FIELD_SHA256, &c->sha256},
		{"licence", FIELD_TEXT, &c->licence}, {"signer", FIELD_OPTIONAL_TEXT, &c->signer},
		{"packages", FIELD_LIST, &packages},
	};
	const char *kind = json_string_value(json_object_get(object, "kind"));
	/* Only a tree has the last one. */
	bool tree = kind && string_equal(kind, "npm-lock");
	int r = take_object(object, where, fields, ARRAY_SIZE(fields) - !tree, err);

	if (r >= 0 && tree)
		r = take_npm_packages(packages, where, c, err);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(kinds); i++) {
		if (lock_component_is(c, kinds[i]))
			return 0;
	}
	return r < 0 ? r
		     : field_error(where, "kind", "not 'npm', 'npm-lock', 'url' or 'file'", err);
}

static int compare_packages(const void *a, const void *b)
{
	const struct lock_package *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : strcmp(x->architecture, y->architecture);
}

static int compare_components(const void *a, const void *b)
{
	return strcmp(((const struct lock_component *)a)->name,
		      ((const struct lock_component *)b)->name);
}

static const struct lock_archive *find_archive(const struct lock *l, const char *name)
{
	for (size_t i = 0; i < l->n_archives; i++) {
		if (string_equal(l->archives[i].name, name))
			return &l->archives[i];
	}
	return NULL;
}

static int take_set(json_t *array, enum lock_set_kind kind, struct lock *l, struct error **err)
{
	struct lock_set *set = &l->sets[kind];
	size_t index;
	json_t *object;

	if (!json_is_array(array))
		return field_error("sets", set_name(kind), "missing or no list", err);
	json_array_foreach(array, index, object)
	{
		char where[64];

		snprintf(where, sizeof where, "sets.%s[%zu]", set_name(kind), index);
		if (array_reserve(&set->items, &set->capacity, set->n + 1, sizeof *set->items) < 0)
			return error_oom(err);
		set->items[set->n] = (struct lock_package){0};

		struct lock_package *p = &set->items[set->n++];
		int r = take_package(object, where, p, err);

		if (r < 0)
			return r;
		if (!find_archive(l, p->archive))
			return field_error(where, "archive", "not among 'archives'", err);
		if (set->n > 1 && compare_packages(p - 1, p) >= 0)
			return error_set(err, -ERROR_MALFORMED, "%s: not in order of name", where);
	}
	return 0;
}

static int take_archives(json_t *array, struct lock *l, struct error **err)
{
	size_t index;
	json_t *object;

	if (!json_is_array(array))
		return error_set(err, -ERROR_MALFORMED, "archives: missing or no list");
	json_array_foreach(array, index, object)
	{
		char where[64];

		snprintf(where, sizeof where, "archives[%zu]", index);
		if (array_reserve(&l->archives, &l->archives_capacity, l->n_archives + 1,
				  sizeof *l->archives) < 0)
			return error_oom(err);
		l->archives[l->n_archives] = (struct lock_archive){0};

		struct lock_archive *a = &l->archives[l->n_archives++];
		const struct field fields[] = {{"name", FIELD_TEXT, &a->name},
					       {"timestamp", FIELD_TEXT, &a->timestamp}};
		int r = take_object(object, where, fields, ARRAY_SIZE(fields), err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int compare_suites(const void *a, const void *b)
{
	const struct lock_suite *x = a, *y = b;
	int order = strcmp(x->archive, y->archive);

	return order ? order : strcmp(x->suite, y->suite);
}

/* Locks of tdnode 0.1 have none. */
static int take_suites(json_t *array, struct lock *l, struct error **err)
{
	size_t index;
	json_t *object;

	if (array && !json_is_array(array))
		return error_set(err, -ERROR_MALFORMED, "suites: no list");
	json_array_foreach(array, index, object)
	{
		char where[64];
		int64_t date;

		snprintf(where, sizeof where, "suites[%zu]", index);
		if (array_reserve(&l->suites, &l->suites_capacity, l->n_suites + 1,
				  sizeof *l->suites) < 0)
			return error_oom(err);
		l->suites[l->n_suites] = (struct lock_suite){0};

		struct lock_suite *s = &l->suites[l->n_suites++];
		const struct field fields[] = {{"archive", FIELD_TEXT, &s->archive},
					       {"suite", FIELD_TEXT, &s->suite},
					       {"date", FIELD_TEXT, &s->date}};
		int r = take_object(object, where, fields, ARRAY_SIZE(fields), err);

		if (r < 0)
			return r;
		if (!find_archive(l, s->archive))
			return field_error(where, "archive", "not among 'archives'", err);
		if (!release_parse_timestamp(s->date, &date))
			return field_error(where, "date", "not a time stamp", err);
		if (index > 0 && compare_suites(s - 1, s) >= 0)
			return error_set(err, -ERROR_MALFORMED, "%s: not in order of name", where);
	}
	return 0;
}

static int take_components(json_t *array, struct lock *l, struct error **err)
{
	size_t index;
	json_t *object;

	if (!json_is_array(array))
		return error_set(err, -ERROR_MALFORMED, "components: missing or no list");
	json_array_foreach(array, index, object)
	{
		char where[64];

		snprintf(where, sizeof where, "components[%zu]", index);
		if (array_reserve(&l->components, &l->components_capacity, l->n_components + 1,
				  sizeof *l->components) < 0)
			return error_oom(err);
		l->components[l->n_components] = (struct lock_component){0};

		struct lock_component *c = &l->components[l->n_components++];
		int r = take_component(object, where, c, err);

		if (r < 0)
			return r;
		if (index > 0 && compare_components(c - 1, c) >= 0)
			return error_set(err, -ERROR_MALFORMED, "%s: not in order of name", where);
	}
	return 0;
}

static int take_sets(json_t *sets, struct lock *l, struct error **err)
{
	const char *key;
	json_t *value;
	int r = 0;

	if (!json_is_object(sets))
		return error_set(err, -ERROR_MALFORMED, "sets: missing or no object");
	json_object_foreach(sets, key, value)
	{
		bool known = false;

		for (size_t k = 0; k < LOCK_SETS_; k++)
			known |= string_equal(key, set_name((enum lock_set_kind)k));
		if (!known)
			return field_error("sets", key, "unknown key", err);
	}
	for (size_t k = 0; r >= 0 && k < LOCK_SETS_; k++) {
		enum lock_set_kind kind = (enum lock_set_kind)k;

		r = take_set(json_object_get(sets, set_name(kind)), kind, l, err);
	}
	return r;
}

static int take_lock(json_t *root, struct lock *l, struct error **err)
{
	static const char *const keys[] = {"archives", "components", "image",  "request",
					   "sets",     "suites",     "version"};
	const char *key;
	json_t *value;

	if (!json_is_object(root))
		return error_set(err, -ERROR_MALFORMED, "not an object");
	json_object_foreach(root, key, value)
	{
		bool known = false;

		for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
			known |= string_equal(key, keys[i]);
		if (!known)
			return field_error("", key, "unknown key", err);
	}
	value = json_object_get(root, "version");
	if (!json_is_integer(value) || json_integer_value(value) != LOCK_VERSION)
		return field_error("", "version", "missing, or of another version of tdnode", err);

	const struct field fields[] = {{"image", FIELD_TEXT, &l->image},
				       {"request", FIELD_SHA256, &l->request}};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		value = json_object_get(root, fields[i].key);
		if (!value)
			return field_error("", fields[i].key, "missing", err);

		int r = take_text(value, "", &fields[i], err);

		if (r < 0)
			return r;
	}

	int r = take_archives(json_object_get(root, "archives"), l, err);

	if (r >= 0)
		r = take_suites(json_object_get(root, "suites"), l, err);
	if (r >= 0)
		r = take_sets(json_object_get(root, "sets"), l, err);
	if (r >= 0)
		r = take_components(json_object_get(root, "components"), l, err);
	return r;
}

int lock_parse(struct span json, struct lock *ret, struct error **err)
{
	_cleanup_(lock_release) struct lock l = {0};
	json_error_t e;

	if (json.n == 0)
		return error_set(err, -ERROR_MALFORMED, "empty");
	if (json.n > LOCK_MAX)
		return error_set(err, -EFBIG, "%zu bytes, more than the %u allowed", json.n,
				 LOCK_MAX);

	_cleanup_json_ json_t *root =
		json_loadb((const char *)json.p, json.n, JSON_REJECT_DUPLICATES, &e);

	if (!root)
		return error_set(err, -ERROR_MALFORMED, "line %d: %s", e.line, e.text);

	int r = take_lock(root, &l, err);

	if (r < 0)
		return r;
	*ret = l;
	l = (struct lock){0};
	return 0;
}

int lock_read(const char *path, struct lock *ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(LOCK_MAX);
	int r = file_read(path, LOCK_MAX, &text, err);

	if (r < 0)
		return r;
	r = lock_parse(buffer_span(&text), ret, err);
	return r < 0 ? error_wrap(err, r, "%s", path) : 0;
}

int64_t lock_date(const struct lock *l)
{
	int64_t oldest = 0, date;

	for (size_t i = 0; i < l->n_archives; i++) {
		if (!release_parse_timestamp(l->archives[i].timestamp, &date))
			return 0;
		oldest = oldest ? MIN(oldest, date) : date;
	}
	return oldest;
}

int64_t lock_suite_date(const struct lock *l, const char *archive, const char *suite)
{
	int64_t date;

	for (size_t i = 0; i < l->n_suites; i++) {
		const struct lock_suite *s = &l->suites[i];

		if (string_equal(s->archive, archive) && string_equal(s->suite, suite) &&
		    release_parse_timestamp(s->date, &date))
			return date;
	}
	return 0;
}

static json_t *package_json(const struct lock_package *p)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(&p->sha256, hex);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "name", p->name, "version",
			 p->version, "architecture", p->architecture, "archive", p->archive, "path",
			 p->path, "size", (json_int_t)p->size, "sha256", hex);
}

static json_t *npm_packages_json(const struct lock_component *c)
{
	json_t *packages = json_array();
	bool ok = packages;

	for (size_t i = 0; ok && i < c->n_packages; i++) {
		const struct lock_npm_package *p = &c->packages[i];
		char hex[DIGEST_HEX_MAX];

		digest_hex(&p->sha256, hex);
		ok = json_array_append_new(packages,
					   json_pack("{s:s, s:s, s:s, s:I, s:s, s:s}", "location",
						     p->location, "version", p->version, "source",
						     p->source, "size", (json_int_t)p->size,
						     "sha256", hex, "licence", p->licence)) == 0;
	}
	return json_complete(packages, ok);
}

static json_t *component_json(const struct lock_component *c)
{
	char hex[DIGEST_HEX_MAX];
	json_t *object;
	bool ok;

	digest_hex(&c->sha256, hex);
	object = json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s}", "name", c->name, "kind", c->kind,
			   "version", c->version, "source", c->source, "size", (json_int_t)c->size,
			   "sha256", hex, "licence", c->licence);
	ok = object &&
	     (!c->signer || json_object_set_new(object, "signer", json_string(c->signer)) == 0) &&
	     (!lock_component_is(c, "npm-lock") ||
	      json_object_set_new(object, "packages", npm_packages_json(c)) == 0);
	return json_complete(object, ok);
}

static json_t *suites_json(const struct lock *l)
{
	json_t *suites = json_array();
	bool ok = suites;

	for (size_t i = 0; ok && i < l->n_suites; i++) {
		const struct lock_suite *s = &l->suites[i];

		ok = json_array_append_new(suites,
					   json_pack("{s:s, s:s, s:s}", "archive", s->archive,
						     "suite", s->suite, "date", s->date)) == 0;
	}
	if (ok)
		return suites;
	json_decref(suites);
	return NULL;
}

static json_t *lock_json(const struct lock *l)
{
	_cleanup_json_ json_t *archives = json_array();
	_cleanup_json_ json_t *components = json_array();
	_cleanup_json_ json_t *sets = json_object();
	char hex[DIGEST_HEX_MAX];
	bool ok = archives && components && sets;

	for (size_t i = 0; ok && i < l->n_archives; i++)
		ok = json_array_append_new(archives,
					   json_pack("{s:s, s:s}", "name", l->archives[i].name,
						     "timestamp", l->archives[i].timestamp)) == 0;
	for (size_t k = 0; ok && k < LOCK_SETS_; k++) {
		json_t *set = json_array();

		for (size_t i = 0; ok && i < l->sets[k].n; i++)
			ok = json_array_append_new(set, package_json(&l->sets[k].items[i])) == 0;
		ok = json_object_set_new(sets, set_name((enum lock_set_kind)k), set) == 0 && ok;
	}
	for (size_t i = 0; ok && i < l->n_components; i++)
		ok = json_array_append_new(components, component_json(&l->components[i])) == 0;
	digest_hex(&l->request, hex);
	if (!ok)
		return NULL;

	json_t *lock = json_pack("{s:i, s:s, s:s, s:O, s:O, s:O}", "version", LOCK_VERSION, "image",
				 l->image, "request", hex, "archives", archives, "sets", sets,
				 "components", components);

	if (lock && l->n_suites && json_object_set_new(lock, "suites", suites_json(l)) < 0) {
		json_decref(lock);
		return NULL;
	}
	return lock;
}

int lock_format(struct lock *l, struct buffer *ret, struct error **err)
{
	for (size_t k = 0; k < LOCK_SETS_; k++) {
		if (l->sets[k].n)
			qsort(l->sets[k].items, l->sets[k].n, sizeof *l->sets[k].items,
			      compare_packages);
	}
	if (l->n_suites)
		qsort(l->suites, l->n_suites, sizeof *l->suites, compare_suites);
	if (l->n_components)
		qsort(l->components, l->n_components, sizeof *l->components, compare_components);
	for (size_t i = 0; i < l->n_components; i++) {
		struct lock_component *c = &l->components[i];

		if (c->n_packages)
			qsort(c->packages, c->n_packages, sizeof *c->packages,
			      compare_npm_packages);
	}

	return json_text_sorted(lock_json(l), ret, err);
}
