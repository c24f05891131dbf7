/*
 * What it is made of: packages with versions and licences.
 */
#include "formats/spdx_expression.h"
#include "report/report_parts.h"

/* Of an npm tree; whole bills of materials are for tdnode sbom. */
#define PARTS_SHOWN 2000u

const struct package_list *report_package_list(const struct report *r)
{
	const struct inspect_partition *root = inspection_root(r->in);

	return root && root->packages.storage ? &root->packages : NULL;
}

static int put_item(const struct package_list_item *p, const char *kind, struct spdx_refs *refs,
		    struct buffer *b, struct error **err)
{
	_cleanup_free_ char *licence = NULL;
	bool concluded = p->concluded && p->concluded[0];
	const char *names = concluded ? p->concluded : p->licence ? p->licence : "";
	const char *scope = p->source && p->architecture ? p->source : p->name;
	int r = spdx_expression(span_string(names), scope, refs, &licence, err);

	if (r < 0)
		return r;
	html_put(b, "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td><td>", p->name, p->version,
		 kind);
	if (string_equal(licence, SPDX_NOASSERTION))
		buffer_put_string(b, "<span class=\"muted\">not stated</span>");
	else
		html_put(b, "%s", licence);
	if (concluded)
		buffer_put_string(b, " <span class=\"muted\">(concluded, not declared)</span>");
	buffer_put_string(b, "</td></tr>\n");
	return 0;
}

static void begin_table(const char *label, const char *kind, struct buffer *b)
{
	html_put(
		b,
		"<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
		"aria-label=\"%s\"><table><thead><tr>"
		"<th scope=\"col\">name</th><th scope=\"col\">version</th><th scope=\"col\">%s</th>"
		"<th scope=\"col\">licence (SPDX)</th></tr></thead><tbody>\n",
		label, kind);
}

static int put_parts(const struct package_list *l, struct spdx_refs *refs, struct buffer *b,
		     struct error **err)
{
	int r = 0;

	if (!l->n_parts)
		return 0;
	html_put(b, "<details><summary>%zu npm packages of components</summary>", l->n_parts);
	begin_table("npm packages", "component", b);
	for (size_t i = 0; r >= 0 && i < MIN(l->n_parts, (size_t)PARTS_SHOWN); i++)
		r = put_item(&l->parts[i], l->parts[i].component, refs, b, err);
	if (l->n_parts > PARTS_SHOWN)
		html_put(b, "<tr><td colspan=\"4\">and %zu more</td></tr>",
			 l->n_parts - PARTS_SHOWN);
	buffer_put_string(b, "</tbody></table></div></details>\n");
	return r;
}

int report_packages(const struct report *r, struct buffer *b, struct error **err)
{
	_cleanup_(spdx_refs_release) struct spdx_refs refs = {0};
	const struct package_list *l = report_package_list(r);
	const struct inspect_partition *root = inspection_root(r->in);
	int result = 0;

	buffer_put_string(b, "<section id=\"packages\"><h2>Packages</h2>\n");
	if (!l) {
		html_put(b, "<p>The image has no list of packages%s%s.</p></section>\n",
			 root && root->packages_problem ? ": " : "",
			 root && root->packages_problem ? root->packages_problem : "");
		return 0;
	}
	html_put(b,
		 "<p>%zu, as the image itself lists them%s%s%s. <code>tdnode sbom</code> writes "
		 "them for "
		 "scanners.</p>\n",
		 l->n, l->suite ? ", from Debian " : "", l->suite ? l->suite : "",
		 l->suite ? "" : "; this list says nothing of licences");
	begin_table("Packages", "architecture", b);
	for (size_t i = 0; result >= 0 && i < l->n; i++) {
		const struct package_list_item *p = &l->items[i];

		result =
			put_item(p, p->architecture ? p->architecture : "component", &refs, b, err);
	}
	buffer_put_string(b, "</tbody></table></div>\n");
	if (result >= 0)
		result = put_parts(l, &refs, b, err);
	buffer_put_string(b, "</section>\n");
	return result;
}
