#include "cli/command.h"

#include <getopt.h>

#include "cli/lock_age.h"
#include "image/pipeline.h"

static const char help[] =
	"usage: tdnode build IMAGE [options]\n"
	"\n"
	"Builds an image from its lock: artifacts/IMAGE/ with the disk as IMAGE.raw and IMAGE.vhd, "
	"the\n"
	"UKI IMAGE.efi, measurements.json, manifest.json and the firmware for local runs.\n"
	"\n"
	"  --debug           the debug variant, in artifacts/IMAGE-debug/: root login, SSH\n"
	"  --lock FILE       the lock (images/IMAGE/image.lock)\n"
	"  --images DIR      folder of recipes (images)\n"
	"  --artifacts DIR   where the result goes (artifacts)\n"
	"  --source DIR      folder with guest/ and src/ (.)\n"
	"  --store DIR       folder of downloads and cached steps (~/.cache/tdnode)\n"
	"  --mirror URL      where to download from; may be given several times\n"
	"  --offline         use no network\n"
	"  --quiet           no progress\n"
	"  --json            print the result as JSON\n"
	"\n"
	"example: tdnode build devnet --offline\n";

struct build_arguments {
	struct build_options options;
	struct string_list mirrors;
	bool quiet;
	bool json;
};

enum {
	OPTION_DEBUG = 256,
	OPTION_LOCK,
	OPTION_IMAGES,
	OPTION_ARTIFACTS,
	OPTION_SOURCE,
	OPTION_STORE,
	OPTION_MIRROR,
	OPTION_OFFLINE,
	OPTION_QUIET,
	OPTION_JSON,
};

static const struct option long_options[] = {
	{"debug", no_argument, NULL, OPTION_DEBUG},
	{"lock", required_argument, NULL, OPTION_LOCK},
	{"images", required_argument, NULL, OPTION_IMAGES},
	{"artifacts", required_argument, NULL, OPTION_ARTIFACTS},
	{"source", required_argument, NULL, OPTION_SOURCE},
	{"store", required_argument, NULL, OPTION_STORE},
	{"mirror", required_argument, NULL, OPTION_MIRROR},
	{"offline", no_argument, NULL, OPTION_OFFLINE},
	{"quiet", no_argument, NULL, OPTION_QUIET},
	{"json", no_argument, NULL, OPTION_JSON},
	{0},
};

static int apply_option(int option, char **argv, struct build_arguments *a, struct error **err)
{
	switch (option) {
	case OPTION_DEBUG:
		a->options.debug = true;
		return 0;
	case OPTION_LOCK:
		a->options.lock = optarg;
		return 0;
	case OPTION_IMAGES:
		a->options.images = optarg;
		return 0;
	case OPTION_ARTIFACTS:
		a->options.artifacts = optarg;
		return 0;
	case OPTION_SOURCE:
		a->options.source = optarg;
		return 0;
	case OPTION_STORE:
		a->options.store = optarg;
		return 0;
	case OPTION_MIRROR:
		return string_list_add(&a->mirrors, optarg) < 0 ? error_oom(err) : 0;
	case OPTION_OFFLINE:
		a->options.offline = true;
		return 0;
	case OPTION_QUIET:
		a->quiet = true;
		return 0;
	case OPTION_JSON:
		a->json = true;
		return 0;
	default:
		return command_bad_option(option, argv, err);
	}
}

static int parse_arguments(int argc, char **argv, struct build_arguments *a, struct error **err)
{
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		int r = apply_option(option, argv, a, err);

		if (r < 0)
			return r;
	}
	if (argc - optind != 1)
		return error_set(err, -ERROR_USAGE, "usage: tdnode build IMAGE [options]");
	a->options.image = argv[optind];
	return 0;
}

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

static int run_build(int argc, char **argv, struct error **err)
{
	struct build_arguments a = {
		.options = {.source = ".", .images = "images", .artifacts = "artifacts"},
	};
	_cleanup_(build_result_release) struct build_result result = {0};
	int r = parse_arguments(argc, argv, &a, err);

	if (r >= 0) {
		_cleanup_(progress_freep) struct progress *progress = progress_new(stderr, a.quiet);
		/* --quiet drops progress, not what went wrong. */
		_cleanup_(progress_freep) struct progress *notes = progress_new(stderr, false);

		a.options.mirrors = &a.mirrors;
		a.options.progress = progress;
		a.options.notes = progress ? progress : notes;
		r = build_image(&a.options, &result, err);
	}
	string_list_release(&a.mirrors);
	if (r < 0)
		return r;
	lock_age_warn(result.lock, result.lock_date, "'tdnode lock' makes a fresh one");
	if (a.json)
		return print_json(&a, &result, err);
	print_text(&a, &result);
	return 0;
}

const struct command command_build = {
	.name = "build",
	.summary = "build an image from its lock",
	.help = help,
	.run = run_build,
};
