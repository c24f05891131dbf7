#include "packages/given_files.h"

#include <errno.h>
#include <unistd.h>

#include "base/file.h"

const char *given_file(const struct string_list *given, const char *component)
{
	size_t n = strlen(component);

	for (size_t i = 0; given && i < given->n; i++) {
		if (string_starts(given->items[i], component) && given->items[i][n] == '=')
			return given->items[i] + n + 1;
	}
	return NULL;
}

static const struct component *find(const struct recipe *recipe, const char *given)
{
	size_t n = strcspn(given, "=");

	for (size_t i = 0; i < recipe->n_components; i++) {
		const struct component *c = &recipe->components[i];

		if (span_equal(span_string(c->name), SPAN(given, n)))
			return c;
	}
	return NULL;
}

int given_check(const struct string_list *given, const struct recipe *recipe, struct error **err)
{
	for (size_t i = 0; given && i < given->n; i++) {
		const char *text = given->items[i];
		const char *equals = strchr(text, '=');
		const struct component *c = equals ? find(recipe, text) : NULL;

		if (!equals || equals == text || !equals[1])
			return error_set(err, -ERROR_USAGE, "--component '%s' is not NAME=FILE",
					 text);
		if (!c)
			return error_set(err, -ERROR_USAGE,
					 "--component '%s': image '%s' has no component '%.*s'",
					 text, recipe->name, (int)(equals - text), text);
		if (given_file(given, c->name) != equals + 1)
			return error_set(err, -ERROR_USAGE, "--component '%s': '%s' is given twice",
					 text, c->name);
		if (c->kind == COMPONENT_NPM || c->kind == COMPONENT_NPM_LOCK)
			return error_set(err, -ERROR_USAGE,
					 "--component '%s': '%s' comes from a registry of npm, not "
					 "as a file",
					 text, c->name);
	}
	return 0;
}

int given_copy(const struct store *s, const char *file, const char *name, char **ret_path,
	       struct error **err)
{
	_cleanup_free_ char *copy = string_printf("%s/" STORE_PARTIAL "/%s", s->path, name);
	_cleanup_(output_release) struct output out = OUTPUT_INIT;
	_cleanup_close_ int fd = -1;
	uint64_t size;
	int r = copy ? file_open(file, &fd, &size, err) : error_oom(err);

	if (r >= 0)
		r = output_open(copy, &out, err);
	if (r < 0)
		return r;
	r = copy_range(fd, 0, size, out.fd);
	if (r < 0)
		return error_errno(err, -r, "%s", file);
	r = output_commit(&out, err);
	if (r < 0)
		return r;
	*ret_path = TAKE_PTR(copy);
	return 0;
}

static int adopt(const struct store *s, const struct lock_component *c, const char *file,
		 struct error **err)
{
	_cleanup_free_ char *name = string_printf("given-%s", c->name);
	_cleanup_free_ char *copy = NULL;
	int r = name ? given_copy(s, file, name, &copy, err) : error_oom(err);

	if (r < 0)
		return r;
	r = store_adopt(s, copy, &c->sha256, c->size, err);
	return r < 0 ? error_wrap(err, r, "%s", file) : 0;
}

int given_adopt(const struct string_list *given, const struct lock *l, const struct store *s,
		struct error **err)
{
	for (size_t i = 0; i < l->n_components; i++) {
		const struct lock_component *c = &l->components[i];
		const char *file = given_file(given, c->name);
		int r = file ? adopt(s, c, file, err) : 0;

		if (r < 0)
			return error_wrap(err, r, "component '%s' %s", c->name, c->version);
	}
	return 0;
}
