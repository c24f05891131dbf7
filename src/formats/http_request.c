#include "formats/http_request.h"

/* The text up to the next space, which is taken, too. */
static bool take_token(struct span *rest, struct span *ret)
{
	const uint8_t *space = rest->n ? memchr(rest->p, ' ', rest->n) : NULL;

	if (!space || space == rest->p)
		return false;
	*ret = SPAN(rest->p, (size_t)(space - rest->p));
	*rest = span_skip(*rest, ret->n + 1);
	return true;
}

/* Letters alone. */
static bool is_method(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < 'A' || s.p[i] > 'Z')
			return false;
	}
	return s.n > 0;
}

/* From "/" on, of what can be printed. */
static bool is_path(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	}
	return s.n > 0 && s.p[0] == '/';
}

/* "GET /metrics?x=y HTTP/1.1" */
static bool parse_line(struct span line, struct http_request *ret)
{
	const uint8_t *query;

	if (!take_token(&line, &ret->method) || !is_method(ret->method) ||
	    !take_token(&line, &ret->path) || !is_path(ret->path))
		return false;
	query = memchr(ret->path.p, '?', ret->path.n);
	ret->query = (struct span){0};
	if (query) {
		ret->query = span_skip(ret->path, (size_t)(query + 1 - ret->path.p));
		ret->path.n = (size_t)(query - ret->path.p);
	}
	return span_equal(line, SPAN_LITERAL("HTTP/1.0")) ||
	       span_equal(line, SPAN_LITERAL("HTTP/1.1"));
}

int http_request_parse(struct span bytes, struct http_request *ret, struct error **err)
{
	struct span start = SPAN(bytes.p, MIN(bytes.n, (size_t)HTTP_REQUEST_MAX));
	struct http_request request;
	size_t line, end;

	if (!span_find(start, SPAN_LITERAL("\r\n\r\n"), &end))
		return bytes.n < HTTP_REQUEST_MAX
			       ? 0
			       : error_set(err, -ERROR_MALFORMED, "a request without end");
	if (!span_find(start, SPAN_LITERAL("\r\n"), &line) ||
	    !parse_line(SPAN(start.p, line), &request))
		return error_set(err, -ERROR_MALFORMED, "not a request of HTTP/1.0 or 1.1");
	*ret = request;
	return 1;
}

bool http_request_parameter(const struct http_request *request, const char *name, struct span *ret)
{
	size_t n = strlen(name);

	if (request->query.n <= n || memcmp(request->query.p, name, n) != 0 ||
	    request->query.p[n] != '=')
		return false;
	*ret = span_skip(request->query, n + 1);
	return true;
}
