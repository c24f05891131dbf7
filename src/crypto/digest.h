/*
 * Message digests. The only user of libcrypto's EVP digest interface.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"
#include "base/text.h"

enum digest_algorithm {
	DIGEST_SHA1,
	DIGEST_SHA256,
	DIGEST_SHA384,
	DIGEST_SHA512,
	DIGEST_ALGORITHMS_,
};

#define DIGEST_MAX 64
#define DIGEST_HEX_MAX (2 * DIGEST_MAX + 1)

struct digest {
	enum digest_algorithm algorithm;
	uint8_t bytes[DIGEST_MAX];
};

/* Bytes of a digest: 20, 32, 48 or 64. */
size_t digest_size(enum digest_algorithm a);
/* "sha1", "sha256", "sha384", "sha512". */
const char *digest_name(enum digest_algorithm a);

static inline struct span digest_span(const struct digest *d)
{
	return SPAN(d->bytes, digest_size(d->algorithm));
}

/* Compares in constant time. */
bool digest_equal(const struct digest *a, const struct digest *b);
void digest_hex(const struct digest *d, char out[DIGEST_HEX_MAX]);
_must_check_ bool digest_parse(enum digest_algorithm a, const char *hex, struct digest *ret);

/* Digest of one span. libcrypto failing here means a broken installation: the process aborts. */
struct digest digest_bytes(enum digest_algorithm a, struct span s);

/* Digest of bytes that come piece by piece. */
struct digest_stream;

struct digest_stream *digest_stream_new(enum digest_algorithm a);
void digest_stream_free(struct digest_stream *s);
DEFINE_FREEP(struct digest_stream *, digest_stream_free)
/* A stream of its own in the same state, to end one and go on with the other. NULL out of memory. */
struct digest_stream *digest_stream_copy(const struct digest_stream *s);
void digest_stream_add(struct digest_stream *s, struct span bytes);
/* With the zero behind it: two texts are not one longer one. */
static inline void digest_stream_add_text(struct digest_stream *s, const char *text)
{
	digest_stream_add(s, SPAN(text, strlen(text) + 1));
}
/* Eight bytes, little-endian. */
static inline void digest_stream_add_number(struct digest_stream *s, uint64_t v)
{
	uint8_t bytes[8];

	put_le64(bytes, v);
	digest_stream_add(s, SPAN(bytes, sizeof bytes));
}
/* The result; the stream is then ready for a new message. */
struct digest digest_stream_end(struct digest_stream *s);

/* Digest and size of a whole file. */
_must_check_ int digest_file(const char *path, enum digest_algorithm a, struct digest *ret,
			     uint64_t *ret_size, struct error **err);
