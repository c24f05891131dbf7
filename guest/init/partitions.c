#include "guest/init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>

#include "base/file.h"

#define FOLDER "/sys/class/block"
#define POLL_MILLISECONDS 20

/* A number of sectors of 512 bytes: sysfs counts in these whatever the disk has. */
static bool read_sectors(const char *device, const char *attribute, uint64_t *ret)
{
	_cleanup_free_ char *path = string_printf(FOLDER "/%s/%s", device, attribute);

	return path && file_read_number(path, UINT64_MAX / 512, ret);
}

/* The partition table of a disk, false if it has none. */
static bool read_table(const char *disk, struct gpt *ret)
{
	_cleanup_free_ char *path = string_printf("/dev/%s", disk);
	_cleanup_close_ int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	uint8_t first[GPT_PRIMARY_SIZE];
	uint64_t sectors;

	return fd >= 0 && read_sectors(disk, "size", &sectors) &&
	       read_full(fd, first, sizeof first) >= 0 &&
	       gpt_parse_primary(SPAN(first, sizeof first), sectors, ret, NULL) >= 0;
}

/* The kernel's device for an entry of the disk's table: the one that starts and ends there. */
static bool find_device(const struct string_list *names, const char *disk,
			const struct gpt_entry *entry, struct block_device *ret)
{
	for (size_t i = 0; i < names->n; i++) {
		const char *name = names->items[i];
		_cleanup_free_ char *below = string_printf("%s/%s", disk, name);
		uint64_t start, size;

		if (!below || !read_sectors(below, "start", &start) ||
		    !read_sectors(below, "size", &size) || start != entry->starting_lba ||
		    size != entry->ending_lba - entry->starting_lba + 1)
			continue;
		if (snprintf(ret->path, sizeof ret->path, "/dev/%s", name) >= (int)sizeof ret->path)
			return false;
		ret->size = size * 512;
		/* devtmpfs may be a moment behind sysfs. */
		return path_exists(ret->path);
	}
	return false;
}

/* Looks at every disk that has partitions; false if not both are there yet. */
static bool find_partitions(const struct guid *root, const struct guid *verity,
			    struct block_device *ret_root, struct block_device *ret_verity)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	_cleanup_free_ struct gpt *table = malloc(sizeof *table);

	if (!table || directory_list(FOLDER, &names, NULL) < 0)
		return false;
	for (size_t i = 0; i < names.n; i++) {
		const char *disk = names.items[i];
		_cleanup_free_ char *partition = string_printf(FOLDER "/%s/partition", disk);

		if (!partition || path_exists(partition) || !read_table(disk, table))
			continue;

		const struct gpt_entry *root_entry = partition_find(table, root);
		const struct gpt_entry *verity_entry = partition_find(table, verity);

		if (root_entry && verity_entry && find_device(&names, disk, root_entry, ret_root) &&
		    find_device(&names, disk, verity_entry, ret_verity))
			return true;
	}
	return false;
}

int partitions_wait(const struct root_hash *hash, struct block_device *ret_root,
		    struct block_device *ret_verity, struct error **err)
{
	const struct timespec pause = {0, POLL_MILLISECONDS * 1000000};
	char root_text[GUID_TEXT_SIZE], verity_text[GUID_TEXT_SIZE];
	struct guid root, verity;

	partition_guids(hash, &root, &verity);
	for (unsigned i = 0; i < PARTITIONS_WAIT_SECONDS * 1000 / POLL_MILLISECONDS; i++) {
		if (find_partitions(&root, &verity, ret_root, ret_verity))
			return 0;
		nanosleep(&pause, NULL);
	}
	guid_format(&root, root_text);
	guid_format(&verity, verity_text);
	return error_set(err, -ENODEV,
			 "no disk with the partitions %s (root) and %s (verity) after %d seconds",
			 root_text, verity_text, PARTITIONS_WAIT_SECONDS);
}
