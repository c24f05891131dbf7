#include "formats/pe.h"

#include <inttypes.h>

#define DOS_HEADER_SIZE 64
#define DOS_E_LFANEW 0x3c

#define MAGIC_PE32 0x10b
#define MAGIC_PE32_PLUS 0x20b
#define DATA_DIRECTORY_PE32 96
#define DATA_DIRECTORY_PE32_PLUS 112
#define DATA_DIRECTORY_ENTRY_SIZE 8
#define DATA_DIRECTORIES_MAX 16

/* Offsets in the file header, with its signature. */
#define NUMBER_OF_SECTIONS 6
#define SIZE_OF_OPTIONAL_HEADER 20
/* Offsets in the optional header. */
#define SECTION_ALIGNMENT 32
#define FILE_ALIGNMENT 36
#define SIZE_OF_HEADERS 60
/* Offsets in a section header. */
#define VIRTUAL_SIZE 8
#define VIRTUAL_ADDRESS 12
#define SIZE_OF_RAW_DATA 16
#define POINTER_TO_RAW_DATA 20
#define CHARACTERISTICS 36

/* `offset` is where the field lies in the file. */
static int does_not_fit(struct error **err, const char *field, uint32_t offset, uint64_t value,
			uint64_t limit)
{
	return error_set(err, -ERROR_MALFORMED,
			 "%s at 0x%x: 0x%" PRIx64 " does not fit 0x%" PRIx64 " bytes", field,
			 offset, value, limit);
}

static int check_alignment(const struct pe *pe, const char *field, uint32_t offset, uint32_t value,
			   struct error **err)
{
	/* A power of two. */
	if (value != 0 && (value & (value - 1)) == 0)
		return 0;
	return error_set(err, -ERROR_MALFORMED, "%s at 0x%x: 0x%x is not a power of two", field,
			 pe->optional_header + offset, value);
}

/* Finds the optional header after the DOS header and the COFF file header. */
static int parse_file_header(struct span file, struct pe *pe, uint16_t *ret_optional_size,
			     struct error **err)
{
	if (file.n < DOS_HEADER_SIZE || file.p[0] != 'M' || file.p[1] != 'Z')
		return error_set(err, -ERROR_MALFORMED, "no 'MZ' header: not a PE image");

	if (file.n > UINT32_MAX)
		return error_set(err, -ERROR_MALFORMED, "%zu bytes are too many for a PE image",
				 file.n);

	uint32_t e_lfanew = get_le32(file.p + DOS_E_LFANEW);
	struct span header;

	if (!span_slice(file, e_lfanew, PE_FILE_HEADER_SIZE, &header))
		return does_not_fit(err, "e_lfanew", DOS_E_LFANEW, e_lfanew, file.n);
	if (memcmp(header.p, "PE\0\0", 4) != 0)
		return error_set(err, -ERROR_MALFORMED, "no 'PE' signature at 0x%x", e_lfanew);

	pe->machine = get_le16(header.p + 4);
	pe->number_of_sections = get_le16(header.p + NUMBER_OF_SECTIONS);
	*ret_optional_size = get_le16(header.p + SIZE_OF_OPTIONAL_HEADER);
	pe->optional_header = e_lfanew + PE_FILE_HEADER_SIZE;
	return 0;
}

