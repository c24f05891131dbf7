/*
 * tdnode ps: the instances.
 */
#include "cli/command.h"

#include <sys/stat.h>

#include "cli/shared_options.h"
#include "vm/data_disk.h"

struct arguments {
	const char *state;
	bool json;
};

static const struct option_spec options[] = {
	OPTION_STATE(struct arguments, state),
	OPTION_FLAG("json", struct arguments, json, "as JSON"),
	OPTIONS_END,
};

/* Bytes that the disk takes on this machine: it is sparse. */
static uint64_t disk_bytes(const struct data_disk_record *disk)
{
	struct stat st;

	return disk->exists && stat(disk->path, &st) == 0 ? (uint64_t)st.st_blocks * 512 : 0;
}

static int print_instance(const char *state, const char *name, json_t *list, struct error **err)
{
	_cleanup_(instance_release) struct instance i = INSTANCE_INIT;
	_cleanup_(instance_record_release) struct instance_record record = {0};
	_cleanup_(data_disk_record_release) struct data_disk_record disk = {0};
	int r = instance_open(state, name, &i, err);

	if (r >= 0)
		r = data_disk_read_record(&i, &disk, err);
	if (r < 0)
		return r;

	/* A record without a process is what a killed run left. */
	bool running = instance_is_running(&i) && instance_read_record(&i, &record, NULL) >= 0;
	long long uptime = running ? (long long)time(NULL) - record.started : 0;

	if (list) {
		int added = json_array_append_new(
			list,
			json_pack("{s:s, s:b, s:s, s:I, s:i, s:i, s:i, s:I, s:s, s:s?, s:s?, s:I}",
				  "name", i.name, "running", running, "image",
				  running ? record.image : "", "pid", (json_int_t)record.pid,
				  "rpc_port", record.rpc_port, "attest_port", record.attest_port,
				  "ssh_port", record.ssh_port, "uptime", (json_int_t)uptime,
				  "accelerator", running ? record.accelerator : "", "disk",
				  disk.path, "disk_uuid", disk.uuid[0] ? disk.uuid : NULL,
				  "disk_bytes", (json_int_t)disk_bytes(&disk)));

		return added < 0 ? error_oom(err) : 0;
	}
	if (running)
		printf("%-20s running  %-16s pid %-8lld rpc %-6u ssh %-6u %s  %lld s", i.name,
		       record.image, (long long)record.pid, record.rpc_port, record.ssh_port,
		       record.accelerator, uptime);
	else
		printf("%-20s stopped", i.name);
	if (disk.exists)
		printf("  disk %.1f MiB", (double)disk_bytes(&disk) / (1 << 20));
	putchar('\n');
	return 0;
}

static int run_ps(int argc, char **argv, struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	_cleanup_json_ json_t *list = NULL;
	struct arguments a = {0};
	int r = command_parse(&command_ps, argc, argv, &a, err);

	if (r >= 0)
		r = instance_list(a.state, &names, err);
	if (r >= 0 && a.json && !(list = json_array()))
		r = error_oom(err);
	for (size_t i = 0; r >= 0 && i < names.n; i++)
		r = print_instance(a.state, names.items[i], list, err);
	return r >= 0 && a.json ? command_print_json(TAKE_PTR(list), err) : r;
}

const struct command command_ps = {
	.name = "ps",
	.summary = "list instances",
	.about = "Lists the instances of 'tdnode run'.",
	.options = options,
	.example = "tdnode ps",
	.run = run_ps,
};
