#include "image/sparse_write.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>

#include "base/file.h"
#include "base/parallel.h"
#include "image/artifacts.h"

/* Granularity of holes: the block size of usual file systems. */
#define BLOCK_SIZE 4096u
/* Fits in a processor's cache, where it is read, looked through, written and hashed. */
#define CHUNK_SIZE (256u << 10)

struct writing {
	const struct pieces *pieces;
	const char *output;
	int fd;
	struct digest_stream *digest; /* of the chunks before `turn` */
	pthread_mutex_t mutex;
	pthread_cond_t moved; /* `turn` or `failed` is another */
	size_t turn;
	bool failed;
};

static int read_chunk(const struct pieces *p, uint64_t offset, uint8_t *chunk, struct span *ret,
		      struct error **err)
{
	size_t n = (size_t)MIN(p->size - offset, (uint64_t)CHUNK_SIZE);
	int r = pieces_read(p, offset, chunk, n, err);

	*ret = SPAN(chunk, n);
	return r;
}

/*
 * Hashes a chunk once those before it were. They are taken in order, so whoever has the one whose turn it is
 * is at work; where one fails, no turn comes any more.
 */
static void hash_in_turn(struct writing *w, size_t index, struct span chunk)
{
	pthread_mutex_lock(&w->mutex);
	while (w->turn != index && !w->failed)
		pthread_cond_wait(&w->moved, &w->mutex);

	bool mine = w->turn == index;

	pthread_mutex_unlock(&w->mutex);
	if (!mine)
		return;
	digest_stream_add(w->digest, chunk);
	pthread_mutex_lock(&w->mutex);
	w->turn++;
	pthread_cond_broadcast(&w->moved);
	pthread_mutex_unlock(&w->mutex);
}

static void give_up(struct writing *w)
{
	pthread_mutex_lock(&w->mutex);
	w->failed = true;
	pthread_cond_broadcast(&w->moved);
	pthread_mutex_unlock(&w->mutex);
}

/* Length of the first run of s whose blocks are all zero, or all not. */
static size_t run_length(struct span s, bool *ret_zero)
{
	size_t n = MIN(s.n, (size_t)BLOCK_SIZE);

	*ret_zero = span_is_zero(SPAN(s.p, n));
	while (n < s.n) {
		size_t block = MIN(s.n - n, (size_t)BLOCK_SIZE);

		if (span_is_zero(SPAN(s.p + n, block)) != *ret_zero)
			break;
		n += block;
	}
	return n;
}

static int write_chunk(const struct writing *w, uint64_t offset, struct span s, struct error **err)
{
	uint64_t at = offset;

	while (s.n > 0) {
		bool zero;
		size_t n = run_length(s, &zero);
		int r = zero ? 0 : pwrite_full(w->fd, SPAN(s.p, n), (off_t)at);

		if (r < 0)
			return error_errno(err, -r, "cannot write '%s' at byte %" PRIu64, w->output,
					   at);
		at += n;
		s = SPAN(s.p + n, s.n - n);
	}
	sparse_write_back(w->fd, offset, at - offset);
	return 0;
}

void sparse_write_back(int fd, uint64_t offset, uint64_t n)
{
	/* Only speed: artifacts_commit() tells what fails. */
	(void)sync_file_range(fd, (off_t)offset, (off_t)n, SYNC_FILE_RANGE_WRITE);
}

/* One chunk, read once: written, then hashed. */
static int work(void *context, size_t index, struct error **err)
{
	struct writing *w = context;
	_cleanup_free_ uint8_t *chunk = malloc(CHUNK_SIZE);
	uint64_t offset = (uint64_t)index * CHUNK_SIZE;
	struct span s;
	int r = chunk ? read_chunk(w->pieces, offset, chunk, &s, err) : error_oom(err);

	if (r >= 0)
		r = write_chunk(w, offset, s, err);
	if (r >= 0)
		hash_in_turn(w, index, s);
	else
		give_up(w);
	return r;
}

int sparse_write(const struct pieces *p, const char *output, struct digest_stream **ret_digest,
		 struct error **err)
{
	_cleanup_(output_release) struct output o = OUTPUT_INIT;
	_cleanup_(digest_stream_freep) struct digest_stream *digest =
		digest_stream_new(DIGEST_SHA256);
	struct writing w = {
		.pieces = p,
		.output = output,
		.digest = digest,
		.mutex = PTHREAD_MUTEX_INITIALIZER,
		.moved = PTHREAD_COND_INITIALIZER,
	};
	int r = digest ? output_open(output, &o, err) : error_oom(err);

	if (r < 0)
		return r;
	w.fd = o.fd;
	if (ftruncate(o.fd, (off_t)p->size) < 0)
		return error_errno(err, errno, "cannot set the size to %" PRIu64, p->size);
	r = parallel_for((size_t)((p->size + CHUNK_SIZE - 1) / CHUNK_SIZE), 0, work, &w, err);
	if (r >= 0)
		r = artifacts_commit_file(&o, err);
	if (r >= 0)
		*ret_digest = TAKE_PTR(digest);
	return r;
}
