/*
 * What a virtual machine on Azure and the wire server of its host tell each other: XML of version 2012-11-30.
 *
 * The goal state names the machine; the report of its health goes back under these names. The server is the host's,
 * so its document is hostile input: of XML this reads elements, attributes (which mean nothing here), comments and
 * processing instructions, and refuses declarations (DOCTYPE, entities) and CDATA, of which there are none.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/span.h"

/* A real one has 2 kB, in elements six deep. */
#define AZURE_GOAL_STATE_MAX (64u << 10)
#define AZURE_GOAL_STATE_DEPTH_MAX 16u
/* UUIDs, numbers, names of machines (64 characters at most) behind a UUID. */
#define AZURE_NAME_MAX 128u
/* The server takes 4096 characters; what shows them to people takes 512. */
#define AZURE_DESCRIPTION_MAX 512u
/* A character of the description is six at most: "&quot;". */
#define AZURE_HEALTH_MAX (8u << 10)

/* What a report has to repeat: letters, digits, '.', '_', '-', each name at least one and at most AZURE_NAME_MAX. */
struct azure_goal_state {
	struct span incarnation;  /* "1" */
	struct span container_id; /* "c6d5526c-..." */
	struct span instance_id;  /* "b61f93d0-....machine", "_machine" */
};

/* *ret refers to `xml`. -ERROR_MALFORMED: not well-formed as above, or a name is missing, there twice, or none. */
_must_check_ int azure_goal_state_parse(struct span xml, struct azure_goal_state *ret,
					struct error **err);

/*
 * Appends the report to `ret`: Ready, or NotReady with a reason that people read, of which at most
 * AZURE_DESCRIPTION_MAX characters are said; what is not printable ASCII becomes '?'. `not_ready` is NULL for Ready.
 */
void azure_health_write(const struct azure_goal_state *g, const char *not_ready,
			struct buffer *ret);
