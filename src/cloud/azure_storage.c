#include "cloud/azure_storage.h"

#include <ctype.h>
#include <errno.h>
#include <time.h>

#include "base/secret.h"
#include "cloud/arm_answer.h"
#include "crypto/digest.h"
#include "crypto/hmac.h"
#include "formats/azure_error.h"
#include "formats/json_read.h"

#define VERSION "2020-10-02"
/* The form of the addresses of managed disks: what may be done is in the policy alone. */
#define SIGNED_VERSION "2018-03-28"
#define POLICY "tdnode"
#define GRANT_SECONDS (24 * 60 * 60)
#define KEY_MAX 512u
#define ANSWER_MAX (256u << 10)
#define TRIES 6u

void azure_storage_release(struct azure_storage *s)
{
	free(s->account);
	free(s->id);
	free(s->blobs);
	secret_buffer_release(&s->key);
	*s = (struct azure_storage){0};
}

int azure_storage_name(const struct arm *a, const char *group, char ret[25], struct error **err)
{
	_cleanup_free_ char *text = string_printf("%s/%s", a->subscription, group);
	char hex[DIGEST_HEX_MAX];
	struct digest digest;

	if (!text)
		return error_oom(err);
	for (char *p = text; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	digest = digest_bytes(DIGEST_SHA256, span_string(text));
	digest_hex(&digest, hex);
	snprintf(ret, 25, "tdnode%.18s", hex);
	return 0;
}

int azure_storage_find(struct arm *a, const char *id, const char *account, bool *ret_exists,
		       struct azure_storage *ret, struct error **err)
{
	_cleanup_free_ char *path = string_printf("%s?api-version=2023-01-01", id);
	_cleanup_json_ json_t *resource = NULL;
	int r = path ? arm_find(a, path, &resource, err) : error_oom(err);
	const char *blobs = arm_text(resource, "properties.primaryEndpoints.blob");

	if (r < 0)
		return r;
	*ret_exists = resource;
	if (!resource)
		return 0;
	if (!blobs || !azure_url_is_safe(blobs) || !string_ends(blobs, "/"))
		return error_set(err, -ERROR_MALFORMED,
				 "the storage account '%s' does not say where its blobs are",
				 account);
	*ret = (struct azure_storage){.arm = a,
				      .account = strdup(account),
				      .id = strdup(id),
				      .blobs = strdup(blobs),
				      .key = BUFFER_INIT(KEY_MAX)};
	if (ret->account && ret->id && ret->blobs)
		return 0;
	azure_storage_release(ret);
	return error_oom(err);
}

char *azure_storage_url(const struct azure_storage *s, const char *blob)
{
	return string_printf("%s" STORAGE_CONTAINER "/%s", s->blobs, blob);
}

/* The account's present key. */
static int get_key(struct azure_storage *s, struct error **err)
{
	_cleanup_free_ char *path = string_printf("%s/listKeys?api-version=2023-01-01", s->id);
	_cleanup_json_ json_t *keys = NULL;
	const char *text;
	uint8_t *key;
	size_t n;
	int r = path ? arm_post(s->arm, path, NULL, &keys, err) : error_oom(err);

	if (r < 0)
		return r;
	secret_buffer_release(&s->key);
	s->key = (struct buffer)BUFFER_INIT(KEY_MAX);
	text = arm_text(json_array_get(json_object_get(keys, "keys"), 0), "value");
	if (!text || !base64_decode(span_string(text), &key, &n))
		return error_set(err, -ERROR_MALFORMED, "the storage account '%s' has no key",
				 s->account);
	if (!buffer_extend(&s->key, KEY_MAX)) {
		secret_free(key, n);
		return error_oom(err);
	}
	s->key.n = 0;
	buffer_put(&s->key, SPAN(key, n));
	secret_free(key, n);
	return buffer_ok(&s->key) ? 0
				  : error_set(err, -EMSGSIZE,
					      "the key of the storage account is "
					      "too long");
}

static char *sign(const struct azure_storage *s, const struct buffer *text)
{
	uint8_t mac[HMAC_SHA256_SIZE];

	if (!buffer_ok(text))
		return NULL;
	hmac_sha256(buffer_span(&s->key), buffer_span(text), mac);
	return base64_string(SPAN(mac, sizeof mac));
}

/* The path of an address of the account. */
static const char *path_of(const char *url)
{
	const char *host = strstr(url, "://");

	return host ? host + 3 + strcspn(host + 3, "/") : "";
}

/* "The Shared Key scheme" of Azure's blob service; `query` is "name:value" lines, sorted. */
static char *authorization(const struct azure_storage *s, const struct http_request *q,
			   const char *date, const char *path, const char *query)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(8192);
	_cleanup_free_ char *signature = NULL;

	buffer_printf(&text, "%s\n\n\n", q->method);
	if (q->body.n)
		buffer_printf(&text, "%zu", q->body.n);
	buffer_printf(&text, "\n\napplication/xml\n\n\n\n\n\n\n");
	buffer_printf(&text, "x-ms-date:%s\nx-ms-version:" VERSION "\n/%s%s%s", date, s->account,
		      path, query);
	signature = sign(s, &text);
	return signature ? string_printf("Authorization: SharedKey %s:%s", s->account, signature)
			 : NULL;
}

