#include "packages/newer_release.h"

#include <errno.h>

#include "base/parallel.h"
#include "packages/fetch.h"
#include "packages/lock_npm.h"
#include "packages/resolve.h"

#define GITHUB "https://github.com/"
/* A detached signature of OpenPGP. */
#define SIGNATURE_MAX (64u << 10)

static void part_release(struct newer_release *n)
{
	free(n->name);
	free(n->locked);
	free(n->not_asked);
	free(n->deprecated);
}

void newer_release_release(struct newer_release *n)
{
	for (size_t i = 0; i < n->n_parts; i++)
		part_release(&n->parts[i]);
	free(n->parts);
	part_release(n);
	*n = (struct newer_release){0};
}

/* "1.8.0-rc.1" is before "1.8.0": what Debian's rule says of "~". */
static int is_newer(const struct newer_release_options *o, const char *locked, const char *latest,
		    bool *ret, struct error **err)
{
	_cleanup_(resolver_freep) struct resolver *versions = NULL;
	_cleanup_free_ char *a = strdup(latest), *b = strdup(locked);
	int r = a && b ? resolver_new(o->architecture, &versions, err) : error_oom(err);

	if (r < 0)
		return r;
	for (char *p = a; *p; p++)
		*p = *p == '-' ? '~' : *p;
	for (char *p = b; *p; p++)
		*p = *p == '-' ? '~' : *p;
	*ret = resolver_compare_versions(versions, a, b) > 0;
	return 0;
}

static int get_npm(const struct newer_release_options *o, const char *name, const char *version,
		   struct release_npm *ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer answer = BUFFER_INIT(RELEASE_ANSWER_MAX);
	const char *slash = strchr(name, '/');
	/* The slash after a scope is part of the name. */
	_cleanup_free_ char *url =
		slash ? string_printf("%s/%.*s%%2f%s/%s", o->mirrors->npm_registry,
				      (int)(slash - name), name, slash + 1, version)
		      : string_printf("%s/%s/%s", o->mirrors->npm_registry, name, version);
	int r = url ? http_get(o->http, url, &answer, err) : error_oom(err);

	return r < 0 ? r : release_answer_npm(buffer_span(&answer), ret, err);
}

static int ask_npm(const struct newer_release_options *o, const char *name, const char *locked,
		   struct newer_release *n, struct error **err)
{
	struct release_npm latest, ours;
	int r = get_npm(o, name, "latest", &latest, err);

	if (r < 0)
		return r;
	memcpy(n->version, latest.version, sizeof n->version);
	n->signature = latest.is_signed ? RELEASE_SIGNATURE_PUBLISHED : RELEASE_SIGNATURE_NONE;
	ours = latest;
	if (!string_equal(latest.version, locked)) {
		_cleanup_error_ struct error *why = NULL;

		r = get_npm(o, name, locked, &ours, &why);
		if (r == -ENOENT)
			snprintf(ours.deprecated, sizeof ours.deprecated,
				 "the registry has it no more");
		else if (r < 0)
			return error_move(err, r, &why);
	}
	if (ours.deprecated[0]) {
		n->deprecated = strdup(ours.deprecated);
		if (!n->deprecated)
			return error_oom(err);
	}
	return 0;
}

/* The text with each `old` replaced. */
static char *replaced(const char *text, const char *old, const char *new)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(64u << 10);
	const char *found;

	while ((found = strstr(text, old)) && *old) {
		buffer_put(&b, SPAN(text, (size_t)(found - text)));
		buffer_put_string(&b, new);
		text = found + strlen(old);
	}
	buffer_put_string(&b, text);
	return buffer_steal_text(&b);
}

/* Whether there is a signature where the recipe's would be with the new version. */
static int ask_signature(const struct newer_release_options *o, const struct component *c,
			 struct newer_release *n, struct error **err)
{
	_cleanup_(buffer_release) struct buffer signature = BUFFER_INIT(SIGNATURE_MAX);
	_cleanup_free_ char *url = NULL;
	int r;

	n->signature = RELEASE_SIGNATURE_UNKNOWN;
	if (!c->signature || c->build)
		return 0;
	url = replaced(c->signature, c->version, n->version);
	if (!url)
		return error_oom(err);
	r = http_get(o->http, url, &signature, NULL);
	if (r >= 0)
		n->signature = RELEASE_SIGNATURE_PUBLISHED;
	else if (r == -ENOENT)
		n->signature = RELEASE_SIGNATURE_NONE;
	return 0;
}

