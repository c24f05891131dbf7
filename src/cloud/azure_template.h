/*
 * What Azure is to make of one deployment, as bodies of requests: literal values, no functions of templates, so that
 * what is written here is what is there afterwards.
 */
#pragma once

#include "cloud/deploy.h"

/* Where the system disk comes from. */
struct template_source {
	const char
		*version_id; /* of the gallery: FromImage; NULL: the disk exists and is attached */
	bool has_data_disk;
};

/* Body of one of the template's resources: location, tags, properties and what it has beside them. */
json_t *template_body(const struct deploy_settings *s, const struct deploy_names *n,
		      const struct template_source *source, enum deploy_resource r);

/* The system disk in the body of a VM. */
json_t *template_os_disk(const struct deploy_settings *s, const struct deploy_names *n,
			 const struct template_source *source);

/* What a body asks for, without tags and without how the system disk came to be: the value of tdnode-spec. */
_must_check_ int template_spec(const json_t *body, char ret[33], struct error **err);

/* The template of those resources, and the request that has it deployed or validated. */
json_t *template_document(const struct deploy_settings *s, const struct deploy_names *n,
			  const struct template_source *source);
json_t *template_request(json_t *document);

/* Bodies of disks: the data disk, and a system disk that is uploaded. */
json_t *template_data_disk(const struct deploy_settings *s, const struct deploy_names *n);
json_t *template_upload_disk(const struct deploy_settings *s, const struct deploy_names *n);
