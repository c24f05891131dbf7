#include <errno.h>
#include <inttypes.h>
#include <time.h>

#include "base/clock.h"
#include "guest/checkpoint/checkpoint.h"

struct answers {
	struct checkpoint_answer items[CHECKPOINT_SOURCES_MAX];
};

static void answers_release(struct answers *a)
{
	for (size_t i = 0; i < CHECKPOINT_SOURCES_MAX; i++)
		free(a->items[i].problem);
}

static void say_answers(const struct checkpoint_plan *p, const struct checkpoint_answer *a,
			say_function say)
{
	for (size_t i = 0; i < p->urls.n; i++) {
		char root[2 * BEACON_ROOT_SIZE + 1];

		hex_encode(SPAN(a[i].finalized.root, BEACON_ROOT_SIZE), root);
		if (a[i].problem)
			say("%s: %s", a[i].url, a[i].problem);
		else if (memcmp(a[i].network, p->network, sizeof p->network) != 0)
			say("%s: another network", a[i].url);
		else
			say("%s: epoch %" PRIu64 ", block 0x%s", a[i].url, a[i].finalized.epoch,
			    root);
	}
}

static int ask_all(const struct checkpoint_plan *p, const struct checkpoint_options *o,
		   struct checkpoint_answer *a, struct error **err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < p->urls.n; i++) {
		a[i].url = p->urls.items[i];
		r = checkpoint_ask(o, &a[i], err);
	}
	return r;
}

int checkpoint_decide(const struct checkpoint_plan *p, const struct checkpoint_options *o,
		      say_function say, struct checkpoint_start *ret, struct error **err)
{
	const struct timespec pause = {o->pause_milliseconds / 1000,
				       (long)(o->pause_milliseconds % 1000) * 1000000};
	_cleanup_(answers_release) struct answers answers = {0};
	struct checkpoint_answer *a = answers.items;
	int64_t end = clock_milliseconds() + o->total_milliseconds;

	for (;;) {
		const struct checkpoint_answer *agreed = NULL;
		int r = ask_all(p, o, a, err);
		enum checkpoint_verdict verdict;

		if (r < 0)
			return r;
		verdict = checkpoint_judge(p, a, p->urls.n, &agreed);
		if (verdict == CHECKPOINT_WAIT &&
		    clock_milliseconds() + o->pause_milliseconds < end) {
			nanosleep(&pause, NULL);
			continue;
		}
		say_answers(p, a, say);
		if (verdict == CHECKPOINT_AGREED) {
			*ret = (struct checkpoint_start){agreed->url, agreed->finalized};
			return 0;
		}
		return error_set(err, -ERROR_REFUSED,
				 verdict == CHECKPOINT_REFUSED
					 ? "the sources of the checkpoint contradict each other or "
					   "the configuration: the consensus client does not start"
					 : "too few sources of the checkpoint agree: the consensus "
					   "client does not start");
	}
}
