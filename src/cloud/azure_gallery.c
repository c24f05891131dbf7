#include "cloud/azure_gallery.h"

#include "cloud/azure_storage.h"
#include "crypto/digest.h"

#define FEATURE "TrustedLaunchAndConfidentialVmSupported"

void gallery_release(struct gallery *g)
{
	free(g->group_path);
	free(g->id);
	free(g->definition);
	free(g->version);
	free(g->number);
	free(g->account);
	free(g->account_id);
	free(g->blob);
	*g = (struct gallery){0};
}

char *gallery_path(const char *id)
{
	return string_printf("%s?api-version=" GALLERY_VERSION_API, id);
}

/* Three numbers that follow from the digest, so that an image has one version whoever publishes it. */
static char *make_number(const struct deploy_settings *s)
{
	struct digest d;

	if (s->version)
		return strdup(s->version);
	if (!s->image.sha256[0] || !digest_parse(DIGEST_SHA256, s->image.sha256, &d))
		return strdup("");
	return string_printf("1.%u.%u", get_be32(d.bytes) >> 1, get_be32(d.bytes + 4) >> 1);
}

int gallery_make(const struct arm *a, const struct deploy_settings *s, struct gallery *ret,
		 struct error **err)
{
	_cleanup_(gallery_release) struct gallery g = {0};
	char account[25];
	int r = azure_storage_name(a, s->image_group, account, err);

	if (r < 0)
		return r;
	g.group_path = arm_path(a, "/resourceGroups/%s", s->image_group);
	g.id = arm_path(a, "/resourceGroups/%s/providers/Microsoft.Compute/galleries/%s",
			s->image_group, s->gallery);
	g.account = strdup(s->account ? s->account : account);
	g.number = make_number(s);
	if (!g.group_path || !g.id || !g.account || !g.number)
		return error_oom(err);
	g.definition = string_printf("%s/images/%s", g.id, s->image.name ? s->image.name : "");
	g.account_id = string_printf("%s/providers/Microsoft.Storage/storageAccounts/%s",
				     g.group_path, g.account);
	g.blob = string_printf("%s.vhd", s->image.sha256);
	if (!g.definition || !g.account_id || !g.blob)
		return error_oom(err);
	g.version = string_printf("%s/versions/%s", g.definition, g.number);
	if (!g.version)
		return error_oom(err);
	*ret = g;
	g = (struct gallery){0};
	return 0;
}

static json_t *tags(void)
{
	return json_pack("{s:s}", "tdnode-role", "images");
}

json_t *gallery_group_body(const struct deploy_settings *s)
{
	return json_pack("{s:s, s:o}", "location", s->region, "tags", tags());
}

json_t *gallery_body(const struct deploy_settings *s)
{
	return json_pack("{s:s, s:o, s:{s:s}}", "location", s->region, "tags", tags(), "properties",
			 "description", "images of tdnode");
}

json_t *gallery_definition_body(const struct deploy_settings *s)
{
	return json_pack("{s:s, s:o, s:{s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s}, s:[{s:s, s:s}, "
			 "{s:s, s:s}]}}",
			 "location", s->region, "tags", tags(), "properties", "osType", "Linux",
			 "osState", "Specialized", "hyperVGeneration", "V2", "architecture", "x64",
			 "identifier", "publisher", "tdnode", "offer", s->image.name, "sku", "tdx",
			 "features", "name", "SecurityType", "value", FEATURE, "name",
			 "DiskControllerTypes", "value", "SCSI, NVMe");
}

json_t *gallery_account_body(const struct deploy_settings *s)
{
	return json_pack("{s:s, s:o, s:{s:s}, s:s, s:{s:b, s:s, s:b}}", "location", s->region,
			 "tags", tags(), "sku", "name", "Standard_LRS", "kind", "StorageV2",
			 "properties", "allowBlobPublicAccess", 0, "minimumTlsVersion", "TLS1_2",
			 "supportsHttpsTrafficOnly", 1);
}

static bool has_region(const json_t *regions, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach(regions, i, item)
	{
		if (azure_same_region(arm_text(item, "name"), name))
			return true;
	}

	return false;
}

