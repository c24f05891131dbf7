#include <errno.h>

#include "base/clock.h"
#include "base/text.h"
#include "formats/config.h"
#include "formats/http_answer.h"
#include "guest/azure/azure.h"

/* The service answers only to who says that he is no browser and no proxy. */
#define REQUEST                                                                       \
	"GET /metadata/instance/compute/userData?api-version=2021-01-01&format=text " \
	"HTTP/1.1\r\nHost: " AZURE_METADATA                                           \
	"\r\nMetadata: true\r\nUser-Agent: tdnode\r\nConnection: close\r\n\r\n"
/* Base64 of the longest text, and a line feed. */
#define BODY_MAX ((CONFIG_MAX + 2) / 3 * 4 + 2)

static struct span without_line_feed(struct span s)
{
	while (s.n && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r'))
		s.n--;
	return s;
}

static int take_body(struct span body, struct buffer *ret, struct error **err)
{
	_cleanup_free_ uint8_t *bytes = NULL;
	size_t n;

	body = without_line_feed(body);
	if (body.n == 0)
		return 0;
	if (!base64_decode(body, &bytes, &n))
		return error_set(err, -ERROR_MALFORMED, "not base64");
	buffer_put(ret, SPAN(bytes, n));
	return buffer_ok(ret)
		       ? 0
		       : error_set(err, -EFBIG, "more than the %u bytes allowed", CONFIG_MAX);
}

int azure_user_data(const struct azure_service *s, struct buffer *ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer bytes = BUFFER_INIT(HTTP_ANSWER_SIZE(BODY_MAX));
	int64_t end = clock_milliseconds() + s->total_milliseconds;
	int r;

	for (;;) {
		_cleanup_error_ struct error *e = NULL;
		struct span body;

		r = azure_exchange(s, SPAN_LITERAL(REQUEST), BODY_MAX, &bytes, &body, &e);
		if (r >= 0)
			r = take_body(body, ret, &e);
		if (r >= 0)
			return 0;
		if (r != -EAGAIN || !azure_wait(s, end, e))
			return error_wrap(err, error_move(err, r, &e), "user data");
	}
}
