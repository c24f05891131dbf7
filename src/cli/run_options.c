#include "cli/run_options.h"

#include "cli/command.h"
#include "cli/shared_options.h"

#define MEMORY_MIN (512ull << 20)
#define MEMORY_MAX (1ull << 40)
#define DISK_MIN (1ull << 20)
#define DISK_MAX (64ull << 40)

static const char *kvm_choice(unsigned value)
{
	static const char *const names[] = {
		[ACCELERATOR_AUTO] = "auto",
		[ACCELERATOR_KVM] = "on",
		[ACCELERATOR_TCG] = "off",
	};

	return names[value];
}

#define O struct run_options

const struct option_spec run_options[] = {
	OPTION_FLAG("debug", O, debug,
		    "the debug variant, artifacts/IMAGE-debug; SSH is forwarded, too"),
	OPTION_FLAG(
		"check", O, check,
		"compare the registers that the guest reports with measurements.json, and judge "
		"the evidence of an attested connection; exit status 3 if one refuses"),
	OPTION_FLAG("until-rpc", O, until_rpc,
		    "stop as soon as JSON-RPC has answered (and the check is done)"),
	OPTION_FLAG("detach", O, detach,
		    "return when the VM runs; see 'tdnode ps', 'logs', 'stop'"),
	OPTION_TEXT("disk", "FILE", O, disk,
		    "the persistent disk, qcow2 (disk.qcow2 in the instance's folder)"),
	OPTION_SIZE("disk-size", "SIZE", O, disk_size, DISK_MIN, DISK_MAX, "a size like 10G",
		    "make it with this size if it does not exist (10G, without --disk)"),
	OPTION_TEXT(
		"recovery-file", "FILE", O, recovery_file,
		"the secret that 'tdnode recovery open' printed: opens the disk for another TPM "
		"or image, once"),
	OPTION_CONFIG(O, config),
	OPTION_CONFIG_SET(O, config_set),
	OPTION_NUMBER("rpc-port", "PORT", O, rpc_port, 1, UINT16_MAX, "a port", "port of JSON-RPC",
		      .preset = "8545"),
	OPTION_NUMBER("attest-port", "PORT", O, attest_port, 1, UINT16_MAX, "a port",
		      "port of the attestation service, for 'tdnode attest' and 'connect'",
		      .preset = "8745"),
	OPTION_NUMBER("ssh-port", "PORT", O, ssh_port, 1, UINT16_MAX, "a port",
		      "port of SSH, debug variant", .preset = "2222"),
	OPTION_NUMBER("metrics-port", "PORT", O, metrics_port, 1, UINT16_MAX, "a port",
		      "port of the metrics, with METRICS=public (none)"),
	OPTION_FLAG("internet", O, internet,
		    "let the VM reach what this machine reaches, its own services among it"),
	OPTION_SIZE("memory", "SIZE", O, memory, MEMORY_MIN, MEMORY_MAX,
		    "a size from 512M on, like 2G", "memory of the VM", .preset = "2G"),
	OPTION_NUMBER("cpus", "N", O, cpus, 1, 255, NULL,
		      "processors of the VM (2; without KVM 1)"),
	OPTION_CHOICE("kvm", "CHOICE", O, accelerator, enum accelerator_choice, ACCELERATOR_AUTO,
		      ACCELERATOR_TCG, kvm_choice, NULL, "auto, on or off", .preset = "auto"),
	OPTION_NUMBER("timeout", "SECONDS", O, timeout, 1, 86400, "a number of seconds",
		      "until JSON-RPC must answer", .preset = "300"),
	OPTION_TEXT("timeline", "FILE", O, timeline,
		    "draw where the boot's time went: firmware, kernel, init, units, node (SVG)"),
	OPTION_TEXT("instance", "NAME", O, instance, "name of the instance (IMAGE or IMAGE-debug)"),
	OPTION_TEXT("tpm-socket", "PATH", O, tpm_socket,
		    "use the swtpm that listens there ('tdnode swtpm')"),
	OPTION_ARTIFACTS(O, artifacts),
	OPTION_STATE(O, state),
	OPTION_FLAG("json", O, json, "print what was seen as JSON"),
	OPTION_QUIET(O, quiet),
	OPTIONS_END,
};

void run_options_release(struct run_options *o)
{
	string_list_release(&o->config_set);
}

int run_options_parse(int argc, char **argv, struct run_options *ret, struct error **err)
{
	int r = command_parse(&command_run, argc, argv, ret, err);

	if (r < 0)
		return r;
	if (ret->detach && (ret->until_rpc || ret->check))
		return error_set(err, -ERROR_USAGE,
				 "--detach cannot be combined with --check or --until-rpc");
	return 0;
}
