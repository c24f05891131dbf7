/*
 * What both ends of TLS have in common over a socket that does not block. For the files of src/crypto that use libssl.
 */
#pragma once

#include <openssl/ssl.h>

#include "base/error.h"
#include "base/span.h"

/* -EPROTO with libssl's own reason, which is taken off its queue. */
int tls_failed(const char *what, struct error **err);
/* After an operation that returned `r`: waits for the socket, and 0 if it is to be tried again. -ETIMEDOUT. */
_must_check_ int tls_wait(SSL *ssl, int fd, int r, int64_t deadline, const char *what,
			  struct error **err);
/* All of the bytes, or an error. */
_must_check_ int tls_send_all(SSL *ssl, int fd, struct span bytes, int64_t deadline,
			      const char *what, struct error **err);
