#include "cli/deploy_options.h"

#include <arpa/inet.h>

#include "cli/shared_options.h"
#include "cloud/azure_sizes.h"

#define GIB (1ull << 30)
/* The largest that Azure has. */
#define DATA_MAX (64ull << 40)

#define O struct deploy_options

const struct option_spec deploy_option_table[] = {
	OPTION_TEXT("image", "FILE", O, image,
		    "plan, up, publish, replace: the image, a VHD ('tdnode build' makes it)"),
	OPTION_CONFIG(O, config),
	OPTION_CONFIG_SET(O, config_set),
	OPTION_TEXT("region", "REGION", O, region, "where, like westus3"),
	OPTION_TEXT("size", "SIZE", O, size, "size of the VM, one of those in Intel TDX",
		    .preset = AZURE_SIZE_DEFAULT),
	OPTION_TEXT("zone", "N", O, zone, "availability zone of VM, disks and address (none)"),
	OPTION_TEXT("group", "GROUP", O, group, "resource group; it is made if need be (NAME)"),
	OPTION_SIZE("data-size", "SIZE", O, data_size, GIB, DATA_MAX, "a size like 2048G",
		    "of the data disk, made once; grow: what it is to have (no disk)", .step = GIB),
	OPTION_TEXT("data-sku", "KIND", O, data_sku, "kind of the data disk",
		    .preset = "Premium_LRS"),
	OPTION_TEXT("allowed-ip", "ADDRESS", O, allowed_ip,
		    "who may come by SSH, where the image has it: an address or a.b.c.d/N "
		    "(nobody)"),
	OPTION_CHOICE("vtpm", "CHOICE", O, vtpm, enum vtpm, VTPM_PERSISTENT, VTPM_EPHEMERAL,
		      vtpm_name, NULL,
		      "persistent: the VM's TPM keeps what it holds; ephemeral: it is empty at "
		      "each boot, the VM is there minutes earlier",
		      .preset = "persistent"),
	OPTION_NUMBER("count", "N", O, count, 1, 1000, "a number of VMs",
		      "plan, up: so many VMs of one image, NAME-1 to NAME-N, each with its own "
		      "group and data disk (one: NAME)"),
	OPTION_FLAG("fleet", O, fleet,
		    "status, stop, start, replace, down: all that 'up NAME --count' made"),
	OPTION_TEXT("image-group", "GROUP", O, image_group, "resource group of published images",
		    .preset = "tdnode-images"),
	OPTION_TEXT("gallery", "NAME", O, gallery, "gallery of published images",
		    .preset = "tdnode"),
	OPTION_TEXT("storage-account", "NAME", O, account,
		    "account that images go through (a name that follows from the subscription)"),
	OPTION_TEXT("version", "N.N.N", O, version,
		    "of the image in the gallery (one that follows from its digest)"),
	OPTION_LIST("also-region", "REGION", O, regions, "publish: copy the image there, too"),
	OPTION_NUMBER("replicas", "N", O, replicas, 1, 100, "a number",
		      "publish: copies in each region", .preset = "1"),
	OPTION_TEXT("template", "FILE", O, template,
		    "plan: write the ARM template there, for az, Bicep or Terraform"),
	OPTION_TEXT("delete-data", "DISK", O, delete_data,
		    "down: the data disk, too; its name is to be typed"),
	OPTION_FLAG("follow", O, follow, "logs: go on until Ctrl-C", .letter = 'f'),
	OPTION_FLAG("back", O, back, "replace: back to the system disk before the present one"),
	OPTION_LIST("policy", "FILE", O, policies,
		    "up, replace: ask the node for evidence until it answers, and judge it as "
		    "'tdnode attest' does; once it is accepted, system disks of images before "
		    "are deleted; without it, who has the address can ask"),
	OPTION_TEXT("collateral", "PATH", O, collateral,
		    "with --policy: what Intel says of the platform; without it, it is fetched"),
	OPTION_TEXT("service", "URL", O, service,
		    "with --policy: where to fetch it, a caching service in place of Intel's"),
	OPTION_FLAG("local", O, local,
		    "with --policy: accept the TPMs of this user's own runs, which prove no "
		    "confidentiality"),
	OPTION_TEXT("recovery-key", "KEY", O, recovery_key,
		    "replace, with --policy: recover the data disk for the new machine with the "
		    "private half of the image's RecoveryKey="),
	OPTION_CUSTOM("disk", "HEX", O, disk, wanted_disk_take,
		      "with --recovery-key: which disk, as the old machine claimed it; without it, "
		      "that machine is asked before it is stopped"),
	OPTION_FLAG("leave-data-locked", O, leave_data_locked,
		    "replace: also by an image without RecoveryKey=, whose machine cannot open "
		    "the data disk; 'replace --back' can"),
	OPTION_NUMBER("patience", "SECONDS", O, patience, 1, 86400, "a number of seconds",
		      "with --policy: how long the node may take to answer", .preset = "1200"),
	OPTION_NUMBER("attest-port", "PORT", O, attest_port, 1, UINT16_MAX, "a port",
		      "with --policy: of the attestation service", .preset = "8745"),
	OPTION_FLAG("json", O, json,
		    "print the answer as JSON; of a plan with the body of every request"),
	OPTION_CHOICE("auth", "CHOICE", O, auth, enum azure_auth, AZURE_AUTH_AUTO,
		      AZURE_AUTH_MANAGED, azure_auth_name, NULL,
		      "who signs in: az, secret, certificate, workload, managed, or auto: what "
		      "the environment has, else az",
		      .preset = "auto"),
	OPTION_TEXT("subscription", "ID", O, subscription,
		    "Azure's (AZURE_SUBSCRIPTION_ID, or that of az)"),
	OPTION_TEXT("tenant", "ID", O, tenant, "directory (AZURE_TENANT_ID, or that of az)"),
	OPTION_TEXT("client", "ID", O, client, "who signs in (AZURE_CLIENT_ID)"),
	OPTION_TEXT("endpoint", "URL", O, endpoint,
		    "of the management API: https, or http on this machine "
		    "(" ARM_ENDPOINT ")"),
	OPTION_TEXT("prices", "URL", O, prices, "of the list of prices; none: do not ask",
		    .preset = "https://prices.azure.com"),
	OPTION_NUMBER("call-seconds", "N", O, call_seconds, 1, 3600, "a number of seconds",
		      "until a call that is not answered is repeated", .preset = "120"),
	OPTION_FLAG("trace", O, trace, "say each call, without what gives access"),
	OPTION_STATE(O, state),
	OPTION_QUIET(O, quiet),
	OPTIONS_END,
};

