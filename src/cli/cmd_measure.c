/*
 * tdnode measure FILE: the registers that a boot of the file will leave in a TPM and in a TDX module.
 */
#include "cli/command.h"

#include <getopt.h>

#include "base/file.h"
#include "cli/measure_log.h"
#include "cli/measure_options.h"
#include "measure/report.h"
#include "measure/report_formats.h"

/* What the table shows unless told otherwise; registers of a TDX module are SHA-384. */
#define DEFAULT_BANKS (1u << EVENT_SHA256)

static const char help[] =
	"Usage: tdnode measure FILE [OPTIONS]\n"
	"       tdnode measure --firmware FILE [--platform NAME] [--page-order ORDER] [--json]\n"
	"\n"
	"Predicts the registers of a TPM and of a TDX module after a boot of FILE: a unified "
	"kernel image\n"
	"(.efi), a raw disk (also compressed), a fixed VHD, a qcow2 or a tar for Google Cloud, "
	"made "
	"here\n"
	"or elsewhere.\n"
	"What cannot be predicted is said with the reason, never guessed: the exit status is 1 "
	"then.\n"
	"The second form shows MRTD of firmware, which no image changes.\n"
	"\n"
	"  --explain            show the events that lead to each register\n"
	"  --bank NAME          show the TPM's registers in this bank: sha256 (default), sha1, "
	"sha384,\n"
	"                       sha512 or all\n"
	"  --json               print what build writes to measurements.json\n"
	"  --format NAME        print text (default), json, or what others read: measured-boot, "
	"attested-tls,\n"
	"                       dstack-mr\n"
	"  --log EVENTLOG       compare with the log of a real boot (binary_bios_measurements, or "
	"the "
	"data of\n"
	"                       a TDX machine's CCEL table): exit status 3 and the cause if they "
	"differ\n"
	"  --platform-log EVENTLOG\n"
	"                       with --log: the log of a good boot on the same machine, for "
	"firmware,\n"
	"                       ACPI tables and boot variables\n"
	"\n" MEASURE_OPTIONS_HELP "\n"
	"Examples:\n"
	"  tdnode measure --explain artifacts/devnet/devnet.raw\n"
	"  tdnode measure --log binary_bios_measurements artifacts/devnet/devnet.raw\n"
	"  tdnode measure --platform gcp-tdx --format attested-tls artifacts/devnet/devnet.raw\n";

enum {
	OPTION_EXPLAIN = 256,
	OPTION_BANK,
	OPTION_JSON,
	OPTION_FORMAT,
	OPTION_LOG,
	OPTION_PLATFORM_LOG,
};

struct arguments {
	const char *file; /* NULL: firmware alone */
	bool explain;
	unsigned banks; /* bits 1 << enum event_bank, 0 if none was named */
	enum report_format format;
	struct measure_logs logs;
	struct measure_arguments measure;
};

static void arguments_release(struct arguments *a)
{
	measure_arguments_release(&a->measure);
}

static int take_bank(const char *name, unsigned *banks, struct error **err)
{
	for (size_t i = 0; i < EVENT_BANKS; i++) {
		if (string_equal(name, digest_name(event_banks[i]))) {
			*banks |= 1u << i;
			return 0;
		}
	}
	if (string_equal(name, "all")) {
		*banks = EVENT_BANKS_ALL;
		return 0;
	}
	return error_set(err, -ERROR_USAGE,
			 "unknown bank '%s': use sha1, sha256, sha384, sha512 or all", name);
}

static int take_option(struct arguments *a, int option, char **argv, struct error **err)
{
	switch (option) {
	case OPTION_EXPLAIN:
		a->explain = true;
		return 0;
	case OPTION_BANK:
		return take_bank(optarg, &a->banks, err);
	case OPTION_JSON:
		a->format = REPORT_JSON;
		return 0;
	case OPTION_FORMAT:
		if (!report_format_from_name(optarg, &a->format))
			return error_set(err, -ERROR_USAGE,
					 "unknown format '%s': use text, json, measured-boot, "
					 "attested-tls or dstack-mr",
					 optarg);
		return 0;
	case OPTION_LOG:
		a->logs.boot = optarg;
		return 0;
	case OPTION_PLATFORM_LOG:
		a->logs.platform = optarg;
		return 0;
	default:
		break;
	}

	int r = measure_arguments_take(&a->measure, option, optarg, err);

	return r == 0 ? command_bad_option(option, argv, err) : r;
}

