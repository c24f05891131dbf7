#include "formats/package_list.h"

#include <errno.h>
#include <jansson.h>

#define FORMAT_VERSION 1

/* Takes the reference. */
static void put_json(struct buffer *b, json_t *j)
{
	char *text = j ? json_dumps(j, JSON_ENCODE_ANY) : NULL;

	b->failed |= !text;
	if (text)
		buffer_put_string(b, text);
	free(text);
	json_decref(j);
}

static void put_items(struct buffer *b, const struct package_list *l, bool components)
{
	const char *separator = "\n";

	for (size_t i = 0; i < l->n; i++) {
		const struct package_list_item *p = &l->items[i];

		if (components != !p->architecture)
			continue;
		buffer_put_string(b, separator);
		put_json(b,
			 p->architecture
				 ? json_pack("{s:s, s:s, s:s}", "name", p->name, "version",
					     p->version, "architecture", p->architecture)
				 : json_pack("{s:s, s:s}", "name", p->name, "version", p->version));
		separator = ",\n";
	}
}

int package_list_format(const struct package_list *l, struct buffer *ret, struct error **err)
{
	buffer_printf(ret, "{\"version\": %d, \"image\": ", FORMAT_VERSION);
	put_json(ret, json_string(l->image));
	buffer_printf(ret, ", \"debug\": %s,\n\"packages\": [", l->debug ? "true" : "false");
	put_items(ret, l, false);
	buffer_put_string(ret, "\n],\n\"components\": [");
	put_items(ret, l, true);
	buffer_put_string(ret, "\n]}\n");
	return buffer_ok(ret) ? 0 : error_oom(err);
}

static int parse_items(json_t *array, const char *what, bool components, struct package_list *l,
		       struct error **err)
{
	json_t *item;
	size_t i;

	json_array_foreach(array, i, item)
	{
		struct package_list_item *p = &l->items[l->n];
		json_error_t e;
		int failed = components ? json_unpack_ex(item, &e, JSON_STRICT, "{s:s, s:s}",
							 "name", &p->name, "version", &p->version)
					: json_unpack_ex(item, &e, JSON_STRICT, "{s:s, s:s, s:s}",
							 "name", &p->name, "version", &p->version,
							 "architecture", &p->architecture);

		if (failed)
			return error_set(err, -ERROR_MALFORMED, "%s[%zu]: %s", what, i, e.text);
		l->n++;
	}
	return 0;
}

static int parse(json_t *root, struct package_list *l, struct error **err)
{
	json_t *packages, *components;
	json_error_t e;
	int version, debug;

	if (json_unpack_ex(root, &e, JSON_STRICT, "{s:i, s:s, s:b, s:o, s:o}", "version", &version,
			   "image", &l->image, "debug", &debug, "packages", &packages, "components",
			   &components))
		return error_set(err, -ERROR_MALFORMED, "%s", e.text);
	if (version != FORMAT_VERSION)
		return error_set(err, -ERROR_UNSUPPORTED, "version %d, not %d", version,
				 FORMAT_VERSION);
	if (!json_is_array(packages) || !json_is_array(components))
		return error_set(err, -ERROR_MALFORMED, "'packages' or 'components' is no array");
	if (json_array_size(packages) + json_array_size(components) > PACKAGE_LIST_ITEMS_MAX)
		return error_set(err, -EFBIG, "more than %u packages", PACKAGE_LIST_ITEMS_MAX);
	l->debug = debug;
	l->items = calloc(json_array_size(packages) + json_array_size(components) + 1,
			  sizeof(*l->items));
	if (!l->items)
		return error_oom(err);

	int r = parse_items(packages, "packages", false, l, err);

	return r < 0 ? r : parse_items(components, "components", true, l, err);
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
