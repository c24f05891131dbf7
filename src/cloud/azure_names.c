#include "cloud/deploy.h"

#include <ctype.h>

#include "formats/derived_uuid.h"

#define COMPUTE "2024-11-01"
#define DISKS "2023-10-02"
#define NETWORK "2024-05-01"
#define GROUPS "2021-04-01"

static const struct deploy_kind kinds[] = {
	[DEPLOY_NETWORK] = {"Microsoft.Network/virtualNetworks", NETWORK, "-net", "network",
			    "network"},
	[DEPLOY_FIREWALL] = {"Microsoft.Network/networkSecurityGroups", NETWORK, "-nsg", "firewall",
			     "open ports"},
	[DEPLOY_ADDRESS] = {"Microsoft.Network/publicIPAddresses", NETWORK, "-ip", "address",
			    "public address"},
	[DEPLOY_INTERFACE] = {"Microsoft.Network/networkInterfaces", NETWORK, "-nic", "interface",
			      "network interface"},
	[DEPLOY_VM] = {"Microsoft.Compute/virtualMachines", COMPUTE, "", "vm", "virtual machine"},
	[DEPLOY_OS_DISK] = {"Microsoft.Compute/disks", DISKS, "-os-", "os", "system disk"},
	[DEPLOY_DATA_DISK] = {"Microsoft.Compute/disks", DISKS, "-data", "data", "data disk"},
};

const struct deploy_kind *deploy_kind(enum deploy_resource r)
{
	return &kinds[r];
}

static bool name_fits(const char *name, size_t max, const char *also)
{
	size_t n = strlen(name);

	if (n == 0 || n > max || !isalnum((unsigned char)name[0]) ||
	    !isalnum((unsigned char)name[n - 1]))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr(also, name[i]))
			return false;
	return true;
}

static int make_ids(struct deploy_names *n, const char *name, const char *sha256,
		    struct error **err)
{
	for (size_t i = 0; i < DEPLOY_RESOURCES_; i++) {
		bool is_os = i == DEPLOY_OS_DISK;

		n->names[i] =
			string_printf("%s%s%.*s", name, kinds[i].suffix, is_os ? 8 : 0, sha256);
		if (!n->names[i])
			return error_oom(err);
		n->ids[i] = string_printf("%s/providers/%s/%s", n->group_path, kinds[i].type,
					  n->names[i]);
		if (!n->ids[i])
			return error_oom(err);
	}
	return 0;
}

/* The same from every machine, whatever case somebody writes. */
static int make_deployment(struct deploy_names *n, const char *name, struct error **err)
{
	_cleanup_free_ char *text = string_printf("%s/%s", n->group_path, name);
	uint8_t uuid[16];

	if (!text)
		return error_oom(err);
	for (char *p = text; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	derived_uuid("azure-deployment", span_string(text), uuid);
	uuid_format(uuid, n->deployment);
	return 0;
}

int deploy_names_make(const struct arm *a, const char *name, const char *group, const char *sha256,
		      struct deploy_names *ret, struct error **err)
{
	_cleanup_(deploy_names_release) struct deploy_names n = {0};
	int r;

	if (!name_fits(name, DEPLOY_NAME_MAX, "-"))
		return error_set(err, -ERROR_USAGE,
				 "'%s' is no name for a VM: at most %u letters, digits and '-', "
				 "not at its ends",
				 name, DEPLOY_NAME_MAX);
	if (!group)
		group = name;
	if (!name_fits(group, 90, "-_.()"))
		return error_set(err, -ERROR_USAGE, "'%s' is no name for a resource group", group);
	n.group = strdup(group);
	n.group_path = arm_path(a, "/resourceGroups/%s", group);
	if (!n.group || !n.group_path)
		return error_oom(err);
	r = make_ids(&n, name, sha256, err);
	if (r >= 0)
		r = make_deployment(&n, name, err);
	if (r < 0)
		return r;
	*ret = n;
	n = (struct deploy_names){0};
	return 0;
}

void deploy_names_release(struct deploy_names *n)
{
	free(n->group);
	free(n->group_path);
	for (size_t i = 0; i < DEPLOY_RESOURCES_; i++) {
		free(n->names[i]);
		free(n->ids[i]);
	}
	*n = (struct deploy_names){0};
}

char *deploy_path(const struct deploy_names *n, enum deploy_resource r)
{
	return string_printf("%s?api-version=%s", n->ids[r], kinds[r].version);
}

char *deploy_group_path(const struct deploy_names *n)
{
	return string_printf("%s?api-version=" GROUPS, n->group_path);
}

bool azure_same_region(const char *a, const char *b)
{
	if (!a || !b)
		return false;
	for (;;) {
		while (*a == ' ')
			a++;
		while (*b == ' ')
			b++;
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
			return false;
		if (!*a)
			return true;
		a++;
		b++;
	}
}

char *azure_region_word(const char *region)
{
	char *word = strdup(region);
	size_t n = 0;

	if (!word)
		return NULL;
	for (const char *p = region; *p; p++)
		if (isalnum((unsigned char)*p))
			word[n++] = (char)tolower((unsigned char)*p);
	word[n] = 0;
	return word;
}

const char *deploy_tag(const json_t *resource, const char *name)
{
	const char *key;
	json_t *value, *tags = json_object_get(resource, "tags");

	/* Azure keeps names of tags in the case of whoever wrote them first. */
	json_object_foreach(tags, key, value)
	{
		if (azure_same(key, name))
			return json_string_value(value);
	}

	return NULL;
}

bool deploy_is_ours(const struct deploy_names *n, const json_t *resource)
{
	return azure_same(deploy_tag(resource, "tdnode-deployment"), n->deployment);
}

json_t *deploy_tags(const struct deploy_settings *s, const struct deploy_names *n, const char *role,
		    const char *sha256)
{
	return json_pack("{s:s, s:s, s:s, s:s*, s:s*}", "tdnode-deployment", n->deployment,
			 "tdnode-name", s->name, "tdnode-role", role, "tdnode-image",
			 sha256 && sha256[0] ? sha256 : NULL, "tdnode-fleet", s->fleet);
}
