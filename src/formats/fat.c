#include "formats/fat.h"

#include <errno.h>
#include <inttypes.h>

#define FIRST_CLUSTER 2u
#define SHORT_TEXT_SIZE 13u /* "BOOTX64 .EFI" without blanks, dot and NUL */

/* Special first bytes of a directory entry. */
enum {
	ENTRY_END = 0x00,
	ENTRY_FREE = 0xe5,
	ENTRY_KANJI = 0x05, /* stands for 0xe5 */
};

/* DIR_NTRes */
enum {
	NAME_IS_LOWER = 0x08,
	EXTENSION_IS_LOWER = 0x10,
};

/* What the boot sector says, before it is believed. */
struct boot_sector {
	uint32_t byts_per_sec;
	uint32_t sec_per_clus;
	uint32_t rsvd_sec_cnt;
	uint32_t num_fats;
	uint32_t root_ent_cnt;
	uint32_t tot_sec;
	uint32_t fat_sz;
	uint32_t root_clus;
	uint16_t ext_flags;
	uint32_t vol_id;
};

static bool is_power_of_two(uint32_t v)
{
	return v != 0 && (v & (v - 1)) == 0;
}

static int parse_boot_sector(struct span volume, struct boot_sector *ret, struct error **err)
{
	const uint8_t *p = volume.p;
	struct boot_sector b;

	if (volume.n < 512)
		return error_set(err, -ERROR_MALFORMED, "FAT: %zu bytes are too few", volume.n);
	if (p[510] != 0x55 || p[511] != 0xaa)
		return error_set(err, -ERROR_MALFORMED, "FAT: the boot sector has no signature");
	b = (struct boot_sector){
		.byts_per_sec = get_le16(p + 11),
		.sec_per_clus = p[13],
		.rsvd_sec_cnt = get_le16(p + 14),
		.num_fats = p[16],
		.root_ent_cnt = get_le16(p + 17),
		.tot_sec = get_le16(p + 19),
		.fat_sz = get_le16(p + 22),
		.vol_id = get_le32(p + 39),
	};
	if (b.tot_sec == 0)
		b.tot_sec = get_le32(p + 32);
	if (b.fat_sz == 0) {
		b.fat_sz = get_le32(p + 36);
		b.ext_flags = get_le16(p + 40);
		b.root_clus = get_le32(p + 44);
		b.vol_id = get_le32(p + 67);
	}
	if (!is_power_of_two(b.byts_per_sec) || b.byts_per_sec < 512 || b.byts_per_sec > 4096)
		return error_set(err, -ERROR_MALFORMED, "FAT: sectors of %" PRIu32 " bytes",
				 b.byts_per_sec);
	if (!is_power_of_two(b.sec_per_clus))
		return error_set(err, -ERROR_MALFORMED, "FAT: clusters of %" PRIu32 " sectors",
				 b.sec_per_clus);
	if (b.rsvd_sec_cnt == 0 || b.num_fats == 0 || b.fat_sz == 0)
		return error_set(err, -ERROR_MALFORMED,
				 "FAT: %" PRIu32 " reserved sectors, %" PRIu32 " FATs of %" PRIu32
				 " sectors",
				 b.rsvd_sec_cnt, b.num_fats, b.fat_sz);
	*ret = b;
	return 0;
}

/* Bytes of a FAT that the clusters need. */
static uint64_t table_size(enum fat_type type, uint64_t clusters)
{
	uint64_t entries = clusters + FIRST_CLUSTER;

	switch (type) {
	case FAT12:
		return (entries * 3 + 1) / 2;
	case FAT16:
		return entries * 2;
	case FAT32:
	default:
		return entries * 4;
	}
}

/* The FAT in use: of several the first, unless mirroring is off. */
static uint32_t active_table(const struct boot_sector *b)
{
	return b->ext_flags & 0x80 ? b->ext_flags & 0x0f : 0;
}

