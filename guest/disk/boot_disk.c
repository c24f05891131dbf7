#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "formats/fat.h"
#include "formats/gpt.h"
#include "guest/disk/disk.h"

/* Of a disk that tdnode makes it has 33 MiB and more with the image in it. */
#define ESP_MAX (1u << 30)

static const struct guid esp_type = {{0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b,
				      0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b}};

/* The root is a device-mapper device: the partitions below it are in its folder of sysfs. */
static int first_slave(char **ret, struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	struct stat st;
	int r;

	if (stat("/", &st) < 0)
		return error_errno(err, errno, "/");

	_cleanup_free_ char *folder =
		string_printf("/sys/dev/block/%u:%u/slaves", major(st.st_dev), minor(st.st_dev));

	r = folder ? directory_list(folder, &names, err) : error_oom(err);
	if (r < 0)
		return error_wrap(err, r, "cannot tell the boot disk");
	if (names.n == 0)
		return error_set(err, -ENODEV, "cannot tell the boot disk: %s is empty", folder);
	*ret = strdup(names.items[0]);
	return *ret ? 0 : error_oom(err);
}

int boot_disk_name(char **ret, struct error **err)
{
	_cleanup_free_ char *partition = NULL;
	char target[PATH_MAX];
	int r = first_slave(&partition, err);

	if (r < 0)
		return r;

	_cleanup_free_ char *link = string_printf("/sys/class/block/%s", partition);

	/* .../block/vda/vda2 */
	if (!link)
		return error_oom(err);
	if (!realpath(link, target))
		return error_errno(err, errno, "%s", link);

	char *slash = strrchr(target, '/');

	if (!slash)
		return error_set(err, -ENODEV, "%s: cannot tell the boot disk", target);
	*slash = 0;
	*ret = strdup(path_basename(target));
	return *ret ? 0 : error_oom(err);
}

static int read_esp(const char *disk, struct buffer *ret, struct error **err)
{
	_cleanup_free_ char *path = string_printf("/dev/%s", disk);
	_cleanup_close_ int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	_cleanup_free_ struct gpt *table = malloc(sizeof(*table));
	uint8_t first[GPT_PRIMARY_SIZE];
	uint64_t offset, size;
	int r;

	if (!path || !table)
		return error_oom(err);
	r = fd < 0 ? -errno : read_full(fd, first, sizeof(first));
	if (r < 0)
		return error_errno(err, -r, "%s", path);
	r = gpt_parse_primary(SPAN(first, sizeof(first)), 0, table, err);
	if (r < 0)
		return error_wrap(err, r, "%s", path);

	const struct gpt_entry *e = gpt_find_type(table, &esp_type);

	if (!e)
		return error_set(err, -ENOENT, "%s: no EFI system partition", path);
	gpt_entry_range(e, &offset, &size);
	if (size > ESP_MAX)
		return error_set(err, -EFBIG, "%s: an EFI system partition of %llu bytes", path,
				 (unsigned long long)size);

	uint8_t *p = buffer_extend(ret, size);

	if (!p)
		return error_oom(err);
	r = lseek(fd, (off_t)offset, SEEK_SET) < 0 ? -errno : read_full(fd, p, size);
	return r < 0 ? error_errno(err, -r, "%s: EFI system partition", path) : 0;
}

int boot_disk_read(const char *path, size_t max, struct buffer *ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer esp = BUFFER_INIT(ESP_MAX);
	_cleanup_free_ char *disk = NULL;
	struct fat_file file;
	struct fat fat;
	int r = boot_disk_name(&disk, err);

	if (r >= 0)
		r = read_esp(disk, &esp, err);
	if (r >= 0)
		r = fat_open(buffer_span(&esp), &fat, err);
	if (r >= 0)
		r = fat_find(&fat, path, &file, err);
	if (r < 0)
		return r;
	if (file.is_directory || file.size > max)
		return error_set(err, -EFBIG, "'%s' is not a file of at most %zu bytes", path, max);
	return fat_read(&fat, &file, ret, err);
}
