#include "cloud/azure_token.h"

#include <errno.h>
#include <time.h>

#include "base/file.h"
#include "base/process.h"
#include "base/secret.h"
#include "cloud/client_assertion.h"
#include "formats/azure_error.h"
#include "formats/json_read.h"
#include "net/http_request.h"

#define RESOURCE "https://management.azure.com/"
#define METADATA "http://169.254.169.254"
#define FRESH_SECONDS 300
#define ANSWER_MAX (256u << 10)
#define TRIES 5u

extern char **environ;

const char *azure_auth_name(unsigned auth)
{
	static const char *const names[] = {
		[AZURE_AUTH_AUTO] = "auto",	    [AZURE_AUTH_AZ] = "az",
		[AZURE_AUTH_SECRET] = "secret",	    [AZURE_AUTH_CERTIFICATE] = "certificate",
		[AZURE_AUTH_WORKLOAD] = "workload", [AZURE_AUTH_MANAGED] = "managed",
	};

	return names[auth];
}

const char *azure_sign_in_text(const struct azure_sign_in *s)
{
	static const char *const texts[] = {
		[AZURE_AUTH_AUTO] = "nobody",
		[AZURE_AUTH_AZ] = "the Azure CLI",
		[AZURE_AUTH_SECRET] = "a service principal with its secret",
		[AZURE_AUTH_CERTIFICATE] = "a service principal with its certificate",
		[AZURE_AUTH_WORKLOAD] = "a workload identity",
		[AZURE_AUTH_MANAGED] = "the managed identity of this VM",
	};

	return texts[s->auth];
}

/* A variable that is set to something. */
static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && value[0] ? value : NULL;
}

void azure_sign_in_complete(struct azure_sign_in *s)
{
	if (!s->tenant)
		s->tenant = variable("AZURE_TENANT_ID");
	if (!s->client)
		s->client = variable("AZURE_CLIENT_ID");
	if (!s->authority)
		s->authority = variable("AZURE_AUTHORITY_HOST");
	if (!s->authority)
		s->authority = "https://login.microsoftonline.com";
	if (!s->metadata)
		s->metadata = variable("AZURE_POD_IDENTITY_AUTHORITY_HOST");
	if (!s->metadata)
		s->metadata = METADATA;
	if (s->auth != AZURE_AUTH_AUTO)
		return;
	if (s->tenant && s->client && variable("AZURE_CLIENT_SECRET"))
		s->auth = AZURE_AUTH_SECRET;
	else if (s->tenant && s->client && variable("AZURE_CLIENT_CERTIFICATE_PATH"))
		s->auth = AZURE_AUTH_CERTIFICATE;
	else if (s->tenant && s->client && variable("AZURE_FEDERATED_TOKEN_FILE"))
		s->auth = AZURE_AUTH_WORKLOAD;
	else
		s->auth = AZURE_AUTH_AZ;
}

void azure_token_release(struct azure_token *t)
{
	secret_buffer_release(&t->text);
	free(t->subscription);
	*t = (struct azure_token){0};
}

bool azure_token_is_fresh(const struct azure_token *t)
{
	return t->text.n && time(NULL) < t->renew;
}

void azure_token_set_life(struct azure_token *t, int64_t now, int64_t expires)
{
	const int64_t life = MAX(expires - now, 0);

	t->expires = expires;
	t->renew = expires - MIN(FRESH_SECONDS, life / 2);
}

bool azure_url_host_ends(const char *rest)
{
	if (*rest == ':')
		rest += 1 + strspn(rest + 1, "0123456789");
	return *rest == 0 || *rest == '/' || *rest == '?';
}

bool azure_url_is_local(const char *url)
{
	static const char *const hosts[] = {"http://127.0.0.1", "http://[::1]", "http://localhost"};

	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		if (string_starts(url, hosts[i]) && azure_url_host_ends(url + strlen(hosts[i])))
			return true;
	}
	return false;
}

bool azure_url_is_safe(const char *url)
{
	return string_starts(url, "https://") || azure_url_is_local(url);
}

/* A number, or one in a text, as services answer both. */
static bool read_number(const json_t *object, const char *name, int64_t *ret)
{
	const json_t *value = json_object_get(object, name);
	uint64_t number;

	if (json_is_integer(value))
		*ret = json_integer_value(value);
	else if (json_is_string(value) &&
		 parse_u64(span_string(json_string_value(value)), INT64_MAX, &number))
		*ret = (int64_t)number;
	else
		return false;
	return *ret >= 0 && *ret < INT64_MAX / 2;
}

/* jansson keeps the text of its own; that copy goes back to the allocator as it is. */
static int keep(const json_t *root, const char *name, struct azure_token *ret, struct error **err)
{
	const char *text = json_string_value(json_object_get(root, name));

	if (!text || !text[0] || strpbrk(text, "\r\n"))
		return error_set(err, -ERROR_MALFORMED, "the answer has no token");
	ret->text = (struct buffer)BUFFER_INIT(AZURE_TOKEN_MAX);
	buffer_put_string(&ret->text, text);
	return buffer_ok(&ret->text) ? 0 : error_set(err, -EMSGSIZE, "the token is too long");
}

