#include "sbom/sbom.h"

#include <ctype.h>

#include "formats/json_read.h"
#include "sbom/identity.h"

#define ID_MAX 8192

void sbom_release(struct sbom *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->items[i].id);
		free(s->items[i].purl);
		free(s->items[i].cpe);
		free(s->items[i].licence);
		free(s->items[i].concluded);
	}
	free(s->items);
	spdx_refs_release(&s->refs);
	*s = (struct sbom){0};
}

static void put_id(struct buffer *b, const char *text)
{
	buffer_put_u8(b, '-');
	for (const char *p = text; *p; p++) {
		bool allowed = isalnum((unsigned char)*p) || *p == '.' || *p == '-';

		buffer_put_u8(b, allowed ? (uint8_t)*p : '-');
	}
}

/* Names of packages have no two spellings, except that "+" and "-" become one: so their digest is part of it. */
static char *make_id(enum sbom_role role, const struct package_list_item *p)
{
	static const char *const roles[] = {
		[SBOM_PACKAGE] = "package",   [SBOM_COMPONENT] = "component",
		[SBOM_PART] = "part",	      [SBOM_BUILD_TOOL] = "build-tool",
		[SBOM_FIRMWARE] = "firmware",
	};
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(ID_MAX);

	buffer_put_string(&b, roles[role]);
	if (p->component)
		put_id(&b, p->component);
	put_id(&b, p->name);
	if (p->component || strpbrk(p->name, "+_/@")) {
		put_id(&b, p->version);
		if (p->sha256)
			buffer_printf(&b, "-%.8s", p->sha256);
	}
	return buffer_steal_text(&b);
}

static int add_item(struct sbom *s, enum sbom_role role, const struct package_list_item *p,
		    struct error **err)
{
	bool debian = p->architecture;
	const char *scope = debian && p->source && p->source[0] ? p->source : p->name;
	struct sbom_item *item;
	int r;

	if (array_reserve(&s->items, &s->capacity, s->n + 1, sizeof *s->items) < 0)
		return error_oom(err);
	item = &s->items[s->n++];
	*item = (struct sbom_item){
		.role = role,
		.package = p,
		.id = make_id(role, p),
		.purl = identity_purl(p, s->suite),
		.cpe = identity_cpe(p),
	};
	if (!item->id || !item->purl || !item->cpe)
		return error_oom(err);
	r = spdx_expression(span_string(p->licence ? p->licence : ""), scope, &s->refs,
			    &item->licence, err);
	if (r < 0)
		return r;
	return spdx_expression(span_string(p->concluded ? p->concluded : ""), scope, &s->refs,
			       &item->concluded, err);
}

static int add_items(struct sbom *s, enum sbom_role role, const struct package_list_item *items,
		     size_t n, struct error **err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < n; i++)
		r = add_item(s,
			     role == SBOM_PACKAGE && !items[i].architecture ? SBOM_COMPONENT : role,
			     &items[i], err);
	return r;
}

/* A disk may say anything. */
static const char *checked_date(const char *date)
{
	int64_t t;

	return date && time_parse(span_string(date), &t) ? date : "1970-01-01T00:00:00Z";
}

int sbom_make(const struct sbom_inputs *in, struct sbom *ret, struct error **err)
{
	const struct package_list *l = in->list;
	_cleanup_(sbom_release) struct sbom s = {
		.image = l->image,
		.suite = l->suite,
		.date = checked_date(l->date),
		.root_hash = in->root_hash,
		.tool = in->tool,
		.debug = l->debug,
	};
	int r = add_items(&s, SBOM_PACKAGE, l->items, l->n, err);

	if (r >= 0)
		r = add_items(&s, SBOM_PART, l->parts, l->n_parts, err);
	if (r >= 0 && in->build_tools)
		r = add_items(&s, SBOM_BUILD_TOOL, in->build_tools->items, in->build_tools->n, err);
	if (r >= 0 && in->firmware)
		r = add_items(&s, SBOM_FIRMWARE, in->firmware->items, in->firmware->n, err);
	if (r < 0)
		return r;
	*ret = s;
	s = (struct sbom){0};
	return 0;
}

size_t sbom_without_licence(const struct sbom *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += string_equal(s->items[i].licence, SPDX_NOASSERTION) &&
		     string_equal(s->items[i].concluded, SPDX_NOASSERTION);
	return n;
}
