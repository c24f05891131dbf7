#include "report/report.h"

#include <inttypes.h>

#include "report/report_parts.h"

static const char *name_of(const struct report *r)
{
	const struct package_list *l = report_package_list(r);

	return l ? l->image : r->in->name;
}

static void put_head(const struct report *r, struct buffer *b)
{
	html_put(b,
		 "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		 "style-src "
		 "'unsafe-inline'; img-src data:\">\n"
		 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		 "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"generator\" "
		 "content=\"%s\">\n"
		 "<link rel=\"icon\" href=\"data:,\">\n<title>%s: image report</title>\n<style>\n",
		 r->tool, name_of(r));
	buffer_put_string(b, report_style);
	buffer_put_string(b,
			  "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the "
			  "contents</a>\n");
}

static void put_navigation(const struct report *r, struct buffer *b)
{
	buffer_put_string(b, "<nav aria-label=\"Parts of this page\"><ul>"
			     "<li><a href=\"#contents\">Contents</a></li>"
			     "<li><a href=\"#boot\">Boot</a></li>"
			     "<li><a href=\"#registers\">Registers</a></li>"
			     "<li><a href=\"#packages\">Packages</a></li>");
	if (r->changes)
		buffer_put_string(b, "<li><a href=\"#changes\">Changes</a></li>");
	buffer_put_string(b, "<li><a href=\"#runs\">Runs</a></li></ul></nav>\n");
}

static void put_fact(struct buffer *b, const char *name, const char *text)
{
	if (text && *text)
		html_put(b, "<div><dt>%s</dt><dd>%s</dd></div>\n", name, text);
}

static void put_digest_fact(struct buffer *b, const char *name, const struct digest *d)
{
	html_put(b, "<div class=\"whole\"><dt>%s</dt><dd>", name);
	html_digest(b, d);
	buffer_put_string(b, "</dd></div>\n");
}

static void put_system(const struct report *r, struct buffer *b)
{
	for (size_t i = 0; i < r->in->n_programs; i++) {
		const struct inspect_program *p = &r->in->programs[i];

		if (!p->is_uki)
			continue;
		put_fact(b, "system", p->os_name);
		if (p->kernel_version) {
			buffer_put_string(b, "<div><dt>kernel</dt><dd>");
			html_text(b, SPAN(p->kernel_version, strcspn(p->kernel_version, " ")));
			buffer_put_string(b, "</dd></div>\n");
		}
		put_fact(b, "boot image", p->kind);
		put_fact(b, "signature", p->is_signed ? "yes (not checked here)" : "none");
		return;
	}
}

/* What is damaged, or could not be read. */
static void put_problems(const struct report *r, struct buffer *b)
{
	const struct inspection *in = r->in;

	if (in->primary_problem)
		html_put(b, "<p class=\"verdict bad\">Partition table: %s</p>\n",
			 in->primary_problem);
	if (in->backup_problem)
		html_put(b, "<p class=\"verdict bad\">Backup of the partition table: %s</p>\n",
			 in->backup_problem);
	for (size_t i = 0; i < in->n_partitions; i++) {
		const struct inspect_partition *p = &in->partitions[i];

		if (p->problem)
			html_put(b, "<p class=\"verdict bad\">Partition %u: %s</p>\n", p->number,
				 p->problem);
	}
}

static void put_summary(const struct report *r, struct buffer *b)
{
	const struct inspection *in = r->in;
	const struct package_list *l = report_package_list(r);
	const struct inspect_partition *root = inspection_root(in);
	const struct inspect_partition *verity =
		root ? inspection_partition(in, root->verity_number) : NULL;

	html_put(b, "<header><p class=\"kind\">Image report</p><h1>%s</h1>\n", name_of(r));
	if (l && l->debug)
		buffer_put_string(
			b, "<p class=\"verdict bad\">Debug variant: anybody on its console is "
			   "root. Not for production.</p>\n");
	put_problems(r, b);
	html_put(
		b,
		"<dl class=\"facts\">\n<div><dt>file</dt><dd>%s</dd></div>\n<div><dt>size</dt><dd>",
		in->name);
	html_size(b, in->file.file.n);
	html_put(b, ", %s</dd></div>\n", image_file_format_name(in->file.format));
	put_system(r, b);
	if (l)
		html_put(b, "<div><dt>packages</dt><dd>%zu</dd></div>\n", l->n);
	put_fact(b, "archive as of", l ? l->date : NULL);
	put_digest_fact(b, "SHA-256 of the file", &in->sha256);
	if (in->is_disk && !digest_equal(&in->sha256, &in->disk_sha256))
		put_digest_fact(b, "SHA-256 of the disk", &in->disk_sha256);
	if (verity)
		html_put(b,
			 "<div class=\"whole\"><dt>root hash</dt><dd><code "
			 "class=\"hex\">%s</code></dd></div>\n",
			 verity->root_hash_hex);
	buffer_put_string(b, "</dl></header>\n");
}

int report_html(const struct report *r, struct buffer *ret, struct error **err)
{
	_cleanup_(place_map_release) struct place_map map = {0};
	int result = place_map_make(r->in, &map, err);

	if (result < 0)
		return result;
	put_head(r, ret);
	put_navigation(r, ret);
	buffer_put_string(ret, "<main id=\"main\">\n");
	put_summary(r, ret);
	result = report_contents(r, ret, err);
	if (result < 0)
		return result;
	report_boot(r, &map, ret);
	report_registers(r, &map, ret);
	result = report_packages(r, ret, err);
	if (result < 0)
		return result;
	report_changes(r, ret);
	report_runs(r, ret);
	html_put(ret,
		 "</main>\n<footer><p>Made by %s from the image alone and what this machine knows "
		 "of it. "
		 "The same inputs give the same page.</p></footer>\n</body>\n</html>\n",
		 r->tool);
	return buffer_ok(ret) ? 0 : error_oom(err);
}
