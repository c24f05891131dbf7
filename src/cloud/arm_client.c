#include "cloud/arm_client.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/random.h>
#include <time.h>

#include "base/secret.h"
#include "cloud/arm_answer.h"
#include "formats/derived_uuid.h"
#include "formats/json_read.h"

#define TRIES 7u
#define PAUSE_FIRST_MS 250
#define PAUSE_MAX_MS 30000
/* Of polls that name no pause. */
#define POLL_FIRST_MS 200
#define POLL_MAX_MS 5000
/* A version of an image takes minutes, the deletion of a blocked group six: after this long nobody waits. */
#define POLL_TOTAL_MS (60 * 60 * 1000)
#define PAGES_MAX 200u

int arm_open(struct arm *a, const char *endpoint, const char *subscription, struct error **err)
{
	const char *at = endpoint ? endpoint : ARM_ENDPOINT;
	size_t n = strlen(at);
	int r;

	while (n && at[n - 1] == '/')
		n--;
	if (!azure_url_is_safe(at))
		return error_set(err, -ERROR_USAGE,
				 "the endpoint '%s' is neither https nor this machine", at);
	a->endpoint = string_printf("%.*s", (int)n, at);
	if (!a->endpoint)
		return error_oom(err);
	r = http_client_new(false, &a->http, err);
	if (r < 0)
		return r;
	azure_sign_in_complete(&a->sign_in);
	a->sign_in.seconds = a->seconds;
	r = azure_token_get(a->http, &a->sign_in, &a->interrupt, &a->token, err);
	if (r < 0)
		return r;
	if (!subscription)
		subscription = getenv("AZURE_SUBSCRIPTION_ID");
	if (!subscription || !subscription[0])
		subscription = a->token.subscription;
	if (!subscription)
		return error_set(err, -ERROR_USAGE,
				 "which subscription? Give --subscription ID, or set "
				 "AZURE_SUBSCRIPTION_ID");
	a->subscription = strdup(subscription);
	return a->subscription ? 0 : error_oom(err);
}

void arm_release(struct arm *a)
{
	azure_token_release(&a->token);
	http_client_free(a->http);
	free(a->endpoint);
	free(a->subscription);
	*a = (struct arm){0};
}

char *arm_path(const struct arm *a, const char *fmt, ...)
{
	_cleanup_free_ char *rest = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&rest, fmt, ap);
	va_end(ap);
	if (n < 0) {
		rest = NULL;
		return NULL;
	}
	return string_printf("/subscriptions/%s%s", a->subscription, rest);
}

void arm_insist(struct arm *a)
{
	a->interrupt = (struct interrupt){0};
}

const json_t *arm_member(const json_t *object, const char *path)
{
	struct span rest = span_string(path);

	while (object && rest.n) {
		const char *dot = memchr(rest.p, '.', rest.n);
		size_t n = dot ? (size_t)(dot - (const char *)rest.p) : rest.n;

		object = json_object_getn(object, (const char *)rest.p, n);
		rest = span_skip(rest, dot ? n + 1 : n);
	}
	return object;
}

const char *arm_text(const json_t *object, const char *path)
{
	return json_string_value(arm_member(object, path));
}

/* A pause, or -ERROR_STOPPED. */
static int pause_for(struct arm *a, int64_t milliseconds, struct error **err)
{
	return interrupt_wait(&a->interrupt, milliseconds) ? interrupt_check(&a->interrupt, err)
							   : 0;
}

static int make_fresh(struct arm *a, struct error **err)
{
	struct azure_token fresh = {0};
	int r;

	if (azure_token_is_fresh(&a->token))
		return 0;
	r = azure_token_get(a->http, &a->sign_in, &a->interrupt, &fresh, err);
	if (r < 0)
		return r;
	azure_token_release(&a->token);
	a->token = fresh;
	return 0;
}

/* The id under which Azure logs the call. */
static void request_id(char ret[GUID_TEXT_SIZE])
{
	uint8_t random[16] = {0};

	if (getrandom(random, sizeof random, 0) != sizeof random)
		memset(random, 0, sizeof random);
	uuid_format(random, ret);
}

static int exchange_once(struct arm *a, const struct arm_request *q, struct http_answer *ret,
			 struct error **err)
{
	_cleanup_(secret_buffer_release) struct buffer authorization =
		BUFFER_INIT(AZURE_TOKEN_MAX + 64);
	char id[GUID_TEXT_SIZE], id_header[64];
	const char *headers[] = {NULL, id_header, "Content-Type: application/json",
				 "Accept: application/json", NULL};
	struct http_request request = {
		.method = q->method,
		.url = q->url,
		.headers = headers,
		.body = q->body,
		.name = q->name,
		.seconds = a->seconds,
		.direct = azure_url_is_local(q->url),
	};
	int r = make_fresh(a, err);

