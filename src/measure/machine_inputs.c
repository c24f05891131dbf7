#include "measure/machine_inputs.h"

#include "formats/digest_list.h"

void machine_inputs_release(struct machine_inputs *in)
{
	file_map_release(&in->firmware_file);
	file_map_release(&in->variables_file);
	machine_events_release(&in->log);
	buffer_release(&in->log_file);
}

static int open_firmware(const char *path, struct machine_inputs *in, struct error **err)
{
	int r = file_map(path, &in->firmware_file, err);

	if (r < 0)
		return r;
	r = tdvf_parse(in->firmware_file.data, &in->firmware, err);
	return r < 0 ? error_wrap(err, r, "%s", path) : 0;
}

static int open_acpi(const char *path, struct machine_inputs *in, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(DIGEST_LIST_FILE_MAX);
	int r = file_read(path, DIGEST_LIST_FILE_MAX, &text, err);

	if (r < 0)
		return r;
	in->has_acpi = true;
	r = digest_list_parse(buffer_span(&text), DIGEST_SHA384, in->acpi, ACPI_BLOBS, err);
	return r < 0 ? error_wrap(err, r, "%s", path) : 0;
}

static int open_log(const char *path, struct machine_inputs *in, struct error **err)
{
	in->log_file = (struct buffer)BUFFER_INIT(MACHINE_LOG_MAX);

	int r = file_read(path, MACHINE_LOG_MAX, &in->log_file, err);

	if (r < 0)
		return r;
	in->has_log = true;
	r = machine_events_read(buffer_span(&in->log_file), &in->log, err);
	return r < 0 ? error_wrap(err, r, "%s", path) : 0;
}

static int open_variables(const char *path, struct machine_inputs *in, struct error **err)
{
	struct efi_vars store;
	int r = file_map(path, &in->variables_file, err);

	if (r < 0)
		return r;
	if (in->variables_file.data.n > EFI_VARS_FILE_MAX)
		return error_set(err, -ERROR_MALFORMED, "%s: more than %u bytes", path,
				 EFI_VARS_FILE_MAX);
	r = efi_vars_open(in->variables_file.data, &store, err);
	if (r < 0)
		return error_wrap(err, r, "%s", path);
	secure_boot_from_store(&store, SECURE_FILE, &in->variables);
	return 0;
}

int machine_inputs_open(const struct machine_input_options *options, struct machine_inputs *ret,
			struct error **err)
{
	_cleanup_(machine_inputs_release) struct machine_inputs in = {.memory = options->memory};
	int r = 0;

	if (options->firmware)
		r = open_firmware(options->firmware, &in, err);
	if (r >= 0 && options->acpi_digests)
		r = open_acpi(options->acpi_digests, &in, err);
	if (r >= 0 && options->log)
		r = open_log(options->log, &in, err);
	if (r >= 0 && options->secure_variables)
		r = open_variables(options->secure_variables, &in, err);
	if (r < 0)
		return r;
	*ret = in;
	in = (struct machine_inputs){0};
	return 0;
}

struct machine_facts machine_inputs_facts(const struct machine_inputs *in, enum platform platform)
{
	return (struct machine_facts){
		.platform = platform,
		.firmware = in->firmware.n > 0 ? &in->firmware : NULL,
		.memory = in->memory,
		.acpi = in->has_acpi ? in->acpi : NULL,
		.log = in->has_log ? &in->log : NULL,
		.variables = in->variables.source == SECURE_FILE ? &in->variables : NULL,
	};
}
