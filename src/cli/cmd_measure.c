/*
 * tdnode measure FILE: the registers that a boot of the file will leave in a TPM and in a TDX module.
 */
#include "cli/command.h"

#include "base/file.h"
#include "base/progress.h"
#include "cli/measure_log.h"
#include "cli/measure_options.h"
#include "cli/shared_options.h"
#include "measure/measurement_report.h"
#include "measure/report_formats.h"

/* What the table shows unless told otherwise; registers of a TDX module are SHA-384. */
#define DEFAULT_BANKS (1u << EVENT_SHA256)

struct arguments {
	const char *file; /* NULL: firmware alone */
	bool explain;
	bool quiet;
	unsigned banks; /* bits 1 << enum event_bank, 0 if none was named */
	enum report_format format;
	struct measure_logs logs;
	struct measure_arguments measure;
};

static void arguments_release(struct arguments *a)
{
	measure_arguments_release(&a->measure);
}

/* The words of --bank: each bank, then all. */
static const char *bank_choice(unsigned value)
{
	return value < EVENT_BANKS ? digest_name(event_banks[value]) : "all";
}

static int take_bank(void *place, const char *name, struct error **err)
{
	unsigned *banks = place;

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

static int take_json(void *place, const char *value _unused_, struct error **err _unused_)
{
	*(enum report_format *)place = REPORT_JSON;
	return 0;
}

static const struct option_spec options[] = {
	OPTION_FLAG("explain", struct arguments, explain,
		    "show the events that lead to each register"),
	OPTION_CUSTOM("bank", "NAME", struct arguments, banks, take_bank,
		      "show the TPM's registers in this bank: sha256 (without the option), sha1, "
		      "sha384, sha512 or all",
		      .choice = bank_choice, .max = EVENT_BANKS),
	OPTION_CUSTOM("json", NULL, struct arguments, format, take_json,
		      "print what build writes to measurements.json"),
	OPTION_CHOICE("format", "NAME", struct arguments, format, enum report_format, REPORT_TEXT,
		      REPORT_DSTACK_MR, report_format_name, "format",
		      "print text, json, or what others read: measured-boot, attested-tls, "
		      "dstack-mr",
		      .preset = "text"),
	OPTION_QUIET(struct arguments, quiet),
	OPTION_TEXT(
		"log", "EVENTLOG", struct arguments, logs.boot,
		"compare with the log of a real boot (binary_bios_measurements, or the data of a "
		"TDX machine's CCEL table): exit status 3 and the cause if they differ"),
	OPTION_TEXT("platform-log", "EVENTLOG", struct arguments, logs.platform,
		    "with --log: the log of a good boot on the same machine, for firmware, ACPI "
		    "tables and boot variables"),
	OPTION_GROUP("How FILE is booted", struct arguments, measure, measure_arguments,
		     measure_boot_options),
	OPTION_GROUP("The machine, for PCR 7, MRTD and RTMR0", struct arguments, measure,
		     measure_arguments, measure_machine_options),
	OPTIONS_END,
};

static int parse_arguments(int argc, char **argv, struct arguments *a, struct error **err)
{
	int r = command_parse(&command_measure, argc, argv, a, err);

	if (r < 0)
		return r;
	if (!a->file && !measure_arguments_are_of_firmware(&a->measure))
		return command_usage_error(&command_measure, err);
	if (!a->file && (a->banks || a->logs.boot || a->format > REPORT_JSON))
		return error_set(err, -ERROR_USAGE,
				 "firmware alone gives MRTD, as text or with --json: --bank, --log "
				 "and other formats need a FILE to boot");
	if (a->banks && a->format != REPORT_TEXT)
		return error_set(err, -ERROR_USAGE,
				 "--bank is for text: other formats have theirs");
	if (a->logs.boot && (a->explain || a->banks || a->format > REPORT_JSON))
		return error_set(err, -ERROR_USAGE,
				 "--log compares all banks, as text or with --json: --explain, "
				 "--bank and other formats cannot be combined with it");
	if (a->logs.platform && !a->logs.boot)
		return error_set(err, -ERROR_USAGE, "--platform-log goes with --log");
	return measure_arguments_finish(&a->measure, err);
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
	_cleanup_(arguments_release) struct arguments a = {0};
	_cleanup_(measurement_release) struct measurement m = {0};
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(REPORT_MAX);
	int r = parse_arguments(argc, argv, &a, err);

	if (r < 0)
		return r;

	_cleanup_(progress_freep) struct progress *progress = progress_new(stderr, a.quiet);

	a.measure.options.inputs.progress = progress;
	choose_banks(&a);
	/* Of a log alone the registers count, and those of many other boots that might explain it. */
	a.measure.options.boot.look_into_initrd = !a.logs.boot;
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
	.forms = {{.operands = {OPERAND("FILE", struct arguments, file)}},
		  {.instead = "--firmware FILE"}},
	.about = "Predicts the registers of a TPM and of a TDX module after a boot of FILE: a "
		 "unified kernel image (.efi), a raw disk (also compressed), a fixed VHD, a qcow2 "
		 "or a tar for Google Cloud, made here or elsewhere. What cannot be predicted is "
		 "named with the reason, never guessed: the exit status is then 1. The second form "
		 "shows MRTD of firmware, which no image changes.",
	.options = options,
	.example = "tdnode measure --explain artifacts/devnet/devnet.raw\n"
		   "tdnode measure --log binary_bios_measurements artifacts/devnet/devnet.raw\n"
		   "tdnode measure --platform gcp-tdx --format attested-tls "
		   "artifacts/devnet/devnet.raw",
	.run = run,
};
