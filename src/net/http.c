#include "net/http.h"

#include <errno.h>
#include <time.h>

#include "base/file.h"
#include "net/http_handle.h"

/* Slower than this for so long is a stall. */
#define STALL_BYTES_PER_SECOND 100L
#define STALL_SECONDS 30L
#define REDIRECTS_MAX 5L
/* Doubled at each retry. */
#define RETRY_MILLISECONDS 500L

int http_client_new(bool allow_file, struct http_client **ret, struct error **err)
{
	struct http_client *c = calloc(1, sizeof *c);

	if (!c)
		return error_oom(err);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(c);
		return error_set(err, -EIO, "libcurl does not start");
	}
	c->allow_file = allow_file;
	c->ca_bundle = getenv("SSL_CERT_FILE");
	if (!c->ca_bundle)
		c->ca_bundle = getenv("CURL_CA_BUNDLE");
	*ret = c;
	return 0;
}

void http_client_free(struct http_client *c)
{
	if (!c)
		return;
	curl_global_cleanup();
	free(c);
}

/* One request under way: the body goes to `sink`. */
struct transfer {
	CURL *curl;
	int (*sink)(struct transfer *t, struct span bytes);
	int result; /* of the sink: why it stopped the transfer */
	bool body_begun;
	/* Sink of http_get(). */
	struct buffer *buffer;
	/* Headers that are wanted, the first that is there; NULL: none. */
	const char *headers[2];
	struct buffer *header;
	/* Sink of http_download(). */
	int fd;
	uint64_t *offset;
	uint64_t max;
	struct progress *progress;
};

static int sink_buffer(struct transfer *t, struct span bytes)
{
	buffer_put(t->buffer, bytes);
	return buffer_ok(t->buffer) ? 0 : -EMSGSIZE;
}

static int sink_file(struct transfer *t, struct span bytes)
{
	if (bytes.n > t->max - MIN(*t->offset, t->max))
		return -EMSGSIZE;

	int r = pwrite_full(t->fd, bytes, (off_t)*t->offset);

	if (r < 0)
		return r;
	*t->offset += bytes.n;
	progress_add(t->progress, bytes.n);
	return 0;
}

/* A 200 answer to a Range request carries the whole body. */
static int begin_body(struct transfer *t)
{
	long status = 0;

	t->body_begun = true;
	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	if (t->offset && *t->offset > 0 && status == 200) {
		*t->offset = 0;
		return ftruncate(t->fd, 0) < 0 ? -errno : 0;
	}
	return 0;
}

static size_t on_bytes(char *p, size_t size, size_t n, void *context)
{
	struct transfer *t = context;

	if (!t->body_begun)
		t->result = begin_body(t);
	if (t->result >= 0)
		t->result = t->sink(t, SPAN(p, size * n));
	return t->result < 0 ? 0 : size * n;
}

static CURL *new_handle(const struct http_client *c, const char *url, struct transfer *t)
{
	CURL *curl = http_handle_new(c, url);

	if (!curl)
		return NULL;
	t->curl = curl;
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR,
			 c->allow_file ? "http,https,file" : "http,https");
	curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR,
			 strncmp(url, "https:", 6) == 0 ? "https" : "http,https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(curl, CURLOPT_MAXREDIRS, REDIRECTS_MAX);
	curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, STALL_BYTES_PER_SECOND);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, STALL_SECONDS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
	return curl;
}

static bool worth_retrying(CURLcode code, long status)
{
	if (code == CURLE_HTTP_RETURNED_ERROR)
		return status == 408 || status == 429 || status >= 500;
	return code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
	       code == CURLE_OPERATION_TIMEDOUT || code == CURLE_PARTIAL_FILE ||
	       code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR ||
	       code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM;
}