static json_t *region(const char *name, json_int_t replicas)
{
	_cleanup_free_ char *word = azure_region_word(name);

	return word ? json_pack("{s:s, s:I, s:s}", "name", word, "regionalReplicaCount", replicas,
				"storageAccountType", "Standard_LRS")
		    : NULL;
}

/* Those that are there with as many copies, then what is new. */
static json_t *target_regions(const struct deploy_settings *s, const json_t *existing)
{
	const json_t *there = arm_member(existing, "properties.publishingProfile.targetRegions");
	json_t *list = json_array(), *item;
	size_t n = s->regions ? s->regions->n : 0, i;
	bool ok = list;

	json_array_foreach(there, i, item)
	{
		json_int_t replicas =
			json_integer_value(json_object_get(item, "regionalReplicaCount"));
		const char *name = arm_text(item, "name");

		if (name)
			ok = ok && json_array_append_new(list, region(name, MAX(replicas, 1))) >= 0;
	}
	for (i = 0; ok && i <= n; i++) {
		const char *name = i == 0 ? s->region : s->regions->items[i - 1];

		if (!has_region(list, name))
			ok = json_array_append_new(
				     list, region(name, (json_int_t)MAX(s->replicas, 1))) >= 0;
	}
	return json_complete(list, ok);
}

json_t *gallery_version_body(const struct deploy_settings *s, const struct gallery *g,
			     const char *url, const json_t *existing)
{
	const json_t *location = json_object_get(existing, "location");
	json_t *source =
		url ? json_pack("{s:s, s:s}", "storageAccountId", g->account_id, "uri", url)
		    : json_deep_copy(
			      arm_member(existing, "properties.storageProfile.osDiskImage.source"));

	return json_pack("{s:o, s:{s:s, s:s}, s:{s:{s:{s:o*, s:s}}, s:{s:o, s:s}}}", "location",
			 location ? json_deep_copy(location) : json_string(s->region), "tags",
			 "tdnode-role", "images", "tdnode-image", s->image.sha256, "properties",
			 "storageProfile", "osDiskImage", "source", source, "hostCaching",
			 "ReadOnly", "publishingProfile", "targetRegions",
			 target_regions(s, existing), "replicationMode", "Full");
}

int gallery_definition_check(const json_t *definition, const char *name, struct error **err)
{
	const char *state = arm_text(definition, "properties.osState");
	const json_t *features = arm_member(definition, "properties.features"), *item;
	size_t i;
	bool found = false;

	json_array_foreach(features, i, item)
	{
		found = found || (azure_same(arm_text(item, "name"), "SecurityType") &&
				  azure_same(arm_text(item, "value"), FEATURE));
	}

	if (found && azure_same(state, "Specialized"))
		return 0;
	return error_set(err, -ERROR_REFUSED,
			 "the image definition '%s' exists and is of another kind (%s, without "
			 "SecurityType=" FEATURE "): use another --gallery",
			 name, state ? state : "?");
}

int gallery_version_state(const struct deploy_settings *s, const struct gallery *g,
			  const json_t *version, enum gallery_state *ret, struct error **err)
{
	const json_t *regions = arm_member(version, "properties.publishingProfile.targetRegions");
	const char *state = arm_text(version, "properties.provisioningState");
	const char *sha256 = deploy_tag(version, "tdnode-image");

	*ret = GALLERY_ABSENT;
	if (!version)
		return 0;
	if (!azure_same(sha256, s->image.sha256))
		return error_set(err, -ERROR_REFUSED,
				 "version %s of '%s' exists and is of another image (%s): choose "
				 "another --version",
				 g->number, s->image.name, sha256 ? sha256 : "not ours");
	if (azure_same(state, "Failed") || azure_same(state, "Canceled"))
		*ret = GALLERY_FAILED;
	else if (!azure_same(state, "Succeeded"))
		*ret = GALLERY_PENDING;
	else
		*ret = GALLERY_READY;
	if (*ret != GALLERY_READY)
		return 0;
	if (!has_region(regions, s->region))
		*ret = GALLERY_ELSEWHERE;
	for (size_t i = 0; s->regions && i < s->regions->n; i++)
		if (!has_region(regions, s->regions->items[i]))
			*ret = GALLERY_ELSEWHERE;
	return 0;
}
