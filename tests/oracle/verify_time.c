/*
 * How long the judgement of a quote takes, without reading files: microseconds for one of N.
 *
 *   oracle_verify_time QUOTE COLLATERAL SECONDS-SINCE-1970 N
 */
#include <inttypes.h>
#include <time.h>

#include "attest/attest.h"
#include "base/file.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* From bytes to verdict. */
static int judge(struct span quote, struct span collateral, int64_t at, struct error **err)
{
	_cleanup_(evidence_release) struct evidence e = {0};
	_cleanup_(collateral_release) struct collateral c = {0};
	_cleanup_(policy_release) struct policy p = {0};
	_cleanup_(verdict_release) struct verdict v = {.at = at};
	int r = evidence_parse(quote, &e, err);

	if (r >= 0)
		r = collateral_parse(collateral, &c, err);
	if (r >= 0)
		r = attest_judge(&e, &c, &p, &v, err);
	if (r >= 0 && verdict_answer(&v, VERDICT_PLATFORM) != ANSWER_YES)
		r = error_set(err, -ERROR_REFUSED, "not a quote that is accepted");
	return r;
}

int main(int argc, char **argv)
{
	_cleanup_(buffer_release) struct buffer quote = BUFFER_INIT(EVIDENCE_MAX);
	_cleanup_(buffer_release) struct buffer collateral = BUFFER_INIT(COLLATERAL_MAX);
	_cleanup_error_ struct error *err = NULL;
	uint64_t at, n;
	int r;

	if (argc != 5 || !parse_u64(span_string(argv[3]), INT64_MAX, &at) ||
	    !parse_u64(span_string(argv[4]), 1000000, &n) || n == 0)
		return 2;
	r = file_read(argv[1], EVIDENCE_MAX, &quote, &err);
	if (r >= 0)
		r = file_read(argv[2], COLLATERAL_MAX, &collateral, &err);

	double start = now();

	for (uint64_t i = 0; i < n && r >= 0; i++)
		r = judge(buffer_span(&quote), buffer_span(&collateral), (int64_t)at, &err);
	if (r < 0) {
		fprintf(stderr, "verify_time: %s\n", error_message(err));
		return 1;
	}
	printf("%.0f\n", (now() - start) / (double)n);
	return 0;
}
