#include "measure/disk.h"

#include <errno.h>

#include "formats/bootspec.h"
#include "formats/fat.h"
#include "formats/gpt_firmware.h"
#include "formats/uki.h"
#include "measure/disk_loader.h"

/* BS_FilSysType of a FAT volume, by the layout of its boot sector. */
#define FAT_TYPE_OFFSET 54
#define FAT32_TYPE_OFFSET 82

/* Where the stub looks for more, besides the folder named after the image. */
#define IMAGE_FOLDER_SUFFIX ".extra.d"
static const char *const companion_folders[COMPANION_FOLDERS] = {
	[COMPANION_FOLDER_ADDONS] = "loader/addons",
	[COMPANION_FOLDER_CREDENTIALS] = "loader/credentials",
};

#define GLOBAL_EXTENSIONS "loader/extensions"

void disk_release(struct disk *d)
{
	free(d->image_path);
	free(d->start.options);
	buffer_release(&d->initrd);
	disk_file_release(&d->image);
	disk_file_release(&d->loader);
	disk_file_release(&d->loader_conf);
	companion_list_release(&d->companions);
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

	if (!guid_parse(GPT_TYPE_ESP, &type))
		return error_set(err, -EINVAL, "bad GUID '%s'", GPT_TYPE_ESP);
	for (size_t i = 0; i < table->table.n_entries; i++) {
		const struct gpt_entry *e = &table->table.entries[i];

		if (!guid_equal(&e->partition_type_guid, &type))
			continue;
		if (table->faults[i] != GPT_FAULT_NONE) {
			*ret_fault = table->faults[i];
			continue;
		}
		if (*ret)
			return error_set(err, -ERROR_UNPREDICTABLE,
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

/* A folder that is read for files beside the image. */
struct visit {
	const struct fat *fat;
	enum companion_folder folder;
	struct companion_list *companions;
};

static int visit_companion(void *context, const char *name, const struct fat_file *file,
			   struct error **err)
{
	const struct visit *v = context;
	_cleanup_(buffer_release) struct buffer content = BUFFER_INIT(COMPANIONS_SIZE_MAX);
	enum companion_kind kind;

	if (file->is_directory || !companion_recognise(name, v->folder, &kind))
		return 0;

	int r = fat_read(v->fat, file, &content, err);

	if (r >= 0)
		r = companion_list_take(v->companions, kind, name, &content, err);
	return r < 0 ? error_wrap(err, r, "'%s'", name) : 0;
}

static int read_companions(const struct fat *fat, const char *path, enum companion_folder folder,
			   struct disk *d, struct error **err)
{
	struct visit v = {fat, folder, &d->companions};

	return disk_file_walk(fat, path, visit_companion, &v, err);
}

static enum uki_beside beside_rule(struct span image)
{
	_cleanup_error_ struct error *no_image = NULL;
	struct uki u;

	return uki_parse(image, &u, &no_image) >= 0 && u.stub ? u.stub->beside : UKI_BESIDE_PLAIN;
}

/* Reads the folder beside the image, whose path is `started` when it runs. */
static int read_own_companions(const struct fat *fat, const char *started, struct disk *d,
			       struct error **err)
{
	size_t at = 0, n = bootspec_count_in_path(started, &at);
	enum uki_beside beside = n ? beside_rule(d->image.content) : UKI_BESIDE_PLAIN;
	_cleanup_free_ char *counted = string_printf("%s" IMAGE_FOLDER_SUFFIX, started);
	_cleanup_free_ char *plain =
		string_printf("%.*s%s" IMAGE_FOLDER_SUFFIX, (int)at, started, started + at + n);
	struct fat_file folder;
	int r = 0;

	if (!counted || !plain)
		return error_oom(err);
	if (beside == UKI_BESIDE_UNKNOWN) {
		r = disk_file_find(fat, counted, &folder, err);
		if (r == 0)
			r = disk_file_find(fat, plain, &folder, err);
		d->beside_unknown = r > 0;
	}
	return r < 0 ? r
		     : read_companions(fat, beside == UKI_BESIDE_COUNTED ? counted : plain,
				       COMPANION_FOLDER_IMAGE, d, err);
}

static int read_all_companions(const struct fat *fat, const char *started, struct disk *d,
			       struct error **err)
{
	struct fat_file extensions;
	int r = read_own_companions(fat, started, d, err);

	for (size_t i = 0; r >= 0 && i < COMPANION_FOLDERS; i++) {
		if (companion_folders[i])
			r = read_companions(fat, companion_folders[i], (enum companion_folder)i, d,
					    err);
	}
	if (r >= 0)
		r = disk_file_find(fat, GLOBAL_EXTENSIONS, &extensions, err);
	d->has_global_extensions = r > 0;
	return r < 0 ? r : 0;
}

/* Firmware reads no other file system: for systemd-boot there is nothing in one. */
static bool is_fat(struct span volume)
{
	struct span old, new;

	return span_slice(volume, FAT_TYPE_OFFSET, 3, &old) &&
	       span_slice(volume, FAT32_TYPE_OFFSET, 3, &new) &&
	       (span_equal(old, SPAN_LITERAL("FAT")) || span_equal(new, SPAN_LITERAL("FAT")));
}

/* systemd-boot takes the first partition of that type, of those that firmware makes. */
static int open_extended_partition(struct span raw, const struct gpt_firmware *table,
				   struct disk_volumes *v, struct error **err)
{
	struct guid type;
	struct span volume;
	uint64_t offset, size;

	if (!guid_parse(GPT_TYPE_XBOOTLDR, &type))
		return error_set(err, -EINVAL, "bad GUID '%s'", GPT_TYPE_XBOOTLDR);
	for (size_t i = 0; i < table->table.n_entries; i++) {
		const struct gpt_entry *e = &table->table.entries[i];
		int r;

		if (table->faults[i] != GPT_FAULT_NONE ||
		    !guid_equal(&e->partition_type_guid, &type))
			continue;
		if (!gpt_firmware_range(&table->table, e, &offset, &size) ||
		    !span_slice(raw, offset, size, &volume) || !is_fat(volume))
			return 0;
		r = fat_open(volume, &v->items[v->n], err);
		if (r < 0)
			return error_wrap(err, r, "extended boot loader partition");
		v->n++;
		return 0;
	}
	return 0;
}

/* Puts what systemd-boot starts in place of itself, and what lies beside that. */
static int open_behind_loader(const struct disk_volumes *volumes, const char *entry, struct disk *d,
			      struct error **err)
{
	_cleanup_(loader_choice_release) struct loader_choice c = {0};
	int r;

	d->loader = d->image;
	d->image = (struct disk_file){0};
	r = disk_loader_find(volumes, d->loader.content, entry, &c, &d->loader_conf,
			     &d->has_drivers, err);
	if (r < 0)
		return r;
	free(d->image_path);
	d->image_path = TAKE_PTR(c.path);
	d->start = c.start;
	c.start.options = NULL;
	r = disk_file_read(&volumes->items[c.volume], d->image_path, DISK_BOOT_FILE_MAX, &d->image,
			   err);
	if (r >= 0)
		r = disk_loader_read_initrd(&volumes->items[c.volume], &c, &d->initrd,
					    &d->initrd_unknown, err);
	return r < 0 ? r : read_all_companions(&volumes->items[c.volume], c.started_path, d, err);
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

/* Reads what firmware starts of its volume, and what that leads to. */
static int read_files(struct span raw, const struct gpt_firmware *table,
		      struct disk_volumes *volumes, const char *entry, struct disk *d,
		      struct error **err)
{
	bool loader;
	int r;

	d->image_path = strdup(DISK_BOOT_FILE);
	if (!d->image_path)
		return error_oom(err);
	r = disk_file_read(&volumes->items[0], DISK_BOOT_FILE, DISK_BOOT_FILE_MAX, &d->image, err);
	if (r < 0)
		return r;
	r = is_loader(d->image.content, &loader, err);
	if (r < 0)
		return error_wrap(err, r, "%s", DISK_BOOT_FILE);
	if (loader) {
		r = open_extended_partition(raw, table, volumes, err);
		return r < 0 ? r : open_behind_loader(volumes, entry, d, err);
	}
	if (entry)
		return error_set(err, -EINVAL,
				 "%s is not systemd-boot: there is no entry to choose",
				 DISK_BOOT_FILE);
	return read_all_companions(&volumes->items[0], DISK_BOOT_FILE, d, err);
}

int disk_open(struct span raw, const char *entry, struct disk *ret, struct error **err)
{
	_cleanup_(disk_release) struct disk d = {0};
	struct disk_volumes volumes = {.n = 1};
	struct gpt_firmware table;
	struct span volume;
	int r = gpt_firmware_parse(raw, &table, err);

	if (r >= 0)
		r = gpt_firmware_check(raw, &table.table, err);
	if (r >= 0)
		r = find_system_partition(raw, &table, &volume, err);
	if (r >= 0)
		r = fat_open(volume, &volumes.items[0], err);
	if (r >= 0)
		r = read_files(raw, &table, &volumes, entry, &d, err);
	if (r >= 0)
		r = make_gpt_event(&table.table, &d.gpt_event, err);
	if (r < 0)
		return r;
	*ret = d;
	d = (struct disk){0};
	return 0;
}
