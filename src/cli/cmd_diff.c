/*
 * tdnode diff A B: why two images differ.
 */
#include "cli/command.h"

#include "base/file.h"
#include "base/progress.h"
#include "cli/shared_options.h"
#include "diff/diff.h"

struct arguments {
	const char *files[DIFF_SIDES];
	bool json;
	bool quiet;
};

static const struct option_spec options[] = {
	OPTION_FLAG("json", struct arguments, json, "print JSON (docs/diff.md)"),
	OPTION_QUIET(struct arguments, quiet),
	OPTIONS_END,
};

static int print(const struct diff *d, bool json, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(DIFF_REPORT_MAX);
	int r = 0;

	if (json)
		r = diff_json(d, &text, err);
	else
		diff_text(d, &text);
	return r < 0 ? r : command_print_buffer(&text, err);
}

static int run(int argc, char **argv, struct error **err)
{
	_cleanup_(diff_release) struct diff d = {0};
	struct arguments a = {0};
	int r = command_parse(&command_diff, argc, argv, &a, err);

	if (r >= 0) {
		_cleanup_(progress_freep) struct progress *progress = progress_new(stderr, a.quiet);

		r = diff_files(a.files[DIFF_A], a.files[DIFF_B], progress, &d, err);
	}
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
	.forms = {{.operands = {OPERAND("A", struct arguments, files[DIFF_A]),
				OPERAND("B", struct arguments, files[DIFF_B])}}},
	.about = "Shows where two images differ, from the partition table down to the first byte: "
		 "unified kernel images (.efi), raw disks (also compressed), fixed VHDs, qcow2 or "
		 "tars for Google Cloud, each in any container. Where one difference only follows "
		 "from another, it says so.",
	.notes = "Exit status: 0 if the disks have the same bytes, 3 if they differ.",
	.options = options,
	.example = "tdnode diff artifacts/devnet/devnet.raw theirs/devnet.vhd",
	.run = run,
};
