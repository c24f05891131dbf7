#include "formats/tdvf.h"

#include <inttypes.h>

#include "base/text.h"

/* Bytes between the table of GUIDs and the end of the file: the reset vector. */
#define TABLE_DISTANCE 32u
/* Of an entry: size and GUID, which follow its data. */
#define ENTRY_HEADER 18u
/* OVMF's table has less than 200 bytes; the size field could say 64 KiB. */
#define TABLE_MAX 4096u

#define DESCRIPTOR_SIZE 16u
#define SECTION_SIZE 32u
#define DESCRIPTOR_VERSION 1u

/* 96b582de-1fb2-45f7-baea-a366c55a082d: the last entry, whose size is that of the table. */
static const struct guid table_guid = {{0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45, 0xba, 0xea,
					0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d}};
/* e47a6535-984a-4798-865e-4685a7bf8ec2: where the metadata begin. */
static const struct guid metadata_guid = {{0x35, 0x65, 0x7a, 0xe4, 0x4a, 0x98, 0x98, 0x47, 0x86,
					   0x5e, 0x46, 0x85, 0xa7, 0xbf, 0x8e, 0xc2}};

static const char *const type_names[TDVF_SECTION_TYPES_] = {
	[TDVF_BFV] = "BFV",
	[TDVF_CFV] = "CFV",
	[TDVF_TD_HOB] = "TD_HOB",
	[TDVF_TEMP_MEM] = "TEMP_MEM",
	[TDVF_PERM_MEM] = "PERM_MEM",
	[TDVF_PAYLOAD] = "PAYLOAD",
	[TDVF_PAYLOAD_PARAM] = "PAYLOAD_PARAM",
};

const char *tdvf_type_name(uint32_t type)
{
	return type < TDVF_SECTION_TYPES_ ? type_names[type] : "unknown";
}

/* The entry that ends right before `end`: its GUID and its data. False if it does not fit into the
 * `left` bytes before. */
static bool read_entry(struct span file, size_t end, size_t left, struct guid *guid,
		       struct span *data)
{
	if (left < ENTRY_HEADER)
		return false;

	size_t size = get_le16(file.p + end - ENTRY_HEADER);

	if (size < ENTRY_HEADER || size > left)
		return false;
	*guid = guid_at(file.p + end - sizeof(*guid));
	*data = SPAN(file.p + end - size, size - ENTRY_HEADER);
	return true;
}

/* Sets *ret to the distance of the metadata from the end of the file. */
static int find_metadata(struct span file, uint32_t *ret, struct error **err)
{
	size_t end = file.n - MIN(file.n, (size_t)TABLE_DISTANCE), left;
	struct guid guid;
	struct span data;

	if (!read_entry(file, end, MIN(end, (size_t)TABLE_MAX), &guid, &data) ||
	    !guid_equal(&guid, &table_guid))
		return error_set(err, -ERROR_MALFORMED,
				 "no table of GUIDs 0x%x bytes before its end: not OVMF",
				 TABLE_DISTANCE);
	end -= ENTRY_HEADER;
	for (left = data.n; left > 0;) {
		if (!read_entry(file, end, left, &guid, &data))
			return error_set(
				err, -ERROR_MALFORMED,
				"table of GUIDs: the entry that ends at 0x%zx does not fit", end);
		if (guid_equal(&guid, &metadata_guid)) {
			if (data.n != sizeof(*ret))
				return error_set(err, -ERROR_MALFORMED,
						 "table of GUIDs: the entry for TDX has %zu bytes, "
						 "not %zu",
						 data.n, sizeof(*ret));
			*ret = get_le32(data.p);
			return 0;
		}
		end -= ENTRY_HEADER + data.n;
		left -= ENTRY_HEADER + data.n;
	}
	return error_set(err, -ERROR_MALFORMED, "no TDX metadata: not built for TDX");
}

