#include "image/sparse_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "base/file.h"

/* Granularity of holes: the block size of usual file systems. */
#define BLOCK_SIZE 4096u
#define CHUNK_SIZE (1u << 20)

int sparse_writer_init(int fd, struct sparse_writer *ret, struct error **err)
{
	struct sparse_writer w = {.fd = fd, .digest = digest_stream_new(DIGEST_SHA256)};

	if (!w.digest)
		return error_oom(err);
	*ret = w;
	return 0;
}

void sparse_writer_release(struct sparse_writer *w)
{
	digest_stream_free(w->digest);
	*w = (struct sparse_writer){.fd = -1};
}

/* Bytes up to the next border of a block of the file. */
static size_t to_border(uint64_t offset)
{
	return (size_t)(BLOCK_SIZE - offset % BLOCK_SIZE);
}

/* Length of the first run of s whose blocks are all zero, or all not. */
static size_t run_length(struct span s, uint64_t offset, bool *ret_zero)
{
	size_t n = MIN(s.n, to_border(offset));

	*ret_zero = span_is_zero(SPAN(s.p, n));
	while (n < s.n) {
		size_t block = MIN(s.n - n, (size_t)BLOCK_SIZE);

		if (span_is_zero(SPAN(s.p + n, block)) != *ret_zero)
			break;
		n += block;
	}
	return n;
}

int sparse_writer_put(struct sparse_writer *w, struct span s, struct error **err)
{
	digest_stream_add(w->digest, s);
	while (s.n > 0) {
		bool zero;
		size_t n = run_length(s, w->offset, &zero);
		int r = zero ? 0 : pwrite_full(w->fd, SPAN(s.p, n), (off_t)w->offset);

		if (r < 0)
			return error_errno(err, -r, "cannot write at %" PRIu64, w->offset);
		w->offset += n;
		s = SPAN(s.p + n, s.n - n);
	}
	return 0;
}

int sparse_writer_skip_to(struct sparse_writer *w, uint64_t offset, struct error **err)
{
	static const uint8_t zeros[16 * BLOCK_SIZE];

	if (offset < w->offset)
		return error_set(err, -EINVAL, "offset %" PRIu64 " is already written", offset);
	while (w->offset < offset) {
		size_t n = (size_t)MIN(offset - w->offset, (uint64_t)sizeof(zeros));

		digest_stream_add(w->digest, SPAN(zeros, n));
		w->offset += n;
	}
	return 0;
}

int sparse_writer_put_file(struct sparse_writer *w, const char *path, uint64_t size,
			   struct error **err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ uint8_t *chunk = malloc(CHUNK_SIZE);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(err, errno, "%s", path);
	if (!chunk)
		return error_oom(err);
	if ((uint64_t)st.st_size != size)
		return error_set(err, -EIO, "%s: the size changed from %" PRIu64 " to %lld bytes",
				 path, size, (long long)st.st_size);
	while (size > 0) {
		size_t n = (size_t)MIN(size, (uint64_t)CHUNK_SIZE);
		int r = read_full(fd, chunk, n);

		if (r < 0)
			return error_errno(err, -r, "%s", path);
		r = sparse_writer_put(w, SPAN(chunk, n), err);
		if (r < 0)
			return r;
		size -= n;
	}
	return 0;
}

int sparse_writer_end(struct sparse_writer *w, struct error **err)
{
	if (ftruncate(w->fd, (off_t)w->offset) < 0)
		return error_errno(err, errno, "cannot set the size to %" PRIu64, w->offset);
	return 0;
}
