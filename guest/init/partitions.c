#include "guest/init/init.h"

#include <errno.h>
#include <strings.h>
#include <time.h>

#include "base/file.h"

#define FOLDER "/sys/class/block"
/* uevent and size files are a few lines. */
#define ATTRIBUTE_MAX 4096
#define POLL_MILLISECONDS 20

static int read_attribute(const char *name, const char *attribute, struct buffer *ret)
{
	_cleanup_free_ char *path = string_printf(FOLDER "/%s/%s", name, attribute);

	return path ? file_read(path, ATTRIBUTE_MAX, ret, NULL) : -ENOMEM;
}

static bool guid_matches(struct span found, const char *wanted)
{
	return found.n == strlen(wanted) &&
	       strncasecmp((const char *)found.p, wanted, found.n) == 0;
}

/* Fills *ret if the device is the partition with this GUID. A device that goes away meanwhile is not. */
static bool is_partition(const char *name, const char *guid, struct block_device *ret)
{
	_cleanup_(buffer_release) struct buffer uevent = BUFFER_INIT(ATTRIBUTE_MAX);
	_cleanup_(buffer_release) struct buffer size = BUFFER_INIT(ATTRIBUTE_MAX);
	struct reader reader;
	struct span found, line;
	uint64_t sectors;

	if (read_attribute(name, "uevent", &uevent) < 0 ||
	    !uevent_value(buffer_span(&uevent), "PARTUUID", &found) || !guid_matches(found, guid) ||
	    read_attribute(name, "size", &size) < 0)
		return false;
	reader = reader_init(buffer_span(&size));
	if (!reader_line(&reader, &line) || !parse_u64(line, UINT64_MAX / 512, &sectors))
		return false;
	if (snprintf(ret->path, sizeof ret->path, "/dev/%s", name) >= (int)sizeof ret->path)
		return false;
	ret->size = sectors * 512;
	/* devtmpfs may be a moment behind sysfs. */
	return path_exists(ret->path);
}

static bool find_partition(const char *guid, struct block_device *ret)
{
	_cleanup_(string_list_release) struct string_list names = {0};

	if (directory_list(FOLDER, &names, NULL) < 0)
		return false;
	for (size_t i = 0; i < names.n; i++) {
		if (is_partition(names.items[i], guid, ret))
			return true;
	}
	return false;
}

int partitions_wait(const struct root_hash *hash, struct block_device *ret_root,
		    struct block_device *ret_verity, struct error **err)
{
	const struct timespec pause = {0, POLL_MILLISECONDS * 1000000};
	char root[GUID_TEXT_SIZE], verity[GUID_TEXT_SIZE];

	partition_guids(hash, root, verity);
	for (unsigned i = 0; i < PARTITIONS_WAIT_SECONDS * 1000 / POLL_MILLISECONDS; i++) {
		if (find_partition(root, ret_root) && find_partition(verity, ret_verity))
			return 0;
		nanosleep(&pause, NULL);
	}
	return error_set(err, -ENODEV, "no partitions %s (root) and %s (verity) after %d seconds",
			 root, verity, PARTITIONS_WAIT_SECONDS);
}
