#include "measure/disk.h"

#include <errno.h>
#include <strings.h>

#include "formats/fat.h"
#include "formats/gpt_firmware.h"
#include "formats/uki.h"

#define EFI_SYSTEM_PARTITION "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"

/* Where the stub looks for more, besides the folder named after the image. */
#define IMAGE_FOLDER_SUFFIX ".extra.d"
static const char *const sidecar_folders[SIDECAR_FOLDERS] = {
	[SIDECAR_FOLDER_ADDONS] = "loader/addons",
	[SIDECAR_FOLDER_CREDENTIALS] = "loader/credentials",
};

#define GLOBAL_EXTENSIONS "loader/extensions"
#define LOADER_CONF "loader/loader.conf"

/* What systemd-boot takes in besides the images in EFI/Linux. */
static const char *const other_entries[] = {
	"loader/entries",
	"EFI/systemd/drivers",
};

static void disk_file_release(struct disk_file *f)
{
	buffer_release(&f->copy);
}

void disk_release(struct disk *d)
{
	free(d->image_path);
	disk_file_release(&d->image);
	disk_file_release(&d->loader);
	disk_file_release(&d->loader_conf);
	sidecar_list_release(&d->sidecars);
	buffer_release(&d->gpt_event);
}

static int make_gpt_event(const struct gpt *g, struct buffer *ret, struct error **err)
{
	size_t entry_size = g->size_of_partition_entry;
	struct buffer entries = BUFFER_INIT(g->entry_array.n);
	struct span header;
	uint64_t used = 0;

	for (size_t at = 0; at + entry_size <= g->entry_array.n; at += entry_size) {
		struct span entry = SPAN(g->entry_array.p + at, entry_size);

		/* An entry is unused if its type is the zero GUID. */
		if (span_is_zero(SPAN(entry.p, sizeof(struct guid))))
			continue;
		buffer_put(&entries, entry);
		used++;
	}
	*ret = (struct buffer)BUFFER_INIT(GPT_HEADER_SIZE + 8 + g->entry_array.n);
	if (span_slice(g->header, 0, GPT_HEADER_SIZE, &header))
		buffer_put(ret, header);
	buffer_put_le64(ret, used);
	buffer_put(ret, buffer_span(&entries));

	bool ok = buffer_ok(&entries) && buffer_ok(ret);

	buffer_release(&entries);
	return ok ? 0 : error_oom(err);
}

/* The only one that firmware takes; *ret_fault says why it skips another. */
static int choose_system_partition(const struct gpt_firmware *table, const struct gpt_entry **ret,
				   enum gpt_fault *ret_fault, struct error **err)
{
	struct guid type;

	if (!guid_parse(EFI_SYSTEM_PARTITION, &type))
		return error_set(err, -EINVAL, "bad GUID '%s'", EFI_SYSTEM_PARTITION);
	for (size_t i = 0; i < table->table.n_entries; i++) {
		const struct gpt_entry *e = &table->table.entries[i];

		if (memcmp(&e->partition_type_guid, &type, sizeof(type)) != 0)
			continue;
		if (table->faults[i] != GPT_FAULT_NONE) {
			*ret_fault = table->faults[i];
			continue;
		}
		if (*ret)
			return error_set(err, -EOPNOTSUPP,
					 "several EFI system partitions: which one is booted from "
					 "depends on the firmware");
		*ret = e;
	}
	return 0;
}

static int find_system_partition(struct span raw, const struct gpt_firmware *table,
				 struct span *ret, struct error **err)
{
	const struct gpt_entry *found = NULL;
	enum gpt_fault fault = GPT_FAULT_NONE;
	uint64_t offset, size;
	int r = choose_system_partition(table, &found, &fault, err);

	if (r < 0)
		return r;
	if (!found && fault != GPT_FAULT_NONE)
		return error_set(err, -ERROR_MALFORMED,
				 "firmware skips the EFI system partition: %s",
				 gpt_fault_text(fault));
	if (!found)
		return error_set(err, -ENOENT, "no EFI system partition");
	if (!gpt_firmware_range(&table->table, found, &offset, &size) ||
	    !span_slice(raw, offset, size, ret))
		return error_set(err, -ERROR_MALFORMED,
				 "the EFI system partition lies outside the disk");
	return 0;
}

