/*
 * What an answer of Azure Resource Manager means: try again, wait, done, failed.
 */
#pragma once

#include "formats/json.h"
#include "net/http_request.h"

/* The list of all sizes of a region has some MiB. */
#define ARM_ANSWER_MAX (64u << 20)

struct arm_request {
	const char *method, *url;
	const char *name; /* of the resource, for messages */
	struct span body;
};

/* What messages call a path: "GROUP/Microsoft.Compute/disks/NAME". NULL out of memory. */
char *arm_request_name(const char *path) _must_check_;

/* Zeroes the body, which may hold keys or signed addresses. */
void arm_answer_release(struct http_answer *a);

/* A status that another try may not meet. */
bool arm_answer_is_passing(const struct http_answer *a);

/* Milliseconds that the server asks to wait, at most two minutes; -1 if it names none. */
int64_t arm_answer_retry_after(const struct http_answer *a);

/* Of a poll: 1 the operation is done, 0 it is under way, -1 it failed. */
int arm_answer_state(const struct http_answer *a, const json_t *body, bool is_location);
/* The same of a resource's provisioningState; one without is done. */
int arm_resource_state(const json_t *resource);

/* The error that the answer tells of: its code is that of arm_client.h. */
_must_check_ int arm_answer_error(const struct arm_request *q, const struct http_answer *a,
				  struct error **err);

/* A copy of a header's address in place of *url, which stays if there is none. */
_must_check_ int arm_answer_take_url(const struct http_answer *a, const char *header, char **url,
				     struct error **err);

/* True of an address of the endpoint, or of a part of its domain: nobody else gets the token. */
bool arm_answer_url_is_ours(const char *endpoint, const char *url);
