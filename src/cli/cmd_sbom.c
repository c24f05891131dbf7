/*
 * tdnode sbom IMAGE|FILE: a bill of materials.
 */
#include "cli/command.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "cli/places.h"
#include "cli/shared_options.h"
#include "cli/version.h"
#include "inspect/inspection.h"
#include "packages/lock_list.h"
#include "packages/unpack.h"
#include "sbom/sbom.h"

enum sbom_format {
	FORMAT_SPDX,
	FORMAT_CYCLONEDX,
	FORMATS_,
};

struct arguments {
	const char *subject;
	const char *images;
	const char *lock;
	const char *store;
	bool debug;
	bool quiet;
	enum sbom_format format;
};

static const char *format_name(unsigned format)
{
	static const char *const names[] = {
		[FORMAT_SPDX] = "spdx",
		[FORMAT_CYCLONEDX] = "cyclonedx",
	};

	return names[format];
}

static const struct option_spec options[] = {
	OPTION_CHOICE("format", "FORMAT", struct arguments, format, enum sbom_format, 0,
		      FORMATS_ - 1, format_name, NULL,
		      "spdx (SPDX 2.3) or cyclonedx (CycloneDX 1.6), both JSON", .required = true),
	OPTION_TEXT("lock", "FILE", struct arguments, lock, "the lock (images/IMAGE/image.lock)"),
	OPTION_FLAG("debug", struct arguments, debug,
		    "of an IMAGE: with what the debug variant adds"),
	OPTION_IMAGES(struct arguments, images),
	OPTION_STORE(struct arguments, store),
	OPTION_QUIET(struct arguments, quiet),
	OPTIONS_END,
};

static int print(const struct sbom_inputs *in, enum sbom_format format, const char *advice,
		 struct error **err)
{
	_cleanup_(sbom_release) struct sbom s = {0};
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(SBOM_MAX);
	int r = sbom_make(in, &s, err);

	if (r >= 0)
		r = format == FORMAT_SPDX ? sbom_spdx(&s, &text, err)
					  : sbom_cyclonedx(&s, &text, err);
	if (r >= 0)
		r = command_print_buffer(&text, err);
	if (r >= 0 && sbom_without_licence(&s))
		fprintf(stderr, "note: %zu of %zu packages have no licence here: %s\n",
			sbom_without_licence(&s), s.n, advice);
	return r;
}

/* Licences of a set's packages, as far as the store has them. */
struct licences {
	const struct store *store;
	struct progress *progress;
	const struct lock_package **packages;
	struct licence *items;
	const struct licence **known; /* of items; NULL: the store does not have it */
	size_t n;
};

static void licences_release(struct licences *l)
{
	for (size_t i = 0; i < l->n; i++)
		licence_release(&l->items[i]);
	free(l->items);
	free(l->known);
	free(l->packages);
}

static int read_licence(void *context, size_t index, struct error **err)
{
	struct licences *l = context;
	int r = unpack_licence(l->store, &l->packages[index]->sha256, &l->items[index], err);

	l->known[index] = l->items[index].declared ? &l->items[index] : NULL;
	return r;
}

/* What was downloaded and never unpacked, such as build tools whose root an older tdnode has made. A package that
 * cannot be unpacked has no licence here: building says why. */
static int unpack_unknown(void *context, size_t index, struct error **err)
{
	struct licences *l = context;
	const struct lock_package *p = l->packages[index];
	_cleanup_(unpacked_release) struct unpacked u = {0};
	_cleanup_error_ struct error *why = NULL;
	int r = 0;

	if (l->known[index] || !store_has_blob(l->store, &p->sha256, p->size))
		return 0;
	r = unpack_deb(l->store, &p->sha256, p->name, &u, &why);
	progress_add(l->progress, 1);
	if (r == -ENOMEM)
		return error_move(err, r, &why);
	if (r < 0)
		return 0;
	l->items[index] = u.licence;
	u.licence = (struct licence){0};
	l->known[index] = &l->items[index];
	return 0;
}

static int find_licences(struct licences *l, struct error **err)
{
	size_t unknown = 0;
	int r = parallel_for(l->n, 0, read_licence, l, err);

	for (size_t i = 0; r >= 0 && i < l->n; i++)
		unknown += !l->known[i] &&
			   store_has_blob(l->store, &l->packages[i]->sha256, l->packages[i]->size);
	if (r < 0 || unknown == 0)
		return r;
	progress_begin(l->progress, "unpack for licences", unknown, false);
	r = parallel_for(l->n, 0, unpack_unknown, l, err);
	if (r >= 0)
		progress_end(l->progress, NULL);
	return r;
}

static int make_list(const struct store *store, struct progress *progress, const struct lock *lock,
		     const struct lock_set *const *sets, size_t n_sets, bool components,
		     struct licences *licences, struct lock_list *ret, struct error **err)
{
	size_t n = 0;
	int r;

