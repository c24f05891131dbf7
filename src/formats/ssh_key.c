#include "formats/ssh_key.h"

#include <errno.h>

#include "base/secret.h"
#include "base/text.h"
#include "crypto/digest.h"

#define PRIVATE_LABEL "OPENSSH PRIVATE KEY"
#define MAGIC "openssh-key-v1"
/* As ssh-keygen breaks lines. */
#define ARMOR_LINE 70u
/* Of the private part: blocks of a cipher that is none. */
#define BLOCK 8u

void ssh_put_string(struct buffer *b, struct span s)
{
	buffer_put_be32(b, (uint32_t)s.n);
	buffer_put(b, s);
}

struct span ssh_take_string(struct reader *r)
{
	uint32_t n = reader_be32(r);

	return reader_bytes(r, n);
}

static bool is_text(struct span s, const char *text)
{
	return span_equal(s, span_string(text));
}

/* Base64 characters of the block, without line ends. */
static int collect(struct span text, const char *label, char *out, size_t *ret_n,
		   struct error **err)
{
	_cleanup_free_ char *begin = string_printf("-----BEGIN %s-----", label);
	_cleanup_free_ char *end = string_printf("-----END %s-----", label);
	struct reader reader = reader_init(text);
	bool begun = false, ended = false;
	struct span line;
	size_t n = 0;

	if (!begin || !end)
		return error_oom(err);
	while (reader_line(&reader, &line)) {
		line = span_trim(line);
		if (ended && line.n)
			return error_set(err, -ERROR_MALFORMED, "text after the block '%s'", label);
		if (!begun && line.n) {
			if (!is_text(line, begin))
				return error_set(err, -ERROR_MALFORMED, "no block '%s'", label);
			begun = true;
		} else if (is_text(line, end)) {
			ended = true;
		} else if (line.n) {
			memcpy(out + n, line.p, line.n);
			n += line.n;
		}
	}
	if (!ended)
		return error_set(err, -ERROR_MALFORMED,
				 begun ? "the block '%s' has no end" : "no block '%s'", label);
	*ret_n = n;
	return 0;
}

int ssh_unarmor(struct span text, const char *label, uint8_t **ret, size_t *ret_n,
		struct error **err)
{
	char *characters;
	size_t n = 0;
	int r;

	if (text.n > SSH_KEY_MAX)
		return error_set(err, -EFBIG, "%zu bytes, more than the %u of a block '%s'", text.n,
				 SSH_KEY_MAX, label);
	characters = malloc(text.n + 1);
	if (!characters)
		return error_oom(err);
	r = collect(text, label, characters, &n, err);
	if (r >= 0 && (n == 0 || !base64_decode(SPAN(characters, n), ret, ret_n)))
		r = error_set(err, -ERROR_MALFORMED, "the block '%s' is not base64", label);
	secret_free(characters, text.n + 1);
	return r;
}

void ssh_armor(struct buffer *b, const char *label, struct span bytes)
{
	_cleanup_free_ char *text = base64_string(bytes);
	size_t n = text ? strlen(text) : 0;

	b->failed |= !text;
	buffer_printf(b, "-----BEGIN %s-----\n", label);
	for (size_t i = 0; i < n; i += ARMOR_LINE) {
		buffer_put(b, SPAN(text + i, MIN(ARMOR_LINE, n - i)));
		buffer_put_u8(b, '\n');
	}
	buffer_printf(b, "-----END %s-----\n", label);
}

int ssh_public_blob_parse(struct span blob, struct ed25519_public *ret, struct error **err)
{
	struct reader r = reader_init(blob);
	struct span type = ssh_take_string(&r), key = ssh_take_string(&r);

	if (reader_ok(&r) && !is_text(type, SSH_ED25519))
		return error_set(err, -ERROR_UNSUPPORTED,
				 "a key of another type than " SSH_ED25519);
	if (!reader_ok(&r) || r.rest.n || key.n != ED25519_KEY_SIZE)
		return error_set(err, -ERROR_MALFORMED, "malformed public key");
	memcpy(ret->bytes, key.p, ED25519_KEY_SIZE);
	return 0;
}

void ssh_public_put(struct buffer *b, const struct ed25519_public *k)
{
	ssh_put_string(b, SPAN_LITERAL(SSH_ED25519));
	ssh_put_string(b, SPAN(k->bytes, ED25519_KEY_SIZE));
}

int ssh_public_parse(struct span line, struct ed25519_public *ret, struct span *ret_rest,
		     struct error **err)
{
	struct span rest = line;
	struct span type = span_next_word(&rest), text = span_next_word(&rest);
	_cleanup_free_ uint8_t *blob = NULL;
	size_t n = 0;
	int r;

