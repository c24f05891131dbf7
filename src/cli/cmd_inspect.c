/*
 * tdnode inspect FILE: what is in an image.
 */
#include "cli/command.h"

#include <errno.h>

#include "base/file.h"
#include "base/progress.h"
#include "cli/shared_options.h"
#include "inspect/inspection_report.h"

struct arguments {
	const char *file;
	bool verify;
	bool files;
	bool json;
	bool quiet;
};

static const struct option_spec options[] = {
	OPTION_FLAG("verify", struct arguments, verify,
		    "hash data and hash trees, too; exit status 3 if a block is not what its root "
		    "hash says"),
	OPTION_FLAG("files", struct arguments, files, "list the files of the root file system"),
	OPTION_FLAG("json", struct arguments, json, "print JSON (docs/inspect.md)"),
	OPTION_QUIET(struct arguments, quiet),
	OPTIONS_END,
};

static int read_files(const struct inspection *in, struct root_files *ret, struct error **err)
{
	const struct inspect_partition *root = inspection_root(in);

	if (!root)
		return error_set(err, -ENOENT, "%s: there is no root file system that can be read",
				 in->name);

	int r = root_files_read(&root->erofs, ret, err);

	if (r >= 0)
		r = root_files_digest(&root->erofs, ret, err);
	return r < 0 ? error_wrap(err, r, "%s: partition %u", in->name, root->number) : 0;
}

static int print(const struct arguments *a, const struct inspection *in,
		 const struct root_files *files, struct progress *progress, struct error **err)
{
	_cleanup_(measurement_release) struct measurement m = {0};
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(INSPECT_REPORT_MAX);
	_cleanup_error_ struct error *why = NULL;
	struct inspect_registers registers = {.measurement = &m};
	const struct measure_options measure = {.boot = {.kind = BOOT_DISK},
						.inputs = {.progress = progress}};
	int r = 0;

	if (measure_file(a->file, &measure, &m, &why) < 0)
		registers = (struct inspect_registers){.problem = error_message(why)};
	if (a->json)
		r = inspection_json(in, &registers, files, &text, err);
	else
		inspection_text(in, &registers, files, &text);
	return r < 0 ? r : command_print_buffer(&text, err);
}

static int run(int argc, char **argv, struct error **err)
{
	_cleanup_(inspection_release) struct inspection in = {0};
	_cleanup_(root_files_release) struct root_files files = {0};
	_cleanup_error_ struct error *refused = NULL;
	_cleanup_(progress_freep) struct progress *progress = NULL;
	struct arguments a = {0};
	int verdict = 0;
	int r = command_parse(&command_inspect, argc, argv, &a, err);

	if (r < 0)
		return r;
	progress = progress_new(stderr, a.quiet);
	r = inspection_open(a.file, progress, &in, err);
	if (r >= 0)
		r = inspection_digest(&in, err);
	if (r >= 0 && a.files)
		r = read_files(&in, &files, err);
	if (r >= 0 && a.verify)
		verdict = inspection_verify(&in, &refused);
	if (r >= 0)
		r = print(&a, &in, a.files ? &files : NULL, progress, err);
	if (r < 0)
		return r;
	if (in.is_disk && !in.has_gpt)
		return error_set(err, -ERROR_MALFORMED, "%s: no partition table can be read: %s",
				 a.file, in.primary_problem);
	return verdict < 0 ? error_move(err, verdict, &refused) : 0;
}

const struct command command_inspect = {
	.name = "inspect",
	.summary = "what is in an image",
	.forms = {{.operands = {OPERAND("FILE", struct arguments, file)}}},
	.about =
		"Shows what is in FILE: a unified kernel image (.efi), a raw disk (also "
		"compressed), a fixed VHD, a qcow2 or a tar for Google Cloud, made here or "
		"elsewhere. Partitions, files of the EFI system partition, sections of the images, "
		"packages, and the registers of a boot.",
	.options = options,
	.example = "tdnode inspect --verify artifacts/devnet/devnet.raw",
	.run = run,
};
