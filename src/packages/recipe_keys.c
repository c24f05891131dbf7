#include "packages/recipe_keys.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"
#include "crypto/pem.h"
#include "crypto/rsa.h"
#include "crypto/x25519.h"
#include "formats/npm_lock.h"
#include "formats/pgp_armor.h"
#include "packages/recipe_component.h"

enum key_kind {
	KEY_TEXT,     /* a char * of the recipe, once */
	KEY_NAME,     /* the same, a name of an image */
	KEY_PACKAGES, /* a list of package names */
	KEY_PATHS,    /* a list of confined paths or patterns */
	KEY_WORDS,    /* a list of words, several on a line */
	KEY_NAMES,    /* a list of simple names */
	KEY_SCRIPT,
	KEY_RSA, /* a struct recipe_key of the recipe, once */
	KEY_X25519,
	KEY_INCLUDE,
	KEY_COMPONENT, /* a text of the open component, once for each */
	KEY_COMPONENT_SOURCE,
	KEY_COMPONENT_DIRECTORY,
	KEY_COMPONENT_SIGNER_KEY,
	KEY_COMPONENT_SIZE,
	KEY_COMPONENT_FILE,
	KEY_STEP_DIRECTORY,
	KEY_STEP_ARGUMENT,
};

#define NO_DEBUG ((size_t)-1)

struct key {
	const char *section;
	const char *name;
	enum key_kind kind;
	size_t offset;	     /* in struct recipe, or struct component */
	size_t debug_offset; /* where debug.conf's values go; NO_DEBUG: not allowed there */
	enum component_kind source;
};

#define R(field) offsetof(struct recipe, field)
#define C(field) offsetof(struct component, field)

static const struct key keys[] = {
	{"Image", "Name", KEY_NAME, R(name), NO_DEBUG, 0},
	{"Image", "Description", KEY_TEXT, R(description), NO_DEBUG, 0},
	{"Image", "Include", KEY_INCLUDE, 0, NO_DEBUG, 0},
	{"Archive", "Suite", KEY_TEXT, R(suite), NO_DEBUG, 0},
	{"Archive", "Architecture", KEY_TEXT, R(architecture), NO_DEBUG, 0},
	{"Archive", "Component", KEY_NAMES, R(archive_components), NO_DEBUG, 0},
	{"Packages", "Install", KEY_PACKAGES, R(install), R(install_debug), 0},
	{"Packages", "Without", KEY_PACKAGES, R(without), R(without), 0},
	{"Packages", "Script", KEY_SCRIPT, 0, 0, 0},
	{"Packages", "SetId", KEY_PATHS, R(set_id), R(set_id), 0},
	{"Packages", "Duplicate", KEY_PATHS, R(duplicates), R(duplicates), 0},
	{"Kernel", "Package", KEY_TEXT, R(kernel), NO_DEBUG, 0},
	{"Kernel", "CommandLine", KEY_WORDS, R(command_line), R(command_line_debug), 0},
	{"Kernel", "Module", KEY_NAMES, R(modules), NO_DEBUG, 0},
	{"Root", "Remove", KEY_PATHS, R(remove), NO_DEBUG, 0},
	{"Root", "Keep", KEY_PATHS, R(keep), R(keep_debug), 0},
	{"Root", "Enable", KEY_NAMES, R(enable), R(enable_debug), 0},
	{"Root", "Program", KEY_NAMES, R(programs), NO_DEBUG, 0},
	{"Root", "Bundle", KEY_PATHS, R(bundles), NO_DEBUG, 0},
	{"Disk", "PolicyKey", KEY_RSA, R(policy_key), NO_DEBUG, 0},
	{"Disk", "RecoveryKey", KEY_X25519, R(recovery_key), NO_DEBUG, 0},
	{"BuildRoot", "Install", KEY_PACKAGES, R(build_root), NO_DEBUG, 0},
	{"BuildRoot", "Without", KEY_PACKAGES, R(build_root_without), NO_DEBUG, 0},
	{"Firmware", "Install", KEY_PACKAGES, R(firmware), NO_DEBUG, 0},
	{"Component", "Npm", KEY_COMPONENT_SOURCE, C(source), NO_DEBUG, COMPONENT_NPM},
	{"Component", "NpmLock", KEY_COMPONENT_SOURCE, C(source), NO_DEBUG, COMPONENT_NPM_LOCK},
	{"Component", "Url", KEY_COMPONENT_SOURCE, C(source), NO_DEBUG, COMPONENT_URL},
	{"Component", "File", KEY_COMPONENT_SOURCE, C(source), NO_DEBUG, COMPONENT_FILE},
	{"Component", "Version", KEY_COMPONENT, C(version), NO_DEBUG, 0},
	{"Component", "Integrity", KEY_COMPONENT, C(integrity), NO_DEBUG, 0},
	{"Component", "Sha256", KEY_COMPONENT, C(sha256), NO_DEBUG, 0},
	{"Component", "Size", KEY_COMPONENT_SIZE, C(size), NO_DEBUG, 0},
	{"Component", "Build", KEY_COMPONENT, C(build), NO_DEBUG, 0},
	{"Component", "Signature", KEY_COMPONENT, C(signature), NO_DEBUG, 0},
	{"Component", "Signer", KEY_COMPONENT, C(signer), NO_DEBUG, 0},
	{"Component", "SignerKey", KEY_COMPONENT_SIGNER_KEY, 0, NO_DEBUG, 0},
	{"Component", "Licence", KEY_COMPONENT, C(licence), NO_DEBUG, 0},
	{"Component", "Directory", KEY_COMPONENT_DIRECTORY, C(directory), NO_DEBUG, 0},
	{"Component", "Install", KEY_COMPONENT_FILE, 0, NO_DEBUG, 0},
	{"Step", "Directory", KEY_STEP_DIRECTORY, 0, NO_DEBUG, 0},
	{"Step", "Argument", KEY_STEP_ARGUMENT, 0, NO_DEBUG, 0},
};

