#include "vm/json_rpc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/text.h"

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
	if (got == 0)
		return -ECONNRESET;
	buffer_put(&q->answer, SPAN(chunk, (size_t)got));
	if (!buffer_ok(&q->answer))
		return -EMSGSIZE;

	int r = json_rpc_parse(buffer_span(&q->answer), &body);

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

int json_rpc_parse(struct span answer, struct span *ret)
{
	static const char status[] = "HTTP/1.1 200 ";
	static const char length_name[] = "content-length:";
	struct reader reader;
	struct span line;
	uint64_t length = UINT64_MAX;
	size_t end;

	if (!span_find(answer, SPAN_LITERAL("\r\n\r\n"), &end))
		return 0;
	if (answer.n < strlen(status) || memcmp(answer.p, status, strlen(status)) != 0)
		return -ERROR_MALFORMED;
	reader = reader_init(SPAN(answer.p, end + 2));
	while (reader_line(&reader, &line)) {
		if (line.n > strlen(length_name) &&
		    strncasecmp((const char *)line.p, length_name, strlen(length_name)) == 0) {
			line = span_skip(line, strlen(length_name));
			if (!parse_u64(span_trim(line), JSON_RPC_ANSWER_MAX, &length))
				return -ERROR_MALFORMED;
		}
	}
	if (length == UINT64_MAX)
		return -ERROR_MALFORMED;

	struct span body = span_skip(answer, end + 4);

	if (body.n < length)
		return 0;
	body.n = (size_t)length;

	json_t *json = json_loadb((const char *)body.p, body.n, JSON_REJECT_DUPLICATES, NULL);
	bool answered = json_object_get(json, "result");

	json_decref(json);
	if (!answered)
		return -ERROR_MALFORMED;
	*ret = body;
	return 1;
}
