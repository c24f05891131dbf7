/*
 * One HTTP exchange with any method, headers and body, for services that are spoken with rather than downloaded
 * from. Nothing is retried and no redirect followed here: what an answer means is the caller's business.
 *
 * Proxies, CA bundle and threads as in net/http.h.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "net/http.h"

struct http_request {
	const char *method; /* "GET", "PUT", ... */
	const char *url;
	const char *const *headers; /* "Name: value", ends with NULL; may be NULL */
	struct span body;
	/* What errors call the other side instead of the URL, which may hold a secret; NULL: the URL. */
	const char *name;
	/* Of the whole exchange; 0: HTTP_EXCHANGE_SECONDS. */
	unsigned int seconds;
	/* No proxy, for addresses that only this machine can reach. */
	bool direct;
};

struct http_answer {
	unsigned int status;
	struct string_list headers; /* "name: value", names in small letters, of the last answer */
	struct buffer body;	    /* the caller sets its bound: BUFFER_INIT(max) */
};

#define HTTP_EXCHANGE_SECONDS 120

/*
 * Any answer, whatever its status, is success. Fails with -ETIMEDOUT, -ECONNRESET (it may have arrived), -ECONNREFUSED
 * or -EHOSTUNREACH (it did not arrive), -EMSGSIZE (answer larger than ret->body's bound), -EPERM (TLS).
 */
_must_check_ int http_exchange(struct http_client *c, const struct http_request *q,
			       struct http_answer *ret, struct error **err);

/* The value of the header `name` (small letters), NULL if it is absent. */
const char *http_answer_header(const struct http_answer *a, const char *name);
void http_answer_release(struct http_answer *a);
