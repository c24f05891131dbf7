#include "cli/command.h"

#include <errno.h>
#include <getopt.h>

#include "base/file.h"
#include "base/secret.h"
#include "crypto/pem.h"
#include "image/disk_sign.h"

static const char help[] =
	"usage: tdnode sign IMAGE --key KEY [options]\n"
	"\n"
	"Approves a built image with the policy key, so that it may open the persistent disks of "
	"images\n"
	"that hold the same key. The signed policy goes onto the EFI system partition of IMAGE.raw "
	"and\n"
	"IMAGE.vhd; no register changes. Signing twice gives the same bytes.\n"
	"\n"
	"  --key FILE       private key, RSA of 2048 or 3072 bits, PEM\n"
	"  --epoch N        1 to 65535. Once an image of an epoch has opened a disk, images of "
	"older\n"
	"                   epochs cannot open it any more. Needed when the image was not signed "
	"before\n"
	"  --platform-log FILE\n"
	"                   the firmware's log of a good boot on a platform that may run the "
	"image: its\n"
	"                   firmware, ACPI tables and boot variables are shown and approved. "
	"Once for\n"
	"                   each platform; without it, those that were approved before\n"
	"  --accept-drivers what a log has of drivers and option ROMs is the machine's own, and "
	"meant\n"
	"  --debug          the debug variant, artifacts/IMAGE-debug\n"
	"  --artifacts DIR  folder of artefacts (artifacts)\n"
	"  --json           print the result as JSON\n"
	"\n"
	"A key: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out policy.key\n"
	"       openssl pkey -in policy.key -pubout -out images/IMAGE/policy.pem\n"
	"and PolicyKey=policy.pem in [Disk] of the recipe.\n"
	"\n"
	"example: tdnode log-events devnet --raw >platform.log\n"
	"         tdnode sign devnet --key policy.key --epoch 2 --platform-log platform.log\n";

struct sign_arguments {
	struct disk_sign_options options;
	const char *key;
	bool json;
};

static void sign_arguments_release(struct sign_arguments *a)
{
	string_list_release(&a->options.platform_logs);
}

enum {
	OPTION_KEY = 256,
	OPTION_EPOCH,
	OPTION_PLATFORM_LOG,
	OPTION_ACCEPT_DRIVERS,
	OPTION_DEBUG,
	OPTION_ARTIFACTS,
	OPTION_JSON,
};

static const struct option long_options[] = {
	{"key", required_argument, NULL, OPTION_KEY},
	{"epoch", required_argument, NULL, OPTION_EPOCH},
	{"platform-log", required_argument, NULL, OPTION_PLATFORM_LOG},
	{"accept-drivers", no_argument, NULL, OPTION_ACCEPT_DRIVERS},
	{"debug", no_argument, NULL, OPTION_DEBUG},
	{"artifacts", required_argument, NULL, OPTION_ARTIFACTS},
	{"json", no_argument, NULL, OPTION_JSON},
	{0},
};

static int apply_option(int option, char **argv, struct sign_arguments *a, struct error **err)
{
	uint64_t epoch = 0;

	switch (option) {
	case OPTION_KEY:
		a->key = optarg;
		return 0;
	case OPTION_EPOCH:
		if (!parse_u64(span_string(optarg), TPM_EPOCH_MAX, &epoch) || epoch == 0)
			return error_set(err, -ERROR_USAGE,
					 "--epoch '%s' is not a number from 1 to %u", optarg,
					 TPM_EPOCH_MAX);
		a->options.epoch = (uint16_t)epoch;
		return 0;
	case OPTION_PLATFORM_LOG:
		return string_list_add(&a->options.platform_logs, optarg) < 0 ? error_oom(err) : 0;
	case OPTION_ACCEPT_DRIVERS:
		a->options.accept_drivers = true;
		return 0;
	case OPTION_DEBUG:
		a->options.debug = true;
		return 0;
	case OPTION_ARTIFACTS:
		a->options.artifacts = optarg;
		return 0;
	case OPTION_JSON:
		a->json = true;
		return 0;
	default:
		return command_bad_option(option, argv, err);
	}
}

