/*
 * Azure Resource Manager: one call, done to its end. Calls that did not arrive, that arrive too often or while
 * something else is under way are repeated, bounded; all that is called here may be repeated. A long operation is
 * polled until it has ended, as Azure's own clients do it: Azure-AsyncOperation, else Location, else the resource's
 * provisioningState.
 *
 * Paths begin with "/" and have their api-version. Fails with -ENOENT (404), -EACCES (401, 403, sign-in), -EBUSY
 * (409), -ERROR_STOPPED (somebody asked to stop), or another code, with Azure's words, the resource and the id by
 * which Azure's support finds the call.
 */
#pragma once

#include "cloud/azure_token.h"
#include "formats/json.h"

#define ARM_ENDPOINT "https://management.azure.com"

struct arm {
	struct http_client *http;
	struct azure_sign_in sign_in;
	struct azure_token token;
	struct interrupt interrupt;
	char *endpoint;	    /* without a slash at its end */
	char *subscription; /* its id, once it is open */
	unsigned seconds;   /* of one exchange */
	bool trace;	    /* says each call on standard error, without what gives access */
	unsigned calls;	    /* how many were made */
};

/* `endpoint` NULL: Azure's public one. Signs in. */
_must_check_ int arm_open(struct arm *a, const char *endpoint, const char *subscription,
			  struct error **err);
void arm_release(struct arm *a);

/* "/subscriptions/S" and what follows, printf()ed. NULL out of memory. */
char *arm_path(const struct arm *a, const char *fmt, ...) _printf_(2, 3) _must_check_;

_must_check_ int arm_get(struct arm *a, const char *path, json_t **ret, struct error **err);
/* Whether it is there: *ret is NULL if it is not. */
_must_check_ int arm_find(struct arm *a, const char *path, json_t **ret, struct error **err);
/* The same once nothing is under way with it: what an earlier run began ends first, as it will. */
_must_check_ int arm_find_settled(struct arm *a, const char *path, json_t **ret,
				  struct error **err);
/* arm_get() of what was made just now, and may not show for a while. */
_must_check_ int arm_await(struct arm *a, const char *path, struct error **err);
/* All pages of a list, as one array. */
_must_check_ int arm_list(struct arm *a, const char *path, json_t **ret, struct error **err);
/* The resource as it is afterwards; `ret` may be NULL. `body` is borrowed. */
_must_check_ int arm_put(struct arm *a, const char *path, const json_t *body, json_t **ret,
			 struct error **err);
_must_check_ int arm_patch(struct arm *a, const char *path, const json_t *body, struct error **err);
/* The result of the operation, NULL if it has none; `body` and `ret` may be NULL. */
_must_check_ int arm_post(struct arm *a, const char *path, const json_t *body, json_t **ret,
			  struct error **err);
/* What is absent is deleted. */
_must_check_ int arm_delete(struct arm *a, const char *path, struct error **err);

/* After somebody asked to stop: goes on, to close what is open. Asked a second time, it stops even so. */
void arm_insist(struct arm *a);

/* A member of the object at a path like "properties.hardwareProfile.vmSize"; NULL if there is none, or no text. */
const json_t *arm_member(const json_t *object, const char *path);
const char *arm_text(const json_t *object, const char *path);
