#include "measure/disk.h"

#include <errno.h>

#include "formats/fat.h"
#include "formats/gpt.h"

#define EFI_SYSTEM_PARTITION "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"

/* Where systemd's stub looks for more to load. */
static const char *const sidecars[] = {
	DISK_BOOT_FILE ".extra.d",
	"loader/addons",
	"loader/credentials",
	"loader/extensions",
};

void disk_release(struct disk *d)
{
	buffer_release(&d->copy);
	buffer_release(&d->gpt_event);
}

bool disk_recognise(struct span raw)
{
	struct span signature;

	return span_slice(raw, GPT_SECTOR_SIZE, 8, &signature) &&
	       span_equal(signature, SPAN_LITERAL("EFI PART"));
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

static int find_system_partition(struct span raw, const struct gpt *g, struct span *ret,
				 struct error **err)
{
	const struct gpt_entry *found = NULL;
	struct guid type;
	uint64_t offset, size;

	if (!guid_parse(EFI_SYSTEM_PARTITION, &type))
		return error_set(err, -EINVAL, "bad GUID '%s'", EFI_SYSTEM_PARTITION);
	for (size_t i = 0; i < g->n_entries; i++) {
		if (memcmp(&g->entries[i].partition_type_guid, &type, sizeof(type)) != 0)
			continue;
		if (found)
			return error_set(err, -EOPNOTSUPP,
					 "several EFI system partitions: which one is booted from "
					 "depends on the firmware");
		found = &g->entries[i];
	}
	if (!found)
		return error_set(err, -ENOENT, "no EFI system partition");
	gpt_entry_range(found, &offset, &size);
	if (!span_slice(raw, offset, size, ret))
		return error_set(err, -ERROR_MALFORMED,
				 "the EFI system partition lies outside the disk");
	return 0;
}

static int refuse_sidecars(const struct fat *fat, struct error **err)
{
	for (size_t i = 0; i < ARRAY_SIZE(sidecars); i++) {
		_cleanup_error_ struct error *e = NULL;
		struct fat_file file;
		int r = fat_find(fat, sidecars[i], &file, &e);

		if (r >= 0)
			return error_set(
				err, -EOPNOTSUPP,
				"'%s' exists: the stub would load and measure what is in it",
				sidecars[i]);
		if (r != -ENOENT)
			return error_set(err, r, "'%s': %s", sidecars[i], error_message(e));
	}
	return 0;
}

static int find_boot_file(struct span volume, struct disk *d, struct error **err)
{
	struct fat fat;
	struct fat_file file;
	int r = fat_open(volume, &fat, err);

	if (r >= 0)
		r = fat_find(&fat, DISK_BOOT_FILE, &file, err);
	if (r >= 0)
		r = refuse_sidecars(&fat, err);
	if (r < 0)
		return r;
	if (file.is_directory)
		return error_set(err, -ERROR_MALFORMED, "'%s' is a directory", DISK_BOOT_FILE);
	if (fat_map(&fat, &file, &d->boot_file))
		return 0;

	d->copy = (struct buffer)BUFFER_INIT(DISK_BOOT_FILE_MAX);
	r = fat_read(&fat, &file, &d->copy, err);
	d->boot_file = buffer_span(&d->copy);
	return r;
}

int disk_open(struct span raw, struct disk *ret, struct error **err)
{
	_cleanup_(disk_release) struct disk d = {0};
	struct gpt gpt;
	struct span volume;
	int r = gpt_parse_primary(raw, raw.n / GPT_SECTOR_SIZE, &gpt, err);

	if (r >= 0)
		r = find_system_partition(raw, &gpt, &volume, err);
	if (r >= 0)
		r = find_boot_file(volume, &d, err);
	if (r >= 0)
		r = make_gpt_event(&gpt, &d.gpt_event, err);
	if (r < 0)
		return r;
	*ret = d;
	d = (struct disk){0};
	return 0;
}
