#include "image/disk_raw.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "base/file.h"
#include "formats/gpt.h"
#include "formats/identity.h"
#include "image/esp_fat.h"

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

static int get_file_size(const char *path, uint64_t *ret, struct error **err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return error_errno(err, errno, "%s", path);
	if (st.st_size <= 0 || st.st_size % GPT_SECTOR_SIZE != 0)
		return error_set(err, -EINVAL, "%s: %lld bytes are not whole sectors", path,
				 (long long)st.st_size);
	*ret = (uint64_t)st.st_size;
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
	identity_uuid("disk", SPAN(content, sizeof(content)), id);
	p->gpt.disk_guid = identity_guid(id);
	identity_uuid("esp partition", SPAN(content, sizeof(content)), id);
	p->gpt.entries[PARTITION_ESP].unique_partition_guid = identity_guid(id);
	p->gpt.entries[PARTITION_ROOT].unique_partition_guid = identity_guid(p->parts->root_hash);
	p->gpt.entries[PARTITION_VERITY].unique_partition_guid =
		identity_guid(p->parts->root_hash + VERITY_DIGEST_SIZE - 16);
}

static int make_plan(const struct disk_raw_parts *parts, struct plan *p, struct error **err)
{
	int r = esp_fat_plan(parts->uki, DISK_ALIGNMENT / GPT_SECTOR_SIZE, &p->esp, err);

	p->parts = parts;
	p->file_sizes[PARTITION_ESP] = p->esp.volume.size;
	if (r >= 0)
		r = get_file_size(parts->root, &p->file_sizes[PARTITION_ROOT], err);
	if (r >= 0)
		r = get_file_size(parts->verity, &p->file_sizes[PARTITION_VERITY], err);
	if (r >= 0)
		r = place_partitions(p, err);
	if (r >= 0)
		set_identifiers(p);
	return r;
}

static int write_file_partition(const struct plan *p, int number, const char *path,
				struct sparse_writer *w, struct error **err)
{
	int r = sparse_writer_skip_to(w, p->gpt.entries[number].starting_lba * GPT_SECTOR_SIZE,
				      err);

	return r < 0 ? r : sparse_writer_put_file(w, path, p->file_sizes[number], err);
}

static int write_image(const struct plan *p, struct sparse_writer *w, struct error **err)
{
	uint8_t primary[GPT_PRIMARY_SIZE], backup[GPT_BACKUP_SIZE];
	int r = gpt_encode(&p->gpt, p->size / GPT_SECTOR_SIZE, primary, backup, err);

	if (r >= 0)
		r = sparse_writer_put(w, SPAN(primary, sizeof(primary)), err);
	if (r >= 0)
		r = sparse_writer_skip_to(w, DISK_ALIGNMENT, err);
	if (r >= 0)
		r = esp_fat_write(&p->esp, w, err);
	if (r >= 0)
		r = write_file_partition(p, PARTITION_ROOT, p->parts->root, w, err);
	if (r >= 0)
		r = write_file_partition(p, PARTITION_VERITY, p->parts->verity, w, err);
	if (r >= 0)
		r = sparse_writer_skip_to(w, p->size - sizeof(backup), err);
	if (r >= 0)
		r = sparse_writer_put(w, SPAN(backup, sizeof(backup)), err);
	if (r >= 0)
		r = sparse_writer_end(w, err);
	return r;
}

static int write_output(const struct plan *p, const char *output, struct disk_raw *ret,
			struct error **err)
{
	_cleanup_(output_release) struct output o = OUTPUT_INIT;
	_cleanup_(sparse_writer_release) struct sparse_writer w = {.fd = -1};
	_cleanup_(digest_stream_freep) struct digest_stream *copy = NULL;
	int r = output_open(output, &o, err);

	if (r >= 0)
		r = sparse_writer_init(o.fd, &w, err);
	if (r >= 0)
		r = write_image(p, &w, err);
	if (r < 0)
		return r;
	copy = digest_stream_copy(w.digest);
	if (!copy)
		return error_oom(err);
	r = output_commit(&o, err);
	if (r < 0)
		return r;
	*ret = (struct disk_raw){
		.size = p->size,
		.sha256 = digest_stream_end(copy),
		.stream = TAKE_PTR(w.digest),
	};
	return 0;
}

int disk_raw_write(const struct disk_raw_parts *parts, const char *output, struct disk_raw *ret,
		   struct error **err)
{
	_cleanup_(plan_release) struct plan p = {0};
	int r = make_plan(parts, &p, err);

	if (r >= 0)
		r = write_output(&p, output, ret, err);
	return r < 0 ? error_wrap(err, r, "disk image") : 0;
}

void disk_raw_release(struct disk_raw *d)
{
	digest_stream_free(d->stream);
	*d = (struct disk_raw){0};
}
