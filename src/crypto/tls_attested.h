/*
 * TLS 1.3 to a server that proves by evidence who it is, and not by its certificate: any certificate is taken, and
 * what the evidence has to be bound to is handed out. The connected socket must not block.
 *
 *	_cleanup_(tls_attested_freep) struct tls_attested *c = NULL;
 *	r = tls_attested_open(fd, "tdnode/1", deadline, &c, err);
 *	tls_attested_key(c, key);
 *	r = tls_attested_export(c, LABEL, nonce, exporter, sizeof exporter, err);
 *
 * Nothing that an earlier connection left is used: no ticket, no resumption, no early data. Deadlines are milliseconds of
 * CLOCK_MONOTONIC. Whoever sends ignores SIGPIPE.
 */
#pragma once

#include <sys/types.h>

#include "base/error.h"
#include "base/span.h"

#define TLS_KEY_DIGEST_SIZE 32u

struct tls_attested;

/*
 * The handshake. -ERROR_REFUSED if the server does not take this protocol (ALPN) or resumes a session,
 * -EPROTO if it does not speak TLS 1.3, -ETIMEDOUT. The socket stays the caller's.
 */
_must_check_ int tls_attested_open(int fd, const char *protocol, int64_t deadline,
				   struct tls_attested **ret, struct error **err);
void tls_attested_free(struct tls_attested *c);
DEFINE_FREEP(struct tls_attested *, tls_attested_free)

/* SHA-256 of the SubjectPublicKeyInfo (DER) of the server's key, which the handshake proved it has. */
void tls_attested_key(const struct tls_attested *c, uint8_t ret[TLS_KEY_DIGEST_SIZE]);
/* RFC 8446, 7.5. */
_must_check_ int tls_attested_export(struct tls_attested *c, const char *label, struct span context,
				     uint8_t *ret, size_t n, struct error **err);

_must_check_ int tls_attested_send(struct tls_attested *c, struct span bytes, int64_t deadline,
				   struct error **err);
/* Exactly n bytes; -ENODATA if the server ends before. */
_must_check_ int tls_attested_receive(struct tls_attested *c, uint8_t *p, size_t n,
				      int64_t deadline, struct error **err);

/*
 * The same without waiting, for whoever has more than one descriptor to look at. How many bytes; 0 at the server's end of the
 * stream (of a read); -EAGAIN if the socket has to be asked first, for *ret_events of poll(); -EPROTO with *err
 * for all else, an end that the server did not announce among it.
 */
_must_check_ ssize_t tls_attested_try_read(struct tls_attested *c, uint8_t *p, size_t n,
					   short *ret_events, struct error **err);
_must_check_ ssize_t tls_attested_try_write(struct tls_attested *c, struct span bytes,
					    short *ret_events, struct error **err);
/* Tells the server that nothing more comes. */
void tls_attested_end(struct tls_attested *c);
