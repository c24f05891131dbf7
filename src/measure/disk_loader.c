#include "measure/disk_loader.h"

#include <errno.h>
#include <strings.h>

#define LOADER_CONF "loader/loader.conf"
#define DRIVERS_FOLDER "EFI/systemd/drivers"

/* Up to this version files follow one another as they are; then each begins at a multiple of 4. */
#define LOADER_JOINS_LAST 254u
/* From this version on no zeros follow the last file. Before, point releases of 257 do the same. */
#define LOADER_ALIGNS_FIRST 258u

/* A folder that is read for entries. */
struct visit {
	const struct fat *fat;
	unsigned volume;
	struct loader_entries *entries;
};

static int visit_image(void *context, const char *name, const struct fat_file *file,
		       struct error **err)
{
	const struct visit *v = context;
	_cleanup_(disk_file_release) struct disk_file f = {0};
	int r;

	if (file->is_directory || !loader_takes_name(name, ".efi"))
		return 0;
	r = disk_file_content(v->fat, file, DISK_BOOT_FILE_MAX, &f, err);
	if (r >= 0)
		r = loader_entries_add_image(v->entries, v->volume, name, f.content, err);
	return r < 0 ? error_wrap(err, r, "'%s'", name) : 0;
}

static int visit_text(void *context, const char *name, const struct fat_file *file,
		      struct error **err)
{
	const struct visit *v = context;
	_cleanup_(disk_file_release) struct disk_file f = {0};
	size_t before = v->entries->n;
	struct fat_file program;
	int r;

	if (file->is_directory || !loader_takes_name(name, ".conf"))
		return 0;
	r = disk_file_content(v->fat, file, DISK_LOADER_CONF_MAX, &f, err);
	if (r >= 0)
		r = loader_entries_add_text(v->entries, v->volume, name, f.content, err);
	if (r >= 0 && v->entries->n > before) {
		r = disk_file_find(v->fat, v->entries->items[before].path, &program, err);
		if (r == 0)
			loader_entries_drop_last(v->entries);
	}
	return r < 0 ? error_wrap(err, r, "'%s'", name) : 0;
}

static int add_entries(void *context, struct loader_entries *l, struct error **err)
{
	const struct disk_volumes *volumes = context;
	int r = 0;

	for (unsigned i = 0; r >= 0 && i < volumes->n; i++) {
		struct visit v = {&volumes->items[i], i, l};

		r = disk_file_walk(v.fat, LOADER_IMAGE_FOLDER, visit_image, &v, err);
		if (r >= 0)
			r = disk_file_walk(v.fat, LOADER_TEXT_FOLDER, visit_text, &v, err);
	}
	return r;
}

static int visit_driver(void *context, const char *name, const struct fat_file *file,
			struct error **err)
{
	static const char suffix[] = "x64.efi";
	bool *found = context;
	size_t n = strlen(name), m = strlen(suffix);

	(void)err;
	*found |= !file->is_directory && name[0] != '.' && n >= m &&
		  strcasecmp(name + n - m, suffix) == 0;
	return 0;
}

int disk_loader_find(const struct disk_volumes *volumes, struct span loader, const char *entry,
		     struct loader_choice *ret, struct disk_file *ret_conf, bool *ret_drivers,
		     struct error **err)
{
	struct disk_volumes context = *volumes;
	struct loader_search search = {
		.wanted = entry,
		.add_entries = add_entries,
		.context = &context,
	};
	struct fat_file conf;
	int r = loader_version_of(loader, &search.version, err);

	if (r >= 0)
		r = disk_file_find(&volumes->items[0], LOADER_CONF, &conf, err);
	if (r > 0)
		r = disk_file_read(&volumes->items[0], LOADER_CONF, DISK_LOADER_CONF_MAX, ret_conf,
				   err);
	search.conf = ret_conf->content;
	if (r >= 0)
		r = loader_find(&search, ret, err);
	*ret_drivers = false;
	return r < 0 ? r
		     : disk_file_walk(&volumes->items[0], DRIVERS_FOLDER, visit_driver, ret_drivers,
				      err);
}

static bool joins_are_known(const struct loader_version *v)
{
	return v->number <= LOADER_JOINS_LAST || v->number >= LOADER_ALIGNS_FIRST ||
	       (v->number + 1 == LOADER_ALIGNS_FIRST && v->is_point_release);
}

int disk_loader_read_initrd(const struct fat *fat, const struct loader_choice *c,
			    struct buffer *ret, bool *ret_unknown, struct error **err)
{
	*ret = (struct buffer)BUFFER_INIT(DISK_BOOT_FILE_MAX);
	*ret_unknown = false;
	for (size_t i = 0; i < c->initrds.n; i++) {
		const char *path = c->initrds.items[i];
		_cleanup_(disk_file_release) struct disk_file f = {0};
		int r = disk_file_read(fat, path, DISK_BOOT_FILE_MAX, &f, err);

		if (r < 0)
			return error_wrap(err, r, "initrd '%s'", path);
		if (f.content.n == 0)
			return error_set(
				err, -ERROR_UNPREDICTABLE,
				"initrd '%s' is empty: how systemd-boot %u names it is not "
				"known",
				path, c->version.number);
		if (i > 0 && c->version.number > LOADER_JOINS_LAST)
			buffer_align(ret, 4);
		buffer_put(ret, f.content);
		*ret_unknown |= f.content.n % 4 != 0 && !joins_are_known(&c->version);
	}
	return buffer_ok(ret) ? 0
			      : error_set(err, -E2BIG, "initrds have more than %u MiB",
					  DISK_BOOT_FILE_MAX >> 20);
}
