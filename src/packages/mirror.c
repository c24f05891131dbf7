#include "packages/mirror.h"

#include <errno.h>

#include "base/file.h"
#include "formats/deb822.h"

/* apt's files are a few lines each. */
#define SOURCES_MAX (1u << 20)
#define APT_FOLDER "/etc/apt/sources.list.d"

static const char snapshot_archive[] = "https://snapshot.debian.org/archive";
static const char npm_public_registry[] = "https://registry.npmjs.org";

void mirrors_release(struct mirrors *m)
{
	string_list_release(&m->given);
	string_list_release(&m->apt);
	free(m->npm_registry);
	*m = (struct mirrors){0};
}

/* The address without slashes at its end, added once. Only http and https, and file where allowed. */
static int add_address(struct string_list *list, struct span address, bool allow_file)
{
	while (address.n && address.p[address.n - 1] == '/')
		address.n--;

	char *text = span_to_string(address);

	if (!text)
		return -ENOMEM;
	if ((!string_starts(text, "http://") && !string_starts(text, "https://") &&
	     !(allow_file && string_starts(text, "file://"))) ||
	    string_list_has(list, text)) {
		free(text);
		return 0;
	}
	return string_list_take(list, text);
}

/* The rest behind the "]" of "[arch=amd64 signed-by=...]". */
static struct span skip_options(struct span rest)
{
	rest = span_trim(rest);
	if (rest.n && rest.p[0] == '[') {
		const uint8_t *end = memchr(rest.p, ']', rest.n);
		size_t n = end ? (size_t)(end - rest.p) + 1 : rest.n;

		rest = span_skip(rest, n);
	}
	return rest;
}

int mirror_parse_list(struct span text, struct string_list *ret, struct error **err)
{
	struct reader reader = reader_init(text);
	struct span line, word;

	while (reader_line(&reader, &line)) {
		if (!deb822_word(&line, &word) || !span_equal(word, SPAN_LITERAL("deb")))
			continue;
		line = skip_options(line);
		if (deb822_word(&line, &word) && add_address(ret, word, false) < 0)
			return error_oom(err);
	}
	return 0;
}

static bool has_word(struct span text, const char *wanted)
{
	struct span word;

	while (deb822_word(&text, &word)) {
		if (span_equal(word, span_string(wanted)))
			return true;
	}
	return false;
}

int mirror_parse_sources(struct span text, struct string_list *ret, struct error **err)
{
	struct deb822_reader reader = deb822_reader_init(text);

	while (!deb822_at_end(&reader)) {
		struct span types = {0}, uris = {0}, enabled = {0}, word;
		struct deb822_field f;
		int r;

		while ((r = deb822_next(&reader, &f, err)) > 0) {
			if (deb822_is(&f, "Types"))
				types = f.value;
			else if (deb822_is(&f, "URIs"))
				uris = f.value;
			else if (deb822_is(&f, "Enabled"))
				enabled = f.value;
		}
		if (r < 0)
			return r;
		if (!has_word(types, "deb") || has_word(enabled, "no"))
			continue;
		while (deb822_word(&uris, &word)) {
			if (add_address(ret, word, false) < 0)
				return error_oom(err);
		}
	}
	return 0;
}

char *mirror_parse_npmrc(struct span text)
{
	struct reader reader = reader_init(text);
	struct span line;

	while (reader_line(&reader, &line)) {
		const uint8_t *equals = line.n ? memchr(line.p, '=', line.n) : NULL;

		if (!equals)
			continue;

		size_t n = (size_t)(equals - line.p);
		struct span value = span_trim((struct span){equals + 1, line.n - n - 1});

		if (span_equal(span_trim((struct span){line.p, n}), SPAN_LITERAL("registry")))
			return span_to_string(value);
	}
	return NULL;
}

/* A source that this user may not read, or that is malformed, is one mirror less, not an error. */
static void read_sources_file(const char *path, struct string_list *ret)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(SOURCES_MAX);

	if (file_read(path, SOURCES_MAX, &text, NULL) < 0)
		return;

	int ignored = string_ends(path, ".sources")
			      ? mirror_parse_sources(buffer_span(&text), ret, NULL)
			      : mirror_parse_list(buffer_span(&text), ret, NULL);

	(void)ignored;
}

