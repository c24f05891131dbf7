#include "base/parallel.h"

#include <errno.h>
#include <pthread.h>

struct loop {
	pthread_mutex_t mutex;
	size_t next;
	size_t count;
	parallel_function function;
	void *context;
	int result; /* of the lowest failed index */
	size_t failed_index;
	struct error *error;
};

static bool take_index(struct loop *l, size_t *ret)
{
	pthread_mutex_lock(&l->mutex);

	bool more = l->result == 0 && l->next < l->count;

	if (more)
		*ret = l->next++;
	pthread_mutex_unlock(&l->mutex);
	return more;
}

static void note_failure(struct loop *l, size_t index, int result, struct error *e)
{
	pthread_mutex_lock(&l->mutex);
	if (l->result == 0 || index < l->failed_index) {
		error_free(l->error);
		l->error = e;
		l->result = result;
		l->failed_index = index;
	} else {
		error_free(e);
	}
	pthread_mutex_unlock(&l->mutex);
}

static void *worker(void *argument)
{
	struct loop *l = argument;
	size_t index;

	while (take_index(l, &index)) {
		struct error *e = NULL;
		int r = l->function(l->context, index, &e);

		if (r < 0)
			note_failure(l, index, r, e);
	}
	return NULL;
}

/* More threads than this gain nothing on any machine that builds images. */
#define THREADS_MAX 64

int parallel_for(size_t count, unsigned threads, parallel_function f, void *context,
		 struct error **err)
{
	struct loop l = {
		.mutex = PTHREAD_MUTEX_INITIALIZER,
		.count = count,
		.function = f,
		.context = context,
	};
	pthread_t ids[THREADS_MAX];
	size_t started = 0;

	if (threads == 0) {
		long online = sysconf(_SC_NPROCESSORS_ONLN);

		threads = online > 0 ? (unsigned)online : 1;
	}

	size_t wanted = MIN(MIN((size_t)threads, count), (size_t)THREADS_MAX);

	/* The caller's thread works too. */
	while (started + 1 < wanted && pthread_create(&ids[started], NULL, worker, &l) == 0)
		started++;
	worker(&l);
	for (size_t i = 0; i < started; i++)
		pthread_join(ids[i], NULL);

	if (l.result < 0 && err) {
		error_free(*err);
		*err = l.error;
	} else {
		error_free(l.error);
	}
	return l.result;
}