int fat_open(struct span volume, struct fat *ret, struct error **err)
{
	struct fat f = {.volume = volume};
	struct boot_sector b = {0};
	int r = parse_boot_sector(volume, &b, err);

	if (r < 0)
		return r;

	uint64_t root_size =
		align_up((uint64_t)b.root_ent_cnt * FAT_DIRECTORY_ENTRY_SIZE, b.byts_per_sec);
	uint64_t tables_offset = (uint64_t)b.rsvd_sec_cnt * b.byts_per_sec;
	uint64_t one_table = (uint64_t)b.fat_sz * b.byts_per_sec;
	uint64_t root_offset = tables_offset + b.num_fats * one_table;
	uint64_t total = (uint64_t)b.tot_sec * b.byts_per_sec;

	f.data_offset = root_offset + root_size;
	f.cluster_size = b.sec_per_clus * b.byts_per_sec;
	f.volume_id = b.vol_id;
	if (total > volume.n || f.data_offset > total)
		return error_set(err, -ERROR_MALFORMED,
				 "FAT: the volume has %" PRIu64
				 " bytes, but %zu are here and the data begin at %" PRIu64,
				 total, volume.n, f.data_offset);
	f.count_of_clusters = (uint32_t)((total - f.data_offset) / f.cluster_size);
	/* Microsoft's specification goes by the clusters; EDK2 and Linux go by the field that FAT32 leaves
	 * empty, and so does what mkfs.vfat -F 32 makes of a small volume. */
	f.type = get_le16(volume.p + 22) == 0		    ? FAT32
		 : f.count_of_clusters < FAT16_CLUSTERS_MIN ? FAT12
							    : FAT16;
	if ((f.type == FAT32) != (b.root_ent_cnt == 0) ||
	    (f.type == FAT16 && f.count_of_clusters >= FAT32_CLUSTERS_MIN))
		return error_set(err, -ERROR_MALFORMED,
				 "FAT: %" PRIu32 " clusters do not fit the boot sector's layout",
				 f.count_of_clusters);
	if (one_table < table_size(f.type, f.count_of_clusters) || active_table(&b) >= b.num_fats)
		return error_set(err, -ERROR_MALFORMED,
				 "FAT: the table is too small for %" PRIu32 " clusters",
				 f.count_of_clusters);
	f.table = SPAN(volume.p + tables_offset + active_table(&b) * one_table, one_table);
	if (f.type == FAT32)
		f.root_cluster = b.root_clus & 0x0fffffff;
	else
		f.root = SPAN(volume.p + root_offset, b.root_ent_cnt * FAT_DIRECTORY_ENTRY_SIZE);
	*ret = f;
	return 0;
}

static bool is_cluster(const struct fat *f, uint32_t c)
{
	return c >= FIRST_CLUSTER && c - FIRST_CLUSTER < f->count_of_clusters;
}

/* Content of the table's entry of a valid cluster. */
static uint32_t next_cluster(const struct fat *f, uint32_t c)
{
	switch (f->type) {
	case FAT12: {
		uint16_t pair = get_le16(f->table.p + c + c / 2);

		return c & 1 ? pair >> 4 : pair & 0xfff;
	}
	case FAT16:
		return get_le16(f->table.p + 2 * (size_t)c);
	case FAT32:
	default:
		return get_le32(f->table.p + 4 * (size_t)c) & 0x0fffffff;
	}
}

static bool is_end_of_chain(const struct fat *f, uint32_t entry)
{
	switch (f->type) {
	case FAT12:
		return entry >= 0xff8;
	case FAT16:
		return entry >= 0xfff8;
	case FAT32:
	default:
		return entry >= 0x0ffffff8;
	}
}

static struct span cluster_bytes(const struct fat *f, uint32_t c)
{
	return SPAN(f->volume.p + f->data_offset + (uint64_t)(c - FIRST_CLUSTER) * f->cluster_size,
		    f->cluster_size);
}

/* Appends a chain, all of it or `size` bytes if the file knows; a loop ends at the buffer's maximum
 * or at the number of clusters. */
static int read_chain(const struct fat *f, uint32_t first, uint64_t size, bool sized,
		      struct buffer *ret, struct error **err)
{
	uint64_t rest = size;
	uint32_t count = 0;

	for (uint32_t c = first; sized ? rest > 0 : !is_end_of_chain(f, c);
	     c = next_cluster(f, c)) {
		if (!is_cluster(f, c))
			return error_set(err, -ERROR_MALFORMED,
					 "FAT: the chain from cluster %" PRIu32
					 " leads to %" PRIu32,
					 first, c);
		if (count++ == f->count_of_clusters)
			return error_set(err, -ERROR_MALFORMED,
					 "FAT: the chain from cluster %" PRIu32 " is a loop",
					 first);

		struct span bytes = cluster_bytes(f, c);

		if (sized) {
			bytes.n = (size_t)MIN(bytes.n, rest);
			rest -= bytes.n;
		}
		buffer_put(ret, bytes);
		if (!buffer_ok(ret))
			return error_set(err, -EFBIG,
					 "FAT: the chain from cluster %" PRIu32
					 " has more than %zu bytes",
					 first, ret->max);
	}
	return 0;
}

int fat_read(const struct fat *f, const struct fat_file *file, struct buffer *ret,
	     struct error **err)
{
	if (file->is_directory)
		return error_set(err, -EISDIR, "FAT: a directory has no content");
	return read_chain(f, file->first_cluster, file->size, true, ret, err);
}

