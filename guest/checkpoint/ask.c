#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/file.h"
#include "crypto/tls_client.h"
#include "formats/http_answer.h"
#include "guest/checkpoint/checkpoint.h"

#define SCHEME "https://"
#define GENESIS "/eth/v1/beacon/genesis"
#define FINALIZED "/eth/v1/beacon/states/head/finality_checkpoints"

/* https://HOST[:PORT][/PATH], as formats/config_value.c lets it through. */
struct address {
	char *host;
	char *port;
	char *path; /* without "/" at its end */
};

static void address_release(struct address *a)
{
	free(a->host);
	free(a->port);
	free(a->path);
}

static int address_parse(const char *url, struct address *ret, struct error **err)
{
	const char *start = url + (string_starts(url, SCHEME) ? strlen(SCHEME) : 0);
	size_t host = strcspn(start, ":/"), whole = strcspn(start, "/");
	size_t path = strlen(start + whole);

	if (start == url || host == 0)
		return error_set(err, -ERROR_MALFORMED, "not an https address");
	while (path > 0 && start[whole + path - 1] == '/')
		path--;
	ret->host = strndup(start, host);
	ret->port = whole > host ? strndup(start + host + 1, whole - host - 1) : strdup("443");
	ret->path = strndup(start + whole, path);
	return ret->host && ret->port && ret->path ? 0 : error_oom(err);
}

static int connect_one(const struct addrinfo *a, int64_t deadline)
{
	_cleanup_close_ int fd =
		socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t size = sizeof(int);
	int64_t left = deadline - clock_milliseconds();
	int failed = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
		struct pollfd p = {.fd = fd, .events = POLLOUT};

		if (errno != EINPROGRESS)
			return -errno;
		if (left <= 0 || poll(&p, 1, (int)left) != 1)
			return -ETIMEDOUT;
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &size) < 0 || failed)
			return failed ? -failed : -errno;
	}
	return TAKE_FD(fd);
}

static int connect_to(const struct address *a, int64_t deadline, int *ret, struct error **err)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	size_t n = 0;
	int r = getaddrinfo(a->host, a->port, &hints, &list);

	if (r != 0)
		return error_set(err, -EHOSTUNREACH, "%s", gai_strerror(r));
	for (const struct addrinfo *i = list; i; i = i->ai_next)
		n++;
	r = -EHOSTUNREACH;
	/* One of which nothing comes back leaves time for the others. */
	for (const struct addrinfo *i = list; i && r < 0; i = i->ai_next)
		r = connect_one(i, clock_share(deadline, n--));
	freeaddrinfo(list);
	if (r < 0)
		return error_errno(err, -r, "no connection");
	*ret = r;
	return 0;
}

static int receive(struct tls_client *c, int64_t deadline, struct buffer *bytes,
		   struct http_answer *ret, struct error **err)
{
	int r = 0;

	while (r == 0) {
		uint8_t chunk[4096];
		ssize_t got = tls_client_receive(c, chunk, sizeof chunk, deadline, err);

		if (got < 0)
			return (int)got;
		buffer_put(bytes, SPAN(chunk, (size_t)got));
		if (!buffer_ok(bytes))
			return error_set(err, -ERROR_MALFORMED, "the answer is too long");
		r = http_answer_parse(buffer_span(bytes), got == 0, CHECKPOINT_ANSWER_MAX, ret,
				      err);
	}
	return r;
}

/* *ret_body refers to `bytes`. */
static int get(const struct checkpoint_options *o, const struct address *a, const char *path,
	       struct buffer *bytes, struct span *ret_body, struct error **err)
{
	_cleanup_free_ char *request =
		string_printf("GET %s%s HTTP/1.1\r\nHost: %s:%s\r\nAccept: application/json\r\n"
			      "User-Agent: tdnode\r\nConnection: close\r\n\r\n",
			      a->path, path, a->host, a->port);
	int64_t deadline = clock_milliseconds() + o->attempt_milliseconds;
	_cleanup_(tls_client_freep) struct tls_client *c = NULL;
	_cleanup_close_ int fd = -1;
	struct http_answer answer;
	int r = request ? connect_to(a, deadline, &fd, err) : error_oom(err);

	if (r >= 0)
		r = tls_client_open(fd, a->host, o->ca_file, deadline, &c, err);
	if (r >= 0)
		r = tls_client_send(c, span_string(request), deadline, err);
	if (r >= 0)
		r = receive(c, deadline, bytes, &answer, err);
	if (r < 0)
		return r;
	if (answer.status != 200)
		return error_set(err, -EIO, "status %u", answer.status);
	http_answer_join(bytes, &answer);
	*ret_body = answer.body;
	return 0;
}

static int ask(const struct checkpoint_options *o, struct checkpoint_answer *a, struct error **err)
{
	_cleanup_(buffer_release) struct buffer genesis =
		BUFFER_INIT(HTTP_ANSWER_SIZE(CHECKPOINT_ANSWER_MAX));
	_cleanup_(buffer_release) struct buffer finalized =
		BUFFER_INIT(HTTP_ANSWER_SIZE(CHECKPOINT_ANSWER_MAX));
	_cleanup_(address_release) struct address address = {0};
	struct span body;
	int r = address_parse(a->url, &address, err);

	if (r >= 0)
		r = get(o, &address, GENESIS, &genesis, &body, err);
	if (r >= 0)
		r = beacon_genesis_parse(body, a->network, err);
	if (r >= 0)
		r = get(o, &address, FINALIZED, &finalized, &body, err);
	return r < 0 ? r : beacon_finalized_parse(body, &a->finalized, err);
}

int checkpoint_ask(const struct checkpoint_options *o, struct checkpoint_answer *a,
		   struct error **err)
{
	_cleanup_error_ struct error *e = NULL;
	int r = ask(o, a, &e);

	free(a->problem);
	a->problem = NULL;
	if (r >= 0)
		return 0;
	a->problem = strdup(error_message(e));
	return a->problem ? 0 : error_oom(err);
}
