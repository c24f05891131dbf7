#include "cloud/arm_answer.h"

#include <errno.h>
#include <time.h>

#include "base/secret.h"
#include "cloud/arm_client.h"
#include "formats/azure_error.h"

#define WAIT_MAX_SECONDS 120

void arm_answer_release(struct http_answer *a)
{
	secret_buffer_release(&a->body);
	http_answer_release(a);
}

char *arm_request_name(const char *path)
{
	static const char *const cut[] = {"/subscriptions/", "/resourceGroups/", "/providers/"};
	const char *end = path + strcspn(path, "?"), *p = path;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(4096);

	/* "/subscriptions/S/resourceGroups/G/providers/P/T/N": G, P/T/N. */
	if (string_starts(p, cut[0])) {
		p += strlen(cut[0]);
		p += strcspn(p, "/?");
	}
	if (p == end)
		return strdup("the subscription");
	if (strncasecmp(p, cut[1], strlen(cut[1])) == 0) {
		size_t n;

		p += strlen(cut[1]);
		n = strcspn(p, "/?");
		buffer_put(&b, SPAN(p, n));
		p += n;
		if (p < end)
			buffer_put_string(&b, "/");
	}
	if (string_starts(p, cut[2]))
		p += strlen(cut[2]);
	if (*p == '/')
		p++;
	buffer_put(&b, SPAN(p, (size_t)MAX(end - p, 0)));
	return buffer_steal_text(&b);
}

static bool is_code(const struct http_answer *a, const char *const *codes)
{
	_cleanup_(azure_error_release) struct azure_error e = {0};

	if (azure_error_parse(buffer_span(&a->body), &e, NULL) < 0)
		return false;
	for (; *codes; codes++)
		if (string_equal(e.code, *codes))
			return true;
	return false;
}

bool arm_answer_is_passing(const struct http_answer *a)
{
	/* Something else is under way with the same resource. */
	static const char *const busy[] = {"AnotherOperationInProgress", "RetryableError",
					   "OperationPreempted",
					   "RetryableErrorDueToAnotherOperation", NULL};

	if (a->status == 408 || a->status == 429 || a->status >= 500)
		return true;
	return a->status == 409 && is_code(a, busy);
}

int64_t arm_answer_retry_after(const struct http_answer *a)
{
	const char *value = http_answer_header(a, "retry-after");
	struct tm tm = {0};
	uint64_t seconds;
	int64_t until;

	if (!value)
		return -1;
	if (parse_u64(span_string(value), INT32_MAX, &seconds))
		return (int64_t)MIN(seconds, WAIT_MAX_SECONDS) * 1000;
	if (!strptime(value, "%a, %d %b %Y %H:%M:%S", &tm))
		return -1;
	until = timegm(&tm) - time(NULL);
	return MIN(MAX(until, 0), WAIT_MAX_SECONDS) * 1000;
}

static int word_state(const char *word)
{
	if (strcasecmp(word, "Succeeded") == 0)
		return 1;
	return strcasecmp(word, "Failed") == 0 || strcasecmp(word, "Canceled") == 0 ? -1 : 0;
}

int arm_resource_state(const json_t *resource)
{
	const char *word = arm_text(resource, "properties.provisioningState");

	return word ? word_state(word) : 1;
}

int arm_answer_state(const struct http_answer *a, const json_t *body, bool is_location)
{
	const char *word = arm_text(body, "status");

	if (is_location)
		return a->status == 202 ? 0 : 1;
	if (word)
		return word_state(word);
	/* Accepted, and nothing more to say of it yet. */
	return a->status == 202 && !arm_text(body, "properties.provisioningState")
		       ? 0
		       : arm_resource_state(body);
}

static int error_code(unsigned status)
{
	switch (status) {
	case 401:
	case 403:
		return -EACCES;
	case 404:
		return -ENOENT;
	case 409:
		return -EBUSY;
	default:
		return -EIO;
	}
}

/* The tenant that the service names to those whose token it does not take. */
static void put_tenant(const struct http_answer *a, struct buffer *b)
{
	static const char mark[] = "authorization_uri=\"";
	const char *value = http_answer_header(a, "www-authenticate");
	const char *uri = value ? strstr(value, mark) : NULL;

	if (!uri)
		return;
	uri += strlen(mark);
	buffer_printf(b, ": the subscription is of the tenant at %.*s", (int)strcspn(uri, "\""),
		      uri);
}

int arm_answer_error(const struct arm_request *q, const struct http_answer *a, struct error **err)
{
	_cleanup_(azure_error_release) struct azure_error e = {0};
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(16u << 10);
	const char *advice, *id = http_answer_header(a, "x-ms-correlation-request-id");
	int r = azure_error_parse(buffer_span(&a->body), &e, err);

	if (r < 0)
		return r;
	buffer_printf(&b, "%s %s: ", q->method, q->name);
	if (e.code[0])
		buffer_put_string(&b, e.code);
	else
		buffer_printf(&b, "the service answers %u", a->status);
	if (e.message[0])
		buffer_printf(&b, ": %s", e.message);
	if (e.target[0] && !strstr(e.message, e.target))
		buffer_printf(&b, " (%s)", e.target);
	advice = azure_error_advice(&e);
	if (advice)
		buffer_printf(&b, ": %s", advice);
	if (a->status == 401)
		put_tenant(a, &b);
	if (!id)
		id = http_answer_header(a, "x-ms-request-id");
	if (id)
		buffer_printf(&b, " [correlation id %s]", id);
	return error_set(err, error_code(a->status), "%s", buffer_text(&b));
}

int arm_answer_take_url(const struct http_answer *a, const char *header, char **url,
			struct error **err)
{
	const char *value = http_answer_header(a, header);
	char *copy;

	if (!value)
		return 0;
	copy = strdup(value);
	if (!copy)
		return error_oom(err);
	free(*url);
	*url = copy;
	return 0;
}

bool arm_answer_url_is_ours(const char *endpoint, const char *url)
{
	size_t n = strlen(endpoint);
	const char *scheme = "https://", *host, *wanted;
	size_t host_n, wanted_n;

	if (strncasecmp(url, endpoint, n) == 0 && (url[n] == '/' || url[n] == '?' || url[n] == 0))
		return true;
	if (!string_starts(endpoint, scheme) || !string_starts(url, scheme))
		return false;
	/* "westus.management.azure.com" is a part of "management.azure.com". */
	host = url + strlen(scheme);
	wanted = endpoint + strlen(scheme);
	host_n = strcspn(host, "/?#:@\\");
	wanted_n = strlen(wanted);
	return azure_url_host_ends(host + host_n) && host_n > wanted_n + 1 &&
	       host[host_n - wanted_n - 1] == '.' &&
	       strncasecmp(host + host_n - wanted_n, wanted, wanted_n) == 0;
}
