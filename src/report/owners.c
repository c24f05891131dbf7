#include "report/report.h"

void report_owners_release(struct report_owners *o)
{
	for (size_t i = 0; i < o->n; i++) {
		free(o->items[i].path);
		free(o->items[i].name);
	}
	free(o->items);
	*o = (struct report_owners){0};
}

int report_owners_add(struct report_owners *o, const char *path, const char *name,
		      struct error **err)
{
	struct report_owner *item;

	if (array_reserve(&o->items, &o->capacity, o->n + 1, sizeof *o->items) < 0)
		return error_oom(err);
	item = &o->items[o->n++];
	*item = (struct report_owner){strdup(path), strdup(name)};
	return item->path && item->name ? 0 : error_oom(err);
}

static int compare(const void *a, const void *b)
{
	const struct report_owner *x = a, *y = b;
	int order = strcmp(x->path, y->path);

	return order ? order : strcmp(x->name, y->name);
}

void report_owners_sort(struct report_owners *o)
{
	if (o->n)
		qsort(o->items, o->n, sizeof *o->items, compare);
}

static int compare_path(const void *key, const void *item)
{
	return strcmp(key, ((const struct report_owner *)item)->path);
}

const char *report_owners_find(const struct report_owners *o, const char *path)
{
	const struct report_owner *found =
		o->n ? bsearch(path, o->items, o->n, sizeof *o->items, compare_path) : NULL;

	return found ? found->name : NULL;
}
