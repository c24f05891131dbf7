/* Partition tables, field by field, whether their checksums are right or not. */
#include "diff/diff_parts.h"

#include <inttypes.h>

#include "formats/printable.h"

#define ARRAY_SECTOR 2u
#define ARRAY_BYTES (GPT_ENTRIES * GPT_ENTRY_SIZE)

enum field_kind {
	FIELD_NUMBER,
	FIELD_GUID,
	FIELD_BYTES,
	FIELD_NAME,
};

struct field {
	size_t offset;
	size_t size;
	enum field_kind kind;
	const char *name;
	const char *follows_from; /* NULL, or what it is computed from */
};

static const struct field header_fields[] = {
	{0, 8, FIELD_BYTES, "signature", NULL},
	{8, 4, FIELD_NUMBER, "revision", NULL},
	{12, 4, FIELD_NUMBER, "size of the header", NULL},
	{16, 4, FIELD_NUMBER, "checksum of the header", "the header"},
	{20, 4, FIELD_NUMBER, "reserved", NULL},
	{24, 8, FIELD_NUMBER, "own sector", "the size of the disk"},
	{32, 8, FIELD_NUMBER, "sector of the other header", "the size of the disk"},
	{40, 8, FIELD_NUMBER, "first usable sector", NULL},
	{48, 8, FIELD_NUMBER, "last usable sector", "the size of the disk"},
	{56, 16, FIELD_GUID, "disk GUID", NULL},
	{72, 8, FIELD_NUMBER, "sector of the entries", "the size of the disk"},
	{80, 4, FIELD_NUMBER, "number of entries", NULL},
	{84, 4, FIELD_NUMBER, "size of an entry", NULL},
	{88, 4, FIELD_NUMBER, "checksum of the entries", "the entries"},
	{92, GPT_SECTOR_SIZE - 92, FIELD_BYTES, "rest of the sector", NULL},
};

static const struct field entry_fields[] = {
	{0, 16, FIELD_GUID, "type", NULL},	     {16, 16, FIELD_GUID, "GUID", NULL},
	{32, 8, FIELD_NUMBER, "first sector", NULL}, {40, 8, FIELD_NUMBER, "last sector", NULL},
	{48, 8, FIELD_NUMBER, "attributes", NULL},   {56, 72, FIELD_NAME, "name", NULL},
};

static const struct field mbr_fields[] = {
	{0, 440, FIELD_BYTES, "boot code", NULL},
	{440, 6, FIELD_BYTES, "disk signature", NULL},
	{446, 16, FIELD_BYTES, "protective partition", "the size of the disk"},
	{462, 48, FIELD_BYTES, "other partitions", NULL},
	{510, 2, FIELD_BYTES, "signature", NULL},
};

/* The value for people; of bytes nothing: they are shown where they differ. */
static char *field_text(const struct field *f, const uint8_t *p)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(128);

	switch (f->kind) {
	case FIELD_NUMBER:
		return string_printf("%" PRIu64, f->size == 8 ? get_le64(p) : get_le32(p));
	case FIELD_GUID:
		printable_guid(p, &text);
		return buffer_steal_text(&text);
	case FIELD_NAME:
		printable_utf16(SPAN(p, f->size), &text);
		return buffer_steal_text(&text);
	default:
		return NULL;
	}
}

struct table_pair {
	struct span disks[DIFF_SIDES];
	uint64_t offsets[DIFF_SIDES]; /* of the structure in its disk */
	bool same_size;
};

static void add_field(struct diff *d, const struct table_pair *t, const struct field *f,
		      const char *follows_from)
{
	const uint8_t *a = t->disks[DIFF_A].p + t->offsets[DIFF_A] + f->offset;
	const uint8_t *b = t->disks[DIFF_B].p + t->offsets[DIFF_B] + f->offset;
	size_t first = 0;

	if (memcmp(a, b, f->size) == 0)
		return;
	while (a[first] == b[first])
		first++;

	_cleanup_free_ char *text_a = field_text(f, a), *text_b = field_text(f, b);
	uint64_t at_a = t->offsets[DIFF_A] + f->offset + first;
	uint64_t at_b = t->offsets[DIFF_B] + f->offset + first;
	struct diff_place place_a = {.on_disk = true, .disk = at_a};
	struct diff_place place_b = {.on_disk = true, .disk = at_b};
	size_t before = d->n;

	diff_add_bytes(d, f->name, SPAN(a, f->size), SPAN(b, f->size), first, &place_a, &place_b,
		       follows_from);
	if (d->n == before)
		return;
	d->items[before].values[DIFF_A] = TAKE_PTR(text_a);
	d->items[before].values[DIFF_B] = TAKE_PTR(text_b);
}

/* What an entry's identifiers and places are computed from, on both sides. */
static const char *entry_follows(const struct inspection *const in[DIFF_SIDES], unsigned number,
				 const struct field *f)
{
	const struct inspect_partition *a = inspection_partition(in[DIFF_A], number);
	const struct inspect_partition *b = inspection_partition(in[DIFF_B], number);

	if (!a || !b)
		return NULL;
	if (f->offset == 16 && a->guid_origin == b->guid_origin) {
		if (a->guid_origin == GUID_CONTENT)
			return "the image and the root file system";
		if (a->guid_origin != GUID_OWN)
			return "the root file system";
	}
	if (f->offset == 32 && a->number > 1)
		return "the partitions before it";
	if (f->offset == 40)
		return a->size != b->size ? "the size of its content" : "the partitions before it";
	return NULL;
}

