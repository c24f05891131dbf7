/*
 * What a service principal with a certificate proves itself by: a JWT (RFC 7523) that its key signs, valid for ten
 * minutes.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

/*
 * `path` has the private key (RSA, PKCS #8) and its certificate as PEM, in either order. Appends the token; its
 * audience is the address that it is sent to.
 */
_must_check_ int client_assertion(const char *path, const char *client, const char *audience,
				  struct buffer *ret, struct error **err);
