/*
 * tdnode outdated IMAGE: what a new lock would change.
 */
#include "cli/command.h"

#include <time.h>

#include "base/file.h"
#include "cli/places.h"
#include "cli/shared_options.h"
#include "packages/newer_release.h"
#include "packages/outdated.h"

struct arguments {
	const char *image;
	const char *images;
	const char *lock;
	const char *store;
	const char *keyring;
	const char *release_api;
	struct string_list mirrors;
	bool packages_only;
	bool all;
	bool quiet;
	bool json;
};

static void arguments_release(struct arguments *a)
{
	string_list_release(&a->mirrors);
}

static const struct option_spec options[] = {
	OPTION_TEXT("lock", "FILE", struct arguments, lock, "the lock (images/IMAGE/image.lock)"),
	OPTION_FLAG("packages-only", struct arguments, packages_only,
		    "ask no upstream of a component"),
	OPTION_FLAG("all", struct arguments, all,
		    "exit status 3 for anything that is behind, not for security updates alone"),
	OPTION_FLAG("json", struct arguments, json, "print JSON (docs/outdated.md)"),
	OPTION_IMAGES(struct arguments, images),
	OPTION_STORE(struct arguments, store),
	OPTION_MIRROR(struct arguments, mirrors),
	OPTION_TEXT("keyring", "FILE", struct arguments, keyring, "archive keys",
		    .preset = "/usr/share/keyrings/debian-archive-keyring.gpg"),
	OPTION_TEXT("release-api", "URL", struct arguments, release_api,
		    "who knows the latest releases on GitHub", .preset = "https://api.github.com"),
	OPTION_QUIET(struct arguments, quiet),
	OPTIONS_END,
};

/* All that is asked, and what came of it. */
struct state {
	struct recipe recipe;
	struct lock lock;
	struct store store;
	struct mirrors mirrors;
	struct http_client *http;
	struct archive_lists lists;
	struct outdated packages;
	struct newer_release *components; /* of the recipe, in its order */
	size_t behind, security, components_behind, deprecated;
};

static void state_release(struct state *s)
{
	for (size_t i = 0; s->components && i < s->recipe.n_components; i++)
		newer_release_release(&s->components[i]);
	free(s->components);
	outdated_release(&s->packages);
	archive_lists_release(&s->lists);
	http_client_free(s->http);
	mirrors_release(&s->mirrors);
	store_release(&s->store);
	lock_release(&s->lock);
	recipe_release(&s->recipe);
}

static int read_inputs(const struct arguments *a, struct state *s, struct error **err)
{
	_cleanup_(places_release) struct places places = {0};
	_cleanup_free_ char *path = NULL;
	int r = places_find(a->images, NULL, &places, err);

	if (r >= 0)
		r = recipe_read(&places.recipes, a->image, &s->recipe, err);
	if (r >= 0)
		r = a->lock && !(path = strdup(a->lock)) ? error_oom(err) : 0;
	if (r >= 0 && !path)
		r = recipe_folders_find_lock(&places.recipes, a->image, &path, err);
	if (r >= 0)
		r = lock_read(path, &s->lock, err);
	if (r >= 0)
		r = store_open(a->store, &s->store, err);
	if (r >= 0)
		r = mirrors_read(&a->mirrors, &s->mirrors, err);
	if (r >= 0)
		r = http_client_new(a->mirrors.n > 0, &s->http, err);
	return r;
}

static int find_packages(const struct arguments *a, struct state *s, struct progress *progress,
			 struct error **err)
{
	const struct archive_options archive = {
		.store = &s->store,
		.mirrors = &s->mirrors,
		.http = s->http,
		.keyring = a->keyring,
		.suite = s->recipe.suite,
		.architecture = s->recipe.architecture,
		.components = &s->recipe.archive_components,
		.now = time(NULL),
		.before = &s->lock,
		.progress = progress,
	};
	int r = archive_read_lists(&archive, &s->lists, err);

	if (r >= 0)
		r = outdated_find(&s->lock, &s->recipe, &s->lists, &s->packages, err);
	for (size_t i = 0; i < s->packages.n; i++) {
		s->behind += s->packages.items[i].newest.version != NULL;
		s->security += s->packages.items[i].security.version != NULL;
	}
	return r;
}

