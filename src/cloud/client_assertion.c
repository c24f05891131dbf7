#include "cloud/client_assertion.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

#include "base/file.h"
#include "base/secret.h"
#include "crypto/digest.h"
#include "crypto/pem.h"
#include "crypto/rsa.h"
#include "formats/base64url.h"
#include "formats/derived_uuid.h"
#include "formats/json.h"

#define FILE_MAX (64u << 10)
#define VALID_SECONDS 600

/* The first block of a kind, with its first and last line: the readers of keys take one block alone. */
static bool find_block(struct span text, const char *label, struct span *ret)
{
	_cleanup_free_ char *begin = string_printf("-----BEGIN %s-----", label);
	_cleanup_free_ char *end = string_printf("-----END %s-----", label);
	size_t from, to;

	if (!begin || !end || !span_find(text, span_string(begin), &from))
		return false;
	text = span_skip(text, from);
	if (!span_find(text, span_string(end), &to))
		return false;
	*ret = SPAN(text.p, to + strlen(end));
	return true;
}

/* base64url without padding (RFC 7515). */
static void put_base64(struct buffer *b, struct span s)
{
	_cleanup_free_ char *text = base64url_string(s);

	if (!text) {
		b->failed = true;
		return;
	}
	text[strcspn(text, "=")] = 0;
	buffer_put_string(b, text);
}

static int put_json(struct buffer *b, json_t *value, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(FILE_MAX);

	if (!json_put(value, JSON_COMPACT, &text))
		return error_oom(err);
	put_base64(b, buffer_span(&text));
	return 0;
}

static int thumbprint(struct span text, struct buffer *ret, struct error **err)
{
	struct digest digest;
	struct span block;
	uint8_t *der;
	size_t n;
	int r;

	if (!find_block(text, "CERTIFICATE", &block))
		return error_set(err, -ERROR_MALFORMED, "no certificate (PEM)");
	r = pem_decode(block, "CERTIFICATE", &der, &n, err);
	if (r < 0)
		return r;
	digest = digest_bytes(DIGEST_SHA256, SPAN(der, n));
	pem_free(der, n);
	put_base64(ret, digest_span(&digest));
	return 0;
}

static int put_claims(struct buffer *b, struct span text, const char *client, const char *audience,
		      struct error **err)
{
	_cleanup_(buffer_release) struct buffer certificate = BUFFER_INIT(256);
	int r = thumbprint(text, &certificate, err);
	const time_t now = time(NULL);
	char id[GUID_TEXT_SIZE];
	uint8_t random[16];

	if (r < 0)
		return r;
	if (getrandom(random, sizeof random, 0) != sizeof random)
		return error_errno(err, errno, "getrandom");
	uuid_format(random, id);
	r = put_json(b,
		     json_pack("{s:s, s:s, s:s}", "alg", "RS256", "typ", "JWT", "x5t#S256",
			       buffer_text(&certificate)),
		     err);
	if (r < 0)
		return r;
	buffer_put_string(b, ".");
	return put_json(b,
			json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "aud", audience, "iss", client,
				  "sub", client, "jti", id, "nbf", (json_int_t)now - 60, "exp",
				  (json_int_t)now + VALID_SECONDS),
			err);
}

static int make(struct span text, const char *client, const char *audience, struct buffer *ret,
		struct error **err)
{
	/* Whoever has the assertion signs in with it: like a token it is zeroed, and not left behind by a buffer
	 * that grew. */
	_cleanup_(secret_buffer_release) struct buffer b = BUFFER_INIT(FILE_MAX);
	_cleanup_(rsa_private_freep) struct rsa_private *key = NULL;
	uint8_t signature[RSA_SIZE_MAX];
	struct span block;
	int r;

	if (!buffer_extend(&b, FILE_MAX / 2))
		return error_oom(err);
	b.n = 0;
	if (!find_block(text, "PRIVATE KEY", &block))
		return error_set(err, -ERROR_MALFORMED, "no private key (PKCS #8 as PEM)");
	r = rsa_private_parse(block, &key, err);
	if (r >= 0)
		r = put_claims(&b, text, client, audience, err);
	if (r >= 0)
		r = rsa_sign(key, buffer_span(&b), signature, err);
	if (r < 0)
		return r;
	buffer_put_string(&b, ".");
	put_base64(&b, SPAN(signature, rsa_public_of(key)->size));
	buffer_put(ret, buffer_span(&b));
	return buffer_ok(&b) && buffer_ok(ret) ? 0 : error_oom(err);
}

int client_assertion(const char *path, const char *client, const char *audience, struct buffer *ret,
		     struct error **err)
{
	_cleanup_(secret_buffer_release) struct buffer text = BUFFER_INIT(FILE_MAX);
	int r = file_read(path, FILE_MAX, &text, err);

	if (r < 0)
		return r;
	r = make(buffer_span(&text), client, audience, ret, err);
	return r < 0 ? error_wrap(err, r, "%s", path) : 0;
}
