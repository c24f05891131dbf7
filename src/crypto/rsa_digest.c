#include "crypto/rsa.h"

/* AlgorithmIdentifier: rsaEncryption, no parameters. */
static const uint8_t algorithm[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
				    0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
static const uint8_t exponent[] = {0x02, 0x03, 0x01, 0x00, 0x01};

/* Tag and length of two bytes: all that is here is longer than 255 bytes. */
static void header(struct digest_stream *s, uint8_t tag, size_t n)
{
	const uint8_t bytes[] = {tag, 0x82, (uint8_t)(n >> 8), (uint8_t)n};

	digest_stream_add(s, SPAN(bytes, sizeof bytes));
}

struct digest rsa_public_digest(const struct rsa_public *k)
{
	struct digest_stream *s = digest_stream_new(DIGEST_SHA256);
	/* Behind their headers: modulus with a zero, as its first bit is set; both numbers; the bit string. */
	const size_t modulus = 1 + k->size, numbers = 4 + modulus + sizeof exponent,
		     bits = 1 + 4 + numbers;
	struct digest d;

	if (!s)
		abort();
	header(s, 0x30, sizeof algorithm + 4 + bits);
	digest_stream_add(s, SPAN(algorithm, sizeof algorithm));
	header(s, 0x03, bits);
	digest_stream_add(s, SPAN_LITERAL("\0"));
	header(s, 0x30, numbers);
	header(s, 0x02, modulus);
	digest_stream_add(s, SPAN_LITERAL("\0"));
	digest_stream_add(s, rsa_modulus(k));
	digest_stream_add(s, SPAN(exponent, sizeof exponent));
	d = digest_stream_end(s);
	digest_stream_free(s);
	return d;
}