_Static_assert(ARRAY_SIZE(keys) <= RECIPE_KEYS_MAX, "one line number for each key");

static const char *const script_replacements[] = {"ca-certificates", "depmod", "files", "none",
						  "sysusers"};

bool recipe_name_is_valid(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n > 0 && name[n] == 0 && name[0] != '-';
}

static bool is(struct span s, const char *text)
{
	return span_equal(s, span_string(text));
}

/* The key of an entry; otherwise an error that tells an unknown section from an unknown key. */
static int find_key(const struct conf_entry *e, const struct key **ret, struct error **err)
{
	bool section_known = false;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!is(e->section, keys[i].section))
			continue;
		section_known = true;
		if (e->key.n == 0 || is(e->key, keys[i].name)) {
			*ret = &keys[i];
			return 0;
		}
	}
	if (!section_known)
		return error_set(err, -ERROR_MALFORMED, "unknown section [%.*s]", (int)e->section.n,
				 (const char *)e->section.p);
	return error_set(err, -ERROR_MALFORMED, "unknown key '%.*s' in [%.*s]", (int)e->key.n,
			 (const char *)e->key.p, (int)e->section.n, (const char *)e->section.p);
}

static int bad_value(const struct conf_entry *e, const char *what, struct error **err)
{
	return error_set(err, -ERROR_MALFORMED, "%.*s='%.*s' is not %s", (int)e->key.n,
			 (const char *)e->key.p, (int)e->value.n, (const char *)e->value.p, what);
}

static int set_text(char **place, const struct conf_entry *e, struct error **err)
{
	if (*place)
		return error_set(err, -ERROR_MALFORMED, "duplicate key '%.*s'", (int)e->key.n,
				 (const char *)e->key.p);
	*place = span_to_string(e->value);
	return *place ? 0 : error_oom(err);
}

/* The same, of a path of the image. */
static int set_path(char **place, const struct conf_entry *e, struct error **err)
{
	int r = set_text(place, e, err);

	return r >= 0 && !path_is_confined(*place)
		       ? bad_value(e, "a path inside the root (no leading '/', no '..')", err)
		       : r;
}

static bool is_simple_name(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			     "._@:+-");

	return n > 0 && s[n] == 0 && s[0] != '.' && s[0] != '-';
}

/* Debian Policy 5.6.1. */
static bool is_package_name(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789+-.");

	return n >= 2 && s[n] == 0 && s[0] != '+' && s[0] != '-' && s[0] != '.';
}

static int add_checked(struct string_list *list, const struct conf_entry *e, enum key_kind kind,
		       struct error **err)
{
	_cleanup_free_ char *value = span_to_string(e->value);

	if (!value)
		return error_oom(err);
	if (kind == KEY_PACKAGES && !is_package_name(value))
		return bad_value(e, "a package name", err);
	if (kind == KEY_NAMES && !is_simple_name(value))
		return bad_value(e, "a simple name", err);
	if (kind == KEY_PATHS && !path_is_confined(value))
		return bad_value(e, "a path inside the root (no leading '/', no '..')", err);
	if (string_list_has(list, value))
		return error_set(err, -ERROR_MALFORMED, "duplicate value '%s' of '%.*s'", value,
				 (int)e->key.n, (const char *)e->key.p);
	return string_list_take(list, TAKE_PTR(value)) < 0 ? error_oom(err) : 0;
}

