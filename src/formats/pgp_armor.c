#include "formats/pgp_armor.h"

#include <errno.h>

#include "base/text.h"

#define BEGIN_PUBLIC "-----BEGIN PGP PUBLIC KEY BLOCK-----"
#define END_PUBLIC "-----END PGP PUBLIC KEY BLOCK-----"
#define BEGIN_PRIVATE "-----BEGIN PGP PRIVATE KEY BLOCK-----"

static bool is_line(struct span line, const char *text)
{
	return span_equal(span_trim(line), span_string(text));
}

/* "Comment: ..." and the empty line behind. */
static int skip_headers(struct reader *reader, struct error **err)
{
	struct span line;

	while (reader_line(reader, &line)) {
		if (span_trim(line).n == 0)
			return 0;
		if (!memchr(line.p, ':', line.n))
			break;
	}
	return error_set(err, -ERROR_MALFORMED,
			 "a PGP block without an empty line before its data");
}

static int take_block(struct reader *reader, struct buffer *ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer base64 = BUFFER_INIT(2 * PGP_KEYS_MAX);
	_cleanup_free_ uint8_t *bytes = NULL;
	struct span line;
	bool ended = false;
	size_t n;
	int r = skip_headers(reader, err);

	if (r < 0)
		return r;
	while (!ended && reader_line(reader, &line)) {
		ended = is_line(line, END_PUBLIC);
		/* "=njUN": the checksum. */
		if (!ended && !(line.n && line.p[0] == '='))
			buffer_put(&base64, span_trim(line));
	}
	if (!ended)
		return error_set(err, -ERROR_MALFORMED, "a PGP block that does not end");
	if (!buffer_ok(&base64))
		return error_set(err, -EFBIG, "more than %u bytes of keys", PGP_KEYS_MAX);
	if (!base64_decode(buffer_span(&base64), &bytes, &n) || n == 0)
		return error_set(err, -ERROR_MALFORMED, "a PGP block that is no base64");
	buffer_put(ret, SPAN(bytes, n));
	return 0;
}

static int take_blocks(struct span text, struct buffer *ret, struct error **err)
{
	struct reader reader = reader_init(text);
	struct span line;
	int r = 0;

	while (r >= 0 && reader_line(&reader, &line)) {
		if (is_line(line, BEGIN_PRIVATE))
			return error_set(err, -ERROR_REFUSED,
					 "a private key where a public key belongs");
		if (is_line(line, BEGIN_PUBLIC))
			r = take_block(&reader, ret, err);
	}
	return r;
}

int pgp_public_keys(struct span text, struct buffer *ret, struct error **err)
{
	size_t before = ret->n;
	int r = 0;

	/* RFC 9580, 4.2: the first bit of a packet is set; tags 5 and 7 are of private keys. */
	if (text.n && (text.p[0] & 0x80)) {
		unsigned tag = text.p[0] & 0x40 ? text.p[0] & 0x3f : text.p[0] >> 2 & 0x0f;

		if (tag == 5 || tag == 7)
			return error_set(err, -ERROR_REFUSED,
					 "a private key where a public key belongs");
		buffer_put(ret, text);
	} else {
		r = take_blocks(text, ret, err);
	}
	if (r < 0)
		return r;
	if (!buffer_ok(ret))
		return error_set(err, -EFBIG, "more than %zu bytes of keys", ret->max);
	if (ret->n == before)
		return error_set(err, -ERROR_MALFORMED, "no PGP public key in it");
	return 0;
}
