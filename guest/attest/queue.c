#include <errno.h>

#include "guest/attest/attest.h"

static int wait_turn(struct attest_service *s, struct error **err)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += s->limits->evidence_milliseconds / 1000;
	if (pthread_mutex_clocklock(&s->turn, CLOCK_MONOTONIC, &until) == 0)
		return 0;
	return error_set(err, -EBUSY, "evidence takes too long");
}

/* 0: it is this thread's turn, until leave(). */
static int enter(struct attest_service *s, struct error **err)
{
	int r = 0;

	if (atomic_fetch_add(&s->waiting, 1) >= s->limits->waiting)
		r = error_set(err, -EBUSY, "too many wait for evidence");
	else
		r = wait_turn(s, err);
	if (r < 0)
		atomic_fetch_sub(&s->waiting, 1);
	return r;
}

static void leave(struct attest_service *s)
{
	pthread_mutex_unlock(&s->turn);
	atomic_fetch_sub(&s->waiting, 1);
}

int queue_kind(struct attest_service *s, enum evidence_kind *ret, struct error **err)
{
	int r = enter(s, err);

	if (r < 0)
		return r;
	r = machine_kind(s->places, ret, err);
	leave(s);
	return r;
}

int queue_evidence(struct attest_service *s, const uint8_t data[ATTEST_DATA_SIZE],
		   size_t tpm_data_size, struct evidence *ret, struct error **err)
{
	int r = enter(s, err);

	if (r < 0)
		return r;
	r = machine_evidence(s->places, data, tpm_data_size, ret, err);
	leave(s);
	if (r < 0)
		s->say("no evidence: %s", err ? error_message(*err) : "");
	return r;
}