static int exchange_once(struct azure_storage *s, struct http_request *q, const char *query,
			 struct http_answer *ret, struct error **err)
{
	char date[64], date_header[80];
	const char *headers[] = {NULL, date_header, "x-ms-version: " VERSION,
				 "Content-Type: application/xml", NULL};
	_cleanup_free_ char *path = NULL, *credential = NULL;
	const time_t now = time(NULL);
	struct tm tm;
	int r;

	if (!gmtime_r(&now, &tm) || !strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm))
		return error_set(err, -EINVAL, "this machine's clock cannot be read");
	snprintf(date_header, sizeof date_header, "x-ms-date: %s", date);
	path = strdup(path_of(q->url));
	if (!path)
		return error_oom(err);
	path[strcspn(path, "?")] = 0;
	credential = authorization(s, q, date, path, query);
	if (!credential)
		return error_oom(err);
	headers[0] = credential;
	q->headers = headers;
	q->seconds = s->arm->seconds;
	q->direct = azure_url_is_local(q->url);
	r = http_exchange(s->arm->http, q, ret, err);
	q->headers = NULL;
	explicit_bzero(credential, strlen(credential));
	s->arm->calls++;
	if (s->arm->trace)
		fprintf(stderr, "%s %s: %u\n", q->method, q->name, r < 0 ? 0 : ret->status);
	return r;
}

static int refused(const struct http_request *q, const struct http_answer *answer,
		   struct error **err)
{
	_cleanup_(azure_error_release) struct azure_error e = {0};
	int r = azure_error_parse(buffer_span(&answer->body), &e, err);
	const char *advice;

	if (r < 0)
		return r;
	advice = azure_error_advice(&e);
	return error_set(err,
			 answer->status == 404	 ? -ENOENT
			 : answer->status == 403 ? -EACCES
						 : -EIO,
			 "%s %s: the service answers %u%s%s%s%s%s%s", q->method, q->name,
			 answer->status, e.code[0] ? " " : "", e.code, e.message[0] ? ": " : "",
			 e.message, advice ? ": " : "", advice ? advice : "");
}

/* Asks by shared key, repeated as arm_client.c does. -ENOENT if it is not there. */
static int exchange(struct azure_storage *s, struct http_request *q, const char *query,
		    struct error **err)
{
	int64_t pause = 500;
	bool renewed = false;
	int r = s->key.n ? 0 : get_key(s, err);

