#include "formats/http_answer.h"

#include <errno.h>
#include <strings.h>

#include "base/text.h"

#define HEADERS_END "\r\n\r\n"
#define VERSION "HTTP/1."
#define STATUS_DIGITS 3u
/* Of the length of a piece: far above any `max`. */
#define LENGTH_DIGITS 8u

/* How long the body is. */
struct framing {
	bool has_length;
	uint64_t length;
	bool chunked;
};

static int parse_status(struct span line, unsigned *ret, struct error **err)
{
	const size_t start = strlen(VERSION) + 2;
	struct span version, digits;
	uint64_t status;

	/* "HTTP/1.0 " and "HTTP/1.1 " */
	if (!span_slice(line, 0, start, &version) || memcmp(line.p, VERSION, start - 2) != 0 ||
	    (line.p[start - 2] != '0' && line.p[start - 2] != '1') || line.p[start - 1] != ' ' ||
	    !span_slice(line, start, STATUS_DIGITS, &digits) ||
	    (line.n > start + STATUS_DIGITS && line.p[start + STATUS_DIGITS] != ' ') ||
	    !parse_u64(digits, 599, &status) || status < 200)
		return error_set(err, -ERROR_MALFORMED, "not an answer of HTTP/1.0 or 1.1");
	*ret = (unsigned)status;
	return 0;
}

/* The value of the header, if the line is it. */
static bool is_header(struct span line, const char *name, struct span *ret)
{
	size_t n = strlen(name);

	if (line.n <= n || line.p[n] != ':' || strncasecmp((const char *)line.p, name, n) != 0)
		return false;
	*ret = span_trim(span_skip(line, n + 1));
	return true;
}

static int take_encoding(struct span value, struct framing *f, struct error **err)
{
	const struct span chunked = SPAN_LITERAL("chunked");

	if (f->chunked || value.n != chunked.n ||
	    strncasecmp((const char *)value.p, (const char *)chunked.p, chunked.n) != 0)
		return error_set(err, -ERROR_MALFORMED, "a body in the encoding '%.*s'",
				 (int)MIN(value.n, (size_t)20), (const char *)value.p);
	f->chunked = true;
	return 0;
}

static int parse_headers(struct reader *headers, uint64_t max, struct framing *f,
			 struct error **err)
{
	struct span line, value;
	int r = 0;

	while (r >= 0 && reader_line(headers, &line)) {
		if (is_header(line, "transfer-encoding", &value))
			r = take_encoding(value, f, err);
		if (r < 0 || !is_header(line, "content-length", &value))
			continue;
		if (f->has_length || !parse_u64(value, max, &f->length))
			r = error_set(err, -ERROR_MALFORMED, "a body of '%.*s' bytes, %llu may be",
				      (int)MIN(value.n, (size_t)20), (const char *)value.p,
				      (unsigned long long)max);
		f->has_length = true;
	}
	/* Whoever reads the other one of the two sees another body. */
	if (r >= 0 && f->has_length && f->chunked)
		r = error_set(err, -ERROR_MALFORMED, "a body of a length and in pieces");
	return r;
}

