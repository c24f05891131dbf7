#include "guest/checkpoint/checkpoint.h"

static bool is_same(const struct beacon_checkpoint *a, const struct beacon_checkpoint *b)
{
	return a->epoch == b->epoch && memcmp(a->root, b->root, sizeof a->root) == 0;
}

enum checkpoint_verdict checkpoint_judge(const struct checkpoint_plan *p,
					 const struct checkpoint_answer *answers, size_t n,
					 const struct checkpoint_answer **ret)
{
	enum checkpoint_verdict verdict = CHECKPOINT_WAIT;

	for (size_t i = 0; i < n; i++) {
		const struct beacon_checkpoint *a = &answers[i].finalized;
		size_t agree = 0;

		if (answers[i].problem)
			continue;
		if (memcmp(answers[i].network, p->network, sizeof p->network) != 0)
			return CHECKPOINT_REFUSED;
		for (size_t k = 0; k < n; k++) {
			const struct beacon_checkpoint *b = &answers[k].finalized;

			if (answers[k].problem)
				continue;
			if (a->epoch == b->epoch && !is_same(a, b))
				return CHECKPOINT_REFUSED;
			agree += is_same(a, b);
		}
		if (agree < p->needed ||
		    (verdict == CHECKPOINT_AGREED && a->epoch <= (*ret)->finalized.epoch))
			continue;
		verdict = CHECKPOINT_AGREED;
		*ret = &answers[i];
	}
	return verdict;
}
