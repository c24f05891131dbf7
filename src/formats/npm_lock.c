#include "formats/npm_lock.h"

#include <errno.h>

#include "formats/json.h"
#include "formats/npm_lock_parts.h"

#define FOLDER "node_modules/"
/* npm allows 214; versions are a few words. */
#define NPM_NAME_MAX 214u

static void package_release(struct npm_package *p)
{
	free(p->location);
	free(p->name);
	free(p->version);
	free(p->source);
	free(p->licence);
	*p = (struct npm_package){0};
}

void npm_lock_release(struct npm_lock *l)
{
	for (size_t i = 0; i < l->n; i++)
		package_release(&l->items[i]);
	free(l->items);
	*l = (struct npm_lock){0};
}

static bool is_word(struct span s, const char *more)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    !(c && strchr(more, c)))
			return false;
	}
	return s.n > 0 && s.n <= NPM_NAME_MAX;
}

/* One part of a name: a file name of its own, and nothing that npm puts beside packages (".bin"). */
static bool is_name_part(struct span s)
{
	return is_word(s, "-._~!'()*") && s.p[0] != '.' &&
	       !span_equal(s, SPAN_LITERAL("node_modules"));
}

/* "name" or "@scope/name". */
static bool is_name(struct span s)
{
	const uint8_t *slash = s.n ? memchr(s.p, '/', s.n) : NULL;
	size_t n = slash ? (size_t)(slash - s.p) : 0;

	if (!slash)
		return is_name_part(s);
	return s.p[0] == '@' && is_name_part(SPAN(s.p + 1, n - 1)) &&
	       is_name_part(span_skip(s, n + 1));
}

/* The name at the end of a location; false if it is no way through folders of packages. */
static bool location_name(const char *location, struct span *ret)
{
	struct span rest = span_string(location);
	size_t n;

	if (rest.n > NPM_LOCK_LOCATION_MAX)
		return false;
	do {
		if (!string_starts((const char *)rest.p, FOLDER))
			return false;
		rest = span_skip(rest, strlen(FOLDER));
		if (!span_find(rest, SPAN_LITERAL("/" FOLDER), &n))
			n = rest.n;
		*ret = SPAN(rest.p, n);
		if (!is_name(*ret))
			return false;
		rest = span_skip(rest, n + (n < rest.n));
	} while (rest.n);
	return true;
}

static bool is_true(const json_t *package, const char *key)
{
	return json_is_true(json_object_get(package, key));
}

/* The text of a member, NULL if there is none or it holds what no name, version or address does. */
static const char *text_of(const json_t *package, const char *key)
{
	const json_t *value = json_object_get(package, key);
	const char *text = json_string_value(value);

	if (!text || !text[0] || strlen(text) != json_string_length(value))
		return NULL;
	for (const char *p = text; *p; p++) {
		if ((uint8_t)*p < 0x20 || (uint8_t)*p >= 0x7f)
			return NULL;
	}
	return text;
}

/* The SHA-512 among the digests of a subresource integrity ("sha1-... sha512-..."). */
static bool take_integrity(const char *text, struct digest *ret)
{
	struct span rest = span_string(text), word;

	while ((word = span_next_word(&rest)).n) {
		_cleanup_free_ uint8_t *bytes = NULL;
		size_t prefix = strlen("sha512-"), n;

		if (word.n < prefix || memcmp(word.p, "sha512-", prefix) != 0)
			continue;
		if (!base64_decode(span_skip(word, prefix), &bytes, &n) ||
		    n != digest_size(DIGEST_SHA512))
			return false;
		ret->algorithm = DIGEST_SHA512;
		memcpy(ret->bytes, bytes, n);
		return true;
	}
	return false;
}

/* The tarball's path below whatever registry `resolved` names; without one (omit-lockfile-registry-resolved)
 * it is where registries keep it. */
static int take_source(const json_t *object, struct npm_package *p, struct error **err)
{
	_cleanup_free_ char *folder = string_printf("/%s/-/", p->name);
	const char *resolved = text_of(object, "resolved");
	const char *found = resolved && folder ? strstr(resolved, folder) : NULL;
	const char *base = path_basename(p->name);

	if (!folder)
		return error_oom(err);
	if (!resolved && json_object_get(object, "resolved"))
		return error_set(err, -ERROR_MALFORMED, "'resolved' is no address");
	if (!resolved) {
		p->source = string_printf("%s/-/%s-%s.tgz", p->name, base, p->version);
		return p->source ? 0 : error_oom(err);
	}
	if ((!string_starts(resolved, "https://") && !string_starts(resolved, "http://")) ||
	    !found || !string_ends(found, ".tgz") ||
	    !is_word(span_string(found + strlen(folder)), "-._~+"))
		return error_set(err, -ERROR_REFUSED,
				 "'%s' is not the tarball of a registry: what comes from git, a "
				 "file or elsewhere cannot be locked",
				 resolved);
	p->source = strdup(found + 1);
	return p->source ? 0 : error_oom(err);
}

