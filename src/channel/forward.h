/*
 * Carries bytes between a user's connection and a node's, whose verdict is spoken.
 */
#pragma once

#include "crypto/tls_attested.h"

/* Whoever is silent for longer than this, on both sides, is gone. Subscriptions of JSON-RPC may wait for blocks. */
#define FORWARD_IDLE_MILLISECONDS (60 * 60 * 1000)

struct forward {
	struct tls_attested *tls;
	int tls_fd;
	int in_fd, out_fd; /* of the user; may be the same socket. Neither blocks. */
	int64_t until; /* of CLOCK_MONOTONIC in milliseconds: what the verdict rests on expires */
};

/*
 * Until one side ends. An end of the user's bytes is handed on, and the node's answer to them still carried. 0 if the node
 * ended the stream in order, -ECANCELED (the user went away), -ETIMEDOUT (idle, or expired: the message says which),
 * -EPROTO or an errno otherwise: what the user has is then not whole.
 */
_must_check_ int forward(const struct forward *f, struct error **err);
