#include "cloud/azure_template.h"

#include "crypto/digest.h"

#define SCHEMA "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
#define SPACE "10.77.0.0/24"
#define SUBNET "10.77.0.0/26"
#define DATA_LUN 10

/* All bodies begin so. */
static json_t *body(const struct deploy_settings *s, const struct deploy_names *n,
		    enum deploy_resource r, const char *sha256, json_t *properties)
{
	return json_pack("{s:s, s:o, s:o}", "location", s->region, "tags",
			 deploy_tags(s, n, deploy_kind(r)->role, sha256), "properties", properties);
}

/* In a zone if the VM is. */
static json_t *in_zone(const struct deploy_settings *s, json_t *object)
{
	if (object && s->zone)
		return json_complete(object, json_object_set_new(object, "zones",
								 json_pack("[s]", s->zone)) >= 0);
	return object;
}

static json_t *network(const struct deploy_settings *s, const struct deploy_names *n)
{
	return body(s, n, DEPLOY_NETWORK, NULL,
		    json_pack("{s:{s:[s]}, s:[{s:s, s:{s:s, s:b}}]}", "addressSpace",
			      "addressPrefixes", SPACE, "subnets", "name", "node", "properties",
			      "addressPrefix", SUBNET, "defaultOutboundAccess", 0));
}

/* What comes in unless a rule says so is refused: Azure's own last rule. */
struct rule {
	const char *name, *protocol;
	const char *ports[3];
};

static json_t *rule(const struct rule *rule, int priority, const char *from)
{
	json_t *ports = json_array();
	bool ok = ports;

	for (size_t i = 0; ok && i < ARRAY_SIZE(rule->ports) && rule->ports[i]; i++)
		ok = json_array_append_new(ports, json_string(rule->ports[i])) >= 0;
	return json_pack("{s:s, s:{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:o}}", "name", rule->name,
			 "properties", "priority", priority, "direction", "Inbound", "access",
			 "Allow", "protocol", rule->protocol, "sourceAddressPrefix", from,
			 "sourcePortRange", "*", "destinationAddressPrefix", "*",
			 "destinationPortRanges", json_complete(ports, ok));
}

static json_t *firewall(const struct deploy_settings *s, const struct deploy_names *n)
{
	static const struct rule rules[] = {
		{"ssh", "Tcp", {"22"}},
		{"peers-execution", "*", {"30303"}},
		{"peers-consensus", "*", {"9000", "9001"}},
		{"attested", "Tcp", {"8745"}},
		{"rpc", "Tcp", {"8545"}},
		{"metrics", "Tcp", {"9100"}},
	};
	const bool open[] = {s->ports.ssh,    s->ports.peers, s->ports.peers,
			     s->ports.attest, s->ports.rpc,   s->ports.metrics};
	json_t *list = json_array();
	bool ok = list;

	for (size_t i = 0; ok && i < ARRAY_SIZE(rules); i++)
		if (open[i])
			ok = json_array_append_new(list, rule(&rules[i], 100 + 10 * (int)i,
							      i == 0 ? s->allowed_ip : "*")) >= 0;
	return body(s, n, DEPLOY_FIREWALL, NULL,
		    json_pack("{s:o}", "securityRules", json_complete(list, ok)));
}

static json_t *address(const struct deploy_settings *s, const struct deploy_names *n)
{
	json_t *made = body(s, n, DEPLOY_ADDRESS, NULL,
			    json_pack("{s:s, s:s}", "publicIPAllocationMethod", "Static",
				      "publicIPAddressVersion", "IPv4"));

	if (made && json_object_set_new(made, "sku", json_pack("{s:s}", "name", "Standard")) < 0)
		return json_complete(made, false);
	return in_zone(s, made);
}