static int parse_optional_header(struct pe *pe, uint16_t size, struct error **err)
{
	uint32_t size_offset = pe->optional_header - PE_FILE_HEADER_SIZE + SIZE_OF_OPTIONAL_HEADER;
	struct span header;

	if (!span_slice(pe->file, pe->optional_header, size, &header))
		return does_not_fit(err, "SizeOfOptionalHeader", size_offset,
				    (uint64_t)pe->optional_header + size, pe->file.n);
	if (size < DATA_DIRECTORY_PE32_PLUS)
		return error_set(err, -ERROR_MALFORMED,
				 "SizeOfOptionalHeader at 0x%x: %u bytes are too few", size_offset,
				 size);

	uint16_t magic = get_le16(header.p);

	if (magic != MAGIC_PE32 && magic != MAGIC_PE32_PLUS)
		return error_set(err, -ERROR_MALFORMED, "Magic at 0x%x: 0x%x is unknown",
				 pe->optional_header, magic);

	uint32_t directory = magic == MAGIC_PE32 ? DATA_DIRECTORY_PE32 : DATA_DIRECTORY_PE32_PLUS;

	pe->section_alignment = get_le32(header.p + SECTION_ALIGNMENT);
	pe->file_alignment = get_le32(header.p + FILE_ALIGNMENT);
	pe->size_of_image = get_le32(header.p + PE_SIZE_OF_IMAGE);
	pe->size_of_headers = get_le32(header.p + SIZE_OF_HEADERS);
	pe->dll_characteristics = get_le16(header.p + PE_DLL_CHARACTERISTICS);
	pe->number_of_rva_and_sizes = get_le32(header.p + directory - 4);
	pe->data_directory = pe->optional_header + directory;
	pe->section_table = pe->optional_header + size;

	if (pe->number_of_rva_and_sizes > DATA_DIRECTORIES_MAX ||
	    size != directory + pe->number_of_rva_and_sizes * DATA_DIRECTORY_ENTRY_SIZE)
		return error_set(err, -ERROR_MALFORMED,
				 "NumberOfRvaAndSizes at 0x%x: %u do not match an optional header "
				 "of %u bytes",
				 pe->data_directory - 4, pe->number_of_rva_and_sizes, size);

	int r = check_alignment(pe, "SectionAlignment", SECTION_ALIGNMENT, pe->section_alignment,
				err);

	return r < 0 ? r
		     : check_alignment(pe, "FileAlignment", FILE_ALIGNMENT, pe->file_alignment,
				       err);
}

static int check_section_table(const struct pe *pe, struct error **err)
{
	uint32_t file_header = pe->optional_header - PE_FILE_HEADER_SIZE;
	uint32_t size_of_headers = pe->optional_header + SIZE_OF_HEADERS;

	if (pe->number_of_sections == 0 || pe->number_of_sections > PE_SECTIONS_MAX)
		return error_set(
			err, -ERROR_MALFORMED, "NumberOfSections at 0x%x: %zu is not 1 to %u",
			file_header + NUMBER_OF_SECTIONS, pe->number_of_sections, PE_SECTIONS_MAX);
	if (pe->size_of_headers > pe->file.n)
		return does_not_fit(err, "SizeOfHeaders", size_of_headers, pe->size_of_headers,
				    pe->file.n);

	uint64_t end =
		pe->section_table + (uint64_t)pe->number_of_sections * PE_SECTION_HEADER_SIZE;

	if (end > pe->size_of_headers)
		return error_set(err, -ERROR_MALFORMED,
				 "SizeOfHeaders at 0x%x: 0x%x is less than the section table up to "
				 "0x%" PRIx64,
				 size_of_headers, pe->size_of_headers, end);
	if (pe->size_of_image < pe->size_of_headers)
		return error_set(err, -ERROR_MALFORMED,
				 "SizeOfImage at 0x%x: 0x%x is less than SizeOfHeaders 0x%x",
				 pe->optional_header + PE_SIZE_OF_IMAGE, pe->size_of_image,
				 pe->size_of_headers);
	return 0;
}

static void parse_section(const uint8_t *p, struct pe_section *s)
{
	memcpy(s->name, p, PE_SECTION_NAME_SIZE);
	s->name[PE_SECTION_NAME_SIZE] = '\0';
	s->virtual_size = get_le32(p + VIRTUAL_SIZE);
	s->virtual_address = get_le32(p + VIRTUAL_ADDRESS);
	s->size_of_raw_data = get_le32(p + SIZE_OF_RAW_DATA);
	s->pointer_to_raw_data = get_le32(p + POINTER_TO_RAW_DATA);
	s->characteristics = get_le32(p + CHARACTERISTICS);
}