static int digit_of(uint8_t c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* "1f4" or "1f4;name=value" */
static bool parse_length(struct span line, uint64_t *ret)
{
	uint64_t length = 0;
	size_t n = 0;

	for (; n < line.n && digit_of(line.p[n]) >= 0; n++) {
		if (n == LENGTH_DIGITS)
			return false;
		length = length << 4 | (uint64_t)digit_of(line.p[n]);
	}
	*ret = length;
	return n && (n == line.n || line.p[n] == ';' || line.p[n] == ' ');
}

/* Takes a line that CR LF ends. 1: taken, 0: more must come. */
static int take_line(struct span *rest, struct span *ret)
{
	size_t end;

	if (!span_find(SPAN(rest->p, MIN(rest->n, (size_t)HTTP_ANSWER_HEADERS_MAX)),
		       SPAN_LITERAL("\r\n"), &end))
		return rest->n < HTTP_ANSWER_HEADERS_MAX ? 0 : -ERROR_MALFORMED;
	*ret = SPAN(rest->p, end);
	*rest = span_skip(*rest, end + 2);
	return 1;
}

/*
 * Takes the next piece, of at most `max` bytes. 1: taken, of none: it was the last one; 0: more must come. Behind the
 * last one there may be more headers, of which none counts.
 */
static int take_chunk(struct span *rest, uint64_t max, struct span *ret)
{
	struct span line, end;
	uint64_t length;
	int r = take_line(rest, &line);

	if (r <= 0)
		return r;
	if (!parse_length(line, &length) || length > max)
		return -ERROR_MALFORMED;
	if (length == 0) {
		while ((r = take_line(rest, &line)) > 0 && line.n > 0)
			;
		*ret = (struct span){0};
		return r;
	}
	if (!span_slice(*rest, 0, length, ret) || !span_slice(*rest, length, 2, &end))
		return 0;
	if (!span_equal(end, SPAN_LITERAL("\r\n")))
		return -ERROR_MALFORMED;
	*rest = span_skip(*rest, length + 2);
	return 1;
}

static int find_end_of_chunks(struct span bytes, uint64_t max, struct span *ret, struct error **err)
{
	struct span rest = bytes, chunk;
	int r;

	while ((r = take_chunk(&rest, max, &chunk)) > 0 && chunk.n > 0)
		max -= chunk.n;
	if (r > 0)
		*ret = SPAN(bytes.p, bytes.n - rest.n);
	return r < 0 ? error_set(err, r, "a piece of a body that is none, or too long") : r;
}

/* The body behind the headers. */
static int find_body(struct span rest, bool ended, uint64_t max, const struct framing *f,
		     struct http_answer *answer, struct error **err)
{
	answer->chunked = f->chunked;
	if (f->chunked)
		return find_end_of_chunks(rest, max, &answer->body, err);
	if (f->has_length)
		return span_slice(rest, 0, f->length, &answer->body);
	if (rest.n > max)
		return error_set(err, -ERROR_MALFORMED, "a body of more than %llu bytes",
				 (unsigned long long)max);
	answer->body = rest;
	return ended;
}

static int parse(struct span bytes, bool ended, uint64_t max, struct http_answer *ret,
		 struct error **err)
{
	struct span start = SPAN(bytes.p, MIN(bytes.n, (size_t)HTTP_ANSWER_HEADERS_MAX));
	struct framing framing = {0};
	struct http_answer answer;
	struct reader headers;
	struct span line;
	size_t end;
	int r;

	if (!span_find(start, SPAN_LITERAL(HEADERS_END), &end))
		return bytes.n < HTTP_ANSWER_HEADERS_MAX
			       ? 0
			       : error_set(err, -ERROR_MALFORMED, "headers without end");
	headers = reader_init(SPAN(bytes.p, end + 2));
	if (!reader_line(&headers, &line))
		return error_set(err, -ERROR_MALFORMED, "not an answer of HTTP/1.0 or 1.1");
	r = parse_status(line, &answer.status, err);
	if (r >= 0)
		r = parse_headers(&headers, max, &framing, err);
	if (r >= 0)
		r = find_body(span_skip(bytes, end + strlen(HEADERS_END)), ended, max, &framing,
			      &answer, err);
	if (r > 0)
		*ret = answer;
	return r;
}

int http_answer_parse(struct span bytes, bool ended, uint64_t max, struct http_answer *ret,
		      struct error **err)
{
	int r = parse(bytes, ended, max, ret, err);

	return r == 0 && ended ? error_set(err, -ECONNRESET, "the answer is not whole") : r;
}

void http_answer_join(struct buffer *bytes, struct http_answer *answer)
{
	struct span rest = answer->body, chunk;
	uint8_t *to = bytes->p + (answer->body.p - bytes->p);
	size_t n = 0;

	if (!answer->chunked)
		return;
	/* A piece never lies before where it goes. */
	while (take_chunk(&rest, UINT64_MAX, &chunk) > 0 && chunk.n > 0) {
		memmove(to + n, chunk.p, chunk.n);
		n += chunk.n;
	}
	answer->body = SPAN(to, n);
	answer->chunked = false;
}
