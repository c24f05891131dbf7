/*
 * Where a node is, and where its users connect: "HOST[:PORT]", numbers of IPv6 in brackets.
 */
#pragma once

#include "base/error.h"

/* Of the attestation service. */
#define CHANNEL_PORT 8745u
/* Of a name, RFC 1035; numbers are shorter. */
#define ADDRESS_HOST_MAX 253u

struct address {
	char host[ADDRESS_HOST_MAX + 1]; /* without brackets */
	uint16_t port;
};

/* `port`: if the text has none. -ERROR_USAGE. */
_must_check_ int address_parse(const char *text, uint16_t port, struct address *ret,
			       struct error **err);
/* "[ADDR:]PORT", where ADDR is a number; without one that of loopback. -ERROR_USAGE. */
_must_check_ int address_parse_listen(const char *text, struct address *ret, struct error **err);

/* A socket that does not block, connected. Looking up a name may take longer than the deadline, a moment of
 * CLOCK_MONOTONIC in milliseconds. Errors name host and port. */
_must_check_ int address_dial(const struct address *a, int64_t deadline, int *ret,
			      struct error **err);
/* A socket that listens. *ret_port is its port, also if that of `a` is 0: any. */
_must_check_ int address_listen(const struct address *a, int *ret, uint16_t *ret_port,
				struct error **err);