/* The next word of *rest as a string; NULL at the end. */
static char *next_word(struct span *rest)
{
	struct span word = span_next_word(rest);

	return word.n ? span_to_string(word) : NULL;
}

static int add_words(struct string_list *list, const struct conf_entry *e, struct error **err)
{
	struct span rest = e->value;

	for (struct span word; (word = span_next_word(&rest)).n;) {
		char *copy = span_to_string(word);

		if (!copy || string_list_take(list, copy) < 0)
			return error_oom(err);
	}
	return 0;
}

static int add_script(struct recipe *r, const struct conf_entry *e, struct error **err)
{
	struct span rest = e->value;
	_cleanup_free_ char *package = next_word(&rest);
	_cleanup_free_ char *how = next_word(&rest);
	bool known = false;

	for (size_t i = 0; how && i < ARRAY_SIZE(script_replacements); i++)
		known |= string_equal(how, script_replacements[i]);
	if (!package || !known || span_trim(rest).n)
		return bad_value(e, "a package and one of " RECIPE_SCRIPT_REPLACEMENTS, err);
	for (size_t i = 0; i < r->n_scripts; i++) {
		if (string_equal(r->scripts[i].package, package))
			return error_set(err, -ERROR_MALFORMED, "duplicate Script= for '%s'",
					 package);
	}
	if (array_reserve(&r->scripts, &r->scripts_capacity, r->n_scripts + 1, sizeof *r->scripts) <
	    0)
		return error_oom(err);
	r->scripts[r->n_scripts++] = (struct recipe_script){TAKE_PTR(package), TAKE_PTR(how)};
	return 0;
}

/* "configs/" is a folder; the slash goes. */
static bool take_folder(char *path)
{
	size_t n = strlen(path);

	if (n < 2 || path[n - 1] != '/')
		return false;
	path[n - 1] = 0;
	return true;
}

static int add_component_file(struct component *c, const struct conf_entry *e, struct error **err)
{
	struct span rest = e->value;
	_cleanup_free_ char *from = next_word(&rest);
	_cleanup_free_ char *to = next_word(&rest);
	_cleanup_free_ char *mode_text = next_word(&rest);
	bool folder = from && to && take_folder(from);
	uint64_t mode = 0;

	if (!from || !to || !mode_text || span_trim(rest).n || folder != take_folder(to) ||
	    !path_is_confined(to) || (!path_is_confined(from) && !string_equal(from, ".")) ||
	    !parse_octal(span_string(mode_text), 0777, &mode))
		return bad_value(e, "'FROM TO MODE' with paths inside and a mode like 0755", err);
	if (array_reserve(&c->files, &c->files_capacity, c->n_files + 1, sizeof *c->files) < 0)
		return error_oom(err);
	c->files[c->n_files++] =
		(struct component_file){TAKE_PTR(from), TAKE_PTR(to), (uint16_t)mode, folder};
	return 0;
}

/* A regular file of the recipe's folder: a link could lead to what is not part of the recipe. */
static int read_recipe_file(const char *path, size_t max, struct buffer *ret, struct error **err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return error_errno(err, errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, -ERROR_REFUSED, "%s: not a regular file", path);
	return file_read(path, max, ret, err);
}

/* The text of a file of the recipe, read with it: what a lock was made from is what the recipe's digest covers. */
static int read_text(const struct recipe_file *f, const char *name, size_t max, char **ret,
		     const struct conf_entry *e, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(max);
	_cleanup_free_ char *path = NULL;
	int r;

	if (!path_is_confined(name))
		return bad_value(e, "a file of the recipe's folder (no leading '/', no '..')", err);
	path = path_join(f->directory, name);
	r = path ? read_recipe_file(path, max, &text, err) : error_oom(err);
	if (r < 0)
		return r;
	if (strlen(buffer_text(&text)) != text.n || text.n == 0)
		return error_set(err, -ERROR_MALFORMED, "%s: not a text", path);
	*ret = buffer_steal_text(&text);
	return *ret ? 0 : error_oom(err);
}

static int take_signer_key(struct recipe_file *f, const struct conf_entry *e, struct error **err)
{
	struct component *c = f->component;
	int r = set_text(&c->signer_key_file, e, err);

	return r < 0 ? r : read_text(f, c->signer_key_file, PGP_KEYS_MAX, &c->signer_key, e, err);
}