static int bad_section(size_t index, const struct tdvf_section *s, const char *why,
		       struct error **err)
{
	return error_set(err, -ERROR_MALFORMED, "TDX section %zu (%s) at 0x%" PRIx64 ": %s", index,
			 tdvf_type_name(s->type), s->memory_address, why);
}

static int check_data(const struct tdvf *t, size_t index, struct error **err)
{
	const struct tdvf_section *s = &t->sections[index];
	struct span data;

	if (!span_slice(t->file, s->data_offset, s->raw_data_size, &data))
		return error_set(
			err, -ERROR_MALFORMED,
			"TDX section %zu (%s): data [0x%x, 0x%" PRIx64
			") lie outside the file of 0x%zx bytes: half of a firmware that is "
			"split into code and variables?",
			index, tdvf_type_name(s->type), s->data_offset,
			(uint64_t)s->data_offset + s->raw_data_size, t->file.n);
	if (s->raw_data_size > s->memory_data_size)
		return bad_section(index, s, "its data are larger than its memory", err);
	if ((s->type == TDVF_BFV || s->type == TDVF_CFV) && s->raw_data_size == 0)
		return bad_section(index, s, "a firmware volume without data", err);
	if ((s->type == TDVF_TD_HOB || s->type == TDVF_TEMP_MEM) &&
	    (s->raw_data_size > 0 || s->data_offset > 0))
		return bad_section(index, s, "memory that the host fills has data in the file",
				   err);
	if (s->attributes & TDVF_PAGE_AUG && s->raw_data_size > 0)
		return bad_section(index, s, "data for pages that are added later", err);
	return 0;
}

static int check_memory(const struct tdvf *t, size_t index, struct error **err)
{
	const struct tdvf_section *s = &t->sections[index];

	if (s->memory_address % TDVF_PAGE_SIZE != 0 || s->memory_data_size % TDVF_PAGE_SIZE != 0 ||
	    s->memory_data_size == 0)
		return error_set(err, -ERROR_MALFORMED,
				 "TDX section %zu (%s): memory 0x%" PRIx64 " of 0x%" PRIx64
				 " bytes is not of whole pages",
				 index, tdvf_type_name(s->type), s->memory_address,
				 s->memory_data_size);
	if (s->memory_address > TDVF_ADDRESS_MAX ||
	    s->memory_data_size > TDVF_ADDRESS_MAX - s->memory_address)
		return bad_section(index, s, "beyond every address that there is", err);
	for (size_t i = 0; i < index; i++) {
		const struct tdvf_section *o = &t->sections[i];

		if (s->memory_address < o->memory_address + o->memory_data_size &&
		    o->memory_address < s->memory_address + s->memory_data_size)
			return error_set(err, -ERROR_MALFORMED,
					 "TDX sections %zu (%s) at 0x%" PRIx64
					 " and %zu (%s) at 0x%" PRIx64 " overlap in memory",
					 i, tdvf_type_name(o->type), o->memory_address, index,
					 tdvf_type_name(s->type), s->memory_address);
	}
	return 0;
}

static int check_section(const struct tdvf *t, size_t index, struct error **err)
{
	const struct tdvf_section *s = &t->sections[index];

	if (s->type >= TDVF_SECTION_TYPES_)
		return error_set(err, -ERROR_MALFORMED, "TDX section %zu has the unknown type %u",
				 index, s->type);
	if (s->attributes & ~(TDVF_MR_EXTEND | TDVF_PAGE_AUG))
		return error_set(err, -ERROR_MALFORMED,
				 "TDX section %zu (%s) has the unknown attributes 0x%x", index,
				 tdvf_type_name(s->type), s->attributes);
	if (s->attributes & TDVF_MR_EXTEND && s->attributes & TDVF_PAGE_AUG)
		return bad_section(index, s, "pages that are added later cannot be measured", err);

	int r = check_data(t, index, err);

	return r < 0 ? r : check_memory(t, index, err);
}

