#include "net/http_parallel.h"

#include <errno.h>

#include "base/clock.h"
#include "net/http_handle.h"

/* A connection that moves less than this for so long is dead; the whole exchange may take its time. */
#define STALL_BYTES_PER_SECOND 10L
#define STALL_SECONDS 60L

struct running {
	struct running *next;
	CURL *curl;
	struct http_request request;
	struct http_answer answer;
	struct http_exchange exchange;
	void *context;
};

struct http_parallel {
	struct http_client *client;
	CURLM *multi;
	struct running *first;
};

static void running_free(struct running *r)
{
	curl_easy_cleanup(r->curl);
	http_exchange_release(&r->exchange);
	http_answer_release(&r->answer);
	free(r);
}
DEFINE_FREEP(struct running *, running_free)

int http_parallel_new(struct http_client *c, unsigned connections, struct http_parallel **ret,
		      struct error **err)
{
	struct http_parallel *p = calloc(1, sizeof *p);

	if (!p)
		return error_oom(err);
	p->client = c;
	p->multi = curl_multi_init();
	if (!p->multi) {
		free(p);
		return error_oom(err);
	}
	curl_multi_setopt(p->multi, CURLMOPT_MAXCONNECTS, (long)connections);
	/* Side by side means connections: one that many share is as slow as one. */
	curl_multi_setopt(p->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
	*ret = p;
	return 0;
}

/* Out of the list, and out of libcurl's. */
static void take_out(struct http_parallel *p, struct running *r)
{
	struct running **at = &p->first;

	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	curl_multi_remove_handle(p->multi, r->curl);
}

void http_parallel_free(struct http_parallel *p)
{
	if (!p)
		return;
	while (p->first) {
		struct running *r = p->first;

		take_out(p, r);
		running_free(r);
	}
	curl_multi_cleanup(p->multi);
	free(p);
}

int http_parallel_start(struct http_parallel *p, const struct http_request *q, size_t body_max,
			void *context, struct error **err)
{
	_cleanup_(running_freep) struct running *r = calloc(1, sizeof *r);

	if (!r)
		return error_oom(err);
	r->request = *q;
	r->answer = (struct http_answer){.body = BUFFER_INIT(body_max)};
	r->context = context;
	r->curl = http_handle_new(p->client, q->url);
	if (!r->curl)
		return error_oom(err);

	int k = http_exchange_begin(&r->exchange, r->curl, &r->request, &r->answer, err);

	if (k < 0)
		return k;
	curl_easy_setopt(r->curl, CURLOPT_LOW_SPEED_LIMIT, STALL_BYTES_PER_SECOND);
	curl_easy_setopt(r->curl, CURLOPT_LOW_SPEED_TIME, STALL_SECONDS);
	curl_easy_setopt(r->curl, CURLOPT_PRIVATE, r);
	if (curl_multi_add_handle(p->multi, r->curl) != CURLM_OK)
		return error_oom(err);
	r->next = p->first;
	p->first = TAKE_PTR(r);
	return 0;
}

void http_done_release(struct http_done *d)
{
	error_free(d->error);
	http_answer_release(&d->answer);
	*d = (struct http_done){};
}

/* The next that libcurl has done with. */
static bool take_done(struct http_parallel *p, struct http_done *ret)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(p->multi, &left))) {
		struct http_done done = {};
		CURLcode code = message->data.result;
		struct running *r;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&r);
		done.context = r->context;
		done.result = http_exchange_result(&r->exchange, r->curl, code, &done.error);
		if (done.result >= 0) {
			done.answer = r->answer;
			r->answer = (struct http_answer){};
		}
		take_out(p, r);
		running_free(r);
		*ret = done;
		return true;
	}
	return false;
}

int http_parallel_wait(struct http_parallel *p, int milliseconds, struct http_done *ret,
		       struct error **err)
{
	const int64_t end = clock_milliseconds() + milliseconds;

	for (;;) {
		CURLMcode code = CURLM_OK;
		int running;

		if (take_done(p, ret))
			return 1;
		code = curl_multi_perform(p->multi, &running);
		if (code == CURLM_OK && take_done(p, ret))
			return 1;

		int64_t rest = end - clock_milliseconds();

		if (code == CURLM_OK && rest > 0)
			code = curl_multi_poll(p->multi, NULL, 0, (int)rest, NULL);
		if (code != CURLM_OK)
			return error_set(err, -EIO, "libcurl: %s", curl_multi_strerror(code));
		if (rest <= 0)
			return 0;
	}
}