/* Finds a file or folder: 1, or 0 if it does not exist. */
static int find(const struct fat *fat, const char *path, struct fat_file *ret, struct error **err)
{
	_cleanup_error_ struct error *e = NULL;
	int r = fat_find(fat, path, ret, &e);

	if (r == -ENOENT)
		return 0;
	return r < 0 ? error_set(err, r, "'%s': %s", path, error_message(e)) : 1;
}

static int read_file(const struct fat *fat, const char *path, size_t max, struct disk_file *ret,
		     struct error **err)
{
	struct fat_file file;
	int r = fat_find(fat, path, &file, err);

	if (r < 0)
		return r;
	if (file.is_directory)
		return error_set(err, -ERROR_MALFORMED, "'%s' is a directory", path);
	if (fat_map(fat, &file, &ret->content))
		return 0;
	ret->copy = (struct buffer)BUFFER_INIT(max);
	r = fat_read(fat, &file, &ret->copy, err);
	ret->content = buffer_span(&ret->copy);
	return r < 0 ? error_wrap(err, r, "'%s'", path) : 0;
}

/* The names in a folder; none if it does not exist or is none. */
static int list_folder(const struct fat *fat, const char *path, struct string_list *ret,
		       struct error **err)
{
	struct fat_file folder;
	int r = find(fat, path, &folder, err);

	if (r > 0 && folder.is_directory)
		r = fat_list(fat, &folder, ret, err);
	return r < 0 ? error_wrap(err, r, "'%s'", path) : 0;
}

static int take_sidecar(const struct fat *fat, const char *folder, const char *name,
			enum sidecar_kind kind, struct sidecar_list *ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer content = BUFFER_INIT(SIDECARS_SIZE_MAX);
	_cleanup_free_ char *path = path_join(folder, name);
	struct fat_file file;

	if (!path)
		return error_oom(err);

	int r = fat_find(fat, path, &file, err);

	if (r < 0 || file.is_directory)
		return r;
	r = fat_read(fat, &file, &content, err);
	if (r >= 0)
		r = sidecar_list_take(ret, kind, name, &content, err);
	return r < 0 ? error_wrap(err, r, "'%s'", path) : 0;
}

static int read_sidecars(const struct fat *fat, const char *path, enum sidecar_folder folder,
			 struct sidecar_list *ret, struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	int r = list_folder(fat, path, &names, err);

	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		enum sidecar_kind kind;

		if (sidecar_recognise(names.items[i], folder, &kind))
			r = take_sidecar(fat, path, names.items[i], kind, ret, err);
	}
	return r;
}

static int read_all_sidecars(const struct fat *fat, struct disk *d, struct error **err)
{
	_cleanup_free_ char *own = string_printf("%s" IMAGE_FOLDER_SUFFIX, d->image_path);
	struct fat_file extensions;

	if (!own)
		return error_oom(err);

	int r = read_sidecars(fat, own, SIDECAR_FOLDER_IMAGE, &d->sidecars, err);

	for (size_t i = 0; r >= 0 && i < SIDECAR_FOLDERS; i++) {
		if (sidecar_folders[i])
			r = read_sidecars(fat, sidecar_folders[i], (enum sidecar_folder)i,
					  &d->sidecars, err);
	}
	if (r >= 0)
		r = find(fat, GLOBAL_EXTENSIONS, &extensions, err);
	d->has_global_extensions = r > 0;
	return r < 0 ? r : 0;
}