static int parse_arguments(int argc, char **argv, struct arguments *a, struct error **err)
{
	static const struct option options[] = {
		{"explain", no_argument, NULL, OPTION_EXPLAIN},
		{"bank", required_argument, NULL, OPTION_BANK},
		{"json", no_argument, NULL, OPTION_JSON},
		{"format", required_argument, NULL, OPTION_FORMAT},
		{"log", required_argument, NULL, OPTION_LOG},
		{"platform-log", required_argument, NULL, OPTION_PLATFORM_LOG},
		MEASURE_OPTIONS,
		{0},
	};
	int option, r = 0;

	opterr = 0;
	optind = 1;
	while (r >= 0 && (option = getopt_long(argc, argv, ":", options, NULL)) >= 0)
		r = take_option(a, option, argv, err);
	if (r < 0)
		return r;
	if (argc - optind > 1 ||
	    (argc == optind && !measure_arguments_are_of_firmware(&a->measure)))
		return error_set(err, -ERROR_USAGE, "measure needs one FILE");
	if (argc == optind && (a->banks || a->logs.boot || a->format > REPORT_JSON))
		return error_set(err, -ERROR_USAGE,
				 "firmware alone has MRTD, as text or with --json: --bank, --log "
				 "and other formats need a FILE to boot");
	if (a->banks && a->format != REPORT_TEXT)
		return error_set(err, -ERROR_USAGE,
				 "--bank is for text: other formats have theirs");
	if (a->logs.boot && (a->explain || a->banks || a->format > REPORT_JSON))
		return error_set(err, -ERROR_USAGE,
				 "--log compares all banks, as text or with --json: --explain, "
				 "--bank and other formats do not go with it");
	if (a->logs.platform && !a->logs.boot)
		return error_set(err, -ERROR_USAGE, "--platform-log goes with --log");
	a->file = argc > optind ? argv[optind] : NULL;
	return measure_arguments_check(&a->measure, err);
}

/* Text needs only what it shows; the banks that others want are all made. */
static void choose_banks(struct arguments *a)
{
	if (a->format != REPORT_TEXT || a->logs.boot)
		return;
	a->measure.options.registers_only = true;
	if (!a->banks)
		a->banks = DEFAULT_BANKS;
	a->measure.options.banks = a->banks | 1u << EVENT_SHA384;
}

static int make_report(const struct arguments *a, const struct measurement *m, struct buffer *text,
		       struct error **err)
{
	switch (a->format) {
	case REPORT_TEXT:
		measurement_text(m, a->banks, a->explain, text);
		return buffer_ok(text) ? 0 : error_oom(err);
	case REPORT_JSON:
		return measurement_json(m, text, err);
	default:
		return measurement_format(m, a->format, text, err);
	}
}

static int run(int argc, char **argv, struct error **err)
{
	_cleanup_(arguments_release) struct arguments a = {.format = REPORT_TEXT};
	_cleanup_(measurement_release) struct measurement m = {0};
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(REPORT_MAX);
	int r = parse_arguments(argc, argv, &a, err);

	if (r < 0)
		return r;
	choose_banks(&a);
	r = a.file ? measure_file(a.file, &a.measure.options, &m, err)
		   : measure_firmware(&a.measure.options, &m, err);
	if (r >= 0 && a.logs.boot)
		return measure_log(a.file, &a.measure.options, &m, &a.logs, a.format == REPORT_JSON,
				   err);
	if (r >= 0)
		r = make_report(&a, &m, &text, err);
	if (r < 0)
		return r;
	r = command_print(buffer_span(&text), err);
	if (r < 0)
		return r;
	return measurement_require(&m, err);
}

const struct command command_measure = {
	.name = "measure",
	.summary = "registers of a unified kernel image or disk image",
	.help = help,
	.run = run,
};
