#include "crypto/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

static const struct {
	const char *name;
	size_t size;
} algorithms[DIGEST_ALGORITHMS_] = {
	[DIGEST_SHA1] = {"sha1", 20},
	[DIGEST_SHA256] = {"sha256", 32},
	[DIGEST_SHA384] = {"sha384", 48},
	[DIGEST_SHA512] = {"sha512", 64},
};

static const EVP_MD *evp_of(enum digest_algorithm a)
{
	switch (a) {
	case DIGEST_SHA1:
		return EVP_sha1();
	case DIGEST_SHA256:
		return EVP_sha256();
	case DIGEST_SHA384:
		return EVP_sha384();
	case DIGEST_SHA512:
		return EVP_sha512();
	case DIGEST_ALGORITHMS_:
	default:
		abort();
	}
}

size_t digest_size(enum digest_algorithm a)
{
	return algorithms[a].size;
}

const char *digest_name(enum digest_algorithm a)
{
	return algorithms[a].name;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
	return a->algorithm == b->algorithm &&
	       CRYPTO_memcmp(a->bytes, b->bytes, digest_size(a->algorithm)) == 0;
}

void digest_hex(const struct digest *d, char out[DIGEST_HEX_MAX])
{
	hex_encode(digest_span(d), out);
}

bool digest_parse(enum digest_algorithm a, const char *hex, struct digest *ret)
{
	struct digest d = {.algorithm = a};

	if (!hex_decode(span_string(hex), d.bytes, digest_size(a)))
		return false;
	*ret = d;
	return true;
}

struct digest_stream {
	enum digest_algorithm algorithm;
	EVP_MD_CTX *context;
};

static void start(struct digest_stream *s)
{
	if (EVP_DigestInit_ex(s->context, evp_of(s->algorithm), NULL) != 1)
		abort();
}

struct digest_stream *digest_stream_new(enum digest_algorithm a)
{
	struct digest_stream *s = malloc(sizeof *s);

	if (!s)
		return NULL;
	s->algorithm = a;
	s->context = EVP_MD_CTX_new();
	if (!s->context) {
		free(s);
		return NULL;
	}
	start(s);
	return s;
}

struct digest_stream *digest_stream_copy(const struct digest_stream *s)
{
	struct digest_stream *copy = digest_stream_new(s->algorithm);

	if (copy && EVP_MD_CTX_copy_ex(copy->context, s->context) != 1)
		abort();
	return copy;
}

void digest_stream_free(struct digest_stream *s)
{
	if (!s)
		return;
	EVP_MD_CTX_free(s->context);
	free(s);
}

void digest_stream_add(struct digest_stream *s, struct span bytes)
{
	if (bytes.n && EVP_DigestUpdate(s->context, bytes.p, bytes.n) != 1)
		abort();
}

struct digest digest_stream_end(struct digest_stream *s)
{
	struct digest d = {.algorithm = s->algorithm};

	if (EVP_DigestFinal_ex(s->context, d.bytes, NULL) != 1)
		abort();
	start(s);
	return d;
}

struct digest digest_bytes(enum digest_algorithm a, struct span s)
{
	struct digest d = {.algorithm = a};

	if (EVP_Digest(s.n ? (const void *)s.p : "", s.n, d.bytes, NULL, evp_of(a), NULL) != 1)
		abort();
	return d;
}
