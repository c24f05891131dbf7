#include "cli/run_options.h"

#include <getopt.h>

#include "base/text.h"
#include "cli/command.h"

const char run_help[] =
	"usage: tdnode run IMAGE [options]\n"
	"\n"
	"Boots artifacts/IMAGE/IMAGE.raw in QEMU with a software TPM, forwards JSON-RPC to a port "
	"of\n"
	"this machine (loopback only), and runs until Ctrl-C or 'tdnode stop'. The image is never\n"
	"changed. KVM is used where the processor has it, else TCG.\n"
	"\n"
	"  --debug            the debug variant, artifacts/IMAGE-debug; SSH is forwarded, too\n"
	"  --check            compare the registers that the guest reports with "
	"measurements.json;\n"
	"                     exit status 3 if one differs\n"
	"  --until-rpc        stop as soon as JSON-RPC has answered (and the check is done)\n"
	"  --detach           return when the VM runs; see 'tdnode ps', 'logs', 'stop'\n"
	"  --disk FILE        the persistent disk, qcow2 (disk.qcow2 in the instance's folder)\n"
	"  --disk-size SIZE   make it with this size if it does not exist (10G, without --disk)\n"
	"  --recovery-file FILE\n"
	"                     the secret that 'tdnode recovery open' printed: opens the disk\n"
	"                     for another TPM or image, once\n"
	"  --rpc-port PORT    port of JSON-RPC (8545)\n"
	"  --ssh-port PORT    port of SSH, debug variant (2222)\n"
	"  --memory SIZE      (2G)\n"
	"  --cpus N           (2; without KVM 1)\n"
	"  --kvm CHOICE       auto, on or off (auto)\n"
	"  --timeout SECONDS  until JSON-RPC must answer (300)\n"
	"  --instance NAME    name of the instance (IMAGE or IMAGE-debug)\n"
	"  --tpm-socket PATH  use the swtpm that listens there ('tdnode swtpm')\n"
	"  --artifacts DIR    folder of artefacts (artifacts)\n"
	"  --state DIR        folder of instances (~/.local/state/tdnode)\n"
	"  --json             print what was seen as JSON\n"
	"  --quiet            no progress\n"
	"\n"
	"example: tdnode run devnet --check --until-rpc\n";

enum {
	OPTION_DEBUG = 256,
	OPTION_CHECK,
	OPTION_UNTIL_RPC,
	OPTION_DETACH,
	OPTION_DISK,
	OPTION_DISK_SIZE,
	OPTION_RECOVERY_FILE,
	OPTION_RPC_PORT,
	OPTION_SSH_PORT,
	OPTION_MEMORY,
	OPTION_CPUS,
	OPTION_KVM,
	OPTION_TIMEOUT,
	OPTION_INSTANCE,
	OPTION_TPM_SOCKET,
	OPTION_ARTIFACTS,
	OPTION_STATE,
	OPTION_JSON,
	OPTION_QUIET,
};

static const struct option long_options[] = {
	{"debug", no_argument, NULL, OPTION_DEBUG},
	{"check", no_argument, NULL, OPTION_CHECK},
	{"until-rpc", no_argument, NULL, OPTION_UNTIL_RPC},
	{"detach", no_argument, NULL, OPTION_DETACH},
	{"disk", required_argument, NULL, OPTION_DISK},
	{"disk-size", required_argument, NULL, OPTION_DISK_SIZE},
	{"recovery-file", required_argument, NULL, OPTION_RECOVERY_FILE},
	{"rpc-port", required_argument, NULL, OPTION_RPC_PORT},
	{"ssh-port", required_argument, NULL, OPTION_SSH_PORT},
	{"memory", required_argument, NULL, OPTION_MEMORY},
	{"cpus", required_argument, NULL, OPTION_CPUS},
	{"kvm", required_argument, NULL, OPTION_KVM},
	{"timeout", required_argument, NULL, OPTION_TIMEOUT},
	{"instance", required_argument, NULL, OPTION_INSTANCE},
	{"tpm-socket", required_argument, NULL, OPTION_TPM_SOCKET},
	{"artifacts", required_argument, NULL, OPTION_ARTIFACTS},
	{"state", required_argument, NULL, OPTION_STATE},
	{"json", no_argument, NULL, OPTION_JSON},
	{"quiet", no_argument, NULL, OPTION_QUIET},
	{0},
};

