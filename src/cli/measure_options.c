#include "cli/measure_options.h"

#include "cli/shared_options.h"
#include "measure/td_hob.h"

void measure_arguments_release(struct measure_arguments *a)
{
	string_list_release(&a->beside);
	string_list_release(&a->global);
	string_list_release(&a->config_set);
}

static int take_page_order(void *place, const char *value, struct error **err)
{
	struct measure_options *o = place;

	if (page_order_from_name(value, &o->page_order)) {
		o->has_page_order = true;
		return 0;
	}
	return error_set(err, -ERROR_USAGE, "unknown order of pages '%s': use one-pass or two-pass",
			 value);
}

#define A struct measure_arguments

const struct option_spec measure_boot_options[] = {
	OPTION_CHOICE("platform", "NAME", A, options.platform, enum platform, PLATFORM_ANY + 1,
		      PLATFORM_QEMU, platform_name, "platform",
		      "where: azure-tdx, gcp-tdx, qemu-tdx or qemu; without it, all registers that "
		      "do not depend on it"),
	OPTION_FLAG("vtpm", A, options.boot.vtpm,
		    "the TDX machine also has a TPM, as Google's may"),
	OPTION_CHOICE("boot", "KIND", A, options.boot.kind, enum boot_kind, BOOT_DISK,
		      BOOT_QEMU_KERNEL, boot_kind_name, "kind of boot",
		      "what starts it: disk, or qemu-kernel for QEMU's -kernel", .preset = "disk"),
	OPTION_FLAG("secure-boot", A, options.boot.secure_boot, "Secure Boot is on"),
	OPTION_TEXT("load-options", "TEXT", A, options.boot.load_options,
		    "what is passed to the image (QEMU's -append)"),
	OPTION_TEXT("smbios-command-line", "TEXT", A, options.boot.smbios_command_line,
		    "SMBIOS string io.systemd.stub.kernel-cmdline-extra"),
	OPTION_TEXT("phase", "PHASES", A, options.boot.phases,
		    "of an image that runs systemd-pcrphase: the words that it has measured, as in "
		    "enter-initrd:leave-initrd:sysinit:ready"),
	OPTION_TEXT("entry", "NAME", A, options.inputs.entry,
		    "the entry that systemd-boot starts, if not the one that it chooses itself: "
		    "NAME.efi, NAME.conf or NAME.efi@PROFILE"),
	OPTION_TEXT("loader", "FILE", A, options.inputs.loader,
		    "of an image alone: the systemd-boot that starts it"),
	OPTION_TEXT("loader-conf", "FILE", A, options.inputs.loader_conf, "and its loader.conf"),
	OPTION_LIST("beside", "FILE", A, beside,
		    "of an image alone: an addon, credential or extension in the folder "
		    "IMAGE.extra.d beside it"),
	OPTION_LIST("global", "FILE", A, global, "the same in loader/addons or loader/credentials"),
	OPTION_CONFIG(A, options.inputs.config),
	OPTION_CONFIG_SET(A, config_set),
	OPTIONS_END,
};

const struct option_spec measure_machine_options[] = {
	OPTION_TEXT("secure-boot-variables", "FILE", A, options.inputs.machine.secure_variables,
		    "OVMF_VARS.fd with the machine's Secure Boot variables"),
	OPTION_TEXT("firmware", "FILE", A, options.inputs.machine.firmware,
		    "OVMF.fd, undivided, as a TDX machine starts it"),
	OPTION_CUSTOM("page-order", "ORDER", A, options, take_page_order,
		      "how the host fills memory: one-pass or two-pass", .choice = page_order_name,
		      .max = PAGE_ORDERS - 1),
	OPTION_SIZE("memory", "SIZE", A, options.inputs.machine.memory, TDVF_PAGE_SIZE,
		    TD_MEMORY_MAX, "a size of whole pages, as in 16G",
		    "memory of the machine, as in 16G", .step = TDVF_PAGE_SIZE),
	OPTION_TEXT("acpi-digests", "FILE", A, options.inputs.machine.acpi_digests,
		    "SHA-384 of table-loader, rsdp and tables, one a line"),
	OPTION_TEXT("acpi-log", "EVENTLOG", A, options.inputs.machine.log,
		    "event log of such a machine (CCEL or that of its TPM): for ACPI tables, boot "
		    "options and Secure Boot variables"),
	OPTIONS_END,
};

int measure_arguments_finish(struct measure_arguments *a, struct error **err)
{
	struct measure_options *o = &a->options;
	const struct machine_input_options *m = &o->inputs.machine;
	bool for_tdx = m->firmware || m->acpi_digests || m->memory > 0;

	o->inputs.beside = a->beside.n ? &a->beside : NULL;
	o->inputs.global = a->global.n ? &a->global : NULL;
	o->inputs.config_set = a->config_set.n ? &a->config_set : NULL;
	if (for_tdx && (o->platform == PLATFORM_AZURE_TDX || o->platform == PLATFORM_QEMU))
		return error_set(err, -ERROR_USAGE,
				 "platform %s has no TDX module that measures this firmware: "
				 "--firmware, --memory and --acpi-digests mean nothing there",
				 platform_name(o->platform));
	if (o->boot.vtpm && !platform_has_rtmrs(o->platform))
		return error_set(err, -ERROR_USAGE,
				 "--vtpm is for a TDX module with a TPM beside it: use it with "
				 "--platform gcp-tdx or qemu-tdx");
	if (m->acpi_digests && m->log)
		return error_set(
			err, -ERROR_USAGE,
			"--acpi-digests and --acpi-log give the same information: use one");
	if (m->memory > 0 && !m->firmware)
		return error_set(err, -ERROR_USAGE,
				 "--memory needs --firmware: the list of memory follows from both");
	if (o->has_page_order && !m->firmware)
		return error_set(err, -ERROR_USAGE, "--page-order is for --firmware");
	return 0;
}

bool measure_arguments_are_of_firmware(const struct measure_arguments *a)
{
	const struct input_options *in = &a->options.inputs;
	const struct machine_input_options *m = &in->machine;
	const struct boot_options *b = &a->options.boot;
	bool of_boot = b->kind != BOOT_DISK || b->secure_boot || b->vtpm || b->load_options ||
		       b->smbios_command_line;
	bool of_image = in->entry || in->loader || in->loader_conf || in->beside || in->global ||
			in->config || in->config_set;
	bool of_machine = m->memory > 0 || m->acpi_digests || m->log || m->secure_variables;

	return m->firmware && !of_boot && !of_image && !of_machine;
}
