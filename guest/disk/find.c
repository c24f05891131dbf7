#include <errno.h>
#include <time.h>

#include "guest/disk/disk.h"

#define FOLDER "/sys/block"
#define POLL_MILLISECONDS 50

static bool read_number(const char *disk, const char *attribute, uint64_t *ret)
{
	_cleanup_free_ char *path = string_printf(FOLDER "/%s/%s", disk, attribute);

	return path && file_read_number(path, UINT64_MAX / 512, ret);
}

static bool is_set(const char *disk, const char *attribute)
{
	uint64_t value;

	return read_number(disk, attribute, &value) && value;
}

/* Devices that are no disks, or that the kernel makes of others. */
static bool is_other_kind(const char *name)
{
	static const char *const kinds[] = {"loop", "ram", "zram", "dm-",     "md",
					    "fd",   "sr",  "nbd",  "mtdblock"};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t n = strlen(kinds[i]);

		if (string_starts(name, kinds[i]) && name[n] >= '0' && name[n] <= '9')
			return true;
	}
	return is_set(name, "hidden");
}

static int add_disk(struct disks *l, const char *name, struct error **err)
{
	struct disk d = {.read_only = is_set(name, "ro")};
	uint64_t sectors;

	disk_place_read(FOLDER, name, &d);
	if (!read_number(name, "size", &sectors) || sectors == 0 || d.is_temporary)
		return 0;
	d.size = sectors * 512;
	if (snprintf(d.path, sizeof(d.path), "/dev/%s", name) >= (int)sizeof(d.path))
		return error_set(err, -ENAMETOOLONG, "the disk '%s'", name);
	/* devtmpfs may be a moment behind sysfs. */
	if (!path_exists(d.path))
		return 0;
	/* A disk that fails does not keep another one from being used. */
	if (content_read(&d, NULL) < 0) {
		d.content = DISK_FOREIGN;
		snprintf(d.found, sizeof(d.found), "what cannot be read");
	}
	if (l->n == DISKS_MAX)
		return error_set(err, -E2BIG, "more than %u disks", DISKS_MAX);
	l->items[l->n++] = d;
	return 0;
}

int disks_list(struct disks *ret, struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	_cleanup_free_ char *boot = NULL;
	int r = boot_disk_name(&boot, err);

	ret->n = 0;
	if (r >= 0)
		r = directory_list(FOLDER, &names, err);
	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		if (!is_other_kind(names.items[i]) && !string_equal(names.items[i], boot))
			r = add_disk(ret, names.items[i], err);
	}
	return r;
}

/* A disk that holds our data ends the wait; one that could be the wrong one does not. */
static bool has_ours(const struct disks *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->items[i].content == DISK_OURS && !l->items[i].read_only)
			return true;
	}
	return false;
}

static bool has_candidate(const struct disks *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->items[i].content != DISK_RECOVERY && !l->items[i].read_only)
			return true;
	}
	return false;
}

int disks_wait(struct disks *ret, struct error **err)
{
	const struct timespec pause = {0, POLL_MILLISECONDS * 1000000};
	unsigned settled = 0;

	for (unsigned waited = 0;; waited += POLL_MILLISECONDS) {
		int r = disks_list(ret, err);

		if (r < 0 || has_ours(ret) || waited >= DISK_WAIT_MILLISECONDS)
			return r;
		/* Another disk, perhaps ours, may come a moment after the first. */
		if (has_candidate(ret) && ++settled > DISK_SETTLE_MILLISECONDS / POLL_MILLISECONDS)
			return 0;
		nanosleep(&pause, NULL);
	}
}
