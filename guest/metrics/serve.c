#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/text.h"
#include "formats/http_request.h"
#include "guest/metrics/metrics.h"

/* Head and body. */
#define ANSWER_MAX (METRICS_CLIENT_MAX + (64u << 10))
/* A share of the time: a request is one packet, and who sends none keeps others waiting. */
#define REQUEST_SHARE 4

struct page {
	const char *status; /* "200 OK" */
	struct buffer body;
};

static void page_release(struct page *p)
{
	buffer_release(&p->body);
}

static int receive(int fd, int64_t deadline, struct buffer *bytes, struct http_request *ret,
		   struct error **err)
{
	int r = 0;

	while (r == 0) {
		uint8_t chunk[HTTP_REQUEST_MAX];
		ssize_t got;

		r = metrics_wait(fd, POLLIN, deadline);
		if (r < 0)
			return error_errno(err, -r, "no request");
		got = recv(fd, chunk, sizeof chunk, MSG_DONTWAIT);
		if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
			return error_errno(err, got ? errno : ECONNRESET, "no request");
		if (got < 0)
			continue;
		buffer_put(bytes, SPAN(chunk, (size_t)got));
		if (!buffer_ok(bytes))
			return error_oom(err);
		r = http_request_parse(buffer_span(bytes), ret, err);
	}
	return r;
}

static void put_problem(struct page *p, const char *status, const char *problem)
{
	p->status = status;
	buffer_printf(&p->body, "%s\n", problem);
}

static void put_client(struct page *p, const char *role, uint16_t port, int64_t deadline)
{
	_cleanup_error_ struct error *err = NULL;

	if (metrics_client(port, deadline, &p->body, &err) >= 0)
		return;
	p->status = "503 Service Unavailable";
	buffer_printf(&p->body, "the %s client: %s\n", role, error_message(err));
}

static void put_page(const struct metrics_places *places, const struct http_request *request,
		     int64_t deadline, struct page *p)
{
	p->status = "200 OK";
	if (!span_equal(request->method, SPAN_LITERAL("GET")))
		put_problem(p, "405 Method Not Allowed", "GET alone is answered");
	else if (span_equal(request->path, SPAN_LITERAL("/metrics")))
		metrics_machine(places, &p->body);
	else if (span_equal(request->path, SPAN_LITERAL("/metrics/execution")))
		put_client(p, "execution", places->execution, deadline);
	else if (span_equal(request->path, SPAN_LITERAL("/metrics/consensus")))
		put_client(p, "consensus", places->consensus, deadline);
	else
		put_problem(p, "404 Not Found",
			    "there are /metrics, /metrics/execution and /metrics/consensus");
}

static int send_page(int fd, const struct page *p, int64_t deadline, struct error **err)
{
	_cleanup_(buffer_release) struct buffer head = BUFFER_INIT(1024);
	int r;

	buffer_printf(&head,
		      "HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
		      "Content-Length: %zu\r\nConnection: close\r\n\r\n",
		      p->status, p->body.n);
	if (!buffer_ok(&head) || !buffer_ok(&p->body))
		return error_oom(err);
	r = metrics_send(fd, buffer_span(&head), deadline);
	if (r >= 0)
		r = metrics_send(fd, buffer_span(&p->body), deadline);
	return r < 0 ? error_errno(err, -r, "the answer is not taken") : 0;
}

int metrics_answer(const struct metrics_places *places, int fd, struct error **err)
{
	const int64_t now = clock_milliseconds(), deadline = now + places->milliseconds;
	_cleanup_(buffer_release) struct buffer bytes = BUFFER_INIT(2 * HTTP_REQUEST_MAX);
	_cleanup_(page_release) struct page page = {.body = BUFFER_INIT(ANSWER_MAX)};
	_cleanup_error_ struct error *malformed = NULL;
	struct http_request request;
	int r = receive(fd, now + places->milliseconds / REQUEST_SHARE, &bytes, &request,
			&malformed);

	if (r < 0 && r != -ERROR_MALFORMED)
		return error_move(err, r, &malformed);
	if (r < 0)
		put_problem(&page, "400 Bad Request", error_message(malformed));
	else
		put_page(places, &request, deadline, &page);
	return send_page(fd, &page, deadline, err);
}
