/*
 * What a rebuilder says: in-toto Statement v1 (in-toto/attestation, spec/v1/statement.md) with SLSA provenance v1
 * (slsa.dev/spec/v1.0/provenance).
 */
#include "image/reproduce.h"

#include "base/file.h"
#include "formats/json.h"

#define BUILD_TYPE "urn:tdnode:build:v1"

static json_t *digest_json(const struct digest *d)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(d, hex);
	return json_pack("{s:s}", digest_name(d->algorithm), hex);
}

static json_t *descriptor_json(const char *name, const struct digest *d)
{
	return json_pack("{s:s, s:o}", "name", name, "digest", digest_json(d));
}

static json_t *subjects_json(const struct reproduction *r)
{
	json_t *subjects = json_array();
	bool ok = subjects;

	for (size_t i = 0; ok && i < r->compared.n; i++) {
		const struct expected_item *item = &r->compared.items[i];

		if (item->state != EXPECTED_ABSENT)
			ok = json_array_append_new(subjects,
						   descriptor_json(item->name, &item->found)) == 0;
	}
	return json_complete(subjects, ok);
}

static json_t *compared_json(const struct reproduction *r)
{
	json_t *items = json_array();
	bool ok = items;

	for (size_t i = 0; ok && i < r->compared.n; i++) {
		const struct expected_item *item = &r->compared.items[i];
		const struct published_artefact *a = published_find(&r->published, item->name);

		ok = json_array_append_new(
			     items,
			     json_pack("{s:s, s:b, s:o}", "name", item->name, "equal",
				       item->state == EXPECTED_EQUAL, "published",
				       digest_json(a ? &a->sha256 : &r->published_sha256))) == 0;
	}
	return json_complete(items, ok);
}

int reproduction_statement(const struct reproduction *r, const char *builder, const char *version,
			   struct buffer *ret, struct error **err)
{
	json_t *definition = json_pack("{s:s, s:{s:s, s:b}, s:[o]}", "buildType", BUILD_TYPE,
				       "externalParameters", "image", r->published.image, "debug",
				       r->published.debug, "resolvedDependencies",
				       descriptor_json("image.lock", &r->lock_sha256));
	json_t *details = json_pack("{s:{s:s, s:{s:s}}}", "builder", "id", builder, "version",
				    "tdnode", version);
	json_t *reproduction = json_pack(
		"{s:b, s:o, s:o}", "equal", r->compared.equal, "published",
		descriptor_json(r->published.is_manifest ? "manifest.json" : "measurements.json",
				&r->published_sha256),
		"artefacts", compared_json(r));

	return json_text(json_pack("{s:s, s:o, s:s, s:{s:o, s:o, s:o}}", "_type",
				   "https://in-toto.io/Statement/v1", "subject", subjects_json(r),
				   "predicateType", "https://slsa.dev/provenance/v1", "predicate",
				   "buildDefinition", definition, "runDetails", details,
				   "tdnode_reproduction", reproduction),
			 ret, err);
}
