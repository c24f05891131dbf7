#include <errno.h>

#include "base/clock.h"
#include "base/text.h"
#include "formats/azure_wire.h"
#include "formats/http_answer.h"
#include "guest/azure/azure.h"

/* Of the version of the protocol that all agents speak. */
#define HEADERS \
	"Host: " AZURE_WIRE_SERVER "\r\nx-ms-agent-name: tdnode\r\nx-ms-version: 2012-11-30\r\n"
#define GOAL_STATE "GET /machine/?comp=goalstate HTTP/1.1\r\n" HEADERS "Connection: close\r\n\r\n"
#define REQUEST_MAX (AZURE_HEALTH_MAX + (1u << 10))

/* What it answers to a report means nothing here. */
static int send_health(const struct azure_service *s, const struct azure_goal_state *g,
		       const char *not_ready, struct buffer *answer, struct error **err)
{
	_cleanup_(buffer_release) struct buffer health = BUFFER_INIT(AZURE_HEALTH_MAX);
	_cleanup_(buffer_release) struct buffer request = BUFFER_INIT(REQUEST_MAX);
	struct span body;

	azure_health_write(g, not_ready, &health);
	buffer_printf(&request,
		      "POST /machine?comp=health HTTP/1.1\r\n" HEADERS
		      "Content-Type: text/xml;charset=utf-8\r\nContent-Length: %zu\r\n"
		      "Connection: close\r\n\r\n",
		      health.n);
	buffer_put(&request, buffer_span(&health));
	if (!buffer_ok(&health) || !buffer_ok(&request))
		return error_oom(err);
	/* The goal state refers to an earlier answer: health and request have what is needed of it. */
	return azure_exchange(s, buffer_span(&request), AZURE_GOAL_STATE_MAX, answer, &body, err);
}

static int report_once(const struct azure_service *s, const char *not_ready, struct buffer *answer,
		       struct error **err)
{
	struct azure_goal_state goal;
	struct span body;
	int r = azure_exchange(s, SPAN_LITERAL(GOAL_STATE), AZURE_GOAL_STATE_MAX, answer, &body,
			       err);

	if (r >= 0)
		r = azure_goal_state_parse(body, &goal, err);
	return r < 0 ? r : send_health(s, &goal, not_ready, answer, err);
}

int azure_report(const struct azure_service *s, const char *not_ready, say_function say,
		 struct error **err)
{
	_cleanup_(buffer_release) struct buffer answer =
		BUFFER_INIT(HTTP_ANSWER_SIZE(AZURE_GOAL_STATE_MAX));
	int64_t end = clock_milliseconds() + s->total_milliseconds;

	for (bool said = false;; said = true) {
		_cleanup_error_ struct error *e = NULL;
		int r = report_once(s, not_ready, &answer, &e);

		if (r >= 0)
			return 0;
		if (!said)
			say("not reported yet: %s", error_message(e));
		if (r == -ENOMEM || !azure_wait(s, end, e))
			return error_wrap(err, error_move(err, r, &e), "not reported");
	}
}