static int take_component_source(struct recipe_file *f, const struct key *k,
				 const struct conf_entry *e, struct error **err)
{
	struct component *c = f->component;
	int r;

	if (c->source)
		return error_set(err, -ERROR_MALFORMED,
				 "more than one of 'Npm', 'NpmLock', 'Url' and 'File'");
	c->kind = k->source;
	r = set_text(&c->source, e, err);
	return r >= 0 && c->kind == COMPONENT_NPM_LOCK
		       ? read_text(f, c->source, NPM_LOCK_MAX, &c->npm_lock, e, err)
		       : r;
}

static int take_component_key(struct recipe_file *f, const struct key *k,
			      const struct conf_entry *e, struct error **err)
{
	struct component *c = f->component;

	switch (k->kind) {
	case KEY_COMPONENT_SOURCE:
		return take_component_source(f, k, e, err);
	case KEY_COMPONENT_SIGNER_KEY:
		return take_signer_key(f, e, err);
	case KEY_COMPONENT_DIRECTORY:
		return set_path(&c->directory, e, err);
	case KEY_COMPONENT_SIZE:
		if (c->size)
			return error_set(err, -ERROR_MALFORMED, "duplicate key 'Size'");
		if (!parse_u64(e->value, INT64_MAX, &c->size) || c->size == 0)
			return bad_value(e, "a number of bytes", err);
		return 0;
	case KEY_COMPONENT_FILE:
		return add_component_file(c, e, err);
	default:
		return set_text((char **)(void *)((char *)c + k->offset), e, err);
	}
}

static int take_step_key(struct recipe_step *s, const struct key *k, const struct conf_entry *e,
			 struct error **err)
{
	char *argument;

	if (k->kind == KEY_STEP_DIRECTORY)
		return set_path(&s->directory, e, err);
	argument = span_to_string(e->value);
	return argument && string_list_take(&s->arguments, argument) >= 0 ? 0 : error_oom(err);
}

/* Takes the name. */
static int open_component(struct recipe_file *f, char **name, struct error **err)
{
	struct recipe *r = f->recipe;

	for (size_t i = 0; i < r->n_components; i++) {
		if (string_equal(r->components[i].name, *name))
			return error_set(err, -ERROR_MALFORMED, "duplicate component '%s'", *name);
	}
	if (array_reserve(&r->components, &r->components_capacity, r->n_components + 1,
			  sizeof *r->components) < 0)
		return error_oom(err);
	f->component = &r->components[r->n_components++];
	*f->component = (struct component){.name = TAKE_PTR(*name)};
	return 0;
}

/* The same of a step. */
static int open_step(struct recipe_file *f, char **name, struct error **err)
{
	struct recipe *r = f->recipe;

	for (size_t i = 0; i < r->n_steps; i++) {
		if (string_equal(r->steps[i].name, *name))
			return error_set(err, -ERROR_MALFORMED, "duplicate step '%s'", *name);
	}
	if (array_reserve(&r->steps, &r->steps_capacity, r->n_steps + 1, sizeof *r->steps) < 0)
		return error_oom(err);
	f->step = &r->steps[r->n_steps++];
	*f->step = (struct recipe_step){.name = TAKE_PTR(*name)};
	return 0;
}

/* [Component NAME] opens a component, [Step NAME] a step; every other section has no argument. */
static int open_section(struct recipe_file *f, const struct conf_entry *e, struct error **err)
{
	bool component = is(e->section, "Component");
	_cleanup_free_ char *name = span_to_string(e->argument);

	f->component = NULL;
	f->step = NULL;
	if (!name)
		return error_oom(err);
	if (!component && !is(e->section, "Step"))
		return e->argument.n ? error_set(err, -ERROR_MALFORMED, "[%.*s] takes no name",
						 (int)e->section.n, (const char *)e->section.p)
				     : 0;
	if (!recipe_name_is_valid(name))
		return error_set(err, -ERROR_MALFORMED, "[%.*s] needs a name: a-z, 0-9, '-'",
				 (int)e->section.n, (const char *)e->section.p);
	return component ? open_component(f, &name, err) : open_step(f, &name, err);
}

/* Keys with one value may be given once in a file; a layer above replaces what one below said. */
static int take_once(struct recipe_file *f, const struct key *k, const struct conf_entry *e,
		     struct error **err)
{
	size_t index = (size_t)(k - keys);

	if (f->seen[index])
		return error_set(err, -ERROR_MALFORMED, "duplicate key '%s' (first in line %u)",
				 k->name, f->seen[index]);
	f->seen[index] = e->line;
	return e->value.n ? 0 : bad_value(e, "a value", err);
}

void recipe_key_release(struct recipe_key *k)
{
	free(k->path);
	free(k->pem);
	*k = (struct recipe_key){0};
}

