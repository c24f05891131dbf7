/*
 * tdnode sign IMAGE: approves an image for the persistent disks of earlier ones.
 */
#include "cli/command.h"

#include <errno.h>

#include "base/file.h"
#include "base/secret.h"
#include "cli/shared_options.h"
#include "crypto/pem.h"
#include "image/disk_sign.h"
#include "vm/disk_header.h"

struct sign_arguments {
	struct disk_sign_options options;
	struct string_list old_disk_paths;
	struct disk_sign_old_disk old_disks[SIGNED_POLICIES_MAX];
	const char *key_path;
	struct rsa_private *key;
	struct rsa_public public_key;
	bool json;
};

static void sign_arguments_release(struct sign_arguments *a)
{
	string_list_release(&a->options.platform_logs);
	string_list_release(&a->old_disk_paths);
	rsa_private_free(a->key);
}

static const struct option_spec options[] = {
	OPTION_TEXT("key", "FILE", struct sign_arguments, key_path,
		    "private key, RSA of 2048 or 3072 bits, PEM; with --from the public one",
		    .required = true),
	OPTION_TEXT("from", "FILE", struct sign_arguments, options.from,
		    "put on the image the policy that signing the same image left in "
		    "IMAGE.policy; whoever has built the image gets the signed bytes this way"),
	OPTION_NUMBER(
		"epoch", "N", struct sign_arguments, options.epoch, 1, TPM_EPOCH_MAX, NULL,
		"1 to 65535. Once an image of an epoch has opened a disk, images of older "
		"epochs cannot open it any more. Needed when the image was not signed before"),
	OPTION_LIST("platform-log", "EVENTLOG", struct sign_arguments, options.platform_logs,
		    "the firmware's log of a good boot on a platform that may run the image: its "
		    "firmware, ACPI tables and boot variables are shown and approved. One for each "
		    "platform; without it, those that were approved before"),
	OPTION_FLAG("accept-drivers", struct sign_arguments, options.accept_drivers,
		    "the drivers and option ROMs in a log are the machine's own, and intended"),
	OPTION_LIST(
		"old-disk", "FILE", struct sign_arguments, old_disk_paths,
		"a disk of an older tdnode that stays locked: raw, qcow2, or a copy of its first 4 "
		"MiB. The image may open it once, and seals it anew"),
	OPTION_DEBUG(struct sign_arguments, options.debug),
	OPTION_ARTIFACTS(struct sign_arguments, options.artifacts),
	OPTION_FLAG("json", struct sign_arguments, json, "print the result as JSON"),
	OPTIONS_END,
};

static int parse_arguments(int argc, char **argv, struct sign_arguments *a, struct error **err)
{
	int r = command_parse(&command_sign, argc, argv, a, err);

	if (r < 0)
		return r;
	if (a->options.from && (a->options.epoch || a->options.platform_logs.n ||
				a->options.accept_drivers || a->old_disk_paths.n))
		return error_set(err, -ERROR_USAGE,
				 "--from has epoch, platforms and old disks already");
	return 0;
}

static int read_key(struct sign_arguments *a, struct error **err)
{
	_cleanup_(secret_buffer_release) struct buffer pem = BUFFER_INIT(PEM_MAX);
	int r = file_read(a->key_path, PEM_MAX, &pem, err);

	if (r < 0)
		return r;
	if (a->options.from)
		r = rsa_public_parse(buffer_span(&pem), &a->public_key, err);
	else
		r = rsa_private_parse(buffer_span(&pem), &a->key, err);
	if (r < 0)
		return error_wrap(err, r, "%s", a->key_path);
	if (a->key)
		a->public_key = *rsa_public_of(a->key);
	a->options.key = a->key;
	a->options.public_key = &a->public_key;
	return 0;
}

static int read_old_disks(struct sign_arguments *a, struct error **err)
{
	_cleanup_free_ struct luks2 *header = malloc(sizeof *header);

	if (!header)
		return error_oom(err);
	if (a->old_disk_paths.n > SIGNED_POLICIES_MAX)
		return error_set(err, -ERROR_USAGE, "more than %d old disks", SIGNED_POLICIES_MAX);
	for (size_t i = 0; i < a->old_disk_paths.n; i++) {
		int r = disk_header_load(a->old_disk_paths.items[i], header, err);

		if (r < 0)
			return r;
		a->old_disks[i].path = a->old_disk_paths.items[i];
		a->old_disks[i].token = header->tpm;
	}
	a->options.old_disks = a->old_disks;
	a->options.old_disks_n = a->old_disk_paths.n;
	return 0;
}

