#include "formats/package_list.h"

#include <errno.h>

#include "base/text.h"
#include "formats/json.h"

#define FORMAT_VERSION 3

/* Takes the reference. */
static void put_json(struct buffer *b, json_t *j)
{
	b->failed |= !json_put(j, JSON_ENCODE_ANY, b);
}

static json_t *package_json(const struct package_list_item *p)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "name", p->name, "version",
			 p->version, "architecture", p->architecture, "source", p->source, "sha256",
			 p->sha256, "licence", p->licence, "concluded",
			 p->concluded ? p->concluded : "");
}

static json_t *component_json(const struct package_list_item *p)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "name", p->name, "version", p->version,
			 "kind", p->kind, "source", p->source, "sha256", p->sha256, "licence",
			 p->licence);
}

static json_t *part_json(const struct package_list_item *p)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", p->name, "version", p->version,
			 "component", p->component, "sha256", p->sha256, "licence", p->licence);
}

static void put_items(struct buffer *b, const struct package_list_item *items, size_t n,
		      json_t *(*to_json)(const struct package_list_item *p))
{
	for (size_t i = 0; i < n; i++) {
		buffer_put_string(b, i ? ",\n" : "\n");
		put_json(b, to_json(&items[i]));
	}
}

int package_list_format(const struct package_list *l, struct buffer *ret, struct error **err)
{
	size_t packages = 0;

	while (packages < l->n && l->items[packages].architecture)
		packages++;
	buffer_printf(ret, "{\"version\": %d, \"image\": ", FORMAT_VERSION);
	put_json(ret, json_string(l->image));
	buffer_printf(ret, ", \"debug\": %s, \"suite\": ", l->debug ? "true" : "false");
	put_json(ret, json_string(l->suite));
	buffer_put_string(ret, ", \"date\": ");
	put_json(ret, json_string(l->date));
	buffer_put_string(ret, ",\n\"packages\": [");
	put_items(ret, l->items, packages, package_json);
	buffer_put_string(ret, "\n],\n\"components\": [");
	put_items(ret, l->items + packages, l->n - packages, component_json);
	buffer_put_string(ret, "\n],\n\"parts\": [");
	put_items(ret, l->parts, l->n_parts, part_json);
	buffer_put_string(ret, "\n]}\n");
	return buffer_ok(ret) ? 0 : error_oom(err);
}

/* A kind of item: its array, and what each has beside name and version. */
enum item_kind { PACKAGE, COMPONENT, PART };

static int unpack_item(json_t *item, enum item_kind kind, int version, struct package_list_item *p,
		       json_error_t *e)
{
	if (version == 1)
		return kind == COMPONENT ? json_unpack_ex(item, e, JSON_STRICT, "{s:s, s:s}",
							  "name", &p->name, "version", &p->version)
					 : json_unpack_ex(item, e, JSON_STRICT, "{s:s, s:s, s:s}",
							  "name", &p->name, "version", &p->version,
							  "architecture", &p->architecture);
	if (kind == PART)
		return json_unpack_ex(item, e, JSON_STRICT, "{s:s, s:s, s:s, s:s, s:s}", "name",
				      &p->name, "version", &p->version, "component", &p->component,
				      "sha256", &p->sha256, "licence", &p->licence);
	if (kind == PACKAGE && version > 2)
		return json_unpack_ex(item, e, JSON_STRICT, "{s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
				      "name", &p->name, "version", &p->version, "architecture",
				      &p->architecture, "source", &p->source, "sha256", &p->sha256,
				      "licence", &p->licence, "concluded", &p->concluded);
	return json_unpack_ex(item, e, JSON_STRICT, "{s:s, s:s, s:s, s:s, s:s, s:s}", "name",
			      &p->name, "version", &p->version,
			      kind == PACKAGE ? "architecture" : "kind",
			      kind == PACKAGE ? &p->architecture : &p->kind, "source", &p->source,
			      "sha256", &p->sha256, "licence", &p->licence);
}

static int parse_items(json_t *array, enum item_kind kind, int version,
		       struct package_list_item *items, size_t *n, struct error **err)
{
	static const char *const names[] = {"packages", "components", "parts"};
	json_t *item;
	size_t i;