static int explain(const char *url, const struct transfer *t, CURLcode code, long status,
		   const char *text, struct error **err)
{
	if (t->result == -EMSGSIZE)
		return error_set(err, -EMSGSIZE, "%s: more bytes than expected", url);
	if (t->result < 0)
		return error_errno(err, -t->result, "cannot keep what arrives from %s", url);
	if (code == CURLE_FILE_COULDNT_READ_FILE)
		return error_set(err, -ENOENT, "%s: no such file", url);
	if (code == CURLE_HTTP_RETURNED_ERROR)
		return error_set(err, status == 404 || status == 410 ? -ENOENT : -EIO,
				 "%s: the server answers %ld", url, status);
	return error_set(err, -EIO, "%s: %s", url, text[0] ? text : curl_easy_strerror(code));
}

static int take_header(const struct transfer *t, const char *url, struct error **err)
{
	for (size_t i = 0; t->header && i < ARRAY_SIZE(t->headers); i++) {
		struct curl_header *h;

		if (curl_easy_header(t->curl, t->headers[i], 0, CURLH_HEADER, -1, &h) != CURLHE_OK)
			continue;
		buffer_put_string(t->header, h->value);
		return buffer_ok(t->header) ? 0 : error_oom(err);
	}
	return t->header ? error_set(err, -ENOENT, "%s: the answer has no header '%s'", url,
				     t->headers[0])
			 : 0;
}

static int attempt(const struct http_client *c, const char *url, struct transfer *t,
		   bool *ret_again, struct error **err)
{
	char text[CURL_ERROR_SIZE] = "";
	char range[32];
	CURL *curl = new_handle(c, url, t);
	long status = 0;

	if (!curl)
		return error_oom(err);
	t->result = 0;
	t->body_begun = false;
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, text);
	if (t->offset && *t->offset > 0) {
		/* Not RESUME_FROM, which fails where a server sends the whole file instead. */
		snprintf(range, sizeof range, "%llu-", (unsigned long long)*t->offset);
		curl_easy_setopt(curl, CURLOPT_RANGE, range);
	}

	CURLcode code = curl_easy_perform(curl);

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);

	int r = code == CURLE_OK ? take_header(t, url, err)
				 : explain(url, t, code, status, text, err);

	curl_easy_cleanup(curl);
	/* What is on disk is longer than the file, or no part of it: from the start. */
	if (code == CURLE_HTTP_RETURNED_ERROR && status == 416 && t->offset && *t->offset > 0) {
		*t->offset = 0;
		*ret_again = ftruncate(t->fd, 0) == 0;
	} else {
		*ret_again = t->result >= 0 && worth_retrying(code, status);
	}
	return r;
}

static int perform(const struct http_client *c, const char *url, struct transfer *t,
		   struct error **err)
{
	long pause = RETRY_MILLISECONDS;

	for (unsigned retry = 0;; retry++) {
		_cleanup_error_ struct error *e = NULL;
		bool again = false;
		int r = attempt(c, url, t, &again, &e);

		if (r >= 0)
			return r;
		if (!again || retry >= HTTP_RETRIES)
			return error_move(err, r, &e);
		if (t->buffer)
			buffer_release(t->buffer);

		const struct timespec wait = {pause / 1000, pause % 1000 * 1000000};

		nanosleep(&wait, NULL);
		pause *= 2;
	}
}

int http_get(struct http_client *c, const char *url, struct buffer *ret, struct error **err)
{
	struct transfer t = {.sink = sink_buffer, .buffer = ret, .fd = -1};

	return perform(c, url, &t, err);
}

int http_get_with_header(struct http_client *c, const char *url, const char *header,
			 const char *other, struct buffer *ret, struct buffer *ret_header,
			 struct error **err)
{
	struct transfer t = {
		.sink = sink_buffer,
		.buffer = ret,
		.fd = -1,
		.headers = {header, other},
		.header = ret_header,
	};

	return perform(c, url, &t, err);
}

int http_download(struct http_client *c, const char *url, int fd, uint64_t max, uint64_t *offset,
		  struct progress *progress, struct error **err)
{
	struct transfer t = {
		.sink = sink_file,
		.fd = fd,
		.offset = offset,
		.max = max,
		.progress = progress,
	};

	return perform(c, url, &t, err);
}