static void read_apt(struct string_list *ret)
{
	_cleanup_(string_list_release) struct string_list names = {0};

	read_sources_file("/etc/apt/sources.list", ret);
	if (directory_list(APT_FOLDER, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		_cleanup_free_ char *path = path_join(APT_FOLDER, names.items[i]);

		if (path && (string_ends(path, ".list") || string_ends(path, ".sources")))
			read_sources_file(path, ret);
	}
}

static char *npmrc_registry(const char *path)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(SOURCES_MAX);

	if (!path || file_read(path, SOURCES_MAX, &text, NULL) < 0)
		return NULL;
	return mirror_parse_npmrc(buffer_span(&text));
}

/* npm's order: environment, user, global configuration, default. */
static char *find_npm_registry(void)
{
	static const char *const variables[] = {"npm_config_registry", "NPM_CONFIG_REGISTRY"};
	static const char *const globals[] = {"/usr/local/etc/npmrc", "/usr/etc/npmrc",
					      "/etc/npmrc"};
	const char *home = getenv("HOME");
	char *registry = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(variables) && !registry; i++) {
		const char *value = getenv(variables[i]);

		if (value && value[0])
			registry = strdup(value);
	}
	if (!registry && home) {
		_cleanup_free_ char *path = path_join(home, ".npmrc");

		registry = npmrc_registry(path);
	}
	for (size_t i = 0; i < ARRAY_SIZE(globals) && !registry; i++)
		registry = npmrc_registry(globals[i]);
	if (!registry)
		registry = strdup(npm_public_registry);
	for (size_t n = registry ? strlen(registry) : 0; n > 0 && registry[n - 1] == '/'; n--)
		registry[n - 1] = 0;
	return registry;
}

int mirrors_read(const struct string_list *given, struct mirrors *ret, struct error **err)
{
	_cleanup_(mirrors_release) struct mirrors m = {0};

	for (size_t i = 0; given && i < given->n; i++) {
		size_t before = m.given.n;

		if (add_address(&m.given, span_string(given->items[i]), true) < 0)
			return error_oom(err);
		if (m.given.n == before && !string_list_has(&m.given, given->items[i]))
			return error_set(err, -ERROR_USAGE,
					 "--mirror '%s' is no http, https or file address",
					 given->items[i]);
	}
	read_apt(&m.apt);
	m.npm_registry = find_npm_registry();
	if (!m.npm_registry)
		return error_oom(err);
	*ret = m;
	m = (struct mirrors){0};
	return 0;
}

static int add_matching(const struct string_list *from, const char *archive,
			struct string_list *ret)
{
	for (size_t i = 0; i < from->n; i++) {
		if (string_equal(path_basename(from->items[i]), archive) &&
		    !string_list_has(ret, from->items[i]) &&
		    string_list_add(ret, from->items[i]) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* "http://host/debian" -> "http://host/debian-security": mirrors that carry one often carry both. */
static int add_siblings(const struct string_list *from, const char *archive,
			struct string_list *ret)
{
	for (size_t i = 0; i < from->n; i++) {
		const char *base = path_basename(from->items[i]);
		char *sibling;

		if (!string_starts(base, "debian") || string_equal(base, archive))
			continue;
		sibling = string_printf("%.*s%s", (int)(base - from->items[i]), from->items[i],
					archive);
		if (!sibling)
			return -ENOMEM;
		if (string_list_has(ret, sibling))
			free(sibling);
		else if (string_list_take(ret, sibling) < 0)
			return -ENOMEM;
	}
	return 0;
}

int mirrors_for_archive(const struct mirrors *m, const char *archive, const char *timestamp,
			struct string_list *ret, struct error **err)
{
	int r = add_matching(&m->given, archive, ret);

	if (r >= 0)
		r = add_siblings(&m->given, archive, ret);
	if (r >= 0)
		r = add_matching(&m->apt, archive, ret);
	if (r >= 0)
		r = add_siblings(&m->apt, archive, ret);
	if (r >= 0 && timestamp)
		r = string_list_take(
			ret, string_printf("%s/%s/%s", snapshot_archive, archive, timestamp));
	return r < 0 ? error_oom(err) : 0;
}