bool fat_map(const struct fat *f, const struct fat_file *file, struct span *ret)
{
	uint32_t clusters =
		(uint32_t)(((uint64_t)file->size + f->cluster_size - 1) / f->cluster_size);

	if (file->is_directory)
		return false;
	if (clusters == 0) {
		*ret = SPAN(NULL, 0);
		return true;
	}
	for (uint32_t i = 0; i < clusters; i++) {
		uint32_t c = file->first_cluster + i;

		if (!is_cluster(f, c) || (i + 1 < clusters && next_cluster(f, c) != c + 1))
			return false;
	}
	*ret = SPAN(cluster_bytes(f, file->first_cluster).p, file->size);
	return true;
}

/* A directory's entries one by one, with their names put together. */
struct cursor {
	struct span entries;
	size_t at;
	uint16_t units[FAT_LONG_NAME_UNITS + FAT_UNITS_PER_ENTRY];
	uint8_t expected; /* sequence number of the next long entry; 0: the short one */
	bool has_long;
	uint8_t checksum;
};

struct directory_entry {
	char short_name[SHORT_TEXT_SIZE];
	char long_name[FAT_NAME_SIZE]; /* "" if there is none */
	struct fat_file file;
};

uint8_t fat_short_name_checksum(const uint8_t name[FAT_SHORT_NAME_SIZE])
{
	uint8_t sum = 0;

	for (size_t i = 0; i < FAT_SHORT_NAME_SIZE; i++)
		sum = (uint8_t)((sum >> 1 | sum << 7) + name[i]);
	return sum;
}

static void take_long_entry(struct cursor *c, const uint8_t *e)
{
	uint8_t number = e[0] & 0x3f;

	if (e[0] & FAT_LAST_LONG_ENTRY) {
		c->has_long = number >= 1 && number * FAT_UNITS_PER_ENTRY <= ARRAY_SIZE(c->units);
		c->expected = number;
		c->checksum = e[13];
		memset(c->units, 0, sizeof(c->units));
	}
	if (!c->has_long || number != c->expected || e[13] != c->checksum) {
		c->has_long = false;
		return;
	}
	for (size_t i = 0; i < FAT_UNITS_PER_ENTRY; i++) {
		uint16_t unit = get_le16(e + fat_unit_offset(i));

		c->units[(number - 1u) * FAT_UNITS_PER_ENTRY + i] = unit == 0xffff ? 0 : unit;
	}
	c->expected--;
}