void deploy_options_release(struct deploy_options *o)
{
	string_list_release(&o->config_set);
	string_list_release(&o->regions);
	string_list_release(&o->policies);
}

/* An address, or a net of them. Everybody is not somebody. */
static bool is_net(const char *text)
{
	_cleanup_free_ char *address = strdup(text);
	char *slash = address ? strchr(address, '/') : NULL;
	uint8_t bytes[16];
	uint64_t bits;
	bool is_v4;

	if (!address)
		return false;
	if (slash)
		*slash = 0;
	is_v4 = inet_pton(AF_INET, address, bytes) == 1;
	if (!is_v4 && inet_pton(AF_INET6, address, bytes) != 1)
		return false;
	return !slash || (parse_u64(span_string(slash + 1), is_v4 ? 32 : 128, &bits) && bits > 0);
}

/* What becomes part of an address has nothing in it that would have a meaning there. */
static int check_words(const struct deploy_options *o, struct error **err)
{
	const struct {
		const char *option, *value;
	} words[] = {
		{"--image-group", o->image_group},
		{"--gallery", o->gallery},
		{"--storage-account", o->account},
		{"--version", o->version},
		{"--subscription", o->subscription},
		{"--tenant", o->tenant},
		{"--group", o->group},
		{"the name", o->name},
		{"the version", o->version_operand},
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const char *value = words[i].value;

		if (value && (!value[0] || value[strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
							       "abcdefghijklmnopqrstuvwxyz"
							       "0123456789-_.()")]))
			return error_set(err, -ERROR_USAGE,
					 "%s: '%s' has characters that Azure takes in no name",
					 words[i].option, value);
	}
	return 0;
}

int deploy_options_settings(const struct deploy_options *o, struct deploy_settings *ret,
			    struct error **err)
{
	if (o->allowed_ip && !is_net(o->allowed_ip))
		return error_set(err, -ERROR_USAGE,
				 "--allowed-ip: '%s' is no address and no net like 203.0.113.0/24",
				 o->allowed_ip);
	int r = check_words(o, err);

	if (r < 0)
		return r;
	*ret = (struct deploy_settings){
		.name = o->name,
		.group = o->group,
		.size = o->size,
		.zone = o->zone,
		.vtpm = o->vtpm,
		.data_gib = o->data_size / GIB,
		.data_sku = o->data_sku,
		.allowed_ip = o->allowed_ip,
		.image_group = o->image_group,
		.gallery = o->gallery,
		.account = o->account,
		.version = o->version,
		.regions = &o->regions,
		.replicas = o->replicas,
		.prices = string_equal(o->prices, "none") ? NULL : o->prices,
	};
	return 0;
}
