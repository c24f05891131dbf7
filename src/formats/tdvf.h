/*
 * Firmware for TDX: which parts of the file lie where in a trust domain's memory, and which of them
 * the TDX module measures ("Intel TDX Virtual Firmware Design Guide", chapter 11, "TDVF Metadata").
 *
 * OVMF ends in a table of GUIDs; its entry for TDX says how far before the end of the file the
 * metadata lie. Fields have the guide's names. Nothing is copied: a struct tdvf refers to the file.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

/* Of firmware files: OVMF has up to 16 MiB; payloads may be added to it. */
#define TDVF_FILE_MAX (256u << 20)
/* OVMF has 6 sections, td-shim up to 13. */
#define TDVF_SECTIONS_MAX 32u
/* Of memory that is added page by page before the start, and so hashed: some MiB everywhere. What is
 * added later (TDVF_PAGE_AUG) has no limit. */
#define TDVF_MEMORY_MAX (1ull << 30)
#define TDVF_PAGE_SIZE 4096u
/* Addresses of guests end here: 52 bits of physical address. */
#define TDVF_ADDRESS_MAX (1ull << 52)

enum tdvf_section_type {
	TDVF_BFV,    /* the boot firmware volume: code */
	TDVF_CFV,    /* the configuration firmware volume: variables */
	TDVF_TD_HOB, /* where the host writes the list of memory */
	TDVF_TEMP_MEM,
	TDVF_PERM_MEM,
	TDVF_PAYLOAD,
	TDVF_PAYLOAD_PARAM,
	TDVF_SECTION_TYPES_,
};

#define TDVF_MR_EXTEND 1u /* contents are measured into MRTD, not only addresses */
#define TDVF_PAGE_AUG 2u  /* the pages are added while the domain runs, and not measured */

struct tdvf_section {
	uint32_t data_offset; /* in the file */
	uint32_t raw_data_size;
	uint64_t memory_address;
	uint64_t memory_data_size; /* zeros follow the raw data */
	uint32_t type;		   /* enum tdvf_section_type */
	uint32_t attributes;
};

struct tdvf {
	struct span file;
	size_t n;
	struct tdvf_section sections[TDVF_SECTIONS_MAX]; /* in the order of the table */
};

/*
 * Finds and checks the metadata. Refused are: files without them; types and attributes that are not
 * known; data outside the file, or larger than their memory; addresses that are not of pages;
 * sections that overlap in memory; code or variables without data, other sections with data that
 * hosts would not load; more memory than TDVF_MEMORY_MAX; no code.
 */
_must_check_ int tdvf_parse(struct span file, struct tdvf *ret, struct error **err);

/* The section of a type; NULL unless there is exactly one. */
const struct tdvf_section *tdvf_section(const struct tdvf *t, enum tdvf_section_type type);

/* The section's bytes in the file. */
struct span tdvf_data(const struct tdvf *t, const struct tdvf_section *s);

/* "BFV", "TD_HOB" */
const char *tdvf_type_name(uint32_t type);