static json_t *interface(const struct deploy_settings *s, const struct deploy_names *n)
{
	_cleanup_free_ char *subnet = string_printf("%s/subnets/node", n->ids[DEPLOY_NETWORK]);

	if (!subnet)
		return NULL;
	return body(s, n, DEPLOY_INTERFACE, NULL,
		    json_pack("{s:[{s:s, s:{s:b, s:s, s:{s:s}, s:{s:s}}}], s:{s:s}}",
			      "ipConfigurations", "name", "ip", "properties", "primary", 1,
			      "privateIPAllocationMethod", "Dynamic", "subnet", "id", subnet,
			      "publicIPAddress", "id", n->ids[DEPLOY_ADDRESS],
			      "networkSecurityGroup", "id", n->ids[DEPLOY_FIREWALL]));
}

/*
 * Disks outlive the VM ("Detach"): what is deleted is deleted by name, by us, so that an image can be gone back to and
 * no data is lost with a VM.
 */
json_t *template_os_disk(const struct deploy_settings *s, const struct deploy_names *n,
			 const struct template_source *source)
{
	const char *encryption = s->vtpm == VTPM_EPHEMERAL ? "NonPersistedTPM" : "VMGuestStateOnly";

	if (source->version_id)
		return json_pack("{s:s, s:s, s:s, s:s, s:s, s:{s:s, s:{s:s}}}", "name",
				 n->names[DEPLOY_OS_DISK], "osType", "Linux", "createOption",
				 "FromImage", "deleteOption", "Detach", "caching", "ReadOnly",
				 "managedDisk", "storageAccountType", "Premium_LRS",
				 "securityProfile", "securityEncryptionType", encryption);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:{s:s, s:{s:s}}}", "name",
			 n->names[DEPLOY_OS_DISK], "osType", "Linux", "createOption", "Attach",
			 "deleteOption", "Detach", "caching", "ReadOnly", "managedDisk", "id",
			 n->ids[DEPLOY_OS_DISK], "securityProfile", "securityEncryptionType",
			 encryption);
}

static json_t *storage(const struct deploy_settings *s, const struct deploy_names *n,
		       const struct template_source *source)
{
	json_t *data = json_array();
	bool ok = data;

	if (ok && source->has_data_disk)
		ok = json_array_append_new(data, json_pack("{s:i, s:s, s:s, s:s, s:{s:s}}", "lun",
							   DATA_LUN, "createOption", "Attach",
							   "deleteOption", "Detach", "caching",
							   "None", "managedDisk", "id",
							   n->ids[DEPLOY_DATA_DISK])) >= 0;
	return json_pack("{s:o*, s:o, s:o}", "imageReference",
			 source->version_id ? json_pack("{s:s}", "id", source->version_id) : NULL,
			 "osDisk", template_os_disk(s, n, source), "dataDisks",
			 json_complete(data, ok));
}

static json_t *vm(const struct deploy_settings *s, const struct deploy_names *n,
		  const struct template_source *source)
{
	json_t *properties = json_pack(
		"{s:{s:s}, s:{s:s, s:{s:b, s:b}}, s:o, s:{s:[{s:s, s:{s:b, s:s}}]}, s:{s:{s:b}}, "
		"s:s*}",
		"hardwareProfile", "vmSize", s->size, "securityProfile", "securityType",
		"ConfidentialVM", "uefiSettings", "secureBootEnabled", 0, "vTpmEnabled", 1,
		"storageProfile", storage(s, n, source), "networkProfile", "networkInterfaces",
		"id", n->ids[DEPLOY_INTERFACE], "properties", "primary", 1, "deleteOption",
		"Detach", "diagnosticsProfile", "bootDiagnostics", "enabled", 1, "userData",
		s->user_data);

	return in_zone(s, body(s, n, DEPLOY_VM, s->image.sha256, properties));
}

json_t *template_body(const struct deploy_settings *s, const struct deploy_names *n,
		      const struct template_source *source, enum deploy_resource r)
{
	char spec[33];
	json_t *made = r == DEPLOY_NETWORK     ? network(s, n)
		       : r == DEPLOY_FIREWALL  ? firewall(s, n)
		       : r == DEPLOY_ADDRESS   ? address(s, n)
		       : r == DEPLOY_INTERFACE ? interface(s, n)
					       : vm(s, n, source);

	if (!made || template_spec(made, spec, NULL) < 0)
		return json_complete(made, false);
	return json_complete(made, json_object_set_new(json_object_get(made, "tags"), "tdnode-spec",
						       json_string(spec)) >= 0);
}