static int read_token(struct span body, const char *name, struct azure_token *ret,
		      struct error **err)
{
	_cleanup_(azure_token_release) struct azure_token t = {0};
	_cleanup_json_ json_t *root = NULL;
	/* What jansson says of a malformed text may quote it. */
	int r = json_read_document(body, false, &root, NULL);
	const int64_t now = time(NULL);
	const char *subscription;
	int64_t number;

	if (r < 0)
		return error_set(err, -ERROR_MALFORMED, "the answer is no JSON object");
	r = keep(root, name, &t, err);
	if (r < 0)
		return r;
	if (read_number(root, "expires_on", &number))
		azure_token_set_life(&t, now, number);
	else if (read_number(root, "expires_in", &number))
		azure_token_set_life(&t, now, now + number);
	else
		/* An az that does not say it in a form with a time zone: its tokens live an hour, and it renews
		 * those that do not. */
		azure_token_set_life(&t, now, now + 2 * FRESH_SECONDS);
	subscription = json_string_value(json_object_get(root, "subscription"));
	if (subscription) {
		t.subscription = strdup(subscription);
		if (!t.subscription)
			return error_oom(err);
	}
	*ret = t;
	t = (struct azure_token){0};
	return 0;
}

static int ask_az(const struct azure_sign_in *s, struct azure_token *ret, struct error **err)
{
	const char *argv[12] = {"az",	"account",    "get-access-token", "--output",
				"json", "--resource", RESOURCE,		  NULL};
	_cleanup_(secret_buffer_release) struct buffer output = BUFFER_INIT(ANSWER_MAX);
	struct process_options options = PROCESS_OPTIONS(argv);
	_cleanup_error_ struct error *why = NULL;
	int r;

	if (s->tenant) {
		argv[7] = "--tenant";
		argv[8] = s->tenant;
	}
	if (!process_available("az"))
		return error_set(
			err, -ENOENT,
			"there is nothing to sign in with: the environment names no service "
			"principal (AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET), "
			"and the Azure CLI is not installed");
	/* It finds its own state by HOME and AZURE_CONFIG_DIR, and its proxies. */
	options.environment = (const char *const *)environ;
	if (!buffer_extend(&output, ANSWER_MAX / 2))
		return error_oom(err);
	output.n = 0;
	r = process_run(&options, &output, &why);
	if (r < 0 && why)
		azure_redact(why->message);
	if (r < 0)
		return error_set(err, -EACCES, "the Azure CLI is not signed in ('az login'): %s",
				 error_message(why));
	return read_token(buffer_span(&output), "accessToken", ret, err);
}

/* Percent-encodes all but what never needs it (RFC 3986, 2.3). */
static void put_encoded(struct buffer *b, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";

	for (; *text; text++) {
		if (strchr(plain, *text))
			buffer_put_u8(b, (uint8_t)*text);
		else
			buffer_printf(b, "%%%02X", (unsigned char)*text);
	}
}

static void put_field(struct buffer *b, const char *name, const char *value)
{
	buffer_printf(b, "%s%s=", b->n ? "&" : "", name);
	put_encoded(b, value);
}

/* Status that a later try may not meet (managed identities have 404, 410 while they come up). */
static bool is_passing(unsigned status, bool managed)
{
	return status == 429 || status >= 500 || (managed && (status == 404 || status == 410));
}

static int refused(const struct http_answer *answer, const char *name, struct error **err)
{
	_cleanup_(azure_error_release) struct azure_error e = {0};
	int r = azure_error_parse(buffer_span(&answer->body), &e, err);
	const char *advice;

	if (r < 0)
		return r;
	advice = azure_error_advice(&e);
	return error_set(err, -EACCES, "%s refuses the sign-in (%u%s%s%s%s)%s%s", name,
			 answer->status, e.code[0] ? ", " : "", e.code, e.message[0] ? ": " : "",
			 e.message, advice ? ": " : "", advice ? advice : "");
}

static int exchange(struct http_client *http, const struct http_request *q, bool managed,
		    struct interrupt *interrupt, struct azure_token *ret, struct error **err)
{
	int64_t pause = 500;

	for (unsigned i = 1;; i++, pause *= 2) {
		struct http_answer answer = {.body = BUFFER_INIT(ANSWER_MAX)};
		_cleanup_error_ struct error *e = NULL;
		int r = http_exchange(http, q, &answer, &e);
		bool again =
			r < 0 ? r != -EPERM && r != -EMSGSIZE : is_passing(answer.status, managed);

		if (r >= 0 && answer.status == 200)
			r = read_token(buffer_span(&answer.body), "access_token", ret, &e);
		else if (r >= 0)
			r = refused(&answer, q->name, &e);
		secret_buffer_release(&answer.body);
		http_answer_release(&answer);
		if (r >= 0)
			return 0;
		if (!again || i >= TRIES)
			return error_move(err, r, &e);
		if (interrupt_wait(interrupt, pause))
			return interrupt_check(interrupt, err);
	}
}

