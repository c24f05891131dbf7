#include "guest/init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/file.h"
#include "formats/verity_superblock.h"

#define NAME "root"
#define CONTROL "/dev/mapper/control"
#define DEVICE "/dev/mapper/" NAME

/* The request of every device-mapper ioctl here: the header, one target, its parameters. */
struct request {
	struct dm_ioctl header;
	struct dm_target_spec target;
	char parameters[VERITY_TABLE_MAX];
};

static void prepare(struct request *r, uint32_t flags)
{
	memset(r, 0, sizeof *r);
	r->header.version[0] = DM_VERSION_MAJOR;
	r->header.data_size = sizeof *r;
	r->header.data_start = offsetof(struct request, target);
	r->header.flags = flags;
	memcpy(r->header.name, NAME, sizeof NAME);
}

static int call(int control, unsigned long command, const char *what, struct request *r,
		struct error **err)
{
	if (ioctl(control, command, r) < 0)
		return error_errno(err, errno, "device mapper: cannot %s", what);
	return 0;
}

/* devtmpfs makes the control node when the module is loaded. */
static int make_device(const char *table, uint64_t sectors, struct error **err)
{
	_cleanup_close_ int control = open(CONTROL, O_RDWR | O_CLOEXEC);
	struct request r;
	int result;

	if (control < 0)
		return error_errno(err, errno, CONTROL);
	prepare(&r, DM_READONLY_FLAG);
	result = call(control, DM_DEV_CREATE, "create the device", &r, err);
	if (result < 0)
		return result;

	dev_t device = (dev_t)r.header.dev;

	prepare(&r, DM_READONLY_FLAG);
	r.header.target_count = 1;
	r.target.length = sectors;
	memcpy(r.target.target_type, "verity", sizeof "verity");
	snprintf(r.parameters, sizeof r.parameters, "%s", table);
	result = call(control, DM_TABLE_LOAD, "load the verity table", &r, err);
	if (result < 0)
		return result;
	prepare(&r, 0);
	result = call(control, DM_DEV_SUSPEND, "start the device", &r, err);
	if (result < 0)
		return result;
	if (mknod(DEVICE, S_IFBLK | 0600, device) < 0 && errno != EEXIST)
		return error_errno(err, errno, DEVICE);
	return 0;
}

static int read_first_block(const char *path, uint8_t ret[VERITY_BLOCK_SIZE], struct error **err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : read_full(fd, ret, VERITY_BLOCK_SIZE);

	return r < 0 ? error_errno(err, -r, "%s", path) : 0;
}

int verity_mount(const struct root_hash *hash, const struct block_device *root,
		 const struct block_device *verity, struct error **err)
{
	uint8_t superblock[VERITY_BLOCK_SIZE], first[VERITY_BLOCK_SIZE];
	char table[VERITY_TABLE_MAX];
	uint64_t sectors;
	int r = read_first_block(verity->path, superblock, err);

	if (r >= 0)
		r = verity_table(SPAN(superblock, sizeof superblock), hash, root, verity, table,
				 &sectors, err);
	if (r >= 0)
		r = make_device(table, sectors, err);
	if (r >= 0)
		r = read_first_block(DEVICE, first, err);
	if (r >= 0)
		r = verity_check_size(SPAN(first, sizeof first), sectors, err);
	if (r < 0)
		return r;
	if (mount(DEVICE, "/sysroot", "erofs", MS_RDONLY | MS_NODEV, NULL) < 0)
		return error_errno(err, errno, "cannot mount the root file system");
	return 0;
}
