/*
 * tdnode diff A B: why two images differ.
 */
#include "cli/command.h"

#include <getopt.h>

#include "base/file.h"
#include "diff/diff.h"

static const char help[] =
	"Usage: tdnode diff A B [OPTIONS]\n"
	"\n"
	"Shows where two images differ, from the partition table down to the first byte: unified "
	"kernel images\n"
	"(.efi), raw disks (also compressed), fixed VHDs, qcow2 or tars for Google Cloud, each in "
	"any\n"
	"container. What only follows from something else is said so.\n"
	"\n"
	"  --json  print JSON (docs/diff.md)\n"
	"\n"
	"Exit status: 0 if the disks have the same bytes, 3 if they differ.\n"
	"\n"
	"Example:\n"
	"  tdnode diff artifacts/devnet/devnet.raw theirs/devnet.vhd\n";

struct arguments {
	const char *files[DIFF_SIDES];
	bool json;
};

static int parse_arguments(int argc, char **argv, struct arguments *a, struct error **err)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {0}};
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) >= 0) {
		if (option != 'j')
			return command_bad_option(option, argv, err);
		a->json = true;
	}
	if (argc - optind != DIFF_SIDES)
		return error_set(err, -ERROR_USAGE, "diff needs two files, A and B");
	for (int i = 0; i < DIFF_SIDES; i++)
		a->files[i] = argv[optind + i];
	return 0;
}

static int print(const struct diff *d, bool json, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(DIFF_REPORT_MAX);
	int r = 0;

	if (json)
		r = diff_json(d, &text, err);
	else
		diff_text(d, &text);
	if (r < 0)
		return r;
	if (!buffer_ok(&text))
		return error_oom(err);
	return command_print(buffer_span(&text), err);
}

static int run(int argc, char **argv, struct error **err)
{
	_cleanup_(diff_release) struct diff d = {0};
	struct arguments a = {0};
	int r = parse_arguments(argc, argv, &a, err);

	if (r >= 0)
		r = diff_files(a.files[DIFF_A], a.files[DIFF_B], &d, err);
	if (r >= 0)
		r = print(&d, a.json, err);
	if (r >= 0 && !d.same_disk)
		r = error_set(err, -ERROR_REFUSED, "%s and %s differ", a.files[DIFF_A],
			      a.files[DIFF_B]);
	return r;
}

const struct command command_diff = {
	.name = "diff",
	.summary = "where two images differ",
	.help = help,
	.run = run,
};
