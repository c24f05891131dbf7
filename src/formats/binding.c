#include "formats/binding.h"

#include "crypto/digest.h"

#define CLAIM_NAME_MAX 64u

static const char *const names[BINDING_PURPOSES_] = {
	[BINDING_CHANNEL] = "channel",
	[BINDING_EVIDENCE] = "evidence",
};

const char *binding_purpose_name(enum binding_purpose p)
{
	return names[p];
}

static void put_digest(struct buffer *b, struct span bytes)
{
	struct digest d = digest_bytes(DIGEST_SHA256, bytes);

	buffer_put(b, digest_span(&d));
}

void binding_digest(const struct binding *b, uint8_t ret[BINDING_SIZE])
{
	/* The longest purpose, and five parts of 32 bytes. */
	_cleanup_(buffer_release) struct buffer all = BUFFER_INIT(32 + 5 * 32);
	struct digest d;

	buffer_put_string(&all, "tdnode/1 ");
	buffer_put_string(&all, names[b->purpose]);
	buffer_put_u8(&all, 0);
	buffer_put(&all, SPAN(b->nonce, sizeof b->nonce));
	if (b->purpose == BINDING_CHANNEL)
		buffer_put(&all, SPAN(b->exporter, sizeof b->exporter));
	buffer_put(&all, SPAN(b->key, sizeof b->key));
	put_digest(&all, b->config);
	put_digest(&all, b->claims);
	/* A digest of less than all would bind to less. */
	if (!buffer_ok(&all))
		abort();
	d = digest_bytes(DIGEST_SHA512, buffer_span(&all));
	memcpy(ret, d.bytes, BINDING_SIZE);
}

static bool is_name(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && !(s.p[i] >= '0' && s.p[i] <= '9') &&
		    s.p[i] != '_')
			return false;
	return s.n > 0 && s.n <= CLAIM_NAME_MAX;
}

static bool is_value(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			return false;
	return s.n > 0 && s.n <= CLAIM_VALUE_MAX;
}

int claims_put(struct buffer *b, const char *name, struct span value, struct error **err)
{
	if (!is_name(span_string(name)) || !is_value(value))
		return error_set(err, -ERROR_MALFORMED,
				 "'%s' is not 1 to %u characters of printable ASCII", name,
				 CLAIM_VALUE_MAX);
	buffer_put_string(b, name);
	buffer_put_u8(b, '=');
	buffer_put(b, value);
	buffer_put_u8(b, '\n');
	return buffer_ok(b) ? 0 : error_oom(err);
}

static bool split(struct span line, struct span *ret_name, struct span *ret_value)
{
	const uint8_t *equals = line.n ? memchr(line.p, '=', line.n) : NULL;
	size_t n = equals ? (size_t)(equals - line.p) : 0;

	if (!equals)
		return false;
	*ret_name = SPAN(line.p, n);
	*ret_value = span_skip(line, n + 1);
	return true;
}

/* By bytes, the shorter first. */
static bool is_less(struct span a, struct span b)
{
	int c = a.n && b.n ? memcmp(a.p, b.p, MIN(a.n, b.n)) : 0;

	return c < 0 || (c == 0 && a.n < b.n);
}

int claims_check(struct span text, struct error **err)
{
	struct reader r = reader_init(text);
	struct span line, name, value, before = {0};

	if (text.n > CLAIMS_MAX || (text.n && text.p[text.n - 1] != '\n'))
		return error_set(err, -ERROR_MALFORMED,
				 "the claims are not whole lines of %u bytes at most", CLAIMS_MAX);
	for (unsigned number = 1; reader_line(&r, &line); number++) {
		/* "\r" before the line feed is none of a line's bytes. */
		if (!split(line, &name, &value) || !is_name(name) || !is_value(value) ||
		    line.p[line.n] != '\n')
			return error_set(err, -ERROR_MALFORMED,
					 "claims, line %u: not a name and its value", number);
		if (!is_less(before, name))
			return error_set(err, -ERROR_MALFORMED,
					 "claims, line %u: '%.*s' is not in the order of names",
					 number, (int)name.n, (const char *)name.p);
		before = name;
	}
	return 0;
}
