/*
 * Where images are published: a group of its own with a storage account, through which they come, and a compute
 * gallery, in which each image is a version. VMs of any number are made from a version.
 */
#pragma once

#include "cloud/deploy.h"

#define GALLERY_VERSION_API "2024-03-03"

struct gallery {
	char *group_path;
	char *id;	  /* of the gallery */
	char *definition; /* its id */
	char *version;	  /* likewise */
	char *number;	  /* "1.2.3" */
	char *account, *account_id;
	char *blob; /* its name */
};

void gallery_release(struct gallery *g);

/* Names and ids; the image may be without name and digest for callers that want no version. */
_must_check_ int gallery_make(const struct arm *a, const struct deploy_settings *s,
			      struct gallery *ret, struct error **err);

/* Bodies of requests. */
json_t *gallery_group_body(const struct deploy_settings *s);
json_t *gallery_body(const struct deploy_settings *s);
json_t *gallery_definition_body(const struct deploy_settings *s);
json_t *gallery_account_body(const struct deploy_settings *s);
/* `existing` may be NULL; its regions stay. `url` is the blob's address, or NULL: what it came from stays. */
json_t *gallery_version_body(const struct deploy_settings *s, const struct gallery *g,
			     const char *url, const json_t *existing);

/* That VMs in TDX can be made of what is in the definition. */
_must_check_ int gallery_definition_check(const json_t *definition, const char *name,
					  struct error **err);

enum gallery_state {
	GALLERY_ABSENT,
	GALLERY_FAILED,	   /* an earlier try left it */
	GALLERY_PENDING,   /* is being made */
	GALLERY_ELSEWHERE, /* there, but not in all regions */
	GALLERY_READY,
};

/* -ERROR_REFUSED if a version of this number has other contents. `version` may be NULL. */
_must_check_ int gallery_version_state(const struct deploy_settings *s, const struct gallery *g,
				       const json_t *version, enum gallery_state *ret,
				       struct error **err);

/* "ID?api-version=V". */
char *gallery_path(const char *id) _must_check_;
