/*
 * What the requests of net/ share of libcurl. Within src/net only.
 */
#pragma once

#include <curl/curl.h>

#include "net/http.h"
#include "net/http_request.h"

struct http_client {
	bool allow_file;
	const char *ca_bundle; /* of the environment, NULL: libcurl's own */
};

/* A handle with what is so for every request; NULL out of memory. */
CURL *http_handle_new(const struct http_client *c, const char *url);

static inline void http_handle_freep(CURL **curl)
{
	curl_easy_cleanup(*curl);
}

/* An exchange under way: net/http_request.h. It stays where it is from its beginning to its end. */
struct http_exchange {
	const struct http_request *request;
	struct http_answer *answer;
	size_t header_bytes;
	struct curl_slist *headers;
	char text[CURL_ERROR_SIZE];
	int result; /* of the callbacks: why they stopped it */
};

/* Sets up `curl`, which must be new. `request` and `ret`, an empty answer, are borrowed until the end. */
_must_check_ int http_exchange_begin(struct http_exchange *x, CURL *curl,
				     const struct http_request *request, struct http_answer *ret,
				     struct error **err);
/* What became of it, by libcurl's code. The answer may be filled in part if this fails. */
_must_check_ int http_exchange_result(const struct http_exchange *x, CURL *curl, CURLcode code,
				      struct error **err);
void http_exchange_release(struct http_exchange *x);
