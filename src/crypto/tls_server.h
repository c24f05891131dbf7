/*
 * TLS 1.3 for a server that proves itself by other means than its certificate: key and certificate are made
 * here and live as long as the object. There is no resumption, no early data and no connection without a
 * protocol that both sides named (ALPN), so each connection has a handshake of its own.
 *
 * One struct tls_server serves connections of several threads; a struct tls_connection is of one.
 * Deadlines are milliseconds of CLOCK_MONOTONIC.
 */
#pragma once

#include <sys/types.h>

#include "crypto/digest.h"

/* An uncompressed point of P-256: the content of the BIT STRING in a SubjectPublicKeyInfo. */
#define TLS_KEY_POINT_SIZE 65u
#define TLS_EXPORT_MAX 64u

struct tls_server;

/* Makes the key. `protocols` are names of ALPN, the preferred one first, NULL at the end; they outlive it. */
_must_check_ int tls_server_new(const char *const *protocols, struct tls_server **ret,
				struct error **err);
void tls_server_free(struct tls_server *s);
DEFINE_FREEP(struct tls_server *, tls_server_free)

/* The key of the certificate as a point, and SHA-256 of its SubjectPublicKeyInfo (DER). */
struct span tls_server_key_point(const struct tls_server *s);
struct digest tls_server_key_digest(const struct tls_server *s);

struct tls_connection;

/* Shakes hands on a connected socket that does not block; it stays the caller's. */
_must_check_ int tls_connection_accept(const struct tls_server *s, int fd, int64_t deadline,
				       struct tls_connection **ret, struct error **err);
void tls_connection_free(struct tls_connection *c);
DEFINE_FREEP(struct tls_connection *, tls_connection_free)

/* One of the server's. */
const char *tls_connection_protocol(const struct tls_connection *c);

/* Keying material of the handshake (RFC 8446, 7.5): n bytes, at most TLS_EXPORT_MAX, the same on both sides. In
 * TLS 1.3 an empty context is the same as none. */
_must_check_ int tls_connection_export(struct tls_connection *c, const char *label,
				       struct span context, uint8_t *p, size_t n,
				       struct error **err);

/* All of it, or an error. */
_must_check_ int tls_connection_send(struct tls_connection *c, struct span bytes, int64_t deadline,
				     struct error **err);
_must_check_ int tls_connection_receive(struct tls_connection *c, uint8_t *p, size_t n,
					int64_t deadline, struct error **err);

/* What can be had without waiting: how many bytes; 0 when the other side has ended (of a read); -EAGAIN: poll
 * the socket for *ret_events, which new keys make others than those of the operation; another code: the connection is
 * broken. */
_must_check_ ssize_t tls_connection_read_some(struct tls_connection *c, uint8_t *p, size_t n,
					      short *ret_events);
_must_check_ ssize_t tls_connection_write_some(struct tls_connection *c, struct span bytes,
					       short *ret_events);

/* Tells the other side that nothing more comes: without that, what it has got is not known to be all. Waits for room until
 * the deadline; whoever has not made any by then is not told. */
void tls_connection_end(struct tls_connection *c, int64_t deadline);