int template_spec(const json_t *made, char ret[33], struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(1 << 20);
	json_t *copy = json_deep_copy(made);
	json_t *profile = json_object_get(json_object_get(copy, "properties"), "storageProfile");
	char hex[DIGEST_HEX_MAX];
	struct digest digest;

	json_object_del(copy, "tags");
	json_object_del(profile, "imageReference");
	json_object_del(profile, "osDisk");
	if (!json_put(copy, JSON_COMPACT | JSON_SORT_KEYS, &text) || !buffer_ok(&text))
		return error_oom(err);
	digest = digest_bytes(DIGEST_SHA256, buffer_span(&text));
	digest_hex(&digest, hex);
	memcpy(ret, hex, 32);
	ret[32] = 0;
	return 0;
}

static json_t *depends_on(const struct deploy_names *n, enum deploy_resource r)
{
	if (r == DEPLOY_INTERFACE)
		return json_pack("[s, s, s]", n->ids[DEPLOY_NETWORK], n->ids[DEPLOY_FIREWALL],
				 n->ids[DEPLOY_ADDRESS]);
	return r == DEPLOY_VM ? json_pack("[s]", n->ids[DEPLOY_INTERFACE]) : NULL;
}

json_t *template_document(const struct deploy_settings *s, const struct deploy_names *n,
			  const struct template_source *source)
{
	json_t *list = json_array();
	bool ok = list;

	for (int r = 0; ok && r < DEPLOY_TEMPLATE_RESOURCES; r++) {
		const struct deploy_kind *k = deploy_kind((enum deploy_resource)r);
		json_t *made = json_pack("{s:s, s:s, s:s, s:o*}", "type", k->type, "apiVersion",
					 k->version, "name", n->names[r], "dependsOn",
					 depends_on(n, (enum deploy_resource)r));
		json_t *rest = template_body(s, n, source, (enum deploy_resource)r);

		ok = made && rest && json_object_update(made, rest) >= 0;
		json_decref(rest);
		ok = json_array_append_new(list, json_complete(made, ok)) >= 0 && ok;
	}
	return json_pack("{s:s, s:s, s:o}", "$schema", SCHEMA, "contentVersion", "1.0.0.0",
			 "resources", json_complete(list, ok));
}

json_t *template_request(json_t *document)
{
	return json_pack("{s:{s:s, s:o}}", "properties", "mode", "Incremental", "template",
			 document);
}

json_t *template_data_disk(const struct deploy_settings *s, const struct deploy_names *n)
{
	json_t *made = body(s, n, DEPLOY_DATA_DISK, NULL,
			    json_pack("{s:{s:s}, s:I}", "creationData", "createOption", "Empty",
				      "diskSizeGB", (json_int_t)s->data_gib));

	if (made && json_object_set_new(made, "sku", json_pack("{s:s}", "name", s->data_sku)) < 0)
		return json_complete(made, false);
	return in_zone(s, made);
}

json_t *template_upload_disk(const struct deploy_settings *s, const struct deploy_names *n)
{
	json_t *made = body(s, n, DEPLOY_OS_DISK, s->image.sha256,
			    json_pack("{s:s, s:s, s:{s:s, s:I}, s:{s:s}, s:{s:s, s:s}}", "osType",
				      "Linux", "hyperVGeneration", "V2", "creationData",
				      "createOption", "Upload", "uploadSizeBytes",
				      (json_int_t)s->image.size, "securityProfile", "securityType",
				      "ConfidentialVM_NonPersistedTPM", "supportedCapabilities",
				      "diskControllerTypes", "SCSI, NVMe", "architecture", "x64"));

	if (made && json_object_set_new(made, "sku", json_pack("{s:s}", "name", "Premium_LRS")) < 0)
		return json_complete(made, false);
	return in_zone(s, made);
}