static void decode_long_name(const struct cursor *c, char out[FAT_NAME_SIZE])
{
	size_t n = 0;

	while (n < FAT_LONG_NAME_UNITS && c->units[n] != 0) {
		out[n] = c->units[n] >= ' ' && c->units[n] < 0x7f ? (char)c->units[n] : '?';
		n++;
	}
	out[n] = '\0';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* DIR_NTRes holds flags that are not in the specification, but that everybody sets and heeds: name
 * or extension are in lower case. */
static void decode_short_name(const uint8_t *e, char out[SHORT_TEXT_SIZE])
{
	bool lower_name = e[12] & NAME_IS_LOWER, lower_extension = e[12] & EXTENSION_IS_LOWER;
	size_t n = 0;

	for (size_t i = 0; i < FAT_SHORT_NAME_SIZE; i++) {
		uint8_t c = i == 0 && e[0] == ENTRY_KANJI ? 0xe5 : e[i];

		if (i == 8 && !span_equal(SPAN(e + 8, 3), SPAN_LITERAL("   ")))
			out[n++] = '.';
		if (c == ' ')
			continue;
		out[n] = c > ' ' && c < 0x7f ? (char)c : '?';
		if (i < 8 ? lower_name : lower_extension)
			out[n] = lower(out[n]);
		n++;
	}
	out[n] = '\0';
}

static void decode_entry(const struct fat *f, const struct cursor *c, const uint8_t *e,
			 struct directory_entry *ret)
{
	uint32_t high = f->type == FAT32 ? get_le16(e + 20) : 0;

	*ret = (struct directory_entry){
		.file = {.is_directory = e[11] & FAT_ATTR_DIRECTORY,
			 .first_cluster = high << 16 | get_le16(e + 26),
			 .size = get_le32(e + 28)},
	};
	decode_short_name(e, ret->short_name);
	if (c->has_long && c->expected == 0 && c->checksum == fat_short_name_checksum(e))
		decode_long_name(c, ret->long_name);
}

/* The next file or directory; false at the end. */
static bool next_entry(const struct fat *f, struct cursor *c, struct directory_entry *ret)
{
	for (; c->at + FAT_DIRECTORY_ENTRY_SIZE <= c->entries.n;
	     c->at += FAT_DIRECTORY_ENTRY_SIZE) {
		const uint8_t *e = c->entries.p + c->at;

		if (e[0] == ENTRY_END)
			return false;
		if (e[0] == ENTRY_FREE) {
			c->has_long = false;
		} else if ((e[11] & FAT_ATTR_LONG_NAME_MASK) == FAT_ATTR_LONG_NAME) {
			take_long_entry(c, e);
		} else if (e[11] & FAT_ATTR_VOLUME_ID) {
			c->has_long = false;
		} else {
			decode_entry(f, c, e, ret);
			c->has_long = false;
			c->at += FAT_DIRECTORY_ENTRY_SIZE;
			return true;
		}
	}
	return false;
}

/* A cursor over a directory; `storage` holds the bytes of one that is a chain. */
static int open_directory(const struct fat *f, const struct fat_file *directory,
			  struct buffer *storage, struct cursor *ret, struct error **err)
{
	uint32_t first = directory->is_root ? f->root_cluster : directory->first_cluster;

	*ret = (struct cursor){0};
	if (!directory->is_directory)
		return error_set(err, -ENOTDIR, "FAT: not a directory");
	if (directory->is_root && f->type != FAT32) {
		ret->entries = f->root;
		return 0;
	}

	int r = read_chain(f, first, 0, false, storage, err);

	if (r < 0)
		return r;
	ret->entries = buffer_span(storage);
	return 0;
}

static bool name_matches(const char *name, struct span wanted)
{
	if (strlen(name) != wanted.n)
		return false;
	for (size_t i = 0; i < wanted.n; i++)
		if (lower(name[i]) != lower((char)wanted.p[i]))
			return false;
	return true;
}

/* Finds one name in a directory. */
static int find_name(const struct fat *f, const struct fat_file *directory, struct span name,
		     struct fat_file *ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer storage = BUFFER_INIT(FAT_DIRECTORY_MAX);
	struct directory_entry e;
	struct cursor c;
	int r = open_directory(f, directory, &storage, &c, err);

	if (r < 0)
		return r;
	while (next_entry(f, &c, &e)) {
		if (name_matches(e.short_name, name) ||
		    (e.long_name[0] != '\0' && name_matches(e.long_name, name))) {
			*ret = e.file;
			return 0;
		}
	}
	return error_set(err, -ENOENT, "FAT: no '%.*s'", (int)name.n, (const char *)name.p);
}

int fat_find(const struct fat *f, const char *path, struct fat_file *ret, struct error **err)
{
	struct fat_file file = {.is_directory = true, .is_root = true};

	if (path[0] != '\0' && !path_is_confined(path))
		return error_set(err, -EINVAL, "FAT: '%s' is not a relative path", path);
	for (const char *rest = path; *rest != '\0';) {
		size_t n = strcspn(rest, "/");
		int r = find_name(f, &file, SPAN(rest, n), &file, err);

		if (r < 0)
			return r;
		rest += n;
		rest += *rest == '/';
	}
	*ret = file;
	return 0;
}

int fat_walk(const struct fat *f, const struct fat_file *directory, fat_visit visit, void *context,
	     struct error **err)
{
	_cleanup_(buffer_release) struct buffer storage = BUFFER_INIT(FAT_DIRECTORY_MAX);
	struct directory_entry e;
	struct cursor c;
	int r = open_directory(f, directory, &storage, &c, err);

	while (r >= 0 && next_entry(f, &c, &e)) {
		const char *name = e.long_name[0] != '\0' ? e.long_name : e.short_name;

		if (!string_equal(name, ".") && !string_equal(name, ".."))
			r = visit(context, name, &e.file, err);
	}
	return r;
}

static int add_name(void *context, const char *name, const struct fat_file *file,
		    struct error **err)
{
	(void)file;
	return string_list_add(context, name) < 0 ? error_oom(err) : 0;
}

int fat_list(const struct fat *f, const struct fat_file *directory, struct string_list *ret,
	     struct error **err)
{
	return fat_walk(f, directory, add_name, ret, err);
}

bool fat_locate(const struct fat *f, const struct fat_file *file, uint64_t offset, uint64_t *ret)
{
	uint32_t c = file->first_cluster;

	if (file->is_directory || offset >= file->size)
		return false;
	for (uint64_t rest = offset / f->cluster_size; rest > 0; rest--) {
		if (!is_cluster(f, c))
			return false;
		c = next_cluster(f, c);
	}
	if (!is_cluster(f, c))
		return false;
	*ret = f->data_offset + (uint64_t)(c - FIRST_CLUSTER) * f->cluster_size +
	       offset % f->cluster_size;
	return true;
}
