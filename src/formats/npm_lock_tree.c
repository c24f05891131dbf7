#include "formats/npm_lock_parts.h"

#include <errno.h>

#define FOLDER "node_modules/"

struct edge {
	size_t from, to;
	bool required;
};

struct edges {
	struct edge *items; /* in order of `from` */
	size_t n, capacity;
};

/* By index of a node. */
struct marks {
	bool *absent; /* only development needs it, or nothing */
	bool *failed; /* optional, and does not run here or needs what does not */
	bool *kept;   /* the root reaches it without what failed */
	bool *below;  /* what failed reaches it */
};

static bool is_true(const json_t *package, const char *key)
{
	return json_is_true(json_object_get(package, key));
}

/* "os": ["linux", "darwin"] or ["!win32"]; a text counts as a list of one, none at all as everything. */
static bool list_allows(const json_t *list, const char *here)
{
	size_t n = json_is_string(list) ? 1 : json_array_size(list), negated = 0;
	bool found = false;

	for (size_t i = 0; i < n; i++) {
		const char *text =
			json_string_value(json_is_string(list) ? list : json_array_get(list, i));

		if (!text)
			continue;
		if (n == 1 && string_equal(text, "any"))
			return true;
		if (text[0] == '!' && string_equal(text + 1, here))
			return false;
		negated += text[0] == '!';
		found |= string_equal(text, here);
	}
	return found || negated == n;
}

static bool runs_here(const json_t *package, const struct npm_platform *p)
{
	return list_allows(json_object_get(package, "os"), p->os) &&
	       list_allows(json_object_get(package, "cpu"), p->cpu) &&
	       list_allows(json_object_get(package, "libc"), p->libc);
}

static int compare_nodes(const void *a, const void *b)
{
	return strcmp(((const struct npm_node *)a)->location,
		      ((const struct npm_node *)b)->location);
}

static int collect(json_t *packages, struct npm_nodes *ret, struct error **err)
{
	const char *location;
	json_t *object;

	ret->items = calloc(json_object_size(packages) + 1, sizeof *ret->items);
	if (!ret->items)
		return error_oom(err);
	json_object_foreach(packages, location, object)
	{
		if (!json_is_object(object))
			return error_set(err, -ERROR_MALFORMED, "package '%s': not an object",
					 location);
		ret->items[ret->n++] = (struct npm_node){.location = location, .object = object};
	}
	qsort(ret->items, ret->n, sizeof *ret->items, compare_nodes);
	return 0;
}

/* The node that Node.js finds where the one at `location` asks for `name`: its own, or that of a folder above; NULL if
 * there is none. */
static int resolve(const struct npm_nodes *l, const char *location, const char *name,
		   const struct npm_node **ret, struct error **err)
{
	size_t n = strlen(location);

	for (;;) {
		_cleanup_free_ char *place =
			string_printf("%.*s%s" FOLDER "%s", (int)n, location, n ? "/" : "", name);
		const struct npm_node key = {.location = place};

		if (!place)
			return error_oom(err);
		*ret = bsearch(&key, l->items, l->n, sizeof key, compare_nodes);
		if (*ret || n == 0)
			return 0;
		/* Up to the folder that holds this one. */
		do
			n--;
		while (n > 0 && !string_starts(location + n, "/" FOLDER));
	}
}

static int add_edges(struct edges *edges, const struct npm_nodes *l, size_t from, const char *key,
		     bool required, struct error **err)
{
	const json_t *object = l->items[from].object, *optional_peers;
	const char *name;
	json_t *value;

	optional_peers = json_object_get(object, "peerDependenciesMeta");
	json_object_foreach(json_object_get(object, key), name, value)
	{
		const struct npm_node *to = NULL;
		bool optional =
			json_object_get(json_object_get(object, "optionalDependencies"), name) ||
			is_true(json_object_get(optional_peers, name), "optional");
		int r = resolve(l, l->items[from].location, name, &to, err);

		if (r < 0)
			return r;
		if (!to)
			continue;
		if (array_reserve(&edges->items, &edges->capacity, edges->n + 1,
				  sizeof *edges->items) < 0)
			return error_oom(err);
		edges->items[edges->n++] =
			(struct edge){from, (size_t)(to - l->items), required && !optional};
	}
	return 0;
}