static int parse_arguments(int argc, char **argv, struct sign_arguments *a, struct error **err)
{
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		int r = apply_option(option, argv, a, err);

		if (r < 0)
			return r;
	}
	if (argc - optind != 1)
		return error_set(err, -ERROR_USAGE, "usage: tdnode sign IMAGE --key KEY [options]");
	if (!a->key)
		return error_set(err, -ERROR_USAGE, "which key? Give --key FILE");
	a->options.image = argv[optind];
	return 0;
}

static int read_key(const char *path, struct rsa_private **ret, struct error **err)
{
	_cleanup_(secret_buffer_release) struct buffer pem = BUFFER_INIT(PEM_MAX);
	int r = file_read(path, PEM_MAX, &pem, err);

	if (r < 0)
		return r;
	r = rsa_private_parse(buffer_span(&pem), ret, err);
	return r < 0 ? error_wrap(err, r, "%s", path) : 0;
}

static json_t *json_pcrs(const struct tpm_pcrs *pcrs)
{
	json_t *object = json_object();

	for (size_t i = 0; i < TPM_POLICY_PCRS; i++) {
		char number[8], hex[DIGEST_HEX_MAX];

		snprintf(number, sizeof number, "%u", tpm_policy_pcrs[i]);
		hex_encode(SPAN(pcrs->values[i], TPM_DIGEST_SIZE), hex);
		json_object_set_new(object, number, json_string(hex));
	}
	return object;
}

static int print_json(const struct sign_arguments *a, const struct disk_sign_result *result,
		      struct error **err)
{
	json_t *platforms = json_array();
	char hex[DIGEST_HEX_MAX];

	for (size_t i = 0; i < result->policies.n; i++)
		json_array_append_new(platforms, json_pcrs(&result->policies.items[i].pcrs));
	digest_hex(&result->raw_sha256, hex);

	json_t *json = json_pack("{s:s, s:s, s:b, s:i, s:o, s:b, s:s}", "image", a->options.image,
				 "directory", result->directory, "debug", a->options.debug, "epoch",
				 (int)result->epoch, "platforms", platforms, "current",
				 result->current, "raw_sha256", hex);

	return command_print_json(json, err);
}

static void print_text(const struct sign_arguments *a, const struct disk_sign_result *result)
{
	char hex[DIGEST_HEX_MAX];

	fputs(result->platforms, stdout);
	printf("%s  signed for epoch %u%s\n", result->directory, result->epoch,
	       result->current ? " (as before)" : "");
	for (size_t p = 0; p < result->policies.n; p++) {
		printf("  platform %zu\n", p + 1);
		for (size_t i = 0; i < TPM_POLICY_PCRS; i++) {
			hex_encode(SPAN(result->policies.items[p].pcrs.values[i], TPM_DIGEST_SIZE),
				   hex);
			printf("    PCR %-2u  %s\n", tpm_policy_pcrs[i], hex);
		}
	}
	digest_hex(&result->raw_sha256, hex);
	printf("  %s.raw  sha256 %s\n", a->options.image, hex);
}

static int run_sign(int argc, char **argv, struct error **err)
{
	_cleanup_(sign_arguments_release) struct sign_arguments a = {
		.options = {.artifacts = "artifacts"}};
	_cleanup_(rsa_private_freep) struct rsa_private *key = NULL;
	_cleanup_(disk_sign_result_release) struct disk_sign_result result = {0};
	int r = parse_arguments(argc, argv, &a, err);

	if (r >= 0)
		r = read_key(a.key, &key, err);
	if (r < 0)
		return r;
	a.options.key = key;
	r = disk_sign(&a.options, &result, err);
	if (r < 0)
		return r;
	if (a.json)
		return print_json(&a, &result, err);
	print_text(&a, &result);
	return 0;
}

const struct command command_sign = {
	.name = "sign",
	.summary = "approve an image with the policy key",
	.help = help,
	.run = run_sign,
};
