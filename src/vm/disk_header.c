#include "vm/disk_header.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "base/file.h"
#include "formats/qcow2.h"

static int too_small(uint64_t size, struct error **err)
{
	return error_set(err, -ENODATA, "%" PRIu64 " bytes, less than the %u of a header", size,
			 LUKS2_HEADER_SIZE);
}

static int read_qcow2(const char *path, uint8_t *ret, struct error **err)
{
	_cleanup_(file_map_release) struct file_map map = {0};
	_cleanup_free_ uint8_t *scratch = NULL;
	struct qcow2 q;
	int r = file_map(path, &map, err);

	if (r >= 0)
		r = qcow2_open(map.data, &q, err);
	if (r < 0)
		return r;
	if (q.size < LUKS2_HEADER_SIZE)
		return too_small(q.size, err);
	scratch = malloc(1ull << q.cluster_bits);
	if (!scratch)
		return error_oom(err);
	for (uint64_t i = 0; i << q.cluster_bits < LUKS2_HEADER_SIZE; i++) {
		uint64_t at = i << q.cluster_bits;
		struct span content = {0};

		r = qcow2_cluster(&q, i, scratch, &content, err);
		if (r < 0)
			return r;
		if (content.n)
			memcpy(ret + at, content.p, MIN(content.n, LUKS2_HEADER_SIZE - at));
	}
	return 0;
}

/* Not mapped: a device has no size that stat() knows. */
static int read_raw(int fd, uint8_t *ret, struct error **err)
{
	int r = read_full(fd, ret, LUKS2_HEADER_SIZE);

	if (r == -ENODATA) {
		off_t size = lseek(fd, 0, SEEK_END);

		return too_small(size < 0 ? 0 : (uint64_t)size, err);
	}
	return r < 0 ? error_errno(err, -r, "cannot read the header") : 0;
}

static int read_header(const char *path, bool qcow2_only, uint8_t *ret, struct error **err)
{
	/* A FIFO does not wait for its writer. */
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	uint8_t magic[4] = {0};
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(err, errno, "cannot open it");
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return error_set(err, -EINVAL, "neither a regular file nor a block device");

	ssize_t n = pread(fd, magic, sizeof magic, 0);

	if (n < 0)
		return error_errno(err, errno, "cannot read it");
	if (qcow2_recognise(SPAN(magic, (size_t)n)))
		return read_qcow2(path, ret, err);
	return qcow2_only ? error_set(err, -ERROR_MALFORMED, "not a qcow2 image")
			  : read_raw(fd, ret, err);
}

int disk_header_read(const char *path, bool qcow2_only, uint8_t **ret, struct error **err)
{
	/* Zeros stand for what the image does not hold. */
	_cleanup_free_ uint8_t *header = calloc(1, LUKS2_HEADER_SIZE);
	int r = header ? read_header(path, qcow2_only, header, err) : error_oom(err);

	if (r < 0)
		return error_wrap(err, r, "%s", path);
	*ret = TAKE_PTR(header);
	return 0;
}

int disk_header_load(const char *path, struct luks2 *ret, struct error **err)
{
	_cleanup_free_ uint8_t *header = NULL;
	int r = disk_header_read(path, false, &header, err);

	if (r < 0)
		return r;
	if (!luks2_is_ours(SPAN(header, LUKS2_HEADER_SIZE)))
		return error_set(
			err, -ERROR_MALFORMED,
			"%s: not the header of a persistent disk: blank, or not made by tdnode",
			path);
	r = luks2_check(SPAN(header, LUKS2_HEADER_SIZE), ret, err);
	return r < 0 ? error_wrap(err, r, "%s", path) : 0;
}
