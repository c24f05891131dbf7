#include "measure/digest_jobs.h"

#include "base/parallel.h"

/* Messages below this are not worth a search for one that begins with them. */
#define SHARED_MIN (64u << 10)

#define NO_JOB SIZE_MAX

struct plan {
	const struct digest_job *jobs;
	uint64_t *sizes; /* of the messages */
	size_t *within;	 /* job i is the start of job within[i], or NO_JOB */
	size_t *starts;	 /* of job i the longest start among those that point to it, or NO_JOB */
	size_t *order;	 /* the jobs that are run, longest first */
	size_t n_order;
};

static void plan_release(struct plan *p)
{
	free(p->sizes);
	free(p->within);
	free(p->starts);
	free(p->order);
}

static uint64_t message_size(const struct digest_job *job)
{
	uint64_t size = 0;

	for (size_t i = 0; i < job->n; i++)
		size += job->pieces[i].bytes.n + job->pieces[i].zeros;
	return size;
}

static bool same_piece(const struct digest_piece *a, const struct digest_piece *b)
{
	return a->bytes.p == b->bytes.p && a->bytes.n == b->bytes.n && a->zeros == b->zeros;
}

/* The very same memory; equal contents elsewhere do not count. */
static bool starts_with(const struct digest_job *job, const struct digest_job *start)
{
	if (job->algorithm != start->algorithm || start->n == 0 || start->n > job->n)
		return false;
	for (size_t i = 0; i < start->n; i++) {
		if (!same_piece(&job->pieces[i], &start->pieces[i]))
			return false;
	}
	return true;
}

/* Each job carries at most one other: the first that is found. */
static void find_starts(struct plan *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p->sizes[i] < SHARED_MIN || p->starts[i] != NO_JOB)
			continue;
		for (size_t k = 0; k < n && p->within[i] == NO_JOB; k++) {
			if (k == i || p->within[k] != NO_JOB || p->starts[k] != NO_JOB ||
			    !starts_with(&p->jobs[k], &p->jobs[i]))
				continue;
			p->within[i] = k;
			p->starts[k] = i;
		}
	}
}

static void sort_longest_first(struct plan *p)
{
	for (size_t i = 1; i < p->n_order; i++) {
		size_t job = p->order[i], at = i;

		for (; at > 0 && p->sizes[p->order[at - 1]] < p->sizes[job]; at--)
			p->order[at] = p->order[at - 1];
		p->order[at] = job;
	}
}

static int make_plan(const struct digest_job *jobs, size_t n, struct plan *p, struct error **err)
{
	p->jobs = jobs;
	p->sizes = calloc(n, sizeof(*p->sizes));
	p->within = calloc(n, sizeof(*p->within));
	p->starts = calloc(n, sizeof(*p->starts));
	p->order = calloc(n, sizeof(*p->order));
	if (!p->sizes || !p->within || !p->starts || !p->order)
		return error_oom(err);
	for (size_t i = 0; i < n; i++) {
		p->sizes[i] = message_size(&jobs[i]);
		p->within[i] = p->starts[i] = NO_JOB;
	}
	find_starts(p, n);
	for (size_t i = 0; i < n; i++) {
		if (p->within[i] == NO_JOB)
			p->order[p->n_order++] = i;
	}
	sort_longest_first(p);
	return 0;
}

static void add_pieces(struct digest_stream *stream, const struct digest_job *job, size_t first)
{
	static const uint8_t zeros[4096];

	for (size_t i = first; i < job->n; i++) {
		digest_stream_add(stream, job->pieces[i].bytes);
		for (uint64_t left = job->pieces[i].zeros; left > 0;) {
			size_t part = MIN(left, sizeof(zeros));

			digest_stream_add(stream, SPAN(zeros, part));
			left -= part;
		}
	}
}

static int run_job(void *context, size_t index, struct error **err)
{
	const struct plan *p = context;
	const struct digest_job *job = &p->jobs[p->order[index]];
	size_t start = p->starts[p->order[index]], first = 0;
	_cleanup_(digest_stream_freep) struct digest_stream *stream =
		digest_stream_new(job->algorithm);

	if (!stream)
		return error_oom(err);
	if (start != NO_JOB) {
		_cleanup_(digest_stream_freep) struct digest_stream *copy = NULL;

		add_pieces(stream, &p->jobs[start], 0);
		copy = digest_stream_copy(stream);
		if (!copy)
			return error_oom(err);
		*p->jobs[start].result = digest_stream_end(copy);
		first = p->jobs[start].n;
	}
	add_pieces(stream, job, first);
	*job->result = digest_stream_end(stream);
	return 0;
}

int digest_jobs_run(const struct digest_job *jobs, size_t n, struct error **err)
{
	_cleanup_(plan_release) struct plan plan = {0};

	if (n == 0)
		return 0;

	int r = make_plan(jobs, n, &plan, err);

	return r < 0 ? r : parallel_for(plan.n_order, 0, run_job, &plan, err);
}
