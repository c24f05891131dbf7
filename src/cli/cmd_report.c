/*
 * tdnode report IMAGE|FILE: a page about an image.
 */
#include "cli/command.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/progress.h"
#include "cli/report_owners_read.h"
#include "cli/shared_options.h"
#include "cli/version.h"

struct arguments {
	const char *subject;
	const char *compare;
	const char *output;
	const char *artifacts;
	const char *images;
	const char *store;
	const char *state;
	bool debug;
	bool quiet;
};

static const struct option_spec options[] = {
	OPTION_TEXT("compare", "OTHER", struct arguments, compare,
		    "say what changed since OTHER, an image or a file, too"),
	OPTION_TEXT("output", "FILE", struct arguments, output,
		    "where the page goes (IMAGE.html in this folder)"),
	OPTION_DEBUG(struct arguments, debug),
	OPTION_ARTIFACTS(struct arguments, artifacts),
	OPTION_IMAGES(struct arguments, images),
	OPTION_STATE(struct arguments, state),
	OPTION_STORE(struct arguments, store),
	OPTION_QUIET(struct arguments, quiet),
	OPTIONS_END,
};

/* A page and what it is made of. */
struct page {
	char *file;  /* of the image */
	char *other; /* compared with it; NULL */
	struct inspection in;
	struct root_files files;
	bool has_files;
	struct measurement measurement;
	struct error *no_registers;
	struct report_owners owners;
	bool has_owners;
	struct diff changes;
	struct last_run *runs;
	size_t n_runs, runs_capacity;
};

static void page_release(struct page *p)
{
	free(p->file);
	free(p->other);
	inspection_release(&p->in);
	root_files_release(&p->files);
	measurement_release(&p->measurement);
	error_free(p->no_registers);
	report_owners_release(&p->owners);
	diff_release(&p->changes);
	for (size_t i = 0; i < p->n_runs; i++)
		last_run_release(&p->runs[i]);
	free(p->runs);
}

/* A file, or else the disk of an image that was built. */
static int find_file(const struct arguments *a, const char *subject, char **ret, struct error **err)
{
	const char *suffix = a->debug ? "-debug" : "";
	_cleanup_free_ char *path = NULL;
	struct stat st;

	if (stat(subject, &st) == 0 && S_ISREG(st.st_mode)) {
		*ret = strdup(subject);
		return *ret ? 0 : error_oom(err);
	}
	path = string_printf("%s/%s%s/%s.raw", a->artifacts, subject, suffix, subject);
	if (!path)
		return error_oom(err);
	if (!path_exists(path))
		return error_set(err, -ENOENT,
				 "'%s' is no file, and there is no image '%s': run 'tdnode build "
				 "%s%s' first",
				 subject, path, subject, a->debug ? " --debug" : "");
	*ret = TAKE_PTR(path);
	return 0;
}

static const struct package_list *package_list(const struct page *p)
{
	const struct inspect_partition *root = inspection_root(&p->in);

	return root && root->packages.storage ? &root->packages : NULL;
}

static int read_image(struct page *p, struct progress *progress, struct error **err)
{
	const struct inspect_partition *root;
	int r = inspection_open(p->file, progress, &p->in, err);

	if (r >= 0)
		r = inspection_digest(&p->in, err);
	if (r < 0)
		return r;
	/* The disk's digest is known by now. */
	const struct measure_options measure = {
		.boot = {.kind = BOOT_DISK},
		.banks = 1u << EVENT_SHA256 | 1u << EVENT_SHA384,
		.registers_only = true,
		.inputs = {.progress = progress},
	};

	if (measure_file(p->file, &measure, &p->measurement, &p->no_registers) == -ENOMEM)
		return error_oom(err);
	root = inspection_root(&p->in);
	p->has_files = root && root_files_read(&root->erofs, &p->files, NULL) >= 0;
	return 0;
}

/* Of this image: by its name, or by the digest of its disk. */
static bool is_run_of(const struct page *p, const struct last_run *run)
{
	const struct package_list *l = package_list(p);
	const char *suffix = l && l->debug ? "-debug" : "";
	char hex[DIGEST_HEX_MAX];
	size_t n;

	digest_hex(&p->in.disk_sha256, hex);
	if (run->sha256 && string_equal(run->sha256, hex))
		return true;
	if (!l)
		return false;
	n = strlen(l->image);
	return string_starts(run->image, l->image) && string_equal(run->image + n, suffix);
}

