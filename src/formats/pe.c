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

static bool is_power_of_two(uint32_t v)
{
	return v != 0 && (v & (v - 1)) == 0;
}

static int malformed(struct error **err, const char *what, uint64_t value, uint64_t limit)
{
	return error_set(err, -ERROR_MALFORMED, "%s 0x%" PRIx64 " does not fit 0x%" PRIx64 " bytes",
			 what, value, limit);
}

/* Finds the optional header behind the DOS header and the COFF file header. */
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
		return malformed(err, "PE header at", e_lfanew, file.n);
	if (memcmp(header.p, "PE\0\0", 4) != 0)
		return error_set(err, -ERROR_MALFORMED, "no 'PE' signature at 0x%x", e_lfanew);

	pe->machine = get_le16(header.p + 4);
	pe->number_of_sections = get_le16(header.p + 6);
	*ret_optional_size = get_le16(header.p + 20);
	pe->optional_header = e_lfanew + PE_FILE_HEADER_SIZE;
	return 0;
}

static int parse_optional_header(struct pe *pe, uint16_t size, struct error **err)
{
	struct span header;

	if (!span_slice(pe->file, pe->optional_header, size, &header))
		return malformed(err, "optional header at", pe->optional_header, pe->file.n);
	if (size < DATA_DIRECTORY_PE32_PLUS)
		return error_set(err, -ERROR_MALFORMED, "optional header of %u bytes is too short",
				 size);

	uint16_t magic = get_le16(header.p);

	if (magic != MAGIC_PE32 && magic != MAGIC_PE32_PLUS)
		return error_set(err, -ERROR_MALFORMED, "unknown optional header magic 0x%x",
				 magic);

	uint32_t directory = magic == MAGIC_PE32 ? DATA_DIRECTORY_PE32 : DATA_DIRECTORY_PE32_PLUS;

	pe->section_alignment = get_le32(header.p + 32);
	pe->file_alignment = get_le32(header.p + 36);
	pe->size_of_image = get_le32(header.p + PE_SIZE_OF_IMAGE);
	pe->size_of_headers = get_le32(header.p + 60);
	pe->dll_characteristics = get_le16(header.p + PE_DLL_CHARACTERISTICS);
	pe->number_of_rva_and_sizes = get_le32(header.p + directory - 4);
	pe->data_directory = pe->optional_header + directory;
	pe->section_table = pe->optional_header + size;

	if (pe->number_of_rva_and_sizes > DATA_DIRECTORIES_MAX ||
	    size != directory + pe->number_of_rva_and_sizes * DATA_DIRECTORY_ENTRY_SIZE)
		return error_set(
			err, -ERROR_MALFORMED,
			"optional header of %u bytes does not match its %u data directories", size,
			pe->number_of_rva_and_sizes);
	if (!is_power_of_two(pe->section_alignment) || !is_power_of_two(pe->file_alignment))
		return error_set(err, -ERROR_MALFORMED,
				 "alignments 0x%x and 0x%x are not powers of two",
				 pe->section_alignment, pe->file_alignment);
	return 0;
}

static int check_section_table(const struct pe *pe, struct error **err)
{
	if (pe->number_of_sections == 0 || pe->number_of_sections > PE_SECTIONS_MAX)
		return error_set(err, -ERROR_MALFORMED, "%zu sections, not 1 to %u",
				 pe->number_of_sections, PE_SECTIONS_MAX);
	if (pe->size_of_headers > pe->file.n)
		return malformed(err, "SizeOfHeaders", pe->size_of_headers, pe->file.n);

	uint64_t end =
		pe->section_table + (uint64_t)pe->number_of_sections * PE_SECTION_HEADER_SIZE;

	if (end > pe->size_of_headers)
		return malformed(err, "section table up to", end, pe->size_of_headers);
	if (pe->size_of_image < pe->size_of_headers)
		return error_set(err, -ERROR_MALFORMED,
				 "SizeOfImage 0x%x is smaller than SizeOfHeaders 0x%x",
				 pe->size_of_image, pe->size_of_headers);
	return 0;
}

static void parse_section(const uint8_t *p, struct pe_section *s)
{
	memcpy(s->name, p, PE_SECTION_NAME_SIZE);
	s->name[PE_SECTION_NAME_SIZE] = '\0';
	s->virtual_size = get_le32(p + 8);
	s->virtual_address = get_le32(p + 12);
	s->size_of_raw_data = get_le32(p + 16);
	s->pointer_to_raw_data = get_le32(p + 20);
	s->characteristics = get_le32(p + 36);
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

static int outside(size_t index, const char *what, struct range r, uint64_t low, uint64_t high,
		   struct error **err)
{
	return error_set(err, -ERROR_MALFORMED,
			 "section %zu: %s [0x%" PRIx64 ", 0x%" PRIx64 ") lies outside [0x%" PRIx64
			 ", 0x%" PRIx64 ")",
			 index, what, r.start, r.start + r.size, low, high);
}

static int check_section(const struct pe *pe, size_t index, struct error **err)
{
	const struct pe_section *s = &pe->sections[index];
	struct range raw = raw_range(s), memory = memory_range(s);

	if (raw.size > 0 && (raw.start < pe->size_of_headers || raw.start + raw.size > pe->file.n))
		return outside(index, "raw data", raw, pe->size_of_headers, pe->file.n, err);
	if (memory.size > 0 &&
	    (memory.start < pe->size_of_headers || memory.start + memory.size > pe->size_of_image))
		return outside(index, "memory", memory, pe->size_of_headers, pe->size_of_image,
			       err);

	for (size_t i = 0; i < index; i++) {
		if (overlap(raw, raw_range(&pe->sections[i])))
			return error_set(err, -ERROR_MALFORMED,
					 "raw data of sections %zu and %zu overlap", i, index);
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
