#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/file.h"
#include "formats/http_answer.h"
#include "guest/status/status.h"

/* An answer to one question; eth_syncing of some clients lists stages. */
#define ANSWER_MAX (64u << 10)
#define SECONDS_MAX 5

static const char *const methods[] = {"web3_clientVersion", "net_peerCount", "eth_blockNumber",
				      "eth_syncing"};
static const char *const paths[] = {"/eth/v1/node/version", "/eth/v1/node/peer_count",
				    "/eth/v1/node/syncing",
				    "/eth/v1/beacon/states/head/finality_checkpoints"};

static int connect_to(uint16_t port, int *ret, struct error **err)
{
	const struct timeval patience = {.tv_sec = SECONDS_MAX};
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) < 0 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof address) < 0)
		return error_errno(err, errno, "port %u", port);
	*ret = TAKE_FD(fd);
	return 0;
}

static bool is_late(const struct timespec *begun)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - begun->tv_sec > SECONDS_MAX;
}

/* Until it is whole, in any pieces, but not for ever. */
static int read_answer(int fd, struct buffer *bytes, struct http_answer *ret, struct error **err)
{
	struct timespec begun;
	int r = 0;

	clock_gettime(CLOCK_MONOTONIC, &begun);
	while (r == 0 && !is_late(&begun)) {
		uint8_t chunk[4096];
		ssize_t got = recv(fd, chunk, sizeof chunk, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_errno(err, errno, "no answer");
		buffer_put(bytes, SPAN(chunk, (size_t)got));
		r = buffer_ok(bytes)
			    ? http_answer_parse(buffer_span(bytes), got == 0, ANSWER_MAX, ret, err)
			    : error_set(err, -EFBIG, "an answer of more than %u bytes", ANSWER_MAX);
	}
	return r ? r : error_errno(err, ETIMEDOUT, "no answer");
}

static int ask(uint16_t port, const char *request, struct buffer *answer, struct span *ret,
	       struct error **err)
{
	_cleanup_close_ int fd = -1;
	struct http_answer http;
	int r = connect_to(port, &fd, err);

	if (r >= 0 && send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
		r = error_errno(err, errno, "port %u", port);
	if (r >= 0)
		r = read_answer(fd, answer, &http, err);
	if (r < 0)
		return r;
	if (http.status != 200)
		return error_set(err, -EIO, "status %u", http.status);
	http_answer_join(answer, &http);
	*ret = http.body;
	return 0;
}

/* Host= as the clients' protection against rebinding wants it. */
static char *execution_request(const char *method)
{
	_cleanup_free_ char *body = string_printf(
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":[]}", method);

	return body ? string_printf("POST / HTTP/1.0\r\nHost: localhost\r\n"
				    "Content-Type: application/json\r\n"
				    "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
				    strlen(body), body)
		    : NULL;
}

static char *consensus_request(const char *path)
{
	return string_printf("GET %s HTTP/1.0\r\nHost: localhost\r\nAccept: application/json\r\n"
			     "Connection: close\r\n\r\n",
			     path);
}

static int ask_client(const struct client *c, const char *question, struct buffer *answer,
		      struct span *ret)
{
	_cleanup_free_ char *request = c->kind == CLIENT_EXECUTION ? execution_request(question)
								   : consensus_request(question);

	return request ? ask(c->port, request, answer, ret, NULL) : -ENOMEM;
}

void client_ask(const struct client *c, struct status_role *r)
{
	bool execution = c->kind == CLIENT_EXECUTION;
	size_t n = execution ? ARRAY_SIZE(methods) : ARRAY_SIZE(paths);
	bool answers = true;

	/* Who does not answer the first question is not asked the others. */
	for (size_t i = 0; answers && i < n; i++) {
		_cleanup_(buffer_release) struct buffer answer =
			BUFFER_INIT(HTTP_ANSWER_SIZE(ANSWER_MAX));
		struct span body;

		answers = ask_client(c, execution ? methods[i] : paths[i], &answer, &body) >= 0;
		if (answers && execution)
			execution_take(methods[i], body, r);
		else if (answers)
			consensus_take(paths[i], body, r);
	}
}

bool client_ask_identity(struct client *c)
{
	_cleanup_(buffer_release) struct buffer answer = BUFFER_INIT(HTTP_ANSWER_SIZE(ANSWER_MAX));
	char name[STATUS_IDENTITY_MAX];
	struct span body;

	if (ask_client(c, c->kind == CLIENT_EXECUTION ? "admin_nodeInfo" : "/eth/v1/node/identity",
		       &answer, &body) < 0 ||
	    !identity_take(c->kind, body, name) || string_equal(name, c->identity))
		return false;
	memcpy(c->identity, name, sizeof name);
	return true;
}
