#include "test.h"

#include "guest/checkpoint/checkpoint.h"

#define ROOT_A "0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ROOT_B "0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define LIST                                                                                   \
	"[dev]\nGenesis=" ROOT_A "\nUrl=https://one.example\nUrl=https://two.example\n[lab]\n" \
	"Genesis=" ROOT_B "\nUrl=https://three.example\n"

static void makes_plans(void **state)
{
	_cleanup_(checkpoint_plan_release) struct checkpoint_plan p = {0};
	_cleanup_error_ struct error *err = NULL;

	(void)state;
	assert_done(checkpoint_plan_make(SPAN_LITERAL(LIST),
					 SPAN_LITERAL("CHECKPOINT_URLS=\nNETWORK=dev\nZ=1\n"), &p,
					 &err),
		    &err);
	assert_int_equal(p.urls.n, 2);
	assert_string_equal(p.urls.items[1], "https://two.example");
	assert_int_equal(p.network[31], 0xaa);
	assert_int_equal(p.needed, 2);
	checkpoint_plan_release(&p);
	assert_done(checkpoint_plan_make(SPAN_LITERAL(LIST),
					 SPAN_LITERAL("CHECKPOINT_URLS=https://x\nNETWORK=lab\n"),
					 &p, &err),
		    &err);
	assert_int_equal(p.urls.n, 1);
	assert_string_equal(p.urls.items[0], "https://x");
	assert_int_equal(p.network[31], 0xbb);
	assert_int_equal(p.needed, 1);
}

static void assert_no_plan(const char *list, const char *configuration, const char *message)
{
	_cleanup_(checkpoint_plan_release) struct checkpoint_plan p = {0};
	_cleanup_error_ struct error *err = NULL;

	assert_failed(checkpoint_plan_make(span_string(list), span_string(configuration), &p, &err),
		      ERROR_MALFORMED, message, &err);
}

static void refuses_plans(void **state)
{
	(void)state;
	assert_no_plan(LIST, "X=1\n", "the configuration has no NETWORK");
	assert_no_plan(LIST, "NETWORK=none\n", "nothing is known of the network 'none'");
	assert_no_plan(LIST, "NETWORK=lab\n", "1 sources of a checkpoint, not 2 to 8");
	assert_no_plan("[dev]\nGenesis=0x12\n", "NETWORK=dev\n",
		       "checkpoints.conf:2: Genesis= is no root");
	assert_no_plan("[dev]\nHost=x\n", "NETWORK=dev\n", "checkpoints.conf:2: unknown key");
}

/* A source for each character: "7a" is of epoch 7 with root a, "-" does not answer, "!" is of another network. */
static enum checkpoint_verdict judge(const char *sources, size_t needed, uint64_t *ret_epoch,
				     size_t *ret_source)
{
	const struct checkpoint_plan plan = {.needed = needed};
	struct checkpoint_answer answers[CHECKPOINT_SOURCES_MAX] = {0};
	const struct checkpoint_answer *agreed = answers;
	enum checkpoint_verdict v;
	size_t n = 0;

	for (const char *s = sources; *s; n++) {
		struct checkpoint_answer *a = &answers[n];

		if (*s == '-') {
			a->problem = (char *)(uintptr_t) "down";
			s++;
		} else if (*s == '!') {
			a->network[5] = 1;
			s++;
		} else {
			a->finalized.epoch = (uint64_t)(s[0] - '0');
			a->finalized.root[BEACON_ROOT_SIZE - 1] = (uint8_t)s[1];
			s += 2;
		}
	}
	v = checkpoint_judge(&plan, answers, n, &agreed);
	*ret_epoch = agreed->finalized.epoch;
	*ret_source = (size_t)(agreed - answers);
	return v;
}

static void judges(void **state)
{
	static const struct {
		const char *sources;
		size_t needed;
		enum checkpoint_verdict wanted;
		uint64_t epoch;
		size_t source;
	} cases[] = {
		{"7a7a", 2, CHECKPOINT_AGREED, 7, 0},	  {"7a7b", 2, CHECKPOINT_REFUSED, 0, 0},
		{"7a8a", 2, CHECKPOINT_WAIT, 0, 0},	  {"7a-", 2, CHECKPOINT_WAIT, 0, 0},
		{"--", 2, CHECKPOINT_WAIT, 0, 0},	  {"7a-7a", 2, CHECKPOINT_AGREED, 7, 0},
		{"7a7a!", 2, CHECKPOINT_REFUSED, 0, 0},	  {"7a7a7b", 2, CHECKPOINT_REFUSED, 0, 0},
		{"7a", 1, CHECKPOINT_AGREED, 7, 0},	  {"!", 1, CHECKPOINT_REFUSED, 0, 0},
		{"-", 1, CHECKPOINT_WAIT, 0, 0},	  {"7a8b7a8b", 2, CHECKPOINT_AGREED, 8, 1},
		{"8b7a8b7a", 2, CHECKPOINT_AGREED, 8, 0}, {"-7a7a", 2, CHECKPOINT_AGREED, 7, 1},
		{"6a7a7a", 2, CHECKPOINT_AGREED, 7, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t epoch;
		size_t source;

		if (judge(cases[i].sources, cases[i].needed, &epoch, &source) != cases[i].wanted)
			fail_msg("%s", cases[i].sources);
		if (cases[i].wanted != CHECKPOINT_AGREED)
			continue;
		assert_int_equal(epoch, cases[i].epoch);
		assert_int_equal(source, cases[i].source);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_plans),
		cmocka_unit_test(refuses_plans),
		cmocka_unit_test(judges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
