#include "test.h"

#include <errno.h>

#include "base/file.h"
#include "cloud/page_journal.h"
#include "cloud/page_retry.h"

static void test_answers(void **state)
{
	static const struct {
		int result;
		unsigned status;
		const char *code;
		enum page_verdict expected;
	} cases[] = {
		{0, 201, NULL, PAGE_ACCEPTED},
		{0, 200, NULL, PAGE_ACCEPTED},
		{0, 206, NULL, PAGE_ACCEPTED},
		{0, 400, "Md5Mismatch", PAGE_DAMAGED},
		{0, 400, "InvalidHeaderValue", PAGE_REFUSED},
		{0, 400, NULL, PAGE_REFUSED},
		{0, 401, "NoAuthenticationInformation", PAGE_NEW_ADDRESS},
		{0, 403, "AuthenticationFailed", PAGE_NEW_ADDRESS},
		{0, 403, "AuthorizationFailure", PAGE_NEW_ADDRESS},
		{0, 404, "BlobNotFound", PAGE_GONE},
		{0, 409, "BlobBeingRehydrated", PAGE_IN_USE},
		{0, 413, "RequestBodyTooLarge", PAGE_REFUSED},
		{0, 416, "InvalidPageRange", PAGE_REFUSED},
		{0, 301, NULL, PAGE_REFUSED},
		{0, 408, NULL, PAGE_LATER},
		{0, 429, NULL, PAGE_LATER},
		{0, 500, "InternalError", PAGE_LATER},
		{0, 500, "OperationTimedOut", PAGE_LATER},
		{0, 502, NULL, PAGE_LATER},
		{0, 503, "ServerBusy", PAGE_BUSY},
		{-ETIMEDOUT, 0, NULL, PAGE_LATER},
		{-ECONNRESET, 0, NULL, PAGE_LATER},
		{-ECONNREFUSED, 0, NULL, PAGE_LATER},
		{-EHOSTUNREACH, 0, NULL, PAGE_LATER},
		{-EPERM, 0, NULL, PAGE_REFUSED},
		{-ENOMEM, 0, NULL, PAGE_REFUSED},
		{-EINVAL, 0, NULL, PAGE_REFUSED},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(page_judge(cases[i].result, cases[i].status, cases[i].code),
				 cases[i].expected);
}

static void test_pauses(void **state)
{
	static const unsigned whole[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(whole); i++) {
		unsigned half = whole[i] / 2;

		/* Chance takes up to half, and no more. */
		assert_int_equal(page_pause(i, 0, NULL), half);
		assert_int_equal(page_pause(i, half, NULL), whole[i]);
		assert_int_equal(page_pause(i, half + 1, NULL), half);
		for (uint32_t k = 0; k < 100; k++)
			assert_in_range(page_pause(i, k * 0x9e3779b9u, NULL), half, whole[i]);
	}
	assert_int_equal(page_pause(UINT32_MAX, 15000, NULL), 30000);
	/* As long as the service says, but not for ever, and no shorter than without it. */
	assert_int_equal(page_pause(0, 0, "7"), 7000);
	assert_int_equal(page_pause(5, 15000, "7"), 30000);
	assert_int_equal(page_pause(0, 0, "0"), 500);
	assert_int_equal(page_pause(0, 0, "99999"), PAGE_RETRY_AFTER_MAX * 1000);
	assert_int_equal(page_pause(0, 0, "18446744073709551616"), 500);
	assert_int_equal(page_pause(0, 0, "Sun, 06 Nov 1994 08:49:37 GMT"), 500);
	assert_int_equal(page_pause(0, 0, "-1"), 500);
}

struct place {
	char *folder;
	char *path;
	struct digest vhd;
};

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof *p);

	p->folder = test_folder();
	p->path = path_join(p->folder, "journal");
	p->vhd = digest_bytes(DIGEST_SHA256, SPAN_LITERAL("a disk"));
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;

	test_folder_free(p->folder);
	free(p->path);
	free(p);
	return 0;
}

static struct page_journal journal(const struct place *p, const struct digest *vhd,
				   const char *blob, size_t n)
{
	struct page_journal j = PAGE_JOURNAL_INIT;
	struct error *err = NULL;

	assert_done(page_journal_open(p->path, vhd, blob, n, &j, &err), &err);
	return j;
}

