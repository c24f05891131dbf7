#include "cli/measure_options.h"

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
	case MEASURE_OPTION_SMBIOS:
		o->smbios_command_line = value;
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
	return r == 0 ? take_path(a, option, value, err) : r;
}