	if (r < 0)
		return r;
	if (!buffer_extend(&authorization, a->token.text.n + 32))
		return error_oom(err);
	authorization.n = 0;
	buffer_printf(&authorization, "Authorization: Bearer %s", buffer_text(&a->token.text));
	if (!buffer_ok(&authorization))
		return error_oom(err);
	request_id(id);
	snprintf(id_header, sizeof id_header, "x-ms-client-request-id: %s", id);
	headers[0] = buffer_text(&authorization);
	r = http_exchange(a->http, &request, ret, err);
	a->calls++;
	if (a->trace)
		fprintf(stderr, "%s %s: %u\n", q->method, q->name, r < 0 ? 0 : ret->status);
	return r;
}

/* Repeats until it arrives and is answered for good: any status that another try does not change. */
static int exchange(struct arm *a, const struct arm_request *q, struct http_answer *ret,
		    struct error **err)
{
	bool renewed = false;
	int64_t pause = PAUSE_FIRST_MS;

	for (unsigned i = 1;; i++, pause = MIN(2 * pause, PAUSE_MAX_MS)) {
		struct http_answer answer = {.body = BUFFER_INIT(ARM_ANSWER_MAX)};
		_cleanup_error_ struct error *e = NULL;
		int r = interrupt_check(&a->interrupt, &e);
		bool again;
		int64_t wait;

		if (r < 0)
			return error_move(err, r, &e);
		r = exchange_once(a, q, &answer, &e);
		again = r < 0 ? r == -ETIMEDOUT || r == -ECONNRESET || r == -ECONNREFUSED ||
					r == -EHOSTUNREACH
			      : arm_answer_is_passing(&answer);
		/* A token may end early, or be taken back; one that is refused at once is none that helps. Between
		 * two that end, others may have been waited for. */
		renewed = r >= 0 && answer.status == 401 && !renewed;
		if (renewed) {
			again = true;
			a->token.renew = 0;
		}
		wait = r < 0 ? -1 : arm_answer_retry_after(&answer);
		if (!again || i >= TRIES) {
			*ret = answer;
			return r < 0 ? error_move(err, r, &e) : 0;
		}
		arm_answer_release(&answer);
		r = pause_for(a, MAX(wait, pause), err);
		if (r < 0)
			return r;
	}
}

/* The answer of 2xx as JSON (NULL if it is empty), or the error that it tells of. */
static int call(struct arm *a, const struct arm_request *q, struct http_answer *ret_answer,
		json_t **ret, struct error **err)
{
	struct http_answer answer = {.body = BUFFER_INIT(ARM_ANSWER_MAX)};
	json_t *root = NULL;
	int r = exchange(a, q, &answer, err);

	if (r >= 0 && (answer.status < 200 || answer.status > 299))
		r = arm_answer_error(q, &answer, err);
	else if (r >= 0 && answer.body.n &&
		 json_read_document(buffer_span(&answer.body), false, &root, NULL) < 0)
		r = error_set(err, -ERROR_MALFORMED, "%s %s: the answer is no JSON object",
			      q->method, q->name);
	if (r < 0) {
		arm_answer_release(&answer);
		return r;
	}
	*ret_answer = answer;
	*ret = root;
	return 0;
}

/* GET of an address that an answer named: it gets the token, so it has to be Azure's. */
static int follow(struct arm *a, const char *name, const char *url, struct http_answer *answer,
		  json_t **ret, struct error **err)
{
	const struct arm_request q = {.method = "GET", .url = url, .name = name};

	if (!arm_answer_url_is_ours(a->endpoint, url))
		return error_set(err, -ERROR_MALFORMED,
				 "%s: the answer sends us elsewhere than to %s", name, a->endpoint);
	return call(a, &q, answer, ret, err);
}

