#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>

#include "guest/disk/disk.h"

static void free_probe(blkid_probe *p)
{
	if (*p)
		blkid_free_probe(*p);
}

static void say_found(struct disk *d, blkid_probe probe)
{
	const char *type = NULL;

	if (blkid_probe_lookup_value(probe, "TYPE", &type, NULL) == 0 && type)
		snprintf(d->found, sizeof(d->found), "'%.32s'", type);
	else if (blkid_probe_lookup_value(probe, "PTTYPE", &type, NULL) == 0 && type)
		snprintf(d->found, sizeof(d->found), "a partition table '%.32s'", type);
	else
		snprintf(d->found, sizeof(d->found), "something that libblkid knows");
}

/* Whether libblkid knows what is there; then the disk is not blank. */
static int probe(struct disk *d, int fd, struct error **err)
{
	_cleanup_(free_probe) blkid_probe p = blkid_new_probe();
	int r;

	if (!p || blkid_probe_set_device(p, fd, 0, 0) < 0)
		return error_set(err, -EIO, "%s: libblkid cannot read it", d->path);
	blkid_probe_enable_superblocks(p, 1);
	blkid_probe_enable_partitions(p, 1);
	r = blkid_do_safeprobe(p);
	if (r == -1)
		return error_set(err, -EIO, "%s: libblkid cannot read it", d->path);
	if (r == 1)
		return 1;
	if (r == 0)
		say_found(d, p);
	else
		snprintf(d->found, sizeof(d->found), "several things at once");
	d->content = DISK_FOREIGN;
	return 0;
}

int content_read(struct disk *d, struct error **err)
{
	_cleanup_close_ int fd = open(d->path, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ uint8_t *edge = malloc(DISK_EDGE);
	size_t n = d->size < DISK_EDGE ? (size_t)d->size : DISK_EDGE;
	int r;

	if (!edge)
		return error_oom(err);
	r = fd < 0 ? -errno : read_full(fd, edge, n);
	if (r < 0)
		return error_errno(err, -r, "%s: cannot read it", d->path);

	struct span first = {edge, n};

	if (recovery_medium_recognise(first)) {
		d->content = DISK_RECOVERY;
		explicit_bzero(edge, DISK_SECTOR);
		return 0;
	}
	if (marker_recognise(first)) {
		d->content = DISK_UNFINISHED;
		return 0;
	}
	if (luks2_is_ours(first)) {
		d->content = DISK_OURS;
		return 0;
	}

	d->has_word = marker_is_word(first);
	if (d->has_word)
		memset(edge, 0, DISK_SECTOR);

	bool zero = span_is_zero(first);

	r = probe(d, fd, err);
	if (r <= 0)
		return r;
	if (zero && d->size > n) {
		r = lseek(fd, (off_t)(d->size - n), SEEK_SET) < 0 ? -errno : read_full(fd, edge, n);
		if (r < 0)
			return error_errno(err, -r, "%s: cannot read its end", d->path);
		zero = span_is_zero(first);
	}
	d->content = zero ? DISK_BLANK : DISK_FOREIGN;
	snprintf(d->found, sizeof(d->found), "unknown data");
	return 0;
}