static int check_key(enum key_kind kind, struct span pem, struct error **err)
{
	struct x25519_public x25519;
	struct rsa_public rsa;

	return kind == KEY_RSA ? rsa_public_parse(pem, &rsa, err)
			       : x25519_public_parse(pem, &x25519, err);
}

static int take_key(struct recipe_file *f, const struct key *k, const struct conf_entry *e,
		    struct error **err)
{
	struct recipe_key *place = (void *)((char *)f->recipe + k->offset);
	_cleanup_(recipe_key_release) struct recipe_key key = {0};
	_cleanup_(buffer_release) struct buffer pem = BUFFER_INIT(PEM_MAX);
	_cleanup_free_ char *name = span_to_string(e->value);
	int r = take_once(f, k, e, err);

	if (r < 0)
		return r;
	if (!name)
		return error_oom(err);
	if (!path_is_confined(name))
		return bad_value(e, "a file of the recipe's folder (no leading '/', no '..')", err);
	key.path = path_join(f->directory, name);
	if (!key.path)
		return error_oom(err);
	r = read_recipe_file(key.path, PEM_MAX, &pem, err);
	if (r < 0)
		return r;
	r = check_key(k->kind, buffer_span(&pem), err);
	if (r < 0)
		return error_wrap(err, r, "%s", key.path);
	key.pem = buffer_steal_text(&pem);
	if (!key.pem)
		return error_oom(err);
	recipe_key_release(place);
	*place = key;
	key = (struct recipe_key){0};
	return 0;
}

static int take_single(struct recipe_file *f, const struct key *k, const struct conf_entry *e,
		       struct error **err)
{
	char **place = (char **)(void *)((char *)f->recipe + k->offset);
	int r = take_once(f, k, e, err);

	if (r < 0)
		return r;
	if (k->kind == KEY_NAME)
		f->named = true;
	if (string_equal(k->section, "Image") && !f->top)
		return 0;
	free(TAKE_PTR(*place));
	return set_text(place, e, err);
}

int recipe_take_entry(struct recipe_file *f, const struct conf_entry *e, char **ret_include,
		      struct error **err)
{
	const struct key *k = NULL;
	int r = find_key(e, &k, err);

	if (r < 0)
		return r;
	if (e->key.n == 0)
		return open_section(f, e, err);
	if (f->debug && k->debug_offset == NO_DEBUG)
		return error_set(err, -ERROR_MALFORMED, "'%s' of [%s] is not for debug.conf",
				 k->name, k->section);
	if (f->component)
		return take_component_key(f, k, e, err);
	if (f->step)
		return take_step_key(f->step, k, e, err);
	switch (k->kind) {
	case KEY_TEXT:
	case KEY_NAME:
		return take_single(f, k, e, err);
	case KEY_SCRIPT:
		return add_script(f->recipe, e, err);
	case KEY_RSA:
	case KEY_X25519:
		return take_key(f, k, e, err);
	case KEY_INCLUDE:
		*ret_include = span_to_string(e->value);
		return *ret_include ? 0 : error_oom(err);
	case KEY_WORDS:
		return add_words(
			(void *)((char *)f->recipe + (f->debug ? k->debug_offset : k->offset)), e,
			err);
	default:
		return add_checked(
			(void *)((char *)f->recipe + (f->debug ? k->debug_offset : k->offset)), e,
			k->kind, err);
	}
}

static int finish_step(const struct recipe_step *s, struct error **err)
{
	const char *missing = !s->directory ? "Directory" : s->arguments.n == 0 ? "Argument" : NULL;

	if (missing)
		return error_set(err, -ERROR_MALFORMED, "[Step %s]: missing key '%s'", s->name,
				 missing);
	if (s->arguments.items[0][0] != '/')
		return error_set(err, -ERROR_MALFORMED,
				 "[Step %s]: the program '%s' has no absolute path", s->name,
				 s->arguments.items[0]);
	return 0;
}

int recipe_finish_file(struct recipe_file *f, const char *path, struct error **err)
{
	if (!f->debug && !f->named)
		return error_set(err, -ERROR_MALFORMED, "%s: missing key 'Name' in [Image]", path);
	for (size_t i = 0; i < f->recipe->n_components; i++) {
		int r = recipe_component_finish(&f->recipe->components[i], err);

		if (r < 0)
			return error_wrap(err, r, "%s", path);
	}
	for (size_t i = 0; i < f->recipe->n_steps; i++) {
		int r = finish_step(&f->recipe->steps[i], err);

		if (r < 0)
			return error_wrap(err, r, "%s", path);
	}
	return 0;
}