struct range {
	uint64_t start;
	uint64_t size;
};

static struct range raw_range(const struct pe_section *s)
{
	return (struct range){s->pointer_to_raw_data, s->size_of_raw_data};
}

static struct range memory_range(const struct pe_section *s)
{
	return (struct range){s->virtual_address, s->virtual_size};
}

static bool overlap(struct range a, struct range b)
{
	return a.size > 0 && b.size > 0 && a.start < b.start + b.size && b.start < a.start + a.size;
}

/* Where the header of section `index` lies in the file. */
static uint32_t section_header(const struct pe *pe, size_t index)
{
	return pe->section_table + (uint32_t)index * PE_SECTION_HEADER_SIZE;
}

/* `field` lies at `offset` in the section's header. */
static int outside(const struct pe *pe, size_t index, const char *field, uint32_t offset,
		   struct range r, uint64_t high, struct error **err)
{
	return error_set(err, -ERROR_MALFORMED,
			 "section %zu: %s at 0x%x: [0x%" PRIx64 ", 0x%" PRIx64
			 ") lies outside [0x%x, 0x%" PRIx64 ")",
			 index, field, section_header(pe, index) + offset, r.start,
			 r.start + r.size, pe->size_of_headers, high);
}

static int check_section(const struct pe *pe, size_t index, struct error **err)
{
	const struct pe_section *s = &pe->sections[index];
	struct range raw = raw_range(s), memory = memory_range(s);

	if (raw.size > 0 && (raw.start < pe->size_of_headers || raw.start + raw.size > pe->file.n))
		return outside(pe, index, "PointerToRawData", POINTER_TO_RAW_DATA, raw, pe->file.n,
			       err);
	if (memory.size > 0 &&
	    (memory.start < pe->size_of_headers || memory.start + memory.size > pe->size_of_image))
		return outside(pe, index, "VirtualAddress", VIRTUAL_ADDRESS, memory,
			       pe->size_of_image, err);

	for (size_t i = 0; i < index; i++) {
		if (overlap(raw, raw_range(&pe->sections[i])))
			return error_set(err, -ERROR_MALFORMED,
					 "section %zu: PointerToRawData at 0x%x: its raw data "
					 "overlaps that of section %zu",
					 index, section_header(pe, index) + POINTER_TO_RAW_DATA, i);
	}
	return 0;
}

int pe_parse(struct span file, struct pe *ret, struct error **err)
{
	struct pe pe = {.file = file};
	uint16_t optional_size = 0;
	int r = parse_file_header(file, &pe, &optional_size, err);

	if (r >= 0)
		r = parse_optional_header(&pe, optional_size, err);
	if (r >= 0)
		r = check_section_table(&pe, err);
	for (size_t i = 0; r >= 0 && i < pe.number_of_sections; i++) {
		parse_section(file.p + pe.section_table + i * PE_SECTION_HEADER_SIZE,
			      &pe.sections[i]);
		r = check_section(&pe, i, err);
	}
	if (r < 0)
		return r;
	*ret = pe;
	return 0;
}

struct span pe_section_data(const struct pe *pe, const struct pe_section *s)
{
	struct span data = {0};

	/* pe_parse() has checked the range, except that of a section without raw data. */
	if (!span_slice(pe->file, s->pointer_to_raw_data, MIN(s->virtual_size, s->size_of_raw_data),
			&data))
		return (struct span){0};
	return data;
}

const struct pe_section *pe_section_shares_memory(const struct pe *pe, const struct pe_section *s)
{
	for (size_t i = 0; i < pe->number_of_sections; i++) {
		const struct pe_section *other = &pe->sections[i];

		if (other != s && overlap(memory_range(s), memory_range(other)))
			return other;
	}
	return NULL;
}

uint32_t pe_directory_size(const struct pe *pe, unsigned index)
{
	if (index >= pe->number_of_rva_and_sizes)
		return 0;
	return get_le32(pe->file.p + pe->data_directory + index * DATA_DIRECTORY_ENTRY_SIZE + 4);
}
