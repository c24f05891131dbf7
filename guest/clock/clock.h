/*
 * Is the clock right? The kernel knows what the time service found: whether the clock is synchronised, and how
 * wrong it is at most (adjtimex(2)).
 */
#pragma once

#include <sys/timex.h>

#include "base/buffer.h"
#include "base/error.h"

/* A client of the beacon chain is useless beyond that: peers refuse messages half a second from the future. */
#define CLOCK_ERROR_MAX_US 500000l
/* As many servers as anybody has use for. */
#define CLOCK_SERVERS_MAX 16
#define CLOCK_SOURCES_MAX (16u << 10)

enum clock_check {
	CLOCK_NTS,  /* the clock must be right first */
	CLOCK_HOST, /* whatever the host says */
};

/* CLOCK= of the configuration, lines "KEY=value"; CLOCK_NTS if it is not there. */
_must_check_ int clock_check_parse(struct span configuration, enum clock_check *ret,
				   struct error **err);

/*
 * The time sources as configuration of chronyd: the servers of NTS_SERVERS=, separated by blanks, or else those of
 * the image, lines of names and of comments; and the host's clock beside them if there is a device of it. The host's
 * clock counts only where it agrees with the servers.
 */
_must_check_ int clock_sources(struct span configuration, struct span image_servers,
			       const char *host_device, struct buffer *ret, struct error **err);

/* True if the clock is right; `state` is what adjtimex() returned. */
bool clock_is_right(const struct timex *t, int state);
