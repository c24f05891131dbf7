/*
 * Connections of users to a node: each is a process of its own, which attests the node before it forwards a byte.
 */
#pragma once

#include "base/progress.h"
#include "cli/attest_session.h"

/* Connections at once: others wait in the queue of the socket. */
#define CONNECT_MAX 64u

struct connect_serve {
	struct attest_session *session;
	const struct address *node;
	int listen_fd; /* does not block */
	struct progress *progress;
};

/*
 * Until somebody asks to stop (SIGINT, SIGTERM: 0) or a node is refused (-ERROR_REFUSED): then all connections
 * end. Whatever else keeps a node from being attested ends that connection alone, and is noted.
 */
_must_check_ int connect_serve(const struct connect_serve *s, struct error **err);

/* Attests and forwards once, between two descriptors of the user that do not block; may be the same. */
_must_check_ int connect_once(struct attest_session *s, const struct address *node, int in_fd,
			      int out_fd, struct error **err);