	json_array_foreach(array, i, item)
	{
		struct package_list_item *p = &items[*n];
		json_error_t e;
		uint8_t sha256[32];

		if (unpack_item(item, kind, version, p, &e))
			return error_set(err, -ERROR_MALFORMED, "%s[%zu]: %s", names[kind], i,
					 e.text);
		if (p->sha256 && !hex_decode(span_string(p->sha256), sha256, sizeof sha256))
			return error_set(err, -ERROR_MALFORMED, "%s[%zu]: 'sha256' is no digest",
					 names[kind], i);
		++*n;
	}
	return 0;
}

/* *ret_arrays by kind; of parts NULL in version 1. */
static int unpack_root(json_t *root, int *ret_version, struct package_list *l,
		       json_t *ret_arrays[3], struct error **err)
{
	const json_t *number = json_object_get(root, "version");
	json_error_t e;
	int debug, failed;

	*ret_version = (int)json_integer_value(number);
	if (json_is_integer(number) && (*ret_version < 1 || *ret_version > FORMAT_VERSION))
		return error_set(err, -ERROR_UNSUPPORTED, "version %d, not %d", *ret_version,
				 FORMAT_VERSION);
	if (*ret_version > 1)
		failed = json_unpack_ex(
			root, &e, JSON_STRICT, "{s:i, s:s, s:b, s:s, s:s, s:o, s:o, s:o}",
			"version", ret_version, "image", &l->image, "debug", &debug, "suite",
			&l->suite, "date", &l->date, "packages", &ret_arrays[PACKAGE], "components",
			&ret_arrays[COMPONENT], "parts", &ret_arrays[PART]);
	else
		failed = json_unpack_ex(root, &e, JSON_STRICT, "{s:i, s:s, s:b, s:o, s:o}",
					"version", ret_version, "image", &l->image, "debug", &debug,
					"packages", &ret_arrays[PACKAGE], "components",
					&ret_arrays[COMPONENT]);
	if (failed)
		return error_set(err, -ERROR_MALFORMED, "%s", e.text);
	l->debug = debug;
	return 0;
}

static int parse(json_t *root, struct package_list *l, struct error **err)
{
	json_t *arrays[3] = {0};
	int version;
	int r = unpack_root(root, &version, l, arrays, err);

	if (r < 0)
		return r;
	if (!json_is_array(arrays[PACKAGE]) || !json_is_array(arrays[COMPONENT]) ||
	    (arrays[PART] && !json_is_array(arrays[PART])))
		return error_set(err, -ERROR_MALFORMED,
				 "'packages', 'components' or 'parts' is not an array");

	size_t items = json_array_size(arrays[PACKAGE]) + json_array_size(arrays[COMPONENT]);
	size_t parts = json_array_size(arrays[PART]);

	if (items + parts > PACKAGE_LIST_ITEMS_MAX)
		return error_set(err, -EFBIG, "more than %u packages", PACKAGE_LIST_ITEMS_MAX);
	l->items = calloc(items + parts + 1, sizeof(*l->items));
	if (!l->items)
		return error_oom(err);
	l->parts = l->items + items;
	r = parse_items(arrays[PACKAGE], PACKAGE, version, l->items, &l->n, err);
	if (r >= 0)
		r = parse_items(arrays[COMPONENT], COMPONENT, version, l->items, &l->n, err);
	if (r >= 0)
		r = parse_items(arrays[PART], PART, version, l->parts, &l->n_parts, err);
	return r;
}

int package_list_parse(struct span json, struct package_list *ret, struct error **err)
{
	_cleanup_(package_list_release) struct package_list l = {0};
	json_error_t e;

	if (json.n == 0)
		return error_set(err, -ERROR_MALFORMED, "list of packages: empty");
	if (json.n > PACKAGE_LIST_MAX)
		return error_set(err, -EFBIG, "list of packages: %zu bytes, more than %u", json.n,
				 PACKAGE_LIST_MAX);

	json_t *root = json_loadb((const char *)json.p, json.n, JSON_REJECT_DUPLICATES, &e);

	if (!root)
		return error_set(err, -ERROR_MALFORMED, "list of packages: line %d: %s", e.line,
				 e.text);
	l.storage = root;

	int r = parse(root, &l, err);

	if (r < 0)
		return error_wrap(err, r, "list of packages");
	*ret = l;
	l = (struct package_list){0};
	return 0;
}

void package_list_release(struct package_list *l)
{
	json_decref(l->storage);
	free(l->items);
	*l = (struct package_list){0};
}
