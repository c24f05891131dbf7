#include "measure/disk_file.h"

#include <errno.h>

void disk_file_release(struct disk_file *f)
{
	buffer_release(&f->copy);
}

int disk_file_find(const struct fat *fat, const char *path, struct fat_file *ret,
		   struct error **err)
{
	_cleanup_error_ struct error *e = NULL;
	int r = fat_find(fat, path, ret, &e);

	if (r == -ENOENT)
		return 0;
	return r < 0 ? error_set(err, r, "'%s': %s", path, error_message(e)) : 1;
}

int disk_file_content(const struct fat *fat, const struct fat_file *file, size_t max,
		      struct disk_file *ret, struct error **err)
{
	int r;

	if (fat_map(fat, file, &ret->content))
		return 0;
	ret->copy = (struct buffer)BUFFER_INIT(max);
	r = fat_read(fat, file, &ret->copy, err);
	ret->content = buffer_span(&ret->copy);
	return r;
}

int disk_file_read(const struct fat *fat, const char *path, size_t max, struct disk_file *ret,
		   struct error **err)
{
	struct fat_file file;
	int r = fat_find(fat, path, &file, err);

	if (r < 0)
		return r;
	if (file.is_directory)
		return error_set(err, -ERROR_MALFORMED, "'%s' is a directory", path);
	r = disk_file_content(fat, &file, max, ret, err);
	return r < 0 ? error_wrap(err, r, "'%s'", path) : 0;
}

int disk_file_walk(const struct fat *fat, const char *path, fat_visit visit, void *context,
		   struct error **err)
{
	struct fat_file folder;
	int r = disk_file_find(fat, path, &folder, err);

	if (r > 0 && folder.is_directory)
		r = fat_walk(fat, &folder, visit, context, err);
	return r < 0 ? error_wrap(err, r, "'%s'", path) : 0;
}