/* How many ranges it has. */
static size_t count(const struct page_journal *j)
{
	size_t n = 0;

	for (size_t i = 0; i < j->n; i++)
		n += page_journal_has(j, i);
	return n;
}

static void test_journal(void **state)
{
	static const size_t ranges[] = {0, 7, 8, 12};
	const struct place *p = *state;
	_cleanup_(page_journal_release) struct page_journal j = journal(p, &p->vhd, "a", 13);
	char id[PAGE_JOURNAL_ID_SIZE];
	struct error *err = NULL;

	assert_int_equal(count(&j), 0);
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		assert_done(page_journal_add(&j, ranges[i], &err), &err);
	memcpy(id, j.id, sizeof id);
	page_journal_release(&j);

	/* Taken up, and added to. */
	j = journal(p, &p->vhd, "a", 13);
	assert_string_equal(j.id, id);
	assert_int_equal(count(&j), ARRAY_SIZE(ranges));
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		assert_true(page_journal_has(&j, ranges[i]));
	assert_done(page_journal_add(&j, 1, &err), &err);
	page_journal_release(&j);
	j = journal(p, &p->vhd, "a", 13);
	assert_int_equal(count(&j), ARRAY_SIZE(ranges) + 1);

	/* A blob that is made anew has nothing. */
	assert_done(page_journal_restart(&j, &err), &err);
	assert_string_not_equal(j.id, id);
	assert_int_equal(count(&j), 0);
	assert_done(page_journal_add(&j, 5, &err), &err);
	page_journal_release(&j);
	j = journal(p, &p->vhd, "a", 13);
	assert_int_equal(count(&j), 1);
	page_journal_remove(&j);
	assert_false(path_exists(p->path));
}

static void test_journal_of_another(void **state)
{
	const struct place *p = *state;
	const struct digest other = digest_bytes(DIGEST_SHA256, SPAN_LITERAL("another disk"));
	const struct {
		const struct digest *vhd;
		const char *blob;
		size_t n;
	} cases[] = {
		{&other, "a", 13}, {&p->vhd, "b", 13}, {&p->vhd, "a", 14}, {&p->vhd, "a", 130}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(page_journal_release) struct page_journal j =
			journal(p, &p->vhd, "a", 13);
		struct error *err = NULL;

		assert_done(page_journal_add(&j, 2, &err), &err);
		page_journal_release(&j);
		j = journal(p, cases[i].vhd, cases[i].blob, cases[i].n);
		assert_int_equal(count(&j), 0);
		page_journal_remove(&j);
	}
}

/* Whatever is in the file, it is this journal or a new one. */
static void test_journal_of_rubbish(void **state)
{
	const struct place *p = *state;
	_cleanup_(page_journal_release) struct page_journal j = journal(p, &p->vhd, "a", 13);
	_cleanup_(buffer_release) struct buffer good = BUFFER_INIT(1000);
	struct error *err = NULL;

	assert_done(page_journal_add(&j, 2, &err), &err);
	page_journal_release(&j);
	assert_done(file_read(p->path, 1000, &good, &err), &err);
	for (size_t i = 0; i <= good.n; i++) {
		bool in_bits = i + 2 >= good.n;

		/* Cut; then with a byte that no head has. */
		assert_done(file_write(p->path, SPAN(good.p, i), &err), &err);
		j = journal(p, &p->vhd, "a", 13);
		assert_int_equal(count(&j), i == good.n);
		page_journal_release(&j);
		if (in_bits)
			continue;
		good.p[i] ^= 0x80;
		assert_done(file_write(p->path, buffer_span(&good), &err), &err);
		good.p[i] ^= 0x80;
		j = journal(p, &p->vhd, "a", 13);
		assert_int_equal(count(&j), 0);
		page_journal_release(&j);
	}
}

static void test_journal_in_memory(void **state)
{
	const struct place *p = *state;
	_cleanup_(page_journal_release) struct page_journal j = PAGE_JOURNAL_INIT;
	struct error *err = NULL;

	assert_done(page_journal_open(NULL, &p->vhd, "a", 3, &j, &err), &err);
	assert_done(page_journal_add(&j, 2, &err), &err);
	assert_int_equal(count(&j), 1);
	page_journal_remove(&j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_pauses),
		cmocka_unit_test_setup_teardown(test_journal, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_journal_of_another, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_journal_of_rubbish, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_journal_in_memory, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
