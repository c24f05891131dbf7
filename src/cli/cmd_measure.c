/*
 * tdnode measure FILE: the registers that a boot of the file will leave in a TPM.
 */
#include "cli/command.h"

#include <getopt.h>

#include "base/file.h"
#include "measure/report.h"

static const char help[] =
	"Usage: tdnode measure FILE [OPTIONS]\n"
	"\n"
	"Predicts the TPM's registers after a boot of FILE: a unified kernel image (.efi), a raw "
	"disk or\n"
	"a fixed VHD, made here or elsewhere. What cannot be predicted is refused or said.\n"
	"\n"
	"  --explain            show the events that lead to each register\n"
	"  --json               print what build writes to measurements.json\n"
	"  --boot PATH          how FILE is started: disk (default) or qemu-kernel (QEMU's "
	"-kernel)\n"
	"  --load-options TEXT  what is passed to it at the start (QEMU's -append)\n"
	"  --secure-boot        Secure Boot is on\n"
	"\n"
	"Example:\n"
	"  tdnode measure --explain artifacts/devnet/devnet.raw\n";

enum {
	OPTION_EXPLAIN = 256,
	OPTION_JSON,
	OPTION_BOOT,
	OPTION_LOAD_OPTIONS,
	OPTION_SECURE_BOOT,
};

struct arguments {
	const char *file;
	bool explain;
	bool json;
	struct boot_options boot;
};

static int parse_arguments(int argc, char **argv, struct arguments *ret, struct error **err)
{
	static const struct option options[] = {
		{"explain", no_argument, NULL, OPTION_EXPLAIN},
		{"json", no_argument, NULL, OPTION_JSON},
		{"boot", required_argument, NULL, OPTION_BOOT},
		{"load-options", required_argument, NULL, OPTION_LOAD_OPTIONS},
		{"secure-boot", no_argument, NULL, OPTION_SECURE_BOOT},
		{0},
	};
	struct arguments a = {.boot = {.path = BOOT_DISK}};
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) >= 0) {
		switch (option) {
		case OPTION_EXPLAIN:
			a.explain = true;
			break;
		case OPTION_JSON:
			a.json = true;
			break;
		case OPTION_BOOT:
			if (!boot_path_from_name(optarg, &a.boot.path))
				return error_set(
					err, -ERROR_USAGE,
					"unknown kind of boot '%s': use disk or qemu-kernel",
					optarg);
			break;
		case OPTION_LOAD_OPTIONS:
			a.boot.load_options = optarg;
			break;
		case OPTION_SECURE_BOOT:
			a.boot.secure_boot = true;
			break;
		default:
			return command_bad_option(option, argv, err);
		}
	}
	if (argc - optind != 1)
		return error_set(err, -ERROR_USAGE, "measure needs one FILE");
	a.file = argv[optind];
	*ret = a;
	return 0;
}

static int run(int argc, char **argv, struct error **err)
{
	_cleanup_(measurement_release) struct measurement m = {0};
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(REPORT_MAX);
	struct arguments a;
	int r = parse_arguments(argc, argv, &a, err);

	if (r >= 0)
		r = measure_file_as(a.file, &a.boot, &m, err);
	if (r < 0)
		return r;
	if (a.json)
		r = measurement_json(&m, &text, err);
	else
		measurement_text(&m, a.explain, &text);
	if (r < 0)
		return r;
	if (!buffer_ok(&text))
		return error_oom(err);
	r = write_full(STDOUT_FILENO, buffer_span(&text));
	return r < 0 ? error_errno(err, -r, "standard output") : 0;
}

const struct command command_measure = {
	.name = "measure",
	.summary = "registers of a unified kernel image or disk image",
	.help = help,
	.run = run,
};
