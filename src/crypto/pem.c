#include "crypto/pem.h"

#include <errno.h>

#include "base/secret.h"
#include "base/text.h"

#define LINE_MAX_ 64u

static bool is_marker(struct span line, const char *word, struct span *ret_label)
{
	size_t n = strlen(word);

	/* "-----BEGIN " ... "-----" */
	if (line.n < n + 10 + 1 || memcmp(line.p, "-----", 5) != 0 ||
	    memcmp(line.p + 5, word, n) != 0 || line.p[5 + n] != ' ' ||
	    memcmp(line.p + line.n - 5, "-----", 5) != 0)
		return false;
	*ret_label = SPAN(line.p + 6 + n, line.n - n - 11);
	return true;
}

static int check_label(struct span label, const char *wanted, struct error **err)
{
	if (span_equal(label, span_string(wanted)))
		return 0;
	if (span_equal(label, SPAN_LITERAL("ENCRYPTED PRIVATE KEY")))
		return error_set(err, -ERROR_MALFORMED,
				 "the private key is encrypted: give it decrypted");
	if (string_equal(wanted, PEM_PUBLIC_KEY) &&
	    span_equal(label, SPAN_LITERAL(PEM_PRIVATE_KEY)))
		return error_set(err, -ERROR_MALFORMED, "a private key where a public key belongs");
	return error_set(err, -ERROR_MALFORMED, "no PEM block '%s'", wanted);
}

/* Everything between the markers, without line ends. */
static int collect(struct span text, const char *label, char *out, size_t *ret_n,
		   struct error **err)
{
	struct reader reader = reader_init(text);
	bool begun = false, ended = false;
	struct span line, found;
	size_t n = 0;

	while (reader_line(&reader, &line)) {
		line = span_trim(line);
		if (line.n == 0 && (!begun || ended))
			continue;
		if (ended)
			return error_set(err, -ERROR_MALFORMED, "text after the key");
		if (!begun) {
			int r = is_marker(line, "BEGIN", &found)
					? check_label(found, label, err)
					: error_set(err, -ERROR_MALFORMED, "no PEM block '%s'",
						    label);

			if (r < 0)
				return r;
			begun = true;
		} else if (is_marker(line, "END", &found)) {
			if (!span_equal(found, span_string(label)))
				return error_set(err, -ERROR_MALFORMED,
						 "the PEM block ends as another");
			ended = true;
		} else {
			memcpy(out + n, line.p, line.n);
			n += line.n;
		}
	}
	if (!ended)
		return error_set(err, -ERROR_MALFORMED,
				 begun ? "the PEM block '%s' has no end" : "no PEM block '%s'",
				 label);
	*ret_n = n;
	return 0;
}

int pem_decode(struct span text, const char *label, uint8_t **ret, size_t *ret_n,
	       struct error **err)
{
	char *characters;
	size_t n = 0;
	int r;

	if (text.n > PEM_MAX)
		return error_set(err, -EFBIG, "%zu bytes, more than the %u of a key", text.n,
				 PEM_MAX);
	characters = malloc(text.n + 1);
	if (!characters)
		return error_oom(err);
	r = collect(text, label, characters, &n, err);
	if (r >= 0 && (n == 0 || !base64_decode(SPAN(characters, n), ret, ret_n)))
		r = error_set(err, -ERROR_MALFORMED, "the PEM block '%s' is not base64", label);
	secret_free(characters, text.n + 1);
	return r;
}

void pem_free(uint8_t *bytes, size_t n)
{
	secret_free(bytes, n);
}

void pem_encode(const char *label, struct span bytes, struct buffer *ret)
{
	char *text = base64_string(bytes);
	size_t n = text ? strlen(text) : 0;

	if (!text) {
		ret->failed = true;
		return;
	}
	buffer_printf(ret, "-----BEGIN %s-----\n", label);
	for (size_t i = 0; i < n; i += LINE_MAX_) {
		buffer_put(ret, SPAN(text + i, MIN(LINE_MAX_, n - i)));
		buffer_put_u8(ret, '\n');
	}
	buffer_printf(ret, "-----END %s-----\n", label);
	secret_free(text, n);
}
