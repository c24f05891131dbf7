/* SPDX 2.3 as JSON (https://spdx.github.io/spdx-spec/v2.3). */
#include "sbom/sbom_parts.h"

#include <ctype.h>

#include "formats/licence_text.h"

#define IMAGE_ID "SPDXRef-image"
#define CONCLUSION_COMMENT                                                                       \
	"Concluded from well-known notices and texts in the package's copyright file, which is " \
	"not machine-readable."

static json_t *reference_json(const char *category, const char *type, const char *locator)
{
	return json_pack("{s:s, s:s, s:s}", "referenceCategory", category, "referenceType", type,
			 "referenceLocator", locator);
}

static json_t *id_json(const char *id)
{
	return json_sprintf("SPDXRef-%s", id);
}

static const char *download_location(const struct package_list_item *p)
{
	return p->kind && string_equal(p->kind, "url") ? p->source : SPDX_NOASSERTION;
}

static json_t *package_json(const struct sbom_item *item)
{
	const struct package_list_item *p = item->package;
	json_t *j = json_pack("{s:o, s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:[o, o]}", "SPDXID",
			      id_json(item->id), "name", p->name, "versionInfo", p->version,
			      "downloadLocation", download_location(p), "filesAnalyzed", false,
			      "licenseConcluded", item->concluded, "licenseDeclared", item->licence,
			      "copyrightText", SPDX_NOASSERTION, "externalRefs",
			      reference_json("PACKAGE-MANAGER", "purl", item->purl),
			      reference_json("SECURITY", "cpe23Type", item->cpe));
	bool ok = j;

	if (!string_equal(item->concluded, SPDX_NOASSERTION))
		ok = ok && json_object_set_new(j, "licenseComments",
					       json_string(CONCLUSION_COMMENT)) == 0;
	if (p->sha256)
		ok = ok && json_object_set_new(j, "checksums",
					       json_pack("[{s:s, s:s}]", "algorithm", "SHA256",
							 "checksumValue", p->sha256)) == 0;
	if (p->architecture)
		ok = ok &&
		     json_object_set_new(j, "supplier", json_string("Organization: Debian")) == 0;
	if (p->architecture && p->source && p->source[0])
		ok = ok &&
		     json_object_set_new(j, "sourceInfo",
					 json_sprintf("built from the source package %s of Debian",
						      p->source)) == 0;
	return json_complete(j, ok);
}

static json_t *image_json(const struct sbom *s)
{
	json_t *j = json_pack("{s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:s}", "SPDXID", IMAGE_ID,
			      "name", s->image, "downloadLocation", SPDX_NOASSERTION,
			      "filesAnalyzed", false, "licenseConcluded", SPDX_NOASSERTION,
			      "licenseDeclared", SPDX_NOASSERTION, "copyrightText",
			      SPDX_NOASSERTION, "primaryPackagePurpose", "OPERATING_SYSTEM");
	bool ok = j;

	if (s->debug)
		ok = ok && json_object_set_new(j, "summary", json_string("debug variant")) == 0;
	if (s->root_hash)
		ok = ok && json_object_set_new(
				   j, "comment",
				   json_sprintf("root hash of dm-verity: %s", s->root_hash)) == 0;
	return json_complete(j, ok);
}

static json_t *relation_json(json_t *from, const char *type, json_t *to, const char *comment)
{
	json_t *j = json_pack("{s:o, s:s, s:o}", "spdxElementId", from, "relationshipType", type,
			      "relatedSpdxElement", to);

	return json_complete(
		j, j && (!comment || json_object_set_new(j, "comment", json_string(comment)) == 0));
}

static json_t *item_relation_json(const struct sbom *s, const struct sbom_item *item)
{
	const struct sbom_item *whole;
	json_t *image = json_string(IMAGE_ID), *id = id_json(item->id);

	switch (item->role) {
	case SBOM_PART:
		whole = sbom_whole(s, item);
		if (!whole)
			break;
		json_decref(image);
		return relation_json(id_json(whole->id), "CONTAINS", id, NULL);
	case SBOM_BUILD_TOOL:
		return relation_json(id, "BUILD_TOOL_OF", image, NULL);
	case SBOM_FIRMWARE:
		return relation_json(id, "DEV_TOOL_OF", image, "firmware for local runs");
	default:
		break;
	}
	return relation_json(image, "CONTAINS", id, NULL);
}

static json_t *licence_json(const struct spdx_ref *r)
{
	if (string_equal(r->name, LICENCE_OTHER_TERMS))
		return json_pack("{s:s, s:s, s:o}", "licenseId", r->id, "name", r->name,
				 "extractedText",
				 json_sprintf("What the copyright file of '%s' says beside the "
					      "licences that were recognised in it.",
					      r->scope));
	return json_pack("{s:s, s:s, s:o}", "licenseId", r->id, "name", r->name, "extractedText",
			 json_sprintf("The licence that '%s' calls '%s': its text is in the "
				      "package's copyright file.",
				      r->scope, r->name));
}

static bool append(json_t *array, json_t *item)
{
	return json_array_append_new(array, item) == 0;
}

static bool fill(const struct sbom *s, json_t *packages, json_t *relations, json_t *licences)
{
	bool ok = append(packages, image_json(s)) &&
		  append(relations, relation_json(json_string("SPDXRef-DOCUMENT"), "DESCRIBES",
						  json_string(IMAGE_ID), NULL));

	for (size_t i = 0; ok && i < s->n; i++)
		ok = append(packages, package_json(&s->items[i])) &&
		     append(relations, item_relation_json(s, &s->items[i]));
	for (size_t i = 0; ok && i < s->refs.n; i++)
		ok = append(licences, licence_json(&s->refs.items[i]));
	return ok;
}

/* Names of images are words; a disk may say anything. */
static char *namespace_uri(const struct sbom *s, const char *uuid)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(64u << 10);

	buffer_put_string(&b, "https://spdx.org/spdxdocs/");
	for (const char *p = s->image; *p; p++)
		buffer_put_u8(&b, isalnum((unsigned char)*p) ? (uint8_t)*p : '-');
	buffer_printf(&b, "-%s", uuid);
	return buffer_steal_text(&b);
}

int sbom_spdx(const struct sbom *s, struct buffer *ret, struct error **err)
{
	_cleanup_json_ json_t *packages = json_array(), *relations = json_array(),
			      *licences = json_array();
	const char *version;
	_cleanup_free_ char *tool = sbom_tool_name(s->tool, &version);
	char uuid[GUID_TEXT_SIZE];

	if (!tool || !packages || !relations || !licences ||
	    !fill(s, packages, relations, licences))
		return error_oom(err);

	_cleanup_json_ json_t *document = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:{s:s, s:[o]}, s:O, s:O, s:O}", "spdxVersion",
		"SPDX-2.3", "dataLicense", "CC0-1.0", "SPDXID", "SPDXRef-DOCUMENT", "name",
		s->image, "documentNamespace", "", "creationInfo", "created", s->date, "creators",
		json_sprintf("Tool: %s-%s", tool, version), "packages", packages, "relationships",
		relations, "hasExtractedLicensingInfos", licences);

	if (!document)
		return error_oom(err);

	int r = sbom_derive_uuid(document, "spdx", uuid, err);

	if (r < 0)
		return r;

	_cleanup_free_ char *uri = namespace_uri(s, uuid);

	if (!uri || json_object_set_new(document, "documentNamespace", json_string(uri)) < 0)
		return error_oom(err);
	return json_text(TAKE_PTR(document), ret, err);
}