static int find_edges(const struct npm_nodes *l, struct edges *ret, struct error **err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < l->n; i++) {
		r = add_edges(ret, l, i, "dependencies", true, err);
		if (r >= 0)
			r = add_edges(ret, l, i, "peerDependencies", true, err);
		if (r >= 0)
			r = add_edges(ret, l, i, "optionalDependencies", false, err);
	}
	return r;
}

static bool is_optional(const struct npm_node *n)
{
	return is_true(n->object, "optional") || is_true(n->object, "devOptional");
}

/* What needs something that failed has failed, too. */
static int spread_failure(const struct npm_nodes *l, const struct edges *edges, struct marks *m,
			  struct error **err)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (size_t i = 0; i < edges->n; i++) {
			const struct edge *e = &edges->items[i];

			if (!e->required || !m->failed[e->to] || m->failed[e->from] ||
			    m->absent[e->from])
				continue;
			if (!is_optional(&l->items[e->from]))
				return error_set(err, -ERROR_REFUSED,
						 "package '%s': '%s' needs it, but it does not run "
						 "here",
						 l->items[e->to].location,
						 l->items[e->from].location);
			m->failed[e->from] = changed = true;
		}
	}
	return 0;
}

/* Marks what is reached from what is marked; nothing that failed unless `failed`. */
static void reach(const struct edges *edges, const struct marks *m, bool failed, bool *mark)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (size_t i = 0; i < edges->n; i++) {
			const struct edge *e = &edges->items[i];

			if (!mark[e->from] || mark[e->to] || m->absent[e->to] ||
			    (m->failed[e->to] && !failed))
				continue;
			mark[e->to] = changed = true;
		}
	}
}

static int mark_nodes(const struct npm_nodes *l, const struct npm_platform *platform,
		      struct marks *m, bool *ret_failed, struct error **err)
{
	for (size_t i = 1; i < l->n; i++) {
		const json_t *object = l->items[i].object;

		m->absent[i] = is_true(object, "dev") || is_true(object, "extraneous");
		if (m->absent[i] || is_true(object, "inBundle") || runs_here(object, platform))
			continue;
		if (!is_optional(&l->items[i]))
			return error_set(err, -ERROR_REFUSED,
					 "package '%s': it is needed, but does not run on %s, %s, "
					 "%s",
					 l->items[i].location, platform->os, platform->cpu,
					 platform->libc);
		m->failed[i] = m->below[i] = *ret_failed = true;
	}
	return 0;
}

static int choose(struct npm_nodes *l, const struct npm_platform *platform, struct marks *m,
		  struct error **err)
{
	struct edges edges = {0};
	bool failed = false;
	int r = mark_nodes(l, platform, m, &failed, err);

	if (r >= 0 && failed)
		r = find_edges(l, &edges, err);
	if (r >= 0)
		r = spread_failure(l, &edges, m, err);
	if (r >= 0) {
		memcpy(m->below, m->failed, l->n * sizeof *m->below);
		m->kept[0] = true;
		reach(&edges, m, false, m->kept);
		reach(&edges, m, true, m->below);
	}
	free(edges.items);
	for (size_t i = 0; r >= 0 && i < l->n; i++)
		/* What is in another's tarball comes with it. */
		l->items[i].left_out = i == 0 || m->absent[i] || m->failed[i] ||
				       (m->below[i] && !m->kept[i]) ||
				       is_true(l->items[i].object, "inBundle");
	return r;
}

int npm_nodes_choose(json_t *packages, const struct npm_platform *platform, struct npm_nodes *ret,
		     struct error **err)
{
	struct npm_nodes l = {0};
	_cleanup_free_ bool *marks = NULL;
	int r = collect(packages, &l, err);

	if (r >= 0) {
		marks = calloc(4 * l.n + 1, sizeof *marks);
		r = marks ? 0 : error_oom(err);
	}
	if (r >= 0) {
		struct marks m = {marks, marks + l.n, marks + 2 * l.n, marks + 3 * l.n};

		r = choose(&l, platform, &m, err);
	}
	if (r < 0) {
		free(l.items);
		return r;
	}
	*ret = l;
	return 0;
}