static size_t count_deprecated(const struct newer_release *n)
{
	size_t found = n->deprecated != NULL;

	for (size_t i = 0; i < n->n_parts; i++)
		found += n->parts[i].deprecated != NULL;
	return found;
}

static int find_components(const struct arguments *a, struct state *s, struct error **err)
{
	const struct newer_release_options o = {
		.http = s->http,
		.mirrors = &s->mirrors,
		.release_api = a->release_api,
		.architecture = s->recipe.architecture,
	};
	int r = 0;

	s->components = calloc(s->recipe.n_components + 1, sizeof *s->components);
	if (!s->components)
		return error_oom(err);
	for (size_t i = 0; r >= 0 && !a->packages_only && i < s->recipe.n_components; i++) {
		r = newer_release_find(&o, &s->recipe.components[i], &s->components[i], err);
		s->components_behind += s->components[i].newer;
		s->deprecated += count_deprecated(&s->components[i]);
	}
	return r;
}

static const char *const sets[] = {
	[LOCK_IMAGE] = "image",
	[LOCK_DEBUG] = "debug",
	[LOCK_BUILD_ROOT] = "build root",
	[LOCK_FIRMWARE] = "firmware",
};

static const char *signature_word(enum release_signature s)
{
	return s == RELEASE_SIGNATURE_PUBLISHED ? "signed"
	       : s == RELEASE_SIGNATURE_NONE	? "without a signature"
						: "signature not looked for";
}

static json_t *candidate_json(const struct candidate *c)
{
	return c->version ? json_pack("{s:s, s:s, s:s}", "name", c->name, "version", c->version,
				      "suite", c->suite)
			  : json_null();
}

static json_t *release_json(const char *name, const char *locked, const struct newer_release *n)
{
	return json_pack("{s:s, s:s, s:s?, s:b, s:s?, s:s?, s:s?}", "name", name, "locked", locked,
			 "latest", n->version[0] ? n->version : NULL, "newer", n->newer,
			 "signature",
			 n->newer && n->version[0] ? signature_word(n->signature) : NULL,
			 "deprecated", n->deprecated, "not_asked", n->not_asked);
}

/* With what it is made of, if it is a tree of npm packages. */
static json_t *component_json(const char *name, const char *locked, const struct newer_release *n)
{
	_cleanup_json_ json_t *parts = json_array();
	json_t *j = release_json(name, locked, n);
	bool ok = j && parts;

	for (size_t i = 0; ok && i < n->n_parts; i++)
		ok = json_array_append_new(parts, release_json(n->parts[i].name, n->parts[i].locked,
							       &n->parts[i])) == 0;
	return json_complete(j, ok && json_object_set(j, "packages", parts) == 0);
}

static int print_json(const struct arguments *a, const struct state *s, struct error **err)
{
	json_t *packages = json_array(), *components = json_array();
	bool ok = packages && components;

	for (size_t i = 0; ok && i < s->packages.n; i++) {
		const struct outdated_item *p = &s->packages.items[i];

		if (!p->newest.version && !p->gone)
			continue;
		ok = json_array_append_new(
			     packages,
			     json_pack("{s:s, s:s, s:s, s:b, s:o, s:o}", "name", p->package->name,
				       "set", sets[p->set], "locked", p->package->version, "gone",
				       p->gone, "newest", candidate_json(&p->newest), "security",
				       candidate_json(&p->security))) == 0;
	}
	for (size_t i = 0; ok && !a->packages_only && i < s->recipe.n_components; i++) {
		const struct component *c = &s->recipe.components[i];

		ok = json_array_append_new(components, component_json(c->name, c->version,
								      &s->components[i])) == 0;
	}
	return command_print_json(
		json_complete(json_pack("{s:s, s:o, s:o, s:i, s:i, s:i, s:i}", "image", a->image,
					"packages", packages, "components", components, "behind",
					(int)s->behind, "security", (int)s->security,
					"components_behind", (int)s->components_behind,
					"deprecated", (int)s->deprecated),
			      ok),
		err);
}

