/*
 * tdnode build IMAGE: lock to disk.
 */
#include "cli/command.h"
#include "cli/lock_age.h"
#include "cli/places.h"
#include "cli/shared_options.h"
#include "image/expected.h"
#include "image/pipeline.h"

struct build_arguments {
	struct build_options options;
	const char *images;
	const char *source;
	struct string_list mirrors;
	struct string_list components;
	const char *expect;
	bool quiet;
	bool json;
};

static void build_arguments_release(struct build_arguments *a)
{
	string_list_release(&a->mirrors);
	string_list_release(&a->components);
}

static const struct option_spec options[] = {
	OPTION_DEBUG(struct build_arguments, options.debug),
	OPTION_TEXT("lock", "FILE", struct build_arguments, options.lock,
		    "the lock (images/IMAGE/image.lock)"),
	OPTION_IMAGES(struct build_arguments, images),
	OPTION_ARTIFACTS(struct build_arguments, options.artifacts),
	OPTION_TEXT("source", "DIR", struct build_arguments, source,
		    "folder with guest/ and src/ (., or that of the installed tdnode)"),
	OPTION_STORE(struct build_arguments, options.store),
	OPTION_MIRROR(struct build_arguments, mirrors),
	OPTION_COMPONENT(struct build_arguments, components),
	OPTION_FLAG("offline", struct build_arguments, options.offline, "use no network"),
	OPTION_TEXT("expect", "MANIFEST", struct build_arguments, expect,
		    "a published manifest.json or measurements.json: exit status 3 if an artefact "
		    "differs from it by a byte"),
	OPTION_QUIET(struct build_arguments, quiet),
	OPTION_FLAG("json", struct build_arguments, json, "print the result as JSON"),
	OPTIONS_END,
};

static int print_json(const struct build_arguments *a, const struct build_result *result,
		      struct error **err)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(&result->raw_sha256, hex);

	json_t *json = json_pack(
		"{s:s, s:s, s:b, s:b, s:b, s:s, s:I, s:I, s:I}", "image", a->options.image,
		"directory", result->directory, "debug", a->options.debug, "current",
		result->current, "unsigned_now", result->unsigned_now, "raw_sha256", hex,
		"raw_size", (json_int_t)result->raw_size, "vhd_size", (json_int_t)result->vhd_size,
		"uki_size", (json_int_t)result->uki_size);

	return command_print_json(json, err);
}

static void print_text(const struct build_arguments *a, const struct build_result *result)
{
	char hex[DIGEST_HEX_MAX];
	const double mib = 1024 * 1024;

	digest_hex(&result->raw_sha256, hex);
	printf("%s%s\n", result->directory, result->current ? " (up to date)" : "");
	printf("  %s.raw  %.1f MiB  sha256 %s\n", a->options.image, (double)result->raw_size / mib,
	       hex);
	printf("  %s.vhd  %.1f MiB\n", a->options.image, (double)result->vhd_size / mib);
	printf("  %s.efi  %.1f MiB\n", a->options.image, (double)result->uki_size / mib);
	if (a->options.debug)
		puts("  DEBUG image: root login without password. Its registers differ from "
		     "release.");
	if (result->unsigned_now)
		printf("  NOT SIGNED: the disk that this one replaces was. It opens no disk of "
		       "other images\n"
		       "  before 'tdnode sign %s%s --key KEY --epoch N'.\n",
		       a->options.image, a->options.debug ? " --debug" : "");
}

/* Says it before anything is built. */
static int check_expected(const struct build_arguments *a, const struct published *p,
			  struct error **err)
{
	if (string_equal(p->image, a->options.image) && p->debug == a->options.debug)
		return 0;
	return error_set(err, -ERROR_REFUSED, "%s is that of the image '%s'%s", a->expect, p->image,
			 p->debug ? ", debug variant" : "");
}

static int compare(const struct build_arguments *a, const struct published *p,
		   const struct buffer *text, const struct build_result *result, struct error **err)
{
	_cleanup_(expected_release) struct expected e = {0};
	int r = expected_compare(p, buffer_span(text), result->directory, &e, err);

	if (r >= 0)
		r = expected_require(p, &e, result->directory, a->expect, err);
	if (r >= 0 && !a->json)
		printf("  as in %s\n", a->expect);
	return r;
}

static int run_build(int argc, char **argv, struct error **err)
{
	_cleanup_(build_arguments_release) struct build_arguments a = {0};
	_cleanup_(build_result_release) struct build_result result = {0};
	_cleanup_(published_release) struct published published = {0};
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(PUBLISHED_MAX);
	_cleanup_(places_release) struct places places = {0};
	int r = command_parse(&command_build, argc, argv, &a, err);

	if (r >= 0)
		r = places_find(a.images, a.source, &places, err);
	if (r >= 0 && a.expect)
		r = expected_read(a.expect, &published, &text, err);
	if (r >= 0 && a.expect)
		r = check_expected(&a, &published, err);
	if (r >= 0) {
		_cleanup_(progress_freep) struct progress *progress = progress_new(stderr, a.quiet);
		/* --quiet drops progress, not what went wrong. */
		_cleanup_(progress_freep) struct progress *notes = progress_new(stderr, false);

		a.options.recipes = places.recipes;
		a.options.source = places.source;
		a.options.mirrors = &a.mirrors;
		a.options.given = &a.components;
		a.options.progress = progress;
		a.options.notes = progress ? progress : notes;
		r = build_image(&a.options, &result, err);
	}
	if (r < 0)
		return r;
	lock_age_warn(result.lock, result.lock_date, "'tdnode lock' makes a fresh one");
	if (a.json)
		r = print_json(&a, &result, err);
	else
		print_text(&a, &result);
	return r < 0 || !a.expect ? r : compare(&a, &published, &text, &result, err);
}

const struct command command_build = {
	.name = "build",
	.summary = "build an image from its lock",
	.forms = {{.operands = {OPERAND("IMAGE", struct build_arguments, options.image)}}},
	.about = "Builds an image from its lock: artifacts/IMAGE/ with the disk as IMAGE.raw and "
		 "IMAGE.vhd, the UKI IMAGE.efi, measurements.json, manifest.json and the firmware "
		 "for local runs.",
	.options = options,
	.example = "tdnode build devnet --offline",
	.run = run_build,
};