/* Waits for the end of the operation whose state is at `url`; *ret is the last answer's body. */
static int poll_status(struct arm *a, const struct arm_request *q, char **url, bool is_location,
		       json_t **ret, struct error **err)
{
	int64_t total = 0, pause = POLL_FIRST_MS;

	for (;;) {
		struct http_answer answer = {.body = BUFFER_INIT(ARM_ANSWER_MAX)};
		_cleanup_json_ json_t *body = NULL;
		int64_t wait;
		int r = follow(a, q->name, *url, &answer, &body, err), state;

		if (r < 0)
			return r;
		state = arm_answer_state(&answer, body, is_location);
		wait = arm_answer_retry_after(&answer);
		if (state == 0 && is_location)
			r = arm_answer_take_url(&answer, "location", url, err);
		if (state < 0)
			r = arm_answer_error(q, &answer, err);
		arm_answer_release(&answer);
		if (r < 0)
			return r;
		if (state > 0) {
			*ret = TAKE_PTR(body);
			return 0;
		}
		if (wait < 0) {
			wait = pause;
			pause = MIN(2 * pause, POLL_MAX_MS);
		}
		total += wait + 1;
		if (total > POLL_TOTAL_MS)
			return error_set(err, -ETIMEDOUT, "%s %s: does not end within an hour",
					 q->method, q->name);
		r = pause_for(a, wait, err);
		if (r < 0)
			return r;
	}
}

/* GET of a resource that is known to be there, which may take a moment to show. */
static int get_resource(struct arm *a, const struct arm_request *put, json_t **ret,
			struct error **err)
{
	const struct arm_request q = {.method = "GET", .url = put->url, .name = put->name};
	int64_t pause = POLL_FIRST_MS;

	for (unsigned i = 1;; i++, pause *= 2) {
		struct http_answer answer = {0};
		_cleanup_error_ struct error *e = NULL;
		int r = call(a, &q, &answer, ret, &e);

		arm_answer_release(&answer);
		if (r != -ENOENT || i >= TRIES)
			return r < 0 ? error_move(err, r, &e) : 0;
		r = pause_for(a, pause, err);
		if (r < 0)
			return r;
	}
}

/* Of a PUT whose answer names no operation: the resource itself says how far it is. */
static int poll_resource(struct arm *a, const struct arm_request *q, json_t **resource,
			 struct error **err)
{
	int64_t total = 0, pause = POLL_FIRST_MS;

	for (;;) {
		int state = arm_resource_state(*resource), r;

		if (state > 0)
			return 0;
		if (state < 0)
			return error_set(err, -EIO, "%s %s: ended as '%s'", q->method, q->name,
					 arm_text(*resource, "properties.provisioningState"));
		if (total > POLL_TOTAL_MS)
			return error_set(err, -ETIMEDOUT, "%s %s: does not end within an hour",
					 q->method, q->name);
		r = pause_for(a, pause, err);
		if (r < 0)
			return r;
		total += pause;
		pause = MIN(2 * pause, POLL_MAX_MS);
		json_decref(*resource);
		*resource = NULL;
		r = get_resource(a, q, resource, err);
		if (r < 0)
			return r;
	}
}

/* The result of a POST: what Location has, else the operation's own output. */
static int post_result(struct arm *a, const struct arm_request *q, const char *location,
		       const json_t *status, json_t **ret, struct error **err)
{
	const json_t *output = arm_member(status, "properties.output");
	struct http_answer answer = {0};
	int r;

	*ret = NULL;
	if (!location) {
		*ret = json_incref((json_t *)(uintptr_t)output);
		return 0;
	}
	r = follow(a, q->name, location, &answer, ret, err);
	arm_answer_release(&answer);
	return r;
}

/* From the first answer to the end. Takes *body. */
static int finish(struct arm *a, const struct arm_request *q, const struct http_answer *first,
		  json_t **body, json_t **ret, struct error **err)
{
	const bool is_put = string_equal(q->method, "PUT") || string_equal(q->method, "PATCH");
	_cleanup_free_ char *operation = NULL, *location = NULL;
	_cleanup_json_ json_t *status = NULL;
	int r = arm_answer_take_url(first, "azure-asyncoperation", &operation, err);

	if (r >= 0 && !operation)
		r = arm_answer_take_url(first, "operation-location", &operation, err);
	if (r >= 0 && first->status != 200)
		r = arm_answer_take_url(first, "location", &location, err);
	if (r < 0)
		return r;
	if (operation)
		r = poll_status(a, q, &operation, false, &status, err);
	else if (location)
		r = poll_status(a, q, &location, true, &status, err);
	else if (is_put && *body)
		r = poll_resource(a, q, body, err);
	if (r < 0)
		return r;
	if (is_put && (operation || location))
		return get_resource(a, q, ret, err);
	if (operation && string_equal(q->method, "POST"))
		return post_result(a, q, location, status, ret, err);
	*ret = location ? TAKE_PTR(status) : TAKE_PTR(*body);
	return 0;
}