static void diff_header(struct diff *d, const struct inspection *const in[DIFF_SIDES],
			const struct table_pair *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(header_fields); i++) {
		const struct field *f = &header_fields[i];
		const char *follows_from = f->follows_from;

		/* A size that is the same explains nothing. */
		if (t->same_size && follows_from && strstr(follows_from, "disk"))
			follows_from = NULL;
		if (f->kind == FIELD_GUID && in[DIFF_A]->disk_guid_follows &&
		    in[DIFF_B]->disk_guid_follows)
			follows_from = "the image and the root file system";
		add_field(d, t, f, follows_from);
	}
}

static void diff_entries(struct diff *d, const struct inspection *const in[DIFF_SIDES],
			 const struct table_pair *array)
{
	for (unsigned number = 1; number <= GPT_ENTRIES; number++) {
		struct table_pair entry = *array;

		for (size_t k = 0; k < DIFF_SIDES; k++)
			entry.offsets[k] += (number - 1) * (uint64_t)GPT_ENTRY_SIZE;
		diff_enter(d, "entry %u", number);
		for (size_t i = 0; i < ARRAY_SIZE(entry_fields); i++)
			add_field(d, &entry, &entry_fields[i],
				  entry_follows(in, number, &entry_fields[i]));
		diff_leave(d);
	}
}

static bool table_bytes(struct span disk, uint64_t offset, struct span *ret)
{
	return span_slice(disk, offset, ARRAY_BYTES + GPT_SECTOR_SIZE, ret);
}

/* A table whose header and array lie at these offsets of both disks. */
static void diff_table(struct diff *d, const struct inspection *const in[DIFF_SIDES],
		       struct table_pair *t, uint64_t header_a, uint64_t header_b, uint64_t array_a,
		       uint64_t array_b)
{
	t->offsets[DIFF_A] = header_a;
	t->offsets[DIFF_B] = header_b;
	diff_enter(d, "header");
	diff_header(d, in, t);
	diff_leave(d);
	t->offsets[DIFF_A] = array_a;
	t->offsets[DIFF_B] = array_b;
	diff_entries(d, in, t);
}

static bool has_table(struct span disk, uint64_t header)
{
	struct span signature;

	return span_slice(disk, header, 8, &signature) &&
	       span_equal(signature, SPAN_LITERAL("EFI PART"));
}

uint64_t diff_primary_end(const struct inspection *in)
{
	return (uint64_t)ARRAY_SECTOR * in->sector_size + ARRAY_BYTES;
}

uint64_t diff_backup_start(const struct inspection *in)
{
	uint64_t sectors = in->file.content.n / in->sector_size;

	return (sectors - 1) * in->sector_size - ARRAY_BYTES;
}

static bool has_room(const struct inspection *in)
{
	return in->file.content.n >= diff_primary_end(in) + ARRAY_BYTES + in->sector_size;
}

static void diff_backup(struct diff *d, const struct inspection *const in[DIFF_SIDES],
			struct table_pair *t, bool primary_differs)
{
	const uint64_t size = ARRAY_BYTES;
	uint64_t start_a = diff_backup_start(in[DIFF_A]), start_b = diff_backup_start(in[DIFF_B]);
	struct span a, b;

	if (!table_bytes(t->disks[DIFF_A], start_a, &a) ||
	    !table_bytes(t->disks[DIFF_B], start_b, &b) || span_equal(a, b))
		return;
	diff_enter(d, "backup partition table");
	if (!has_table(t->disks[DIFF_A], start_a + size) ||
	    !has_table(t->disks[DIFF_B], start_b + size)) {
		diff_add(d, "table", has_table(t->disks[DIFF_A], start_a + size) ? "there" : NULL,
			 has_table(t->disks[DIFF_B], start_b + size) ? "there" : NULL, NULL);
		diff_leave(d);
		return;
	}
	/* Both are copies of their primary tables: nothing of its own. */
	if (primary_differs && !in[DIFF_A]->primary_problem && !in[DIFF_A]->backup_problem &&
	    !in[DIFF_B]->primary_problem && !in[DIFF_B]->backup_problem)
		diff_add(d, "content", NULL, NULL, "the partition table");
	else
		diff_table(d, in, t, start_a + size, start_b + size, start_a, start_b);
	diff_leave(d);
}

int diff_tables(struct diff *d, const struct inspection *a, const struct inspection *b,
		struct error **err)
{
	const struct inspection *const in[DIFF_SIDES] = {a, b};
	struct table_pair t = {
		.disks = {a->file.content, b->file.content},
		.same_size = a->file.content.n == b->file.content.n,
	};
	size_t before;

	if (!has_room(a) || !has_room(b))
		return error_set(err, -ERROR_MALFORMED, "a disk is too small for partition tables");
	diff_enter(d, "protective MBR");
	for (size_t i = 0; i < ARRAY_SIZE(mbr_fields); i++)
		add_field(d, &t, &mbr_fields[i], t.same_size ? NULL : mbr_fields[i].follows_from);
	diff_leave(d);
	before = d->n;
	diff_enter(d, "partition table");
	diff_table(d, in, &t, a->sector_size, b->sector_size,
		   (uint64_t)ARRAY_SECTOR * a->sector_size,
		   (uint64_t)ARRAY_SECTOR * b->sector_size);
	diff_leave(d);
	diff_backup(d, in, &t, d->n > before);
	return 0;
}