static int check_whole(const struct tdvf *t, struct error **err)
{
	uint64_t memory = 0;
	bool has_code = false;

	for (size_t i = 0; i < t->n; i++) {
		const struct tdvf_section *s = &t->sections[i];

		has_code |= s->type == TDVF_BFV;
		if (!(s->attributes & TDVF_PAGE_AUG))
			memory += s->memory_data_size;
	}
	if (!has_code)
		return error_set(err, -ERROR_MALFORMED, "TDX metadata: no section of code (BFV)");
	if (memory > TDVF_MEMORY_MAX)
		return error_set(err, -ERROR_MALFORMED,
				 "TDX metadata: 0x%" PRIx64
				 " bytes of memory are added before the start: more than 0x%llx",
				 memory, TDVF_MEMORY_MAX);
	return 0;
}

static struct tdvf_section read_section(struct reader *r)
{
	struct tdvf_section s;

	s.data_offset = reader_le32(r);
	s.raw_data_size = reader_le32(r);
	s.memory_address = reader_le64(r);
	s.memory_data_size = reader_le64(r);
	s.type = reader_le32(r);
	s.attributes = reader_le32(r);
	return s;
}

static int read_descriptor(struct tdvf *t, uint32_t distance, struct error **err)
{
	if (distance > t->file.n || distance < DESCRIPTOR_SIZE)
		return error_set(
			err, -ERROR_MALFORMED,
			"TDX metadata 0x%x bytes before the end of the file of 0x%zx bytes",
			distance, t->file.n);

	size_t offset = t->file.n - distance;
	struct reader r = reader_init(span_skip(t->file, offset));
	struct span signature = reader_bytes(&r, 4);
	uint32_t length = reader_le32(&r), version = reader_le32(&r), n = reader_le32(&r);

	if (!span_equal(signature, SPAN_LITERAL("TDVF")))
		return error_set(err, -ERROR_MALFORMED, "no TDX metadata at 0x%zx", offset);
	if (version != DESCRIPTOR_VERSION)
		return error_set(err, -ERROR_MALFORMED,
				 "TDX metadata at 0x%zx have the unknown version %u", offset,
				 version);
	if (n == 0 || n > TDVF_SECTIONS_MAX)
		return error_set(err, -ERROR_MALFORMED,
				 "TDX metadata at 0x%zx: %u sections, not 1 to %u", offset, n,
				 TDVF_SECTIONS_MAX);
	if (length != DESCRIPTOR_SIZE + n * SECTION_SIZE || length > distance)
		return error_set(err, -ERROR_MALFORMED,
				 "TDX metadata at 0x%zx: %u bytes for %u sections do not fit",
				 offset, length, n);
	for (; t->n < n; t->n++) {
		t->sections[t->n] = read_section(&r);

		int result = check_section(t, t->n, err);

		if (result < 0)
			return result;
	}
	return check_whole(t, err);
}

int tdvf_parse(struct span file, struct tdvf *ret, struct error **err)
{
	struct tdvf t = {.file = file};
	uint32_t distance = 0;

	if (file.n > TDVF_FILE_MAX)
		return error_set(err, -ERROR_MALFORMED, "%zu bytes: firmware has at most %u",
				 file.n, TDVF_FILE_MAX);

	int r = find_metadata(file, &distance, err);

	if (r >= 0)
		r = read_descriptor(&t, distance, err);
	if (r < 0)
		return r;
	*ret = t;
	return 0;
}

const struct tdvf_section *tdvf_section(const struct tdvf *t, enum tdvf_section_type type)
{
	const struct tdvf_section *found = NULL;

	for (size_t i = 0; i < t->n; i++) {
		if (t->sections[i].type != type)
			continue;
		if (found)
			return NULL;
		found = &t->sections[i];
	}
	return found;
}

struct span tdvf_data(const struct tdvf *t, const struct tdvf_section *s)
{
	return SPAN(t->file.p + s->data_offset, s->raw_data_size);
}
