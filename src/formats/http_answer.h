/*
 * An answer of HTTP/1.0 or 1.1 (RFC 9112) to a request with "Connection: close", as it comes in piece by piece. Of
 * the ways to say how long a body is all three that servers use are read: Content-Length, pieces with their lengths
 * (Transfer-Encoding: chunked), and the end of the connection.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/span.h"

/* Of status line and headers: servers send some hundred bytes. */
#define HTTP_ANSWER_HEADERS_MAX (16u << 10)
/*
 * Of the whole answer, for a body of at most `max` bytes: pieces have lengths, too. Who sends many pieces of a few bytes
 * gets no further than this.
 */
#define HTTP_ANSWER_SIZE(max) (2 * HTTP_ANSWER_HEADERS_MAX + (max) + (max) / 64)

struct http_answer {
	unsigned status;  /* 200 */
	struct span body; /* in the bytes that were parsed */
	bool chunked;	  /* it is in pieces: http_answer_join() */
};

/*
 * 1: whole; 0: more bytes must come; -ERROR_MALFORMED: not such an answer, or a body of more than `max` bytes.
 * `ended`: the connection was closed behind the bytes; -ECONNRESET then, if the answer is not whole. What follows the
 * body is passed over.
 */
_must_check_ int http_answer_parse(struct span bytes, bool ended, uint64_t max,
				   struct http_answer *ret, struct error **err);

/*
 * Makes one body of pieces, in place: `bytes` is what was parsed, and answer->body is valid until it changes. Nothing
 * is done for a body that is in one.
 */
void http_answer_join(struct buffer *bytes, struct http_answer *answer);
