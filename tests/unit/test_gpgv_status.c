#include "test.h"

#include "formats/gpgv_status.h"

#define VALID "[GNUPG:] VALIDSIG AA 2026-01-01 1 0 4 0 22 10 01 BB\n"
#define GOOD "[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG 11 good <g@x>\n" VALID
#define UNKNOWN "[GNUPG:] ERRSIG 22 1 10 01 1 9 CC\n[GNUPG:] NO_PUBKEY 22\n"

static void accepts(void **state)
{
	static const char *const texts[] = {
		GOOD,
		GOOD UNKNOWN,
		UNKNOWN GOOD,
		GOOD "[GNUPG:] EXPKEYSIG 33 old\n" VALID,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct error *err = NULL;

		assert_done(gpgv_status_judge(span_string(texts[i]), NULL, &err), &err);
	}
}

/* Of several signatures that of the wanted key counts, by its primary key. */
static void wants_signer(void **state)
{
	static const char other[] =
		"[GNUPG:] GOODSIG 99 other\n[GNUPG:] VALIDSIG BB 2026-01-01 1 0 4 0 22 10 01 CC\n";
	struct error *err = NULL;

	(void)state;
	assert_done(gpgv_status_judge(span_string(GOOD), "BB", &err), &err);
	assert_failed(gpgv_status_judge(span_string(GOOD), "AA", &err), ERROR_REFUSED,
		      "no valid signature: the signature of '11 good <g@x>' is by another key than "
		      "the signer's",
		      &err);
	assert_failed(gpgv_status_judge(span_string(other), "BB", &err), ERROR_REFUSED,
		      "no valid signature: the signature of '99 other' is by another key than the "
		      "signer's",
		      &err);
	assert_true(gpgv_status_judge(SPAN_LITERAL("[GNUPG:] GOODSIG 1 x\n[GNUPG:] VALIDSIG AA "
						   "2026-01-01 1 0 4 0 22 10\n"),
				      "BB", NULL) < 0);
}

static void refuses(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"", "no valid signature: there is none"},
		{VALID, "no valid signature: there is none"},
		{"[GNUPG:] GOODSIG 11 good\n", "no valid signature: there is none"},
		{"GOODSIG 11 good\n" VALID, "no valid signature: there is none"},
		{"[GNUPG:] EXPKEYSIG 33 old <o@x>\n" VALID,
		 "no valid signature: the signature of '33 old <o@x>' is by a key that has "
		 "expired"},
		{"[GNUPG:] EXPSIG 33 old\n" VALID,
		 "no valid signature: the signature of '33 old' has expired"},
		{"[GNUPG:] REVKEYSIG 44 gone\n" VALID UNKNOWN,
		 "no valid signature: the signature of '44 gone' is by a key that was revoked; "
		 "that of "
		 "'22' is by a key that is not in the keyring, or cannot be checked"},
		{"[GNUPG:] GOODSIG 11 weak\n[GNUPG:] VALIDSIG AA 2026-01-01 1 0 4 0 1 2 01 BB\n",
		 "no valid signature: the signature of '11 weak' is over a weak digest"},
		{GOOD "[GNUPG:] BADSIG 55 evil\n",
		 "no valid signature: the signature of '55 evil' is bad: the text was changed"},
		{"[GNUPG:] BADSIG 55 \x1b[2J\n",
		 "no valid signature: the signature of '55 ?[2J' is bad: the text was changed"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error *err = NULL;

		assert_failed(gpgv_status_judge(span_string(cases[i].text), NULL, &err),
			      ERROR_REFUSED, cases[i].message, &err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts),
		cmocka_unit_test(wants_signer),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