static json_t *json_pcrs(const struct tpm_pcrs *pcrs)
{
	json_t *object = json_object();
	bool ok = object;

	for (size_t i = 0; ok && i < TPM_POLICY_PCRS; i++) {
		char number[8], hex[DIGEST_HEX_MAX];

		snprintf(number, sizeof number, "%u", tpm_policy_pcrs[i]);
		hex_encode(SPAN(pcrs->values[i], TPM_DIGEST_SIZE), hex);
		ok = json_object_set_new(object, number, json_string(hex)) == 0;
	}
	return json_complete(object, ok);
}

/* Each has a section for each platform. */
static unsigned count_old_disks(const struct disk_sign_result *result)
{
	const struct signed_policy *items = result->policies.items;
	unsigned n = 0;

	for (size_t i = result->platforms_n; i < result->policies.n; i++) {
		size_t first = result->platforms_n;

		while (memcmp(&items[first].object, &items[i].object, sizeof items->object) != 0)
			first++;
		n += first == i;
	}
	return n;
}

static int print_json(const struct sign_arguments *a, const struct disk_sign_result *result,
		      struct error **err)
{
	json_t *platforms = json_array();
	bool ok = platforms;
	char hex[DIGEST_HEX_MAX];

	for (size_t i = 0; ok && i < result->platforms_n; i++)
		ok = json_array_append_new(platforms, json_pcrs(&result->policies.items[i].pcrs)) ==
		     0;
	digest_hex(&result->raw_sha256, hex);

	json_t *json = json_pack(
		"{s:s, s:s, s:b, s:i, s:o, s:i, s:b, s:s}", "image", a->options.image, "directory",
		result->directory, "debug", a->options.debug, "epoch", (int)result->epoch,
		"platforms", json_complete(platforms, ok), "old_disks",
		(int)count_old_disks(result), "current", result->current, "raw_sha256", hex);

	return command_print_json(json, err);
}

static void print_text(const struct sign_arguments *a, const struct disk_sign_result *result)
{
	char hex[DIGEST_HEX_MAX];

	fputs(result->platforms, stdout);
	printf("%s  signed for epoch %u%s\n", result->directory, result->epoch,
	       result->current ? " (as before)" : "");
	for (size_t p = 0; p < result->platforms_n; p++) {
		printf("  platform %zu\n", p + 1);
		for (size_t i = 0; i < TPM_POLICY_PCRS; i++) {
			hex_encode(SPAN(result->policies.items[p].pcrs.values[i], TPM_DIGEST_SIZE),
				   hex);
			printf("    PCR %-2u  %s\n", tpm_policy_pcrs[i], hex);
		}
	}
	if (count_old_disks(result))
		printf("  old disks that it may open once: %u\n", count_old_disks(result));
	if (a->options.from)
		printf("  as '%s' has it\n", a->options.from);
	digest_hex(&result->raw_sha256, hex);
	printf("  %s.raw  sha256 %s\n", a->options.image, hex);
}

static int run_sign(int argc, char **argv, struct error **err)
{
	_cleanup_(sign_arguments_release) struct sign_arguments a = {0};
	_cleanup_(disk_sign_result_release) struct disk_sign_result result = {0};
	int r = parse_arguments(argc, argv, &a, err);

	if (r >= 0)
		r = read_key(&a, err);
	if (r >= 0)
		r = read_old_disks(&a, err);
	if (r < 0)
		return r;
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
	.forms = {{.operands = {OPERAND("IMAGE", struct sign_arguments, options.image)}}},
	.about = "Approves a built image with the policy key, so that it may open the persistent "
		 "disks of images that hold the same key. The signed policy goes onto the EFI "
		 "system partition of IMAGE.raw and IMAGE.vhd; no register changes. Signing twice "
		 "gives the same bytes.",
	.options = options,
	.notes = "A key, with PolicyKey=policy.pem in [Disk] of the recipe:\n"
		 "  openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out policy.key\n"
		 "  openssl pkey -in policy.key -pubout -out images/IMAGE/policy.pem",
	.example = "tdnode log-events devnet --raw >platform.log\n"
		   "tdnode sign devnet --key policy.key --epoch 2 --platform-log platform.log",
	.run = run_sign,
};
