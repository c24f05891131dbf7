#include "cli/measure_options.h"

#include "measure/td_hob.h"

void measure_arguments_release(struct measure_arguments *a)
{
	string_list_release(&a->beside);
	string_list_release(&a->global);
}

static int take_boot(struct boot_options *o, int option, const char *value, struct error **err)
{
	switch (option) {
	case MEASURE_OPTION_BOOT:
		if (!boot_path_from_name(value, &o->path))
			return error_set(err, -ERROR_USAGE,
					 "unknown kind of boot '%s': use disk or qemu-kernel",
					 value);
		return 1;
	case MEASURE_OPTION_SECURE_BOOT:
		o->secure_boot = true;
		return 1;
	case MEASURE_OPTION_LOAD_OPTIONS:
		o->load_options = value;
		return 1;
	case MEASURE_OPTION_VTPM:
		o->vtpm = true;
		return 1;
	case MEASURE_OPTION_SMBIOS:
		o->smbios_command_line = value;
		return 1;
	case MEASURE_OPTION_PHASE:
		o->phases = value;
		return 1;
	default:
		return 0;
	}
}

static int take_path(struct measure_arguments *a, int option, const char *value, struct error **err)
{
	struct input_options *o = &a->options.inputs;
	int r = 0;

	switch (option) {
	case MEASURE_OPTION_ENTRY:
		o->entry = value;
		return 1;
	case MEASURE_OPTION_LOADER:
		o->loader = value;
		return 1;
	case MEASURE_OPTION_LOADER_CONF:
		o->loader_conf = value;
		return 1;
	case MEASURE_OPTION_BESIDE:
		o->beside = &a->beside;
		r = string_list_add(&a->beside, value);
		break;
	case MEASURE_OPTION_GLOBAL:
		o->global = &a->global;
		r = string_list_add(&a->global, value);
		break;
	default:
		return 0;
	}
	return r < 0 ? error_oom(err) : 1;
}

static int take_machine(struct measure_options *o, int option, const char *value,
			struct error **err)
{
	struct machine_input_options *m = &o->inputs.machine;

	switch (option) {
	case MEASURE_OPTION_SECURE_VARIABLES:
		m->secure_variables = value;
		return 1;
	case MEASURE_OPTION_FIRMWARE:
		m->firmware = value;
		return 1;
	case MEASURE_OPTION_PAGE_ORDER:
		if (!page_order_from_name(value, &o->page_order))
			return error_set(err, -ERROR_USAGE,
					 "unknown order of pages '%s': use one-pass or two-pass",
					 value);
		o->has_page_order = true;
		return 1;
	case MEASURE_OPTION_MEMORY:
		if (!parse_size(span_string(value), TD_MEMORY_MAX, &m->memory) || m->memory == 0 ||
		    m->memory % TDVF_PAGE_SIZE != 0)
			return error_set(err, -ERROR_USAGE,
					 "--memory '%s': not a size of whole pages, as in 16G",
					 value);
		return 1;
	case MEASURE_OPTION_ACPI_DIGESTS:
		m->acpi_digests = value;
		return 1;
	case MEASURE_OPTION_ACPI_LOG:
		m->log = value;
		return 1;
	default:
		return 0;
	}
}

int measure_arguments_take(struct measure_arguments *a, int option, const char *value,
			   struct error **err)
{
	int r;

	if (option == MEASURE_OPTION_PLATFORM) {
		if (platform_from_name(value, &a->options.platform))
			return 1;
		return error_set(err, -ERROR_USAGE,
				 "unknown platform '%s': use azure-tdx, gcp-tdx, qemu-tdx or qemu",
				 value);
	}
	r = take_boot(&a->options.boot, option, value, err);
	if (r == 0)
		r = take_machine(&a->options, option, value, err);
	return r == 0 ? take_path(a, option, value, err) : r;
}

int measure_arguments_check(const struct measure_arguments *a, struct error **err)
{
	const struct measure_options *o = &a->options;
	const struct machine_input_options *m = &o->inputs.machine;
	bool for_tdx = m->firmware || m->acpi_digests || m->memory > 0;

	if (for_tdx && (o->platform == PLATFORM_AZURE_TDX || o->platform == PLATFORM_QEMU))
		return error_set(err, -ERROR_USAGE,
				 "platform %s has no TDX module that measures a firmware of ours: "
				 "--firmware, --memory and --acpi-digests say nothing there",
				 platform_name(o->platform));
	if (o->boot.vtpm && !platform_has_rtmrs(o->platform))
		return error_set(err, -ERROR_USAGE,
				 "--vtpm is for a TDX module with a TPM besides: use it with "
				 "--platform gcp-tdx or qemu-tdx");
	if (m->acpi_digests && m->log)
		return error_set(err, -ERROR_USAGE,
				 "--acpi-digests and --acpi-log say the same: use one");
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
	bool of_boot = b->path != BOOT_DISK || b->secure_boot || b->vtpm || b->load_options ||
		       b->smbios_command_line;
	bool of_image = in->entry || in->loader || in->loader_conf || in->beside || in->global;
	bool of_machine = m->memory > 0 || m->acpi_digests || m->log || m->secure_variables;

	return m->firmware && !of_boot && !of_image && !of_machine;
}
