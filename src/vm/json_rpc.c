#include "vm/json_rpc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/error.h"

static void close_connection(struct json_rpc *q)
{
	closep(&q->fd);
	q->fd = -1;
	q->events = 0;
}

void json_rpc_release(struct json_rpc *q)
{
	close_connection(q);
	buffer_release(&q->request);
	buffer_release(&q->answer);
}

int json_rpc_start(struct json_rpc *q, uint16_t port, const char *method)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = {htonl(INADDR_LOOPBACK)},
	};
	char body[256];

	json_rpc_release(q);
	snprintf(body, sizeof body,
		 "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":[]}", method);
	buffer_printf(&q->request,
		      "POST / HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nContent-Type: application/json\r\n"
		      "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
		      port, strlen(body), body);
	q->sent = 0;
	q->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (!buffer_ok(&q->request) || q->fd < 0)
		return -ENOMEM;
	if (connect(q->fd, (const struct sockaddr *)&address, sizeof address) < 0 &&
	    errno != EINPROGRESS) {
		int saved = errno;

		close_connection(q);
		return -saved;
	}
	q->events = POLLOUT;
	return 0;
}

static int send_some(struct json_rpc *q)
{
	ssize_t done = send(q->fd, q->request.p + q->sent, q->request.n - q->sent, MSG_NOSIGNAL);

	if (done < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	q->sent += (size_t)done;
	if (q->sent == q->request.n)
		q->events = POLLIN;
	return 0;
}

static int receive_some(struct json_rpc *q)
{
	uint8_t chunk[4096];
	struct span body;
	ssize_t got = recv(q->fd, chunk, sizeof chunk, 0);

	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	buffer_put(&q->answer, SPAN(chunk, (size_t)got));
	if (!buffer_ok(&q->answer))
		return -EMSGSIZE;

	int r = json_rpc_take(&q->answer, got == 0, &body);

	if (r > 0) {
		memmove(q->answer.p, body.p, body.n);
		q->answer.n = body.n;
		q->answer.p[body.n] = 0;
	}
	return r;
}

int json_rpc_continue(struct json_rpc *q)
{
	int r = q->events == POLLOUT ? send_some(q) : receive_some(q);

	if (r != 0)
		close_connection(q);
	return r;
}

int json_rpc_take(struct buffer *answer, bool ended, struct span *ret)
{
	struct http_answer http;
	int r = http_answer_parse(buffer_span(answer), ended, JSON_RPC_ANSWER_MAX, &http, NULL);

	if (r <= 0)
		return r;
	if (http.status != 200)
		return -ERROR_MALFORMED;
	http_answer_join(answer, &http);

	json_t *json =
		json_loadb((const char *)http.body.p, http.body.n, JSON_REJECT_DUPLICATES, NULL);
	bool answered = json_object_get(json, "result");

	json_decref(json);
	if (!answered)
		return -ERROR_MALFORMED;
	*ret = http.body;
	return 1;
}
