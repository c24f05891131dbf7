/*
 * HTTP(S) downloads. Redirects stay within https once there, sizes are
 * bounded, slow or failing servers are retried. The content's authenticity is the caller's business:
 * everything fetched is checked against a signature or digest.
 *
 * Proxies come from the environment (http_proxy, https_proxy, no_proxy), the CA bundle from
 * SSL_CERT_FILE or CURL_CA_BUNDLE if set. A client may be used by several threads at once.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/progress.h"

/* After the first attempt. */
#define HTTP_RETRIES 3

struct http_client;

/* `allow_file`: file:// addresses too, for mirrors on the own disk. */
_must_check_ int http_client_new(bool allow_file, struct http_client **ret, struct error **err);
void http_client_free(struct http_client *c);
DEFINE_FREEP(struct http_client *, http_client_free)

/* The whole body, at most ret->max bytes. -ENOENT if the server says 404 or 410. */
_must_check_ int http_get(struct http_client *c, const char *url, struct buffer *ret,
			  struct error **err);

/* Of a header's value: a chain of two certificates has 4 KiB. */
#define HTTP_HEADER_MAX (64u << 10)

/* As http_get(), and the value of the answer's header `header`, or of `other` if it has none of that name.
 * -ENOENT if it has neither. */
_must_check_ int http_get_with_header(struct http_client *c, const char *url, const char *header,
				      const char *other, struct buffer *ret,
				      struct buffer *ret_header, struct error **err);

/*
 * Appends the body to the open file `fd`, of which it holds `*offset` bytes already: the rest is asked
 * for by Range; a server that does not know ranges sends all and the file is cut to nothing first.
 * At most `max` bytes in all. *offset is the size of the file afterwards, also on failure, so that a
 * later call goes on from there. Bytes that arrive are added to `progress` (may be NULL).
 */
_must_check_ int http_download(struct http_client *c, const char *url, int fd, uint64_t max,
			       uint64_t *offset, struct progress *progress, struct error **err);
