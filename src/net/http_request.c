#include "net/http_request.h"

#include <ctype.h>
#include <errno.h>

#include "net/http_handle.h"

/* Of all headers of an answer: Azure sends two of 5 KB among some of a line each. */
#define HEADERS_MAX (256u << 10)

static const char *other_side(const struct http_request *q)
{
	return q->name ? q->name : q->url;
}

static size_t on_body(char *p, size_t size, size_t n, void *context)
{
	struct http_exchange *x = context;

	buffer_put(&x->answer->body, SPAN(p, size * n));
	if (buffer_ok(&x->answer->body))
		return size * n;
	x->result = -EMSGSIZE;
	return 0;
}

/* "Name: value\r\n" to "name: value". Anything else, as the empty line at the end, is no header. */
static int take_header(struct http_answer *a, struct span line)
{
	size_t colon;

	while (line.n > 0 && isspace(line.p[line.n - 1]))
		line.n--;
	if (!span_find(line, SPAN_LITERAL(":"), &colon))
		return 0;

	_cleanup_free_ char *name = span_to_string(SPAN(line.p, colon));
	_cleanup_free_ char *value = span_to_string(span_trim(span_skip(line, colon + 1)));

	if (!name || !value)
		return -ENOMEM;
	for (char *p = name; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return string_list_take(&a->headers, string_printf("%s: %s", name, value));
}

static size_t on_header(char *p, size_t size, size_t n, void *context)
{
	struct http_exchange *x = context;
	struct span line = SPAN(p, size * n);

	/* A proxy and "100 Continue" have headers of their own before those of the answer. */
	if (line.n >= 5 && memcmp(line.p, "HTTP/", 5) == 0) {
		string_list_release(&x->answer->headers);
		x->header_bytes = 0;
		return line.n;
	}
	x->header_bytes += line.n;
	x->result = x->header_bytes > HEADERS_MAX ? -EMSGSIZE : take_header(x->answer, line);
	return x->result < 0 ? 0 : line.n;
}

static int add_header(struct http_exchange *x, const char *header)
{
	struct curl_slist *longer = curl_slist_append(x->headers, header);

	if (!longer)
		return -ENOMEM;
	x->headers = longer;
	return 0;
}

static bool has_header(const struct http_request *q, const char *name)
{
	for (size_t i = 0; q->headers && q->headers[i]; i++)
		if (strncasecmp(q->headers[i], name, strlen(name)) == 0)
			return true;
	return false;
}

static int set_headers(struct http_exchange *x, CURL *curl)
{
	const struct http_request *q = x->request;
	/* Of libcurl's own: no wait before a body is sent, no type that nobody named. */
	int r = add_header(x, "Expect:");

	if (r >= 0 && !has_header(q, "Content-Type:"))
		r = add_header(x, "Content-Type:");
	for (size_t i = 0; r >= 0 && q->headers && q->headers[i]; i++)
		r = add_header(x, q->headers[i]);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, x->headers);
	return r;
}

/* POST and PUT say that their body is empty, others have none then. */
static void set_body(const struct http_request *q, CURL *curl)
{
	if (string_equal(q->method, "HEAD")) {
		curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
	} else if (q->body.n > 0 || string_equal(q->method, "POST") ||
		   string_equal(q->method, "PUT")) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body.n);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, q->body.n ? (void *)q->body.p : "");
	}
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, q->method);
}

int http_exchange_begin(struct http_exchange *x, CURL *curl, const struct http_request *request,
			struct http_answer *ret, struct error **err)
{
	*x = (struct http_exchange){.request = request, .answer = ret};
	if (set_headers(x, curl) < 0) {
		http_exchange_release(x);
		return error_oom(err);
	}
	set_body(request, curl);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT,
			 request->seconds ? (long)request->seconds : (long)HTTP_EXCHANGE_SECONDS);
	if (request->direct)
		curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, x->text);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, x);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, x);
	return 0;
}

/* Whether any of the request may have arrived. */
static bool was_sent(CURL *curl)
{
	curl_off_t at = 0;

	curl_easy_getinfo(curl, CURLINFO_PRETRANSFER_TIME_T, &at);
	return at > 0;
}

static int code_of(CURL *curl, CURLcode code)
{
	long reason = 0;

	switch (code) {
	case CURLE_OUT_OF_MEMORY:
		return -ENOMEM;
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return -EINVAL;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CONNECT_ERROR:
		return -EPERM;
	case CURLE_COULDNT_CONNECT:
		curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &reason);
		return reason == ECONNREFUSED ? -ECONNREFUSED : -EHOSTUNREACH;
	case CURLE_OPERATION_TIMEDOUT:
		return was_sent(curl) ? -ETIMEDOUT : -EHOSTUNREACH;
	default:
		return was_sent(curl) ? -ECONNRESET : -EHOSTUNREACH;
	}
}

int http_exchange_result(const struct http_exchange *x, CURL *curl, CURLcode code,
			 struct error **err)
{
	const char *name = other_side(x->request);
	long status = 0;

	if (x->result == -EMSGSIZE)
		return error_set(err, -EMSGSIZE, "%s: the answer is larger than expected", name);
	if (x->result < 0)
		return error_errno(err, -x->result, "cannot keep the answer of %s", name);
	if (code != CURLE_OK)
		return error_set(err, code_of(curl, code), "%s: %s", name,
				 x->text[0] ? x->text : curl_easy_strerror(code));
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	x->answer->status = (unsigned int)status;
	return 0;
}

void http_exchange_release(struct http_exchange *x)
{
	curl_slist_free_all(x->headers);
	x->headers = NULL;
}

int http_exchange(struct http_client *c, const struct http_request *q, struct http_answer *ret,
		  struct error **err)
{
	_cleanup_(http_handle_freep) CURL *curl = http_handle_new(c, q->url);
	_cleanup_(http_answer_release) struct http_answer a = {.body = BUFFER_INIT(ret->body.max)};
	_cleanup_(http_exchange_release) struct http_exchange x = {};

	if (!curl)
		return error_oom(err);

	int r = http_exchange_begin(&x, curl, q, &a, err);

	if (r < 0)
		return r;
	r = http_exchange_result(&x, curl, curl_easy_perform(curl), err);
	if (r < 0)
		return r;
	http_answer_release(ret);
	*ret = a;
	a = (struct http_answer){};
	return 0;
}

const char *http_answer_header(const struct http_answer *a, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < a->headers.n; i++)
		if (string_starts(a->headers.items[i], name) && a->headers.items[i][n] == ':')
			return &a->headers.items[i][n + 2];
	return NULL;
}

void http_answer_release(struct http_answer *a)
{
	string_list_release(&a->headers);
	buffer_release(&a->body);
	a->status = 0;
}