	if (!is_text(type, SSH_ED25519))
		return error_set(err, -ERROR_UNSUPPORTED, "not a key of type " SSH_ED25519);
	if (text.n == 0 || !base64_decode(text, &blob, &n))
		return error_set(err, -ERROR_MALFORMED, "the key is not base64");
	r = ssh_public_blob_parse(SPAN(blob, n), ret, err);
	if (r >= 0)
		*ret_rest = rest;
	return r;
}

bool ssh_fingerprint(const struct ed25519_public *k, char out[SSH_FINGERPRINT_SIZE])
{
	_cleanup_(buffer_release) struct buffer blob = BUFFER_INIT(128);
	struct digest d;
	_cleanup_free_ char *text = NULL;

	ssh_public_put(&blob, k);
	d = digest_bytes(DIGEST_SHA256, buffer_span(&blob));
	text = base64_string(digest_span(&d));
	if (!text || !buffer_ok(&blob))
		return false;
	/* Without padding. */
	text[strcspn(text, "=")] = 0;
	snprintf(out, SSH_FINGERPRINT_SIZE, "SHA256:%s", text);
	return true;
}

/* The part that a cipher would hide. */
static int parse_secret(struct span secret, const struct ed25519_public *key,
			struct ed25519_private *ret, struct error **err)
{
	struct reader r = reader_init(secret);
	uint32_t check = reader_be32(&r), again = reader_be32(&r);
	struct span type = ssh_take_string(&r), public = ssh_take_string(&r),
		    private = ssh_take_string(&r);

	ssh_take_string(&r); /* comment */
	if (!reader_ok(&r) || check != again || !is_text(type, SSH_ED25519) ||
	    public.n != ED25519_KEY_SIZE || private.n != 2 * ED25519_KEY_SIZE ||
	    memcmp(public.p, key->bytes, ED25519_KEY_SIZE) != 0 ||
	    memcmp(private.p + ED25519_KEY_SIZE, key->bytes, ED25519_KEY_SIZE) != 0 ||
	    secret.n % BLOCK != 0 || r.rest.n >= BLOCK)
		return error_set(err, -ERROR_MALFORMED, "malformed private key");
	for (size_t i = 0; i < r.rest.n; i++) {
		if (r.rest.p[i] != i + 1)
			return error_set(err, -ERROR_MALFORMED, "malformed private key");
	}
	memcpy(ret->seed, private.p, ED25519_KEY_SIZE);
	return 0;
}

/* Its halves must fit: the public one follows from the seed. */
static int check_halves(const struct ed25519_public *key, struct ed25519_private *k,
			struct error **err)
{
	struct ed25519_public computed;
	int r = ed25519_public_of(k, &computed, err);

	if (r >= 0 && memcmp(computed.bytes, key->bytes, ED25519_KEY_SIZE) != 0)
		r = error_set(err, -ERROR_MALFORMED, "the public half is that of another key");
	if (r < 0)
		ed25519_erase(k);
	return r;
}

static int parse_private(struct span bytes, struct ed25519_private *ret, struct error **err)
{
	struct reader r = reader_init(bytes);
	struct span magic = reader_bytes(&r, sizeof MAGIC);
	struct span cipher = ssh_take_string(&r), kdf = ssh_take_string(&r);
	struct ed25519_public key;
	int result;

	ssh_take_string(&r); /* options of the KDF */

	uint32_t keys = reader_be32(&r);
	struct span public = ssh_take_string(&r), secret = ssh_take_string(&r);

	if (!reader_ok(&r) || memcmp(magic.p, MAGIC, sizeof MAGIC) != 0)
		return error_set(err, -ERROR_MALFORMED, "malformed private key");
	if (!is_text(cipher, "none") || !is_text(kdf, "none"))
		return error_set(err, -ERROR_UNSUPPORTED,
				 "the private key is encrypted: give a copy without a passphrase "
				 "('ssh-keygen -p -N \"\"'), or sign with 'ssh-keygen -Y sign'");
	if (keys != 1 || r.rest.n)
		return error_set(err, -ERROR_MALFORMED, "malformed private key");
	result = ssh_public_blob_parse(public, &key, err);
	if (result >= 0)
		result = parse_secret(secret, &key, ret, err);
	return result < 0 ? result : check_halves(&key, ret, err);
}

int ssh_private_parse(struct span text, struct ed25519_private *ret, struct error **err)
{
	uint8_t *bytes = NULL;
	size_t n = 0;
	int r = ssh_unarmor(text, PRIVATE_LABEL, &bytes, &n, err);

	if (r >= 0)
		r = parse_private(SPAN(bytes, n), ret, err);
	secret_free(bytes, n);
	return r;
}
