/* CycloneDX 1.6 as JSON (https://cyclonedx.org/docs/1.6/json). */
#include "sbom/sbom_parts.h"

#define IMAGE_REF "image"

static const char *component_type(const struct sbom_item *item)
{
	switch (item->role) {
	case SBOM_COMPONENT:
		return "application";
	case SBOM_BUILD_TOOL:
		return "application";
	case SBOM_FIRMWARE:
		return "firmware";
	default:
		return "library";
	}
}

static bool set_licence(json_t *component, const char *expression, const char *acknowledgement)
{
	return json_object_set_new(component, "licenses",
				   json_pack("[{s:s, s:s}]", "expression", expression,
					     "acknowledgement", acknowledgement)) == 0;
}

static json_t *component_json(const struct sbom_item *item)
{
	const struct package_list_item *p = item->package;
	json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "type", component_type(item),
			      "bom-ref", item->id, "name", p->name, "version", p->version, "cpe",
			      item->cpe, "purl", item->purl);
	bool ok = j;

	if (p->architecture)
		ok = ok &&
		     json_object_set_new(j, "supplier", json_pack("{s:s}", "name", "Debian")) == 0;
	if (p->sha256)
		ok = ok && json_object_set_new(j, "hashes",
					       json_pack("[{s:s, s:s}]", "alg", "SHA-256",
							 "content", p->sha256)) == 0;
	/* What nobody has said is left out. */
	if (!string_equal(item->licence, SPDX_NOASSERTION))
		ok = ok && set_licence(j, item->licence, "declared");
	else if (!string_equal(item->concluded, SPDX_NOASSERTION))
		ok = ok && set_licence(j, item->concluded, "concluded");
	return json_complete(j, ok);
}

/* Adds a part to its component, which is in `components` already. */
static bool add_part(const struct sbom *s, json_t *components, const struct sbom_item *part)
{
	const struct sbom_item *whole = sbom_whole(s, part);
	json_t *target = NULL, *item;
	size_t i;

	json_array_foreach(components, i, item)
	{
		const char *ref = json_string_value(json_object_get(item, "bom-ref"));

		if (whole && ref && string_equal(ref, whole->id))
			target = item;
	}
	if (!target)
		return json_array_append_new(components, component_json(part)) == 0;
	if (!json_object_get(target, "components") &&
	    json_object_set_new(target, "components", json_array()) < 0)
		return false;
	return json_array_append_new(json_object_get(target, "components"), component_json(part)) ==
	       0;
}

static bool fill(const struct sbom *s, json_t *components, json_t *tools, json_t *contents)
{
	bool ok = true;

	for (size_t i = 0; ok && i < s->n; i++) {
		const struct sbom_item *item = &s->items[i];

		switch (item->role) {
		case SBOM_PACKAGE:
		case SBOM_COMPONENT:
			ok = json_array_append_new(components, component_json(item)) == 0 &&
			     json_array_append_new(contents, json_string(item->id)) == 0;
			break;
		case SBOM_PART:
			ok = add_part(s, components, item);
			break;
		default:
			ok = json_array_append_new(tools, component_json(item)) == 0;
			break;
		}
	}
	return ok;
}

static json_t *property_json(const char *name, const char *value)
{
	return json_pack("{s:s, s:s}", "name", name, "value", value);
}

static json_t *metadata_json(const struct sbom *s, const char *tool, const char *version)
{
	json_t *properties = json_array();
	bool ok = properties;

	ok = ok &&
	     json_array_append_new(properties, property_json("tdnode:variant",
							     s->debug ? "debug" : "release")) == 0;
	if (s->root_hash)
		ok = ok && json_array_append_new(properties, property_json("tdnode:root_hash",
									   s->root_hash)) == 0;
	return json_complete(json_pack("{s:s, s:{s:[{s:s, s:s, s:s}]}, s:{s:s, s:s, s:s, s:o}}",
				       "timestamp", s->date, "tools", "components", "type",
				       "application", "name", tool, "version", version, "component",
				       "type", "operating-system", "bom-ref", IMAGE_REF, "name",
				       s->image, "properties", properties),
			     ok);
}

int sbom_cyclonedx(const struct sbom *s, struct buffer *ret, struct error **err)
{
	_cleanup_json_ json_t *components = json_array(), *tools = json_array(),
			      *contents = json_array();
	const char *version;
	_cleanup_free_ char *tool = sbom_tool_name(s->tool, &version);
	char uuid[GUID_TEXT_SIZE];

	if (!tool || !components || !tools || !contents || !fill(s, components, tools, contents))
		return error_oom(err);

	_cleanup_json_ json_t *document =
		json_pack("{s:s, s:s, s:s, s:s, s:i, s:o, s:O, s:[{s:s, s:O}], s:[{s:s, s:[s]}]}",
			  "$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat",
			  "CycloneDX", "specVersion", "1.6", "serialNumber", "", "version", 1,
			  "metadata", metadata_json(s, tool, version), "components", components,
			  "dependencies", "ref", IMAGE_REF, "dependsOn", contents, "compositions",
			  "aggregate", "complete", "assemblies", IMAGE_REF);
	int r = 0;

	/* What builds an image is no part of it: scanners look at "components" alone. */
	if (document && json_array_size(tools) &&
	    json_object_set_new(
		    document, "formulation",
		    json_pack("[{s:s, s:O}]", "bom-ref", "build", "components", tools)) < 0)
		return error_oom(err);
	r = document ? sbom_derive_uuid(document, "cyclonedx", uuid, err) : error_oom(err);
	if (r < 0)
		return r;
	if (json_object_set_new(document, "serialNumber", json_sprintf("urn:uuid:%s", uuid)) < 0)
		return error_oom(err);
	return json_text(TAKE_PTR(document), ret, err);
}
