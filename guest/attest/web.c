#include <errno.h>

#include "base/clock.h"
#include "formats/channel.h"
#include "formats/http_request.h"
#include "guest/attest/attest.h"

/* Headers, and the longest document. */
#define ANSWER_MAX (1024u + CHANNEL_EVIDENCE_MAX)

static int receive(struct attest_service *s, struct tls_connection *c, struct buffer *bytes,
		   struct http_request *ret, struct error **err)
{
	int64_t deadline = clock_milliseconds() + s->limits->step_milliseconds;
	int r = 0;

	while (r == 0) {
		uint8_t byte;

		/* One by one: so nothing behind the request is taken, and it has its deadline. */
		r = tls_connection_receive(c, &byte, 1, deadline, err);
		if (r < 0)
			return r;
		buffer_put_u8(bytes, byte);
		if (!buffer_ok(bytes))
			return error_oom(err);
		if (byte == '\n' || bytes->n == HTTP_REQUEST_MAX)
			r = http_request_parse(buffer_span(bytes), ret, err);
	}
	return r;
}

static void put_answer(struct buffer *b, const char *status, const char *type, struct span body)
{
	buffer_printf(b,
		      "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nCache-Control: "
		      "no-store\r\nConnection: close\r\n\r\n",
		      status, type, body.n);
	buffer_put(b, body);
}

static void refuse(struct buffer *b, const char *status, const char *why)
{
	_cleanup_free_ char *text = string_printf("%s\n", why);

	put_answer(b, status, "text/plain", span_string(text ? text : ""));
}

static void answer(struct attest_service *s, const struct http_request *q, struct buffer *b)
{
	_cleanup_(buffer_release) struct buffer document = BUFFER_INIT(CHANNEL_EVIDENCE_MAX);
	_cleanup_error_ struct error *err = NULL;
	uint8_t nonce[BINDING_NONCE_SIZE];
	struct span value;
	int r;

	if (!span_equal(q->method, SPAN_LITERAL("GET"))) {
		refuse(b, "405 Method Not Allowed", "GET alone is answered");
		return;
	}
	if (!span_equal(q->path, SPAN_LITERAL("/evidence")) ||
	    !http_request_parameter(q, "nonce", &value)) {
		refuse(b, "404 Not Found", "there is /evidence?nonce= and nothing else");
		return;
	}
	if (!hex_decode(value, nonce, sizeof nonce)) {
		refuse(b, "400 Bad Request", "the nonce is not 64 hexadecimal digits");
		return;
	}
	r = document_make(s, nonce, NULL, &document, &err);
	if (r < 0)
		refuse(b, "503 Service Unavailable", error_message(err));
	else
		put_answer(b, "200 OK", "application/json", buffer_span(&document));
}

void web_answer(struct attest_service *s, struct tls_connection *c)
{
	_cleanup_(buffer_release) struct buffer bytes = BUFFER_INIT(HTTP_REQUEST_MAX),
						b = BUFFER_INIT(ANSWER_MAX);
	struct http_request q;
	int64_t deadline;
	int r = receive(s, c, &bytes, &q, NULL);

	if (r == -ERROR_MALFORMED)
		refuse(&b, "400 Bad Request", "not a request that is read here");
	else if (r < 0)
		return;
	else
		answer(s, &q, &b);
	deadline = clock_milliseconds() + s->limits->step_milliseconds;
	if (buffer_ok(&b) && tls_connection_send(c, buffer_span(&b), deadline, NULL) >= 0)
		tls_connection_end(c, deadline);
}
