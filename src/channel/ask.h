/*
 * The client's side of tdnode/1 (formats/channel.h) and of protocols that begin like it: connects to a node, asks for evidence, and has everything at hand by
 * which it can be judged. Nothing else is sent: the caller does that, after a verdict.
 */
#pragma once

#include "attest/connection.h"
#include "channel/address.h"
#include "crypto/tls_attested.h"
#include "formats/channel.h"
#include "formats/evidence.h"

struct channel {
	int fd;
	struct tls_attested *tls;
	struct connection connection; /* what the evidence has to be bound to */
	struct evidence evidence;     /* what the node sent, not judged */
	struct buffer log;	      /* of the firmware, if it was asked for */
};

#define CHANNEL_INIT                                       \
	{                                                  \
		.fd = -1, .log = {.max = CHANNEL_LOG_MAX } \
	}

void channel_release(struct channel *c);

/*
 * `protocol` is the name of the handshake (ALPN), CHANNEL_ALPN for the node itself. `deadline`, a moment of CLOCK_MONOTONIC in milliseconds, is that of the whole answer: quotes of hardware take
 * seconds, and others may be waiting for theirs. *ret is CHANNEL_INIT, and to be released also after an error. -ERROR_REFUSED if the server is none that
 * gives evidence; other codes if it cannot be reached, answers nothing in time or refuses to answer.
 */
_must_check_ int channel_ask(const struct address *a, const char *protocol,
			     enum channel_wanted wanted, bool with_log, int64_t deadline,
			     struct channel *ret, struct error **err);