	for (size_t k = 0; k < n_sets; k++)
		n += sets[k]->n;
	licences->store = store;
	licences->progress = progress;
	licences->items = calloc(n + 1, sizeof *licences->items);
	licences->packages = calloc(n + 1, sizeof *licences->packages);
	licences->known = calloc(n + 1, sizeof *licences->known);
	if (!licences->items || !licences->packages || !licences->known)
		return error_oom(err);
	licences->n = n;
	n = 0;
	for (size_t k = 0; k < n_sets; k++) {
		for (size_t i = 0; i < sets[k]->n; i++)
			licences->packages[n++] = &sets[k]->items[i];
	}
	r = find_licences(licences, err);
	if (r < 0)
		return r;
	return lock_list_make(lock, sets, n_sets, licences->known, components, ret, err);
}

enum { CONTENTS, BUILD_TOOLS, FIRMWARE, LISTS };

static int print_lock(const struct arguments *a, const char *path, struct error **err)
{
	_cleanup_(lock_release) struct lock lock = {0};
	_cleanup_(store_release) struct store store = {0};
	_cleanup_(licences_release) struct licences contents = {0}, tools = {0}, firmware = {0};
	struct licences *const licences[LISTS] = {&contents, &tools, &firmware};
	_cleanup_(lock_list_release) struct lock_list list = {0}, tool_list = {0},
						      firmware_list = {0};
	struct lock_list *const lists[LISTS] = {&list, &tool_list, &firmware_list};
	_cleanup_(progress_freep) struct progress *progress = progress_new(stderr, a->quiet);
	int r = lock_read(path, &lock, err);

	if (r >= 0)
		r = store_open(a->store, &store, err);
	for (size_t i = 0; r >= 0 && i < LISTS; i++) {
		const struct lock_set *const sets[LISTS][2] = {
			[CONTENTS] = {&lock.sets[LOCK_IMAGE], &lock.sets[LOCK_DEBUG]},
			[BUILD_TOOLS] = {&lock.sets[LOCK_BUILD_ROOT]},
			[FIRMWARE] = {&lock.sets[LOCK_FIRMWARE]},
		};

		r = make_list(&store, progress, &lock, sets[i], i == CONTENTS && a->debug ? 2 : 1,
			      i == CONTENTS, licences[i], lists[i], err);
	}
	if (r < 0)
		return r;
	list.list.debug = a->debug;

	const struct sbom_inputs in = {
		.list = &list.list,
		.build_tools = &tool_list.list,
		.firmware = &firmware_list.list,
		.tool = program_version,
	};

	return print(&in, a->format,
		     "nothing in their copyright files was recognised, or the store has not "
		     "unpacked them ('tdnode build')",
		     err);
}

static int print_disk(const struct arguments *a, struct error **err)
{
	_cleanup_(inspection_release) struct inspection in = {0};
	const struct inspect_partition *root;
	_cleanup_(progress_freep) struct progress *progress = progress_new(stderr, a->quiet);
	int r = inspection_open(a->subject, progress, &in, err);

	if (r < 0)
		return r;
	root = inspection_root(&in);
	if (!root)
		return error_set(err, -ENOENT, "%s: there is no root file system that can be read",
				 a->subject);
	if (root->packages_problem)
		return error_set(err, -ENOENT, "%s: partition %u: no list of packages: %s",
				 a->subject, root->number, root->packages_problem);

	const struct inspect_partition *verity = inspection_partition(&in, root->verity_number);
	const struct sbom_inputs inputs = {
		.list = &root->packages,
		.root_hash = verity ? verity->root_hash_hex : NULL,
		.tool = program_version,
	};

	return print(&inputs, a->format, "nothing in their copyright files was recognised", err);
}

static int run(int argc, char **argv, struct error **err)
{
	struct arguments a = {0};
	_cleanup_(places_release) struct places places = {0};
	_cleanup_free_ char *path = NULL;
	struct stat st;
	int r = command_parse(&command_sbom, argc, argv, &a, err);

	if (r < 0)
		return r;
	if (!a.lock && stat(a.subject, &st) == 0 && S_ISREG(st.st_mode))
		return print_disk(&a, err);
	r = places_find(a.images, NULL, &places, err);
	if (r >= 0)
		r = a.lock && !(path = strdup(a.lock)) ? error_oom(err) : 0;
	if (r >= 0 && !path)
		r = recipe_folders_find_lock(&places.recipes, a.subject, &path, err);
	if (r < 0)
		return r;
	if (!path_exists(path))
		return error_set(err, -ENOENT,
				 "'%s' is no file, and there is no lock '%s' of an image",
				 a.subject, path);
	return print_lock(&a, path, err);
}

const struct command command_sbom = {
	.name = "sbom",
	.summary = "bill of materials of an image",
	.forms = {{.operands = {OPERAND("IMAGE|FILE", struct arguments, subject)}}},
	.about =
		"Writes what an image is made of, for scanners and lawyers: every package with "
		"version, digest, licence, package URL and CPE. Of an IMAGE what its lock names, "
		"build tools apart from contents; of a FILE (a finished disk, made by tdnode) what "
		"its root file system says, without any lock. The same contents give the same "
		"bytes.",
	.options = options,
	.example = "tdnode sbom devnet --format spdx\n"
		   "tdnode sbom artifacts/devnet/devnet.raw --format cyclonedx",
	.run = run,
};