static int run(struct arm *a, const char *method, const char *path, const json_t *body,
	       json_t **ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(ARM_ANSWER_MAX);
	_cleanup_free_ char *url = string_printf("%s%s", a->endpoint, path);
	_cleanup_free_ char *name = arm_request_name(path);
	struct http_answer answer = {0};
	_cleanup_json_ json_t *first = NULL, *result = NULL;
	int r;

	if (!url || !name ||
	    (body && !json_put(json_incref((json_t *)(uintptr_t)body), JSON_COMPACT, &text)))
		return error_oom(err);

	const struct arm_request q = {
		.method = method, .url = url, .name = name, .body = buffer_span(&text)};

	r = call(a, &q, &answer, &first, err);
	if (r >= 0 && !string_equal(method, "GET"))
		r = finish(a, &q, &answer, &first, &result, err);
	else if (r >= 0)
		result = TAKE_PTR(first);
	arm_answer_release(&answer);
	if (r >= 0 && ret)
		*ret = TAKE_PTR(result);
	return r;
}

int arm_get(struct arm *a, const char *path, json_t **ret, struct error **err)
{
	int r = run(a, "GET", path, NULL, ret, err);

	return r >= 0 && !*ret ? error_set(err, -ERROR_MALFORMED, "%s: the answer is empty", path)
			       : r;
}

int arm_find(struct arm *a, const char *path, json_t **ret, struct error **err)
{
	_cleanup_error_ struct error *e = NULL;
	int r = arm_get(a, path, ret, &e);

	if (r == -ENOENT) {
		*ret = NULL;
		return 0;
	}
	return r < 0 ? error_move(err, r, &e) : 0;
}

int arm_find_settled(struct arm *a, const char *path, json_t **ret, struct error **err)
{
	int64_t total = 0, pause = POLL_FIRST_MS;

	for (;;) {
		_cleanup_json_ json_t *found = NULL;
		int r = arm_find(a, path, &found, err);

		if (r < 0)
			return r;
		if (!found || arm_resource_state(found) != 0 || total > POLL_TOTAL_MS) {
			*ret = TAKE_PTR(found);
			return 0;
		}
		r = pause_for(a, pause, err);
		if (r < 0)
			return r;
		total += pause;
		pause = MIN(2 * pause, POLL_MAX_MS);
	}
}

int arm_await(struct arm *a, const char *path, struct error **err)
{
	_cleanup_free_ char *url = string_printf("%s%s", a->endpoint, path);
	_cleanup_free_ char *name = arm_request_name(path);
	const struct arm_request q = {.method = "PUT", .url = url, .name = name};
	_cleanup_json_ json_t *resource = NULL;

	return url && name ? get_resource(a, &q, &resource, err) : error_oom(err);
}

int arm_list(struct arm *a, const char *path, json_t **ret, struct error **err)
{
	_cleanup_free_ char *name = arm_request_name(path);
	_cleanup_free_ char *url = string_printf("%s%s", a->endpoint, path);
	_cleanup_json_ json_t *all = json_array();

	if (!name || !url || !all)
		return error_oom(err);
	for (unsigned pages = 0; url; pages++) {
		struct http_answer answer = {0};
		_cleanup_json_ json_t *page = NULL;
		const char *next;
		int r = follow(a, name, url, &answer, &page, err);

		arm_answer_release(&answer);
		if (r < 0)
			return r;
		if (!json_is_array(json_object_get(page, "value")) || pages >= PAGES_MAX)
			return error_set(err, -ERROR_MALFORMED, "%s: the answer is no list", name);
		if (json_array_extend(all, json_object_get(page, "value")) < 0)
			return error_oom(err);
		next = arm_text(page, "nextLink");
		free(url);
		url = next && next[0] ? strdup(next) : NULL;
		if (next && next[0] && !url)
			return error_oom(err);
	}
	*ret = TAKE_PTR(all);
	return 0;
}

int arm_put(struct arm *a, const char *path, const json_t *body, json_t **ret, struct error **err)
{
	return run(a, "PUT", path, body, ret, err);
}

int arm_patch(struct arm *a, const char *path, const json_t *body, struct error **err)
{
	return run(a, "PATCH", path, body, NULL, err);
}

int arm_post(struct arm *a, const char *path, const json_t *body, json_t **ret, struct error **err)
{
	return run(a, "POST", path, body, ret, err);
}

int arm_delete(struct arm *a, const char *path, struct error **err)
{
	_cleanup_error_ struct error *e = NULL;
	int r = run(a, "DELETE", path, NULL, NULL, &e);

	return r < 0 && r != -ENOENT ? error_move(err, r, &e) : 0;
}