/* Records that cannot be read are no reason to show nothing. */
static int add_run(const char *state, const char *name, struct page *p, struct error **err)
{
	_cleanup_(instance_release) struct instance i = INSTANCE_INIT;
	_cleanup_(last_run_release) struct last_run run = {0};
	int r = instance_open(state, name, &i, err);

	if (r < 0)
		return r;
	r = last_run_read(&i, &run, NULL);
	if (r == -ENOMEM)
		return error_oom(err);
	if (r < 0 || !is_run_of(p, &run))
		return 0;
	if (array_reserve(&p->runs, &p->runs_capacity, p->n_runs + 1, sizeof *p->runs) < 0)
		return error_oom(err);
	p->runs[p->n_runs++] = run;
	run = (struct last_run){0};
	return 0;
}

static int compare_runs(const void *a, const void *b)
{
	const struct last_run *x = a, *y = b;

	/* The newest first. */
	if (x->started != y->started)
		return x->started < y->started ? 1 : -1;
	return strcmp(x->instance, y->instance);
}

static int read_runs(const char *state, struct page *p, struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	int r = instance_list(state, &names, err);

	for (size_t i = 0; r >= 0 && i < names.n; i++)
		r = add_run(state, names.items[i], p, err);
	if (r >= 0 && p->n_runs)
		qsort(p->runs, p->n_runs, sizeof *p->runs, compare_runs);
	return r;
}

static int make_page(const struct arguments *a, struct page *p, struct error **err)
{
	const struct owners_options owners = {.images = a->images, .store = a->store};
	_cleanup_(progress_freep) struct progress *progress = progress_new(stderr, a->quiet);
	int r = find_file(a, a->subject, &p->file, err);

	if (r >= 0 && a->compare)
		r = find_file(a, a->compare, &p->other, err);
	if (r >= 0)
		r = read_image(p, progress, err);
	if (r >= 0 && package_list(p))
		r = report_owners_read(&owners, package_list(p), &p->owners, &p->has_owners, err);
	if (r >= 0 && p->other)
		r = diff_files(p->other, p->file, progress, &p->changes, err);
	return r < 0 ? r : read_runs(a->state, p, err);
}

/* "devnet.html" of artifacts/devnet/devnet.raw. malloc()ed, NULL without memory. */
static char *default_output(const struct page *p)
{
	const char *name = path_basename(p->file), *dot = strrchr(name, '.');

	return string_printf("%.*s.html",
			     (int)(dot && dot != name ? dot - name : (long)strlen(name)), name);
}

static int write_page(const struct arguments *a, const struct page *p, struct error **err)
{
	_cleanup_(buffer_release) struct buffer html = BUFFER_INIT(REPORT_PAGE_MAX);
	_cleanup_free_ char *path = a->output ? strdup(a->output) : default_output(p);
	const struct report report = {
		.in = &p->in,
		.files = p->has_files ? &p->files : NULL,
		.registers = {.measurement = p->no_registers ? NULL : &p->measurement,
			      .problem = p->no_registers ? error_message(p->no_registers) : NULL},
		.owners = p->has_owners ? &p->owners : NULL,
		.changes = p->other ? &p->changes : NULL,
		.runs = p->runs,
		.n_runs = p->n_runs,
		.tool = program_version,
	};
	int r = path ? report_html(&report, &html, err) : error_oom(err);

	if (r >= 0)
		r = file_write(path, buffer_span(&html), err);
	if (r >= 0)
		printf("%s\n", path);
	return r;
}

static int run(int argc, char **argv, struct error **err)
{
	_cleanup_(page_release) struct page p = {0};
	struct arguments a = {0};
	int r = command_parse(&command_report, argc, argv, &a, err);

	if (r >= 0)
		r = make_page(&a, &p, err);
	return r < 0 ? r : write_page(&a, &p, err);
}

const struct command command_report = {
	.name = "report",
	.summary = "a page about an image: contents, boot, registers, runs",
	.forms = {{.operands = {OPERAND("IMAGE|FILE", struct arguments, subject)}}},
	.about =
		"Writes one page of HTML about an image: what it holds and how big that is, how it "
		"boots, every register with the events that lead to it, its packages and their "
		"licences, what changed since another image, and how its last runs on this machine "
		"went. The page needs nothing else: no script, nothing from elsewhere. It is for a "
		"screen of any size, and for paper.",
	.options = options,
	.example = "tdnode report devnet --compare old/devnet.raw --output devnet.html",
	.run = run,
};
