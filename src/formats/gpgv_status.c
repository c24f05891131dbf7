#include "formats/gpgv_status.h"

#include "base/text.h"
#include "formats/printable.h"

#define PREFIX "[GNUPG:] "
#define REASONS_MAX 4096u

enum signature {
	SIGNATURE_NONE,
	SIGNATURE_GOOD,
	SIGNATURE_BAD,
	SIGNATURE_EXPIRED,
	SIGNATURE_KEY_EXPIRED,
	SIGNATURE_KEY_REVOKED,
	SIGNATURE_UNKNOWN,
	SIGNATURE_WEAK,
};

static const struct {
	const char *keyword;
	enum signature signature;
	const char *why; /* it does not count */
} keywords[] = {
	{"GOODSIG", SIGNATURE_GOOD, NULL},
	{"BADSIG", SIGNATURE_BAD, "is bad: the text was changed"},
	{"EXPSIG", SIGNATURE_EXPIRED, "has expired"},
	{"EXPKEYSIG", SIGNATURE_KEY_EXPIRED, "is by a key that has expired"},
	{"REVKEYSIG", SIGNATURE_KEY_REVOKED, "is by a key that was revoked"},
	{"ERRSIG", SIGNATURE_UNKNOWN,
	 "is by a key that is not in the keyring, or cannot be checked"},
};

struct judgement {
	enum signature current;
	struct span signer; /* of the current one */
	size_t good, bad;
	const char *wanted; /* fingerprint of the primary key; NULL: any */
	struct buffer *reasons;
};

static void put_reason(struct judgement *j, const char *why)
{
	buffer_put_string(j->reasons, j->reasons->n ? "; that of '" : "the signature of '");
	if (j->signer.n)
		printable_ascii(j->signer, j->reasons);
	buffer_printf(j->reasons, "' %s", why);
}

/* OpenPGP (RFC 9580, 9.5): 1 MD5, 2 SHA-1, 3 RIPEMD-160; 0 is none. */
static bool is_weak(struct span hash)
{
	uint64_t algorithm;

	return !parse_u64(hash, UINT8_MAX, &algorithm) || algorithm <= 3;
}

/* "fingerprint date time expires version reserved key-algorithm hash-algorithm class primary": the signature
 * at hand is mathematically right, whatever its key is. */
static void take_valid(struct judgement *j, struct span rest)
{
	struct span words[10];

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = span_next_word(&rest);
	if (j->current != SIGNATURE_GOOD)
		return;
	if (is_weak(words[7]))
		put_reason(j, "is over a weak digest");
	else if (j->wanted && !span_equal(words[9], span_string(j->wanted)))
		put_reason(j, "is by another key than the signer's");
	else
		j->good++;
	j->current = SIGNATURE_NONE;
}

static void take_line(struct judgement *j, struct span line)
{
	struct span rest = line, keyword;

	if (line.n < strlen(PREFIX) || memcmp(line.p, PREFIX, strlen(PREFIX)) != 0)
		return;
	rest = span_skip(rest, strlen(PREFIX));
	keyword = span_next_word(&rest);
	if (span_equal(keyword, SPAN_LITERAL("VALIDSIG"))) {
		take_valid(j, rest);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(keywords); i++) {
		if (!span_equal(keyword, span_string(keywords[i].keyword)))
			continue;
		j->current = keywords[i].signature;
		/* Key and name; of an unknown key there follow numbers. */
		j->signer =
			j->current == SIGNATURE_UNKNOWN ? span_next_word(&rest) : span_trim(rest);
		j->bad += j->current == SIGNATURE_BAD;
		if (keywords[i].why)
			put_reason(j, keywords[i].why);
		return;
	}
}

int gpgv_status_judge(struct span lines, const char *signer, struct error **err)
{
	_cleanup_(buffer_release) struct buffer reasons = BUFFER_INIT(REASONS_MAX);
	struct judgement j = {.wanted = signer, .reasons = &reasons};
	struct reader reader = reader_init(lines);
	struct span line;

	while (reader_line(&reader, &line))
		take_line(&j, line);
	if (j.good > 0 && j.bad == 0)
		return 0;
	return error_set(err, -ERROR_REFUSED, "no valid signature: %s%s",
			 reasons.n ? buffer_text(&reasons) : "there is none",
			 buffer_ok(&reasons) ? "" : " ...");
}