/* "OWNER/NAME" and the tag of "https://github.com/OWNER/NAME/releases/download/TAG/FILE". */
static bool github_parts(const char *url, struct span *ret_repository, struct span *ret_tag)
{
	static const char middle[] = "/releases/download/";
	const char *start = url + strlen(GITHUB);
	const char *found = string_starts(url, GITHUB) ? strstr(start, middle) : NULL;
	const char *tag = found ? found + strlen(middle) : NULL;
	const char *end = tag ? strchr(tag, '/') : NULL;

	if (!end)
		return false;
	*ret_repository = SPAN(start, (size_t)(found - start));
	*ret_tag = SPAN(tag, (size_t)(end - tag));
	return true;
}

static int ask_github(const struct newer_release_options *o, const struct component *c,
		      struct span repository, struct span tag, struct newer_release *n,
		      struct error **err)
{
	_cleanup_(buffer_release) struct buffer answer = BUFFER_INIT(RELEASE_ANSWER_MAX);
	_cleanup_free_ char *url = string_printf("%s/repos/%.*s/releases/latest", o->release_api,
						 (int)repository.n, (const char *)repository.p);
	char latest[RELEASE_VERSION_MAX];
	size_t at;
	int r = url ? http_get(o->http, url, &answer, err) : error_oom(err);

	if (r >= 0)
		r = release_answer_github(buffer_span(&answer), latest, err);
	if (r < 0)
		return r;
	/* What stands before the version in the tag of the recipe's release stands before the new one, too. */
	if (!span_find(tag, span_string(c->version), &at) || strlen(latest) <= at ||
	    memcmp(latest, tag.p, at) != 0)
		return error_set(err, -ERROR_UNSUPPORTED, "no version in the tag '%s'", latest);
	memmove(n->version, latest + at, strlen(latest + at) + 1);
	return 0;
}

/* What could not be asked says why; *why is what asking returned with r. */
static int finish(const struct newer_release_options *o, const char *locked, int r,
		  struct error **why, struct newer_release *n, struct error **err)
{
	if (r == -ENOMEM)
		return error_move(err, r, why);
	if (r >= 0)
		return is_newer(o, locked, n->version, &n->newer, err);
	n->version[0] = 0;
	n->not_asked = strdup(error_message(*why));
	return n->not_asked ? 0 : error_oom(err);
}

struct asking {
	const struct newer_release_options *options;
	struct newer_release *parts;
};

static int ask_part(void *context, size_t index, struct error **err)
{
	struct asking *a = context;
	struct newer_release *n = &a->parts[index];
	_cleanup_error_ struct error *why = NULL;
	int r = ask_npm(a->options, n->name, n->locked, n, &why);

	return finish(a->options, n->locked, r, &why, n, err);
}

/* The direct dependencies of a tree, side by side. */
static int ask_tree(const struct newer_release_options *o, const struct component *c,
		    struct newer_release *n, struct error **err)
{
	_cleanup_(npm_lock_release) struct npm_lock l = {0};
	const struct npm_platform platform = npm_platform_of(o->architecture);
	int r = npm_lock_parse(span_string(c->npm_lock), &platform, &l, err);

	if (r < 0)
		return error_wrap(err, r, "%s", c->source);
	n->parts = calloc(l.n + 1, sizeof *n->parts);
	if (!n->parts)
		return error_oom(err);
	for (size_t i = 0; i < l.n; i++) {
		struct newer_release *part = &n->parts[n->n_parts];

		if (!l.items[i].direct)
			continue;
		n->n_parts++;
		part->name = strdup(l.items[i].name);
		part->locked = strdup(l.items[i].version);
		if (!part->name || !part->locked)
			return error_oom(err);
	}

	struct asking a = {o, n->parts};

	r = parallel_for(n->n_parts, FETCH_CONNECTIONS, ask_part, &a, err);
	for (size_t i = 0; i < n->n_parts; i++)
		n->newer |= n->parts[i].newer;
	return r;
}

int newer_release_find(const struct newer_release_options *o, const struct component *c,
		       struct newer_release *ret, struct error **err)
{
	_cleanup_(newer_release_release) struct newer_release n = {0};
	_cleanup_error_ struct error *why = NULL;
	struct span repository, tag;
	bool github = c->kind == COMPONENT_URL && github_parts(c->source, &repository, &tag);
	int r = 0;

	if (c->kind == COMPONENT_NPM_LOCK) {
		r = ask_tree(o, c, &n, err);
	} else {
		if (c->kind == COMPONENT_NPM)
			r = ask_npm(o, c->source, c->version, &n, &why);
		else if (github)
			r = ask_github(o, c, repository, tag, &n, &why);
		else
			r = error_set(&why, -ERROR_UNSUPPORTED,
				      "nobody is known who could be asked");
		r = finish(o, c->version, r, &why, &n, err);
	}
	if (r >= 0 && n.newer && github)
		r = ask_signature(o, c, &n, err);
	if (r < 0)
		return r;
	*ret = n;
	n = (struct newer_release){0};
	return 0;
}