	if (r < 0)
		return r;
	for (unsigned i = 1;; i++, pause *= 2) {
		struct http_answer answer = {.body = BUFFER_INIT(ANSWER_MAX)};
		_cleanup_error_ struct error *e = NULL;
		int64_t wait = -1;
		bool again;

		r = exchange_once(s, q, query, &answer, &e);
		again = r < 0 ? r == -ETIMEDOUT || r == -ECONNRESET || r == -ECONNREFUSED ||
					r == -EHOSTUNREACH
			      : arm_answer_is_passing(&answer);
		/* Somebody may have made new keys since ours was asked for. */
		if (r >= 0 && answer.status == 403 && !renewed) {
			arm_answer_release(&answer);
			renewed = true;
			r = get_key(s, err);
			if (r < 0)
				return r;
			continue;
		}
		/* A new account shows only after a while. */
		if (r >= 0 && (answer.status < 200 || answer.status > 299))
			r = refused(q, &answer, &e);
		if (answer.headers.n)
			wait = arm_answer_retry_after(&answer);
		arm_answer_release(&answer);
		if (r >= 0 || !again || i >= TRIES)
			return r < 0 ? error_move(err, r, &e) : 0;
		if (interrupt_wait(&s->arm->interrupt, MAX(wait, pause)))
			return interrupt_check(&s->arm->interrupt, err);
	}
}

/* The container's policies: ours with rights, or none. */
static int set_policy(struct azure_storage *s, bool open, struct error **err)
{
	_cleanup_free_ char *url =
		string_printf("%s" STORAGE_CONTAINER "?comp=acl&restype=container", s->blobs);
	_cleanup_(buffer_release) struct buffer body = BUFFER_INIT(4096);
	struct http_request q = {.method = "PUT", .name = "storage container " STORAGE_CONTAINER};
	char until[TIME_TEXT_SIZE];

	time_format(time(NULL) + GRANT_SECONDS, until);
	buffer_put_string(&body, "<?xml version=\"1.0\" encoding=\"utf-8\"?><SignedIdentifiers>");
	if (open)
		buffer_printf(&body,
			      "<SignedIdentifier><Id>" POLICY "</Id><AccessPolicy><Expiry>%s"
			      "</Expiry><Permission>rcw</Permission></AccessPolicy>"
			      "</SignedIdentifier>",
			      until);
	buffer_put_string(&body, "</SignedIdentifiers>");
	if (!url || !buffer_ok(&body))
		return error_oom(err);
	q.url = url;
	q.body = buffer_span(&body);
	return exchange(s, &q, "\ncomp:acl\nrestype:container", err);
}

static void put_encoded(struct buffer *b, const char *base64)
{
	for (; *base64; base64++) {
		if (isalnum((unsigned char)*base64))
			buffer_put_u8(b, (uint8_t)*base64);
		else
			buffer_printf(b, "%%%02X", (unsigned char)*base64);
	}
}

int azure_storage_grant(struct azure_storage *s, const char *blob, char **ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(4096);
	_cleanup_(secret_buffer_release) struct buffer url = BUFFER_INIT(4096);
	_cleanup_free_ char *signature = NULL;
	int r = set_policy(s, true, err);

	if (r < 0)
		return r;
	/* sp, st, se are in the policy; then resource, policy, addresses, protocol, version, five headers. */
	buffer_printf(&text,
		      "\n\n\n/blob/%s/" STORAGE_CONTAINER "/%s\n" POLICY "\n\n\n" SIGNED_VERSION
		      "\n\n\n\n\n",
		      s->account, blob);
	signature = sign(s, &text);
	if (!signature || !buffer_extend(&url, 4000))
		return error_oom(err);
	url.n = 0;
	buffer_printf(&url,
		      "%s" STORAGE_CONTAINER "/%s?sv=" SIGNED_VERSION "&sr=b&si=" POLICY "&sig=",
		      s->blobs, blob);
	put_encoded(&url, signature);
	explicit_bzero(signature, strlen(signature));
	*ret = buffer_ok(&url) ? strdup(buffer_text(&url)) : NULL;
	return *ret ? 0 : error_oom(err);
}

int azure_storage_revoke(struct azure_storage *s, struct error **err)
{
	_cleanup_error_ struct error *e = NULL;
	int r = set_policy(s, false, &e);

	return r < 0 && r != -ENOENT ? error_move(err, r, &e) : 0;
}

int azure_storage_delete(struct azure_storage *s, const char *blob, struct error **err)
{
	_cleanup_free_ char *url = azure_storage_url(s, blob);
	struct http_request q = {.method = "DELETE", .url = url, .name = blob};
	_cleanup_error_ struct error *e = NULL;
	int r = url ? exchange(s, &q, "", &e) : error_oom(&e);

	return r < 0 && r != -ENOENT ? error_move(err, r, &e) : 0;
}
