/*
 * The last status that a guest said on its console (formats/status_line.h).
 */
#pragma once

#include "formats/status_line.h"
#include "vm/instance.h"

struct instance_status {
	struct status_line line;
	int64_t seen; /* when the console was written last, in seconds since 1970 of this host */
};

/* -ENOENT, without a message, if the guest has said none so far. One that is malformed is an error. */
_must_check_ int instance_status_read(const struct instance *i, struct instance_status *ret,
				      struct error **err);

/* Appends how far one client is. */
void status_role_text(const struct status_role *r, struct buffer *ret);
/* Appends how far the clients are, in one line: "execution synced, block 437, 3 peers". Nothing without clients. */
void status_summary(const struct status_line *s, struct buffer *ret);

/* The last status among the lines of a console; false if there is none. */
bool status_find_last(struct span console, struct span *ret);
