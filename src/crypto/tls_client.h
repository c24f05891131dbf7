/*
 * TLS to a server by name, over a connected socket that does not block. The only user of libssl beside libcurl.
 *
 *	_cleanup_(tls_client_freep) struct tls_client *c = NULL;
 *	r = tls_client_open(fd, "host.example", CA_FILE, deadline, &c, err);
 *	r = tls_client_send(c, request, deadline, err);
 *	while ((n = tls_client_receive(c, chunk, sizeof chunk, deadline, err)) > 0)
 *
 * Deadlines are milliseconds of CLOCK_MONOTONIC.
 */
#pragma once

#include <sys/types.h>

#include "base/error.h"
#include "base/span.h"

struct tls_client;

/* Version 1.2 or newer; the certificate must be valid for `host` under the authorities in `ca_file`
 * (-ERROR_REFUSED). The socket stays the caller's. */
_must_check_ int tls_client_open(int fd, const char *host, const char *ca_file, int64_t deadline,
				 struct tls_client **ret, struct error **err);
void tls_client_free(struct tls_client *c);
DEFINE_FREEP(struct tls_client *, tls_client_free)

_must_check_ int tls_client_send(struct tls_client *c, struct span bytes, int64_t deadline,
				 struct error **err);
/* How many bytes came; 0 at the end. */
_must_check_ ssize_t tls_client_receive(struct tls_client *c, uint8_t *p, size_t n,
					int64_t deadline, struct error **err);