static int take_package(const char *location, const json_t *object, struct npm_package *p,
			struct error **err)
{
	const char *version = text_of(object, "version"), *alias = text_of(object, "name");
	const char *integrity = text_of(object, "integrity");
	const char *licence = text_of(object, "license");
	struct span name;

	if (!location_name(location, &name))
		return error_set(err, -ERROR_REFUSED, "not a place below '" FOLDER "'");
	if (is_true(object, "link"))
		return error_set(err, -ERROR_REFUSED,
				 "a link to a folder: only packages of a registry can be locked");
	if (!version || !is_word(span_string(version), "-._+"))
		return error_set(err, -ERROR_MALFORMED, "no version");
	if (alias && !is_name(span_string(alias)))
		return error_set(err, -ERROR_REFUSED, "'%s' is not the name of a package", alias);
	p->location = strdup(location);
	p->name = alias ? strdup(alias) : span_to_string(name);
	p->version = strdup(version);
	p->licence = licence ? strdup(licence) : NULL;
	if (!p->location || !p->name || !p->version || (licence && !p->licence))
		return error_oom(err);

	int r = take_source(object, p, err);

	if (r < 0)
		return r;
	if (!integrity || !take_integrity(integrity, &p->integrity))
		return error_set(err, -ERROR_REFUSED,
				 integrity ? "'integrity' has no SHA-512" : "no 'integrity'");
	return 0;
}

static bool is_direct(const json_t *root, const char *location)
{
	static const char *const keys[] = {"dependencies", "optionalDependencies",
					   "peerDependencies"};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (json_object_get(json_object_get(root, keys[i]), location + strlen(FOLDER)))
			return true;
	}
	return false;
}

static int take_packages(const struct npm_nodes *nodes, struct npm_lock *l, struct error **err)
{
	l->items = calloc(nodes->n, sizeof *l->items);
	if (!l->items)
		return error_oom(err);
	for (size_t i = 0; i < nodes->n; i++) {
		const struct npm_node *n = &nodes->items[i];

		if (n->left_out)
			continue;

		struct npm_package *p = &l->items[l->n++];
		int r = take_package(n->location, n->object, p, err);

		if (r < 0)
			return error_wrap(err, r, "package '%s'", n->location);
		p->direct = is_direct(nodes->items[0].object, n->location);
	}
	return 0;
}

static int check_document(const json_t *document, struct error **err)
{
	const json_t *version = json_object_get(document, "lockfileVersion");
	const json_t *packages = json_object_get(document, "packages");

	if (!json_is_object(document))
		return error_set(err, -ERROR_MALFORMED, "not an object");
	if (json_integer_value(version) != 2 && json_integer_value(version) != 3)
		return error_set(err, -ERROR_UNSUPPORTED,
				 "'lockfileVersion' is not 2 or 3: make it anew with npm 7 or "
				 "later");
	if (!json_is_object(packages) || !json_is_object(json_object_get(packages, "")))
		return error_set(err, -ERROR_MALFORMED, "no 'packages' with a root in it");
	if (json_object_size(packages) > NPM_LOCK_PACKAGES_MAX)
		return error_set(err, -EFBIG, "more than %u packages", NPM_LOCK_PACKAGES_MAX);
	return 0;
}

int npm_lock_parse(struct span json, const struct npm_platform *platform, struct npm_lock *ret,
		   struct error **err)
{
	_cleanup_(npm_lock_release) struct npm_lock l = {0};
	json_error_t e;

	if (json.n == 0)
		return error_set(err, -ERROR_MALFORMED, "empty");
	if (json.n > NPM_LOCK_MAX)
		return error_set(err, -EFBIG, "%zu bytes, more than the %u allowed", json.n,
				 NPM_LOCK_MAX);

	_cleanup_json_ json_t *document =
		json_loadb((const char *)json.p, json.n, JSON_REJECT_DUPLICATES, &e);

	if (!document)
		return error_set(err, -ERROR_MALFORMED, "line %d: %s", e.line, e.text);

	struct npm_nodes nodes = {0};
	int r = check_document(document, err);

	if (r >= 0)
		r = npm_nodes_choose(json_object_get(document, "packages"), platform, &nodes, err);
	if (r >= 0)
		r = take_packages(&nodes, &l, err);
	free(nodes.items);
	if (r >= 0 && l.n == 0)
		r = error_set(err, -ERROR_MALFORMED, "nothing to install in it");
	if (r < 0)
		return r;
	*ret = l;
	l = (struct npm_lock){0};
	return 0;
}
