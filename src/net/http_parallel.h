/*
 * Exchanges side by side in one thread, over connections that are kept: for services that answer each of many
 * requests slowly.
 */
#pragma once

#include "net/http_request.h"

struct http_parallel;

/* `c` is borrowed. As many connections are kept as `connections`; more exchanges than that may be under way. */
_must_check_ int http_parallel_new(struct http_client *c, unsigned connections,
				   struct http_parallel **ret, struct error **err);
/* What is under way ends without an answer. */
void http_parallel_free(struct http_parallel *p);
DEFINE_FREEP(struct http_parallel *, http_parallel_free)

/*
 * Begins one, of which nothing is retried, as by http_exchange(), and whose answer has a body of at most `body_max`
 * bytes. What `q` points to is borrowed until it is done.
 */
_must_check_ int http_parallel_start(struct http_parallel *p, const struct http_request *q,
				     size_t body_max, void *context, struct error **err);

struct http_done {
	void *context;
	int result; /* as of http_exchange(); error says it in words, answer is empty then */
	struct error *error;
	struct http_answer answer;
};

void http_done_release(struct http_done *d);

/* Lets them go on for up to so long. 1: *ret is one that is done; 0: none is. */
_must_check_ int http_parallel_wait(struct http_parallel *p, int milliseconds,
				    struct http_done *ret, struct error **err);