static int ask_managed(struct http_client *http, const struct azure_sign_in *s,
		       struct interrupt *interrupt, struct azure_token *ret, struct error **err)
{
	static const char *const headers[] = {"Metadata: true", NULL};
	_cleanup_(buffer_release) struct buffer url = BUFFER_INIT(4096);
	struct http_request q = {.method = "GET",
				 .headers = headers,
				 .name = "the metadata service",
				 .seconds = MIN(s->seconds, 20u),
				 .direct = true};

	buffer_printf(&url, "%s/metadata/identity/oauth2/token?api-version=2018-02-01",
		      s->metadata);
	put_field(&url, "resource", RESOURCE);
	if (s->client)
		put_field(&url, "client_id", s->client);
	if (!buffer_ok(&url))
		return error_oom(err);
	q.url = buffer_text(&url);
	return exchange(http, &q, true, interrupt, ret, err);
}

static int put_proof(const struct azure_sign_in *s, const char *audience, struct buffer *form,
		     struct error **err)
{
	_cleanup_(secret_buffer_release) struct buffer proof = BUFFER_INIT(AZURE_TOKEN_MAX);
	const char *path;
	int r = 0;

	if (s->auth == AZURE_AUTH_SECRET) {
		const char *secret = variable("AZURE_CLIENT_SECRET");

		if (!secret)
			return error_set(err, -ENOENT, "AZURE_CLIENT_SECRET is not set");
		put_field(form, "client_secret", secret);
		return 0;
	}
	if (!buffer_extend(&proof, AZURE_TOKEN_MAX / 2))
		return error_oom(err);
	proof.n = 0;
	if (s->auth == AZURE_AUTH_WORKLOAD) {
		path = variable("AZURE_FEDERATED_TOKEN_FILE");
		if (!path)
			return error_set(err, -ENOENT, "AZURE_FEDERATED_TOKEN_FILE is not set");
		r = file_read(path, AZURE_TOKEN_MAX / 2, &proof, err);
	} else {
		path = variable("AZURE_CLIENT_CERTIFICATE_PATH");
		if (!path)
			return error_set(err, -ENOENT, "AZURE_CLIENT_CERTIFICATE_PATH is not set");
		r = client_assertion(path, s->client, audience, &proof, err);
	}
	if (r < 0)
		return r;
	while (proof.n && (proof.p[proof.n - 1] == '\n' || proof.p[proof.n - 1] == ' '))
		proof.p[--proof.n] = 0;
	put_field(form, "client_assertion_type",
		  "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
	put_field(form, "client_assertion", buffer_text(&proof));
	return 0;
}

static int ask_authority(struct http_client *http, const struct azure_sign_in *s,
			 struct interrupt *interrupt, struct azure_token *ret, struct error **err)
{
	static const char *const headers[] = {"Content-Type: application/x-www-form-urlencoded",
					      NULL};
	_cleanup_(secret_buffer_release) struct buffer form = BUFFER_INIT(4 * AZURE_TOKEN_MAX);
	_cleanup_free_ char *url = NULL;
	struct http_request q = {.method = "POST",
				 .headers = headers,
				 .name = "Azure's sign-in service",
				 .seconds = s->seconds};
	size_t n = strlen(s->authority);
	int r;

	if (!s->tenant || !s->client)
		return error_set(err, -ENOENT,
				 "to sign in as %s, AZURE_TENANT_ID and "
				 "AZURE_CLIENT_ID are needed",
				 azure_sign_in_text(s));
	if (!azure_url_is_safe(s->authority))
		return error_set(err, -ERROR_USAGE,
				 "AZURE_AUTHORITY_HOST '%s' is neither https nor this machine",
				 s->authority);
	while (n && s->authority[n - 1] == '/')
		n--;
	url = string_printf("%.*s/%s/oauth2/v2.0/token", (int)n, s->authority, s->tenant);
	if (!url || !buffer_extend(&form, 2 * AZURE_TOKEN_MAX))
		return error_oom(err);
	form.n = 0;
	put_field(&form, "grant_type", "client_credentials");
	put_field(&form, "client_id", s->client);
	put_field(&form, "scope", RESOURCE ".default");
	r = put_proof(s, url, &form, err);
	if (r < 0)
		return r;
	if (!buffer_ok(&form))
		return error_oom(err);
	q.url = url;
	q.body = buffer_span(&form);
	q.direct = azure_url_is_local(url);
	return exchange(http, &q, false, interrupt, ret, err);
}

int azure_token_get(struct http_client *http, const struct azure_sign_in *s,
		    struct interrupt *interrupt, struct azure_token *ret, struct error **err)
{
	switch (s->auth) {
	case AZURE_AUTH_MANAGED:
		return ask_managed(http, s, interrupt, ret, err);
	case AZURE_AUTH_SECRET:
	case AZURE_AUTH_CERTIFICATE:
	case AZURE_AUTH_WORKLOAD:
		return ask_authority(http, s, interrupt, ret, err);
	default:
		return ask_az(s, ret, err);
	}
}
