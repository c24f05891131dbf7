/*
 * PE/COFF images, as UEFI loads them: the headers and the section table, checked.
 *
 * Field names are those of Microsoft's "PE Format". Only what a UEFI image needs is read: x86-64 or
 * other machines, PE32 and PE32+. Nothing is copied: a struct pe refers to the bytes it was made
 * of.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

/* The limit of the Windows loader; firmware has none of its own. */
#define PE_SECTIONS_MAX 96
#define PE_SECTION_NAME_SIZE 8
#define PE_SECTION_HEADER_SIZE 40
#define PE_FILE_HEADER_SIZE 24 /* with the signature "PE\0\0" */

/* Offsets in the optional header that PE32 and PE32+ share. */
#define PE_SIZE_OF_INITIALIZED_DATA 8
#define PE_SIZE_OF_IMAGE 56
#define PE_CHECK_SUM 64
#define PE_DLL_CHARACTERISTICS 70

#define PE_DIRECTORY_SECURITY 4

#define PE_DLL_NX_COMPAT 0x0100

#define PE_SCN_CNT_CODE 0x00000020u
#define PE_SCN_CNT_INITIALIZED_DATA 0x00000040u
#define PE_SCN_MEM_READ 0x40000000u

struct pe_section {
	char name[PE_SECTION_NAME_SIZE + 1];
	uint32_t virtual_size;
	uint32_t virtual_address;
	uint32_t size_of_raw_data;
	uint32_t pointer_to_raw_data;
	uint32_t characteristics;
};

struct pe {
	struct span file;
	uint32_t optional_header; /* offset in the file; the file header lies right before it */
	uint32_t data_directory;  /* offset in the file */
	uint32_t section_table;	  /* offset in the file */
	uint16_t machine;
	uint16_t dll_characteristics;
	uint32_t section_alignment;
	uint32_t file_alignment;
	uint32_t size_of_image;
	uint32_t size_of_headers;
	uint32_t number_of_rva_and_sizes;
	size_t number_of_sections;
	struct pe_section sections[PE_SECTIONS_MAX];
};

/*
 * Reads and checks the headers. Refused are: anything that lies outside the file, a section table
 * beyond SizeOfHeaders, no or more than PE_SECTIONS_MAX sections, alignments that are not powers of
 * two, sections that overlap in the file, that overlap the headers, or that reach beyond
 * SizeOfImage. Bytes after the last section are allowed: signatures are there. Sections may overlap
 * in memory: images made with objcopy do.
 */
_must_check_ int pe_parse(struct span file, struct pe *ret, struct error **err);

/*
 * A section's bytes in the file, as far as they are loaded: the smaller of VirtualSize and
 * SizeOfRawData. In memory, zeros follow up to VirtualSize.
 */
struct span pe_section_data(const struct pe *pe, const struct pe_section *s);

/* Another section that overlaps this one in memory, NULL if there is none. The bytes in memory then
 * depend on the order in which firmware loads them. */
const struct pe_section *pe_section_shares_memory(const struct pe *pe, const struct pe_section *s);

/* The Size field of entry `index` of the data directory, 0 if the image has no such entry. */
uint32_t pe_directory_size(const struct pe *pe, unsigned index);
