/*
 * How long the judgement of a quote takes, without reading files: microseconds for one of N, all of it from bytes,
 * and with collateral that is kept.
 *
 *   oracle_verify_time QUOTE COLLATERAL SECONDS-SINCE-1970 N
 */
#include <inttypes.h>
#include <time.h>

#include "attest/attest.h"
#include "base/file.h"

struct run {
	struct span quote, collateral;
	const struct kept_collateral *kept; /* NULL: each judgement reads the collateral */
	int64_t at;
	uint64_t n;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* From bytes to verdict. */
static int judge(const struct run *run, struct error **err)
{
	_cleanup_(evidence_release) struct evidence e = {0};
	_cleanup_(collateral_release) struct collateral c = {0};
	_cleanup_(policy_release) struct policy p = {0};
	_cleanup_(verdict_release) struct verdict v = {.at = run->at};
	int r = evidence_parse(run->quote, &e, err);

	if (r >= 0 && !run->kept)
		r = collateral_parse(run->collateral, &c, err);
	if (r >= 0)
		r = run->kept ? attest_judge_kept(&e, run->kept, &p, &v, err)
			      : attest_judge(&e, &c, &p, &v, err);
	if (r >= 0 && verdict_answer(&v, VERDICT_PLATFORM) != ANSWER_YES)
		r = error_set(err, -ERROR_REFUSED, "not a quote that is accepted");
	return r;
}

static int measure(const struct run *run, double *ret, struct error **err)
{
	double start = now();
	int r = 0;

	for (uint64_t i = 0; i < run->n && r >= 0; i++)
		r = judge(run, err);
	*ret = (now() - start) / (double)run->n;
	return r;
}

int main(int argc, char **argv)
{
	_cleanup_(buffer_release) struct buffer quote = BUFFER_INIT(EVIDENCE_MAX);
	_cleanup_(buffer_release) struct buffer collateral = BUFFER_INIT(COLLATERAL_MAX);
	_cleanup_(collateral_release) struct collateral c = {0};
	_cleanup_(kept_collateral_freep) struct kept_collateral *kept = NULL;
	_cleanup_error_ struct error *err = NULL;
	struct run run = {0};
	double fresh = 0, again = 0;
	uint64_t at;
	int r;

	if (argc != 5 || !parse_u64(span_string(argv[3]), INT64_MAX, &at) ||
	    !parse_u64(span_string(argv[4]), 1000000, &run.n) || run.n == 0)
		return 2;
	run.at = (int64_t)at;
	r = file_read(argv[1], EVIDENCE_MAX, &quote, &err);
	if (r >= 0)
		r = file_read(argv[2], COLLATERAL_MAX, &collateral, &err);
	if (r >= 0)
		r = collateral_parse(buffer_span(&collateral), &c, &err);
	if (r >= 0)
		r = kept_collateral_new(&c, &kept, &err);
	run.quote = buffer_span(&quote);
	run.collateral = buffer_span(&collateral);
	if (r >= 0)
		r = measure(&run, &fresh, &err);
	run.kept = kept;
	if (r >= 0)
		r = measure(&run, &again, &err);
	if (r < 0) {
		fprintf(stderr, "verify_time: %s\n", error_message(err));
		return 1;
	}
	printf("%.0f %.0f\n", fresh, again);
	return 0;
}
