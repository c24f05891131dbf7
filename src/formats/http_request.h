/*
 * The head of a request of HTTP/1.0 or 1.1 (RFC 9112), as it comes in piece by piece: what is asked for. Its headers are
 * passed over, and there is no body: the programs here answer GET alone.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

/* Of request line and headers: scrapers send some hundred bytes, browsers with cookies a few thousand. */
#define HTTP_REQUEST_MAX (8u << 10)

struct http_request {
	struct span method; /* "GET" */
	struct span path;   /* "/metrics" */
	struct span query;  /* what follows its "?" */
};

/* 1: whole; 0: more bytes must come; -ERROR_MALFORMED: not such a request, or one of more than HTTP_REQUEST_MAX bytes. */
_must_check_ int http_request_parse(struct span bytes, struct http_request *ret,
				    struct error **err);

/* The value of the query if it is `name`=VALUE alone. */
_must_check_ bool http_request_parameter(const struct http_request *request, const char *name,
					 struct span *ret);
