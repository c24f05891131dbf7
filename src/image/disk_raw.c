#include "image/disk_raw.h"

#include <errno.h>
#include <inttypes.h>

#include "formats/gpt.h"
#include "formats/derived_uuid.h"
#include "image/esp_fat.h"
#include "image/sparse_write.h"

enum {
	PARTITION_ESP,
	PARTITION_ROOT,
	PARTITION_VERITY,
	PARTITIONS,
};

struct plan {
	struct esp_fat esp;
	const struct disk_raw_parts *parts;
	uint64_t file_sizes[PARTITIONS]; /* bytes of each partition's content */
	struct gpt gpt;
	uint64_t size;
};

static void plan_release(struct plan *p)
{
	esp_fat_release(&p->esp);
}

static int set_size(struct plan *p, int number, uint64_t size, struct error **err)
{
	if (size == 0 || size % GPT_SECTOR_SIZE != 0)
		return error_set(err, -EINVAL, "%s: %" PRIu64 " bytes are not whole sectors",
				 number == PARTITION_ROOT ? "root" : "root verity", size);
	p->file_sizes[number] = size;
	return 0;
}

/* Sets the entry of the next partition at *offset and moves that behind it. */
static int place(struct plan *p, int number, const char *type, const char *name,
		 uint64_t attributes, uint64_t *offset, struct error **err)
{
	struct gpt_entry *e = &p->gpt.entries[number];

	if (!guid_parse(type, &e->partition_type_guid))
		return error_set(err, -EINVAL, "'%s' is no GUID", type);
	e->starting_lba = *offset / GPT_SECTOR_SIZE;
	e->ending_lba = (*offset + p->file_sizes[number]) / GPT_SECTOR_SIZE - 1;
	e->attributes = attributes;
	memcpy(e->partition_name, name, strlen(name) + 1);
	p->gpt.n_entries = (size_t)number + 1;
	*offset = align_up(*offset + p->file_sizes[number], DISK_ALIGNMENT);
	return 0;
}

static int place_partitions(struct plan *p, struct error **err)
{
	uint64_t offset = DISK_ALIGNMENT;
	int r = place(p, PARTITION_ESP, GPT_TYPE_ESP, "esp", 0, &offset, err);

	if (r >= 0)
		r = place(p, PARTITION_ROOT, GPT_TYPE_ROOT_X86_64, "root-x86-64",
			  GPT_ATTRIBUTE_READ_ONLY, &offset, err);
	if (r >= 0)
		r = place(p, PARTITION_VERITY, GPT_TYPE_ROOT_X86_64_VERITY, "root-x86-64-verity",
			  GPT_ATTRIBUTE_READ_ONLY, &offset, err);
	/* The last MiB holds the backup table. */
	p->size = offset + DISK_ALIGNMENT;
	return r;
}

/* The UKI and the root hash stand for all content: the hash covers root and verity. */
static void set_identifiers(struct plan *p)
{
	uint8_t content[2 * VERITY_DIGEST_SIZE];
	uint8_t id[16];

	memcpy(content, p->esp.uki_sha256.bytes, VERITY_DIGEST_SIZE);
	memcpy(content + VERITY_DIGEST_SIZE, p->parts->root_hash, VERITY_DIGEST_SIZE);
	derived_uuid("disk", SPAN(content, sizeof(content)), id);
	p->gpt.disk_guid = uuid_guid(id);
	derived_uuid("esp partition", SPAN(content, sizeof(content)), id);
	p->gpt.entries[PARTITION_ESP].unique_partition_guid = uuid_guid(id);
	p->gpt.entries[PARTITION_ROOT].unique_partition_guid = uuid_guid(p->parts->root_hash);
	p->gpt.entries[PARTITION_VERITY].unique_partition_guid =
		uuid_guid(p->parts->root_hash + VERITY_DIGEST_SIZE - 16);
}

static int make_plan(const struct disk_raw_parts *parts, struct plan *p, struct error **err)
{
	int r = esp_fat_plan(parts->uki, DISK_ALIGNMENT / GPT_SECTOR_SIZE, &p->esp, err);

	p->parts = parts;
	p->file_sizes[PARTITION_ESP] = p->esp.volume.size;
	if (r >= 0)
		r = set_size(p, PARTITION_ROOT, parts->root->size, err);
	if (r >= 0)
		r = set_size(p, PARTITION_VERITY, parts->verity.n, err);
	if (r >= 0)
		r = place_partitions(p, err);
	if (r >= 0)
		set_identifiers(p);
	return r;
}

static uint64_t offset_of(const struct plan *p, int number)
{
	return p->gpt.entries[number].starting_lba * GPT_SECTOR_SIZE;
}

/* All that is on the disk; `primary` and `backup` are the tables. */
static int put_together(const struct plan *p, struct span primary, struct span backup,
			struct pieces *ret, struct error **err)
{
	int r = pieces_add_bytes(ret, 0, primary, err);

	ret->size = p->size;
	if (r >= 0)
		r = esp_fat_put(&p->esp, offset_of(p, PARTITION_ESP), ret, err);
	if (r >= 0)
		r = pieces_add_pieces(ret, offset_of(p, PARTITION_ROOT), p->parts->root, err);
	if (r >= 0)
		r = pieces_add_bytes(ret, offset_of(p, PARTITION_VERITY), p->parts->verity, err);
	if (r >= 0)
		r = pieces_add_bytes(ret, p->size - backup.n, backup, err);
	return r < 0 ? r : pieces_sort(ret, err);
}

static int write_disk(const struct plan *p, const char *output, struct disk_raw *ret,
		      struct error **err)
{
	_cleanup_(pieces_release) struct pieces disk = {0};
	uint8_t primary[GPT_PRIMARY_SIZE], backup[GPT_BACKUP_SIZE];
	int r = gpt_encode(&p->gpt, p->size / GPT_SECTOR_SIZE, primary, backup, err);

	if (r >= 0)
		r = put_together(p, SPAN(primary, sizeof(primary)), SPAN(backup, sizeof(backup)),
				 &disk, err);
	return r < 0 ? r : disk_raw_write_pieces(&disk, output, ret, err);
}

int disk_raw_write_pieces(const struct pieces *disk, const char *output, struct disk_raw *ret,
			  struct error **err)
{
	_cleanup_(digest_stream_freep) struct digest_stream *stream = NULL, *copy = NULL;
	int r = sparse_write(disk, output, &stream, err);

	if (r < 0)
		return r;
	copy = digest_stream_copy(stream);
	if (!copy)
		return error_oom(err);
	*ret = (struct disk_raw){
		.size = disk->size,
		.sha256 = digest_stream_end(copy),
		.stream = TAKE_PTR(stream),
	};
	return 0;
}

int disk_raw_write(const struct disk_raw_parts *parts, const char *output, struct disk_raw *ret,
		   struct error **err)
{
	_cleanup_(plan_release) struct plan p = {0};
	int r = make_plan(parts, &p, err);

	if (r >= 0)
		r = write_disk(&p, output, ret, err);
	if (r < 0)
		return error_wrap(err, r, "disk image");
	ret->uki_size = p.esp.uki_size;
	ret->uki_sha256 = p.esp.uki_sha256;
	return 0;
}

void disk_raw_release(struct disk_raw *d)
{
	digest_stream_free(d->stream);
	*d = (struct disk_raw){0};
}
