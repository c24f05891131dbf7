/*
 * The options of `tdnode measure` that say how a file is booted and where.
 */
#pragma once

#include "base/text.h"
#include "measure/measure.h"

struct measure_arguments {
	struct measure_options options;
	struct string_list beside; /* what options.inputs refers to */
	struct string_list global;
};

void measure_arguments_release(struct measure_arguments *a);

/* Text of the options for a command's help. */
#define MEASURE_OPTIONS_HELP                                                                     \
	"How FILE is booted:\n"                                                                  \
	"  --platform NAME      where: azure-tdx, gcp-tdx, qemu-tdx or qemu; without it, all\n"  \
	"                       registers that do not depend on it\n"                            \
	"  --vtpm               the TDX machine has a TPM besides, as Google's may\n"            \
	"  --boot PATH          disk (default) or qemu-kernel (QEMU's -kernel)\n"                \
	"  --secure-boot        Secure Boot is on\n"                                             \
	"  --load-options TEXT  what is passed to the image (QEMU's -append)\n"                  \
	"  --smbios-command-line TEXT\n"                                                         \
	"                       SMBIOS string io.systemd.stub.kernel-cmdline-extra\n"            \
	"  --phase PHASES       of an image that runs systemd-pcrphase: the words that it has\n" \
	"                       measured, as in enter-initrd:leave-initrd:sysinit:ready\n"       \
	"  --entry NAME         the entry that systemd-boot starts, if not the one that it\n"    \
	"                       chooses itself: NAME.efi, NAME.conf or NAME.efi@PROFILE\n"       \
	"  --loader FILE        of an image alone: the systemd-boot that starts it\n"            \
	"  --loader-conf FILE   and its loader.conf\n"                                           \
	"  --beside FILE        of an image alone: an addon, credential or extension in the\n"   \
	"                       folder IMAGE.extra.d beside it; may be repeated\n"               \
	"  --global FILE        the same in loader/addons or loader/credentials\n"               \
	"The machine, for PCR 7, MRTD and RTMR0:\n"                                              \
	"  --secure-boot-variables FILE\n"                                                       \
	"                       OVMF_VARS.fd with the machine's Secure Boot variables\n"         \
	"  --firmware FILE      OVMF.fd, undivided, as a TDX machine starts it\n"                \
	"  --page-order ORDER   how the host fills memory: one-pass or two-pass\n"               \
	"  --memory SIZE        memory of the machine, as in 16G\n"                              \
	"  --acpi-digests FILE  SHA-384 of table-loader, rsdp and tables, one a line\n"          \
	"  --acpi-log FILE      event log of such a machine (CCEL or that of its TPM): for\n"    \
	"                       ACPI tables, boot options and Secure Boot variables\n"

/*
 * Takes one option of getopt_long(), whose table begins with MEASURE_OPTIONS. Returns 1 if it was
 * one of these, 0 if it is for somebody else, or -ERROR_USAGE.
 */
_must_check_ int measure_arguments_take(struct measure_arguments *a, int option, const char *value,
					struct error **err);

/* Refuses options that do not go together (-ERROR_USAGE). Call it after the last one. */
_must_check_ int measure_arguments_check(const struct measure_arguments *a, struct error **err);

/* True if firmware is named, and nothing that concerns a boot of an image. */
bool measure_arguments_are_of_firmware(const struct measure_arguments *a);

enum {
	MEASURE_OPTION_PLATFORM = 1024,
	MEASURE_OPTION_BOOT,
	MEASURE_OPTION_SECURE_BOOT,
	MEASURE_OPTION_LOAD_OPTIONS,
	MEASURE_OPTION_SMBIOS,
	MEASURE_OPTION_PHASE,
	MEASURE_OPTION_ENTRY,
	MEASURE_OPTION_LOADER,
	MEASURE_OPTION_LOADER_CONF,
	MEASURE_OPTION_BESIDE,
	MEASURE_OPTION_GLOBAL,
	MEASURE_OPTION_SECURE_VARIABLES,
	MEASURE_OPTION_FIRMWARE,
	MEASURE_OPTION_VTPM,
	MEASURE_OPTION_PAGE_ORDER,
	MEASURE_OPTION_MEMORY,
	MEASURE_OPTION_ACPI_DIGESTS,
	MEASURE_OPTION_ACPI_LOG,
};

/* Entries of a table of struct option. */
#define MEASURE_OPTIONS                                                                  \
	{"platform", required_argument, NULL, MEASURE_OPTION_PLATFORM},                  \
		{"boot", required_argument, NULL, MEASURE_OPTION_BOOT},                  \
		{"secure-boot", no_argument, NULL, MEASURE_OPTION_SECURE_BOOT},          \
		{"load-options", required_argument, NULL, MEASURE_OPTION_LOAD_OPTIONS},  \
		{"smbios-command-line", required_argument, NULL, MEASURE_OPTION_SMBIOS}, \
		{"phase", required_argument, NULL, MEASURE_OPTION_PHASE},                \
		{"entry", required_argument, NULL, MEASURE_OPTION_ENTRY},                \
		{"loader", required_argument, NULL, MEASURE_OPTION_LOADER},              \
		{"loader-conf", required_argument, NULL, MEASURE_OPTION_LOADER_CONF},    \
		{"beside", required_argument, NULL, MEASURE_OPTION_BESIDE},              \
		{"global", required_argument, NULL, MEASURE_OPTION_GLOBAL},              \
		{"secure-boot-variables", required_argument, NULL,                       \
		 MEASURE_OPTION_SECURE_VARIABLES},                                       \
		{"firmware", required_argument, NULL, MEASURE_OPTION_FIRMWARE},          \
		{"vtpm", no_argument, NULL, MEASURE_OPTION_VTPM},                        \
		{"page-order", required_argument, NULL, MEASURE_OPTION_PAGE_ORDER},      \
		{"memory", required_argument, NULL, MEASURE_OPTION_MEMORY},              \
		{"acpi-digests", required_argument, NULL, MEASURE_OPTION_ACPI_DIGESTS},  \
	{                                                                                \
		"acpi-log", required_argument, NULL, MEASURE_OPTION_ACPI_LOG             \
	}
