#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "guest/disk/disk.h"

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

static int write_steps(const char *device, const uint8_t *new, const struct header_steps *l,
		       struct error **err)
{
	_cleanup_close_ int fd = open(device, O_WRONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : 0;

	for (size_t i = 0; r >= 0 && i < l->n; i++) {
		const struct header_step *s = &l->items[i];

		r = s->size	    ? pwrite_full(fd, SPAN(new + s->offset, s->size), s->offset)
		    : fsync(fd) < 0 ? -errno
				    : 0;
	}
	return r < 0 ? error_errno(err, -r, "%s: cannot write the header", device) : 0;
}

int header_write_first(const char *device, const uint8_t *header, struct error **err)
{
	struct header_steps l;

	header_plan_first(&l);
	return write_steps(device, header, &l, err);
}

int header_replace(const char *device, const uint8_t *old, const struct luks2 *checked,
		   const uint8_t *new, struct error **err)
{
	_cleanup_free_ struct header_steps *l = malloc(sizeof(*l));

	if (!l)
		return error_oom(err);
	header_plan_replace(old, checked, new, l);
	return write_steps(device, new, l, err);
}
