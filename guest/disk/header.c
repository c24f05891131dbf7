#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "guest/disk/disk.h"

/* What is compared and written at once. */
#define BLOCK 4096u

static int read_all(const char *path, uint8_t **ret, struct error **err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ uint8_t *header = malloc(LUKS2_HEADER_SIZE);
	int r;

	if (!header)
		return error_oom(err);
	r = fd < 0 ? -errno : read_full(fd, header, LUKS2_HEADER_SIZE);
	if (r < 0)
		return error_errno(err, -r, "%s: cannot read the header", path);
	*ret = TAKE_PTR(header);
	return 0;
}

int header_read(const char *device, uint8_t **ret, struct error **err)
{
	return read_all(device, ret, err);
}

int header_file_read(uint8_t **ret, struct error **err)
{
	return read_all(DISK_HEADER_FILE, ret, err);
}

int header_file_write(const uint8_t *header, struct error **err)
{
	_cleanup_close_ int fd = -1;
	int r;

	if (mkdir(DISK_FOLDER, 0700) < 0 && errno != EEXIST)
		return error_errno(err, errno, DISK_FOLDER);
	fd = open(DISK_HEADER_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	r = fd < 0 ? -errno : write_full(fd, SPAN(header, LUKS2_HEADER_SIZE));
	return r < 0 ? error_errno(err, -r, DISK_HEADER_FILE) : 0;
}

static int write_range(int fd, const char *device, const uint8_t *header, uint32_t offset,
		       uint32_t n, struct error **err)
{
	int r = pwrite_full(fd, SPAN(header + offset, n), offset);

	if (r >= 0 && fsync(fd) < 0)
		r = -errno;
	return r < 0 ? error_errno(err, -r, "%s: cannot write the header", device) : 0;
}

int header_write_first(const char *device, const uint8_t *header, struct error **err)
{
	_cleanup_close_ int fd = open(device, O_WRONLY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return error_errno(err, errno, "%s", device);
	r = write_range(fd, device, header, BLOCK, LUKS2_HEADER_SIZE - BLOCK, err);
	return r < 0 ? r : write_range(fd, device, header, 0, BLOCK, err);
}

static bool in_use(const struct luks2 *checked, uint32_t offset)
{
	for (unsigned i = 0; i < LUKS2_SLOTS; i++) {
		const struct luks2_slot *s = &checked->slots[i];

		if (s->used && offset + BLOCK > s->area_offset &&
		    offset < s->area_offset + LUKS2_AREA_SIZE)
			return true;
	}
	return false;
}

/* Writes the key slot blocks that changed: those that the old header uses, or those that it does not. */
static int write_areas(int fd, const char *device, const uint8_t *old, const struct luks2 *checked,
		       const uint8_t *new, bool used, struct error **err)
{
	int r = 0;

	for (uint32_t at = LUKS2_COPIES * LUKS2_COPY_SIZE; at < LUKS2_HEADER_SIZE; at += BLOCK) {
		if (in_use(checked, at) != used || memcmp(old + at, new + at, BLOCK) == 0)
			continue;
		r = pwrite_full(fd, SPAN(new + at, BLOCK), at);
		if (r < 0)
			break;
	}
	if (r >= 0 && fsync(fd) < 0)
		r = -errno;
	return r < 0 ? error_errno(err, -r, "%s: cannot write the key slots", device) : 0;
}

int header_replace(const char *device, const uint8_t *old, const struct luks2 *checked,
		   const uint8_t *new, struct error **err)
{
	_cleanup_close_ int fd = open(device, O_WRONLY | O_CLOEXEC);
	/* The copy that counts now goes last. */
	unsigned first = 1 - checked->copy, last = checked->copy;
	int r;

	if (fd < 0)
		return error_errno(err, errno, "%s", device);
	r = write_areas(fd, device, old, checked, new, false, err);
	if (r >= 0)
		r = write_range(fd, device, new, first * LUKS2_COPY_SIZE, LUKS2_COPY_SIZE, err);
	if (r >= 0)
		r = write_range(fd, device, new, last * LUKS2_COPY_SIZE, LUKS2_COPY_SIZE, err);
	if (r >= 0)
		r = write_areas(fd, device, old, checked, new, true, err);
	return r;
}