/* The one image that systemd-boot has to choose from. */
static int choose_entry(const struct fat *fat, char **ret, struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	const char *found = NULL;
	int r = list_folder(fat, DISK_LOADER_FOLDER, &names, err);

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(other_entries); i++) {
		_cleanup_(string_list_release) struct string_list others = {0};

		r = list_folder(fat, other_entries[i], &others, err);
		if (r >= 0 && others.n > 0)
			return error_set(err, -EOPNOTSUPP,
					 "'%s' is not empty: what systemd-boot starts depends on "
					 "it; name the image with --entry",
					 other_entries[i]);
	}
	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		size_t n = strlen(names.items[i]);

		if (n < 4 || strcasecmp(names.items[i] + n - 4, ".efi") != 0)
			continue;
		if (found)
			return error_set(err, -EOPNOTSUPP,
					 "several images in '" DISK_LOADER_FOLDER
					 "': name the one that is started with --entry");
		found = names.items[i];
	}
	if (r < 0)
		return r;
	if (!found)
		return error_set(err, -ENOENT,
				 "systemd-boot finds no image in '" DISK_LOADER_FOLDER "'");
	*ret = strdup(found);
	return *ret ? 0 : error_oom(err);
}

static int open_behind_loader(const struct fat *fat, const char *entry, struct disk *d,
			      struct error **err)
{
	_cleanup_free_ char *name = entry ? strdup(entry) : NULL;
	struct fat_file conf;
	int r = name ? 0 : choose_entry(fat, &name, err);

	d->loader = d->image;
	d->image = (struct disk_file){0};
	if (r < 0)
		return r;
	free(d->image_path);
	d->image_path = path_join(DISK_LOADER_FOLDER, name);
	if (!d->image_path)
		return error_oom(err);
	r = read_file(fat, d->image_path, DISK_BOOT_FILE_MAX, &d->image, err);
	if (r >= 0)
		r = find(fat, LOADER_CONF, &conf, err);
	if (r > 0)
		r = read_file(fat, LOADER_CONF, DISK_LOADER_CONF_MAX, &d->loader_conf, err);
	return r;
}

/* True if the boot file is systemd-boot, false if it is an image. */
static int is_loader(struct span file, bool *ret, struct error **err)
{
	_cleanup_error_ struct error *e = NULL;
	struct span text;
	unsigned version;
	struct pe pe;
	struct uki uki;
	int r = pe_parse(file, &pe, err);

	if (r < 0)
		return r;
	*ret = uki_program_version(&pe, "systemd-boot", &version, &text, &e) >= 0;
	return *ret ? 0 : uki_parse(file, &uki, err);
}

static int read_system_partition(struct span volume, const char *entry, struct disk *d,
				 struct error **err)
{
	struct fat fat;
	bool loader;
	int r = fat_open(volume, &fat, err);

	if (r < 0)
		return r;
	d->image_path = strdup(DISK_BOOT_FILE);
	if (!d->image_path)
		return error_oom(err);
	r = read_file(&fat, DISK_BOOT_FILE, DISK_BOOT_FILE_MAX, &d->image, err);
	if (r < 0)
		return r;
	r = is_loader(d->image.content, &loader, err);
	if (r < 0)
		return error_wrap(err, r, "%s", DISK_BOOT_FILE);
	if (loader)
		r = open_behind_loader(&fat, entry, d, err);
	else if (entry)
		r = error_set(err, -EINVAL, "%s is not systemd-boot: there is no entry to choose",
			      DISK_BOOT_FILE);
	return r < 0 ? r : read_all_sidecars(&fat, d, err);
}

int disk_open(struct span raw, const char *entry, struct disk *ret, struct error **err)
{
	_cleanup_(disk_release) struct disk d = {0};
	struct gpt_firmware table;
	struct span volume;
	int r = gpt_firmware_parse(raw, &table, err);

	if (r >= 0)
		r = gpt_firmware_check(raw, &table.table, err);
	if (r >= 0)
		r = find_system_partition(raw, &table, &volume, err);
	if (r >= 0)
		r = read_system_partition(volume, entry, &d, err);
	if (r >= 0)
		r = make_gpt_event(&table.table, &d.gpt_event, err);
	if (r < 0)
		return r;
	*ret = d;
	d = (struct disk){0};
	return 0;
}
