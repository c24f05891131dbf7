#include "crypto/digest.h"

#include <errno.h>

#include "base/file.h"

#define FILE_CHUNK (256u * 1024)

/* Of the first `size` bytes of an open file. */
static int digest_start(int fd, uint64_t size, enum digest_algorithm a, struct digest *ret,
			struct error **err)
{
	_cleanup_(digest_stream_freep) struct digest_stream *s = digest_stream_new(a);
	_cleanup_free_ uint8_t *chunk = malloc(FILE_CHUNK);

	if (!s || !chunk)
		return error_oom(err);
	for (uint64_t at = 0; at < size;) {
		ssize_t got = pread(fd, chunk, (size_t)MIN(size - at, FILE_CHUNK), (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return error_errno(err, got < 0 ? errno : ENODATA, "cannot read at %llu",
					   (unsigned long long)at);
		digest_stream_add(s, SPAN(chunk, (size_t)got));
		at += (uint64_t)got;
	}
	*ret = digest_stream_end(s);
	return 0;
}

int digest_file(const char *path, enum digest_algorithm a, struct digest *ret, uint64_t *ret_size,
		struct error **err)
{
	_cleanup_close_ int fd = -1;
	uint64_t size;
	int r = file_open(path, &fd, &size, err);

	if (r < 0)
		return r;
	r = digest_start(fd, size, a, ret, err);
	if (r < 0)
		return error_wrap(err, r, "%s", path);
	if (ret_size)
		*ret_size = size;
	return 0;
}
