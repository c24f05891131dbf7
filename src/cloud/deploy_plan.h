/*
 * What is to be done so that a deployment is there: found out by looking, said, and done in this order by deploy_up().
 * A plan of what is there already has steps that keep things, and nothing else.
 */
#pragma once

#include "cloud/azure_gallery.h"
#include "cloud/azure_sizes.h"
#include "cloud/azure_template.h"

enum plan_action {
	PLAN_KEEP,
	PLAN_CREATE,
	PLAN_CHANGE,
	PLAN_UPLOAD,
	PLAN_DELETE,
};

const char *plan_action_name(enum plan_action a);

enum plan_kind {
	PLAN_NOTHING,  /* only says something: part of another step */
	PLAN_REGISTER, /* a service, `name` */
	PLAN_PUT,      /* `body` to `path` */
	PLAN_PATCH,
	PLAN_REMOVE,	   /* `path` */
	PLAN_UPLOAD_IMAGE, /* the VHD into the storage account */
	PLAN_VERSION,	   /* of the gallery; `body` says where it comes from */
	PLAN_REMOVE_BLOB,
	PLAN_UPLOAD_DISK, /* the VHD into a managed disk: `path`, `body` */
	PLAN_DEPLOY,	  /* the template: `body` */
	PLAN_TAG_OS_DISK, /* which the VM brought along */
};

struct plan_step {
	enum plan_action action;
	enum plan_kind kind;
	const char *what; /* "data disk" */
	const char *name;
	char *note; /* NULL: none */
	char *path;
	json_t *body;
};

enum plan_scope {
	PLAN_VM,
	PLAN_PUBLISH, /* only the image in the gallery */
	PLAN_BACK, /* the VM of the image before: settings.image has its digest alone, its disk is there */
};

struct plan {
	const struct deploy_settings *settings;
	struct deploy_names names;
	struct gallery gallery; /* empty if the VM is not made from one */
	struct template_source source;
	json_t *document; /* the template */
	struct plan_step *steps;
	size_t n, capacity;
	struct azure_size size; /* without name if it was not asked for */
	char *quota;		/* NULL: not asked */
	json_t *vm;		/* NULL: there is none */
	enum plan_scope scope;
	bool replaces;	/* a VM of another image is deleted */
	bool has_group; /* the group is there */
	bool has_data;	/* the data disk is there: some TPM opens it */
	struct string_list remarks;
	struct string_list names_of_steps;
};

void plan_release(struct plan *p);

/*
 * Each image of a deployment has a deployment of Azure's of its own, "tdnode-NAME-DIGEST": its template, which Azure
 * keeps, is how one gets back to it, with its configuration and its open ports.
 */
char *plan_deployment_path(const struct deploy_names *n, const struct deploy_settings *s,
			   const char *what) _must_check_;

/* -ERROR_REFUSED if it cannot come to be: the message says why. */
_must_check_ int plan_make(struct arm *a, const struct deploy_settings *s, enum plan_scope scope,
			   struct plan *ret, struct error **err);

/*
 * True if the plan puts a machine in place of another that could not open the data disk that is there: it has another
 * TPM, and an image that takes no recovery key.
 */
bool plan_locks_out(const struct plan *p);

/* True if all is there. */
bool plan_is_done(const struct plan *p);

void plan_text(const struct plan *p, struct buffer *b);
json_t *plan_json(const struct plan *p);

/* Of deploy_plan.c and plan_image.c. Takes path, body and note, and copies the name; fails if one that is needed is NULL. */
_must_check_ int plan_add(struct plan *p, const struct plan_step *step, struct error **err);
_must_check_ int plan_image(struct arm *a, struct plan *p, struct error **err);