static int bad_value(const char *option, const char *what, struct error **err)
{
	return error_set(err, -ERROR_USAGE, "--%s '%s' is not %s", option, optarg, what);
}

/* An option whose value is a number within limits. */
static int take_number(const char *option, uint64_t min, uint64_t max, const char *what,
		       uint64_t *ret, struct error **err)
{
	if (!parse_size(span_string(optarg), max, ret) || *ret < min)
		return bad_value(option, what, err);
	return 0;
}

static int take_value(int option, struct run_options *o, struct error **err)
{
	uint64_t v = 0;
	int r = 0;

	switch (option) {
	case OPTION_DISK_SIZE:
		return take_number("disk-size", 1 << 20, 64ull << 40, "a size like 10G",
				   &o->disk_size, err);
	case OPTION_RPC_PORT:
		r = take_number("rpc-port", 1, UINT16_MAX, "a port", &v, err);
		o->rpc_port = (uint16_t)v;
		return r;
	case OPTION_SSH_PORT:
		r = take_number("ssh-port", 1, UINT16_MAX, "a port", &v, err);
		o->ssh_port = (uint16_t)v;
		return r;
	case OPTION_MEMORY:
		return take_number("memory", 512ull << 20, 1ull << 40,
				   "a size from 512M on, like 2G", &o->memory, err);
	case OPTION_CPUS:
		r = take_number("cpus", 1, 255, "a number from 1 to 255", &v, err);
		o->cpus = (unsigned)v;
		return r;
	case OPTION_TIMEOUT:
		r = take_number("timeout", 1, 86400, "a number of seconds", &v, err);
		o->timeout = (unsigned)v;
		return r;
	default:
		break;
	}
	if (string_equal(optarg, "auto"))
		o->accelerator = ACCELERATOR_AUTO;
	else if (string_equal(optarg, "on"))
		o->accelerator = ACCELERATOR_KVM;
	else if (string_equal(optarg, "off"))
		o->accelerator = ACCELERATOR_TCG;
	else
		return bad_value("kvm", "auto, on or off", err);
	return 0;
}

static int take_option(int option, char **argv, struct run_options *o, struct error **err)
{
	const struct {
		int option;
		bool *flag;
	} flags[] = {
		{OPTION_DEBUG, &o->debug},	   {OPTION_CHECK, &o->check},
		{OPTION_UNTIL_RPC, &o->until_rpc}, {OPTION_DETACH, &o->detach},
		{OPTION_JSON, &o->json},	   {OPTION_QUIET, &o->quiet},
	};
	const struct {
		int option;
		const char **text;
	} texts[] = {
		{OPTION_DISK, &o->disk},
		{OPTION_INSTANCE, &o->instance},
		{OPTION_TPM_SOCKET, &o->tpm_socket},
		{OPTION_ARTIFACTS, &o->artifacts},
		{OPTION_STATE, &o->state},
		{OPTION_RECOVERY_FILE, &o->recovery_file},
	};

	if (option < OPTION_DEBUG)
		return command_bad_option(option, argv, err);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		if (flags[i].option == option) {
			*flags[i].flag = true;
			return 0;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (texts[i].option == option) {
			*texts[i].text = optarg;
			return 0;
		}
	}
	return take_value(option, o, err);
}

int run_options_parse(int argc, char **argv, struct run_options *ret, struct error **err)
{
	struct run_options o = {
		.artifacts = "artifacts",
		.memory = 2ull << 30,
		.rpc_port = 8545,
		.ssh_port = 2222,
		.timeout = 300,
	};
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		int r = take_option(option, argv, &o, err);

		if (r < 0)
			return r;
	}
	if (argc - optind != 1)
		return error_set(err, -ERROR_USAGE, "usage: tdnode run IMAGE [options]");
	if (o.detach && (o.until_rpc || o.check))
		return error_set(err, -ERROR_USAGE,
				 "--detach does not go together with --check or --until-rpc");
	o.image = argv[optind];
	*ret = o;
	return 0;
}