static void print_package(const struct outdated_item *p)
{
	const bool security = p->security.version;
	const struct candidate *c = security ? &p->security : &p->newest;

	if (c->version)
		printf("  %-9s  %s %s -> %s%s%s  (%s%s%s)\n", security ? "security" : "update",
		       p->package->name, p->package->version,
		       string_equal(c->name, p->package->name) ? "" : c->name,
		       string_equal(c->name, p->package->name) ? "" : " ", c->version, c->suite,
		       p->set == LOCK_IMAGE ? "" : ", ", p->set == LOCK_IMAGE ? "" : sets[p->set]);
	else if (p->gone)
		printf("  %-9s  %s %s: no list has it any more%s%s\n", "gone", p->package->name,
		       p->package->version, p->set == LOCK_IMAGE ? "" : ", ",
		       p->set == LOCK_IMAGE ? "" : sets[p->set]);
}

/* `of`: the component whose tree it is in; NULL of a component. */
static void print_release(const char *of, const char *name, const char *locked,
			  const struct newer_release *n)
{
	const char *colon = of ? ": " : "";

	of = of ? of : "";
	if (n->newer && n->version[0])
		printf("  %-9s  %s%s%s %s -> %s  (%s)\n", "release", of, colon, name, locked,
		       n->version, signature_word(n->signature));
	else if (n->not_asked)
		printf("  %-9s  %s%s%s %s: %s\n", "not asked", of, colon, name, locked,
		       n->not_asked);
	if (n->deprecated)
		printf("  %-10s %s%s%s %s: %s\n", "deprecated", of, colon, name, locked,
		       n->deprecated);
}

static void print_component(const char *name, const char *locked, const struct newer_release *n)
{
	print_release(NULL, name, locked, n);
	for (size_t i = 0; i < n->n_parts; i++)
		print_release(name, n->parts[i].name, n->parts[i].locked, &n->parts[i]);
}

static void print_text(const struct arguments *a, const struct state *s)
{
	for (int security = 1; security >= 0; security--) {
		for (size_t i = 0; i < s->packages.n; i++) {
			if ((s->packages.items[i].security.version != NULL) == security)
				print_package(&s->packages.items[i]);
		}
	}
	for (size_t i = 0; !a->packages_only && i < s->recipe.n_components; i++) {
		const struct component *c = &s->recipe.components[i];

		print_component(c->name, c->version, &s->components[i]);
	}
	printf("%s: %zu of %zu packages are behind, %zu by a security update", a->image, s->behind,
	       s->packages.n, s->security);
	if (!a->packages_only)
		printf("; %zu of %zu components", s->components_behind, s->recipe.n_components);
	if (s->deprecated)
		printf("; %zu deprecated", s->deprecated);
	putchar('\n');
}

static int run(int argc, char **argv, struct error **err)
{
	_cleanup_(arguments_release) struct arguments a = {0};
	_cleanup_(state_release) struct state s = {0};
	int r = command_parse(&command_outdated, argc, argv, &a, err);

	if (r >= 0)
		r = read_inputs(&a, &s, err);
	if (r >= 0) {
		_cleanup_(progress_freep) struct progress *progress = progress_new(stderr, a.quiet);

		s.store.notes = progress;
		r = find_packages(&a, &s, progress, err);
		s.store.notes = NULL;
	}
	if (r >= 0)
		r = find_components(&a, &s, err);
	if (r < 0)
		return r;
	if (a.json)
		r = print_json(&a, &s, err);
	else
		print_text(&a, &s);
	if (r >= 0 && s.security)
		r = error_set(
			err, -ERROR_REFUSED,
			"image '%s' lacks security updates: 'tdnode lock %s --security' takes "
			"them",
			a.image, a.image);
	else if (r >= 0 && a.all && (s.behind || s.components_behind || s.deprecated))
		r = error_set(err, -ERROR_REFUSED, "image '%s' is behind: 'tdnode lock %s'",
			      a.image, a.image);
	return r;
}

const struct command command_outdated = {
	.name = "outdated",
	.summary = "which packages of a lock are behind",
	.forms = {{.operands = {OPERAND("IMAGE", struct arguments, image)}}},
	.about =
		"Compares an image's lock with the archive's lists as they are now, under "
		"Debian's signature: which packages are behind, which of them by a security "
		"update, and which components have a newer release, where upstream can be asked "
		"(npm packages and the direct dependencies of their trees, releases on GitHub). It "
		"changes nothing.",
	.notes = "Exit status: 0 if no security update is missing (with --all: if nothing is "
		 "behind), 3 if one is, 1 if the archive could not be asked. An upstream that does "
		 "not answer is no failure.",
	.options = options,
	.example = "tdnode outdated devnet",
	.run = run,
};
