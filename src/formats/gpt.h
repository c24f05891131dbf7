/*
 * GUID Partition Table: UEFI specification 2.10, chapter 5.3 (and 5.2.3, the protective MBR).
 *
 * Field names are the specification's in lower case. Sectors have 512 bytes: cloud disks do, and a
 * raw image carries no other information. Tables are read strictly, as they are written here;
 * gpt_firmware.h reads what firmware takes of others'.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"
#include "base/text.h"

#define GPT_SECTOR_SIZE 512u
#define GPT_HEADER_SIZE 92u
#define GPT_ENTRY_SIZE 128u
/* Slots of a table that we write; also the most partitions that a table we read may use. */
#define GPT_ENTRIES 128u
/* Protective MBR, header and 128 entries: the first sectors of a disk. */
#define GPT_PRIMARY_SIZE (34 * GPT_SECTOR_SIZE)
/* 128 entries and header: the last sectors. */
#define GPT_BACKUP_SIZE (33 * GPT_SECTOR_SIZE)
/* 36 UTF-16 units are at most 108 bytes of UTF-8. */
#define GPT_NAME_SIZE 109u

/* Bounds of what is read: the specification allows entries of 128 * 2^n bytes and any number. */
#define GPT_ENTRY_SIZE_MAX 4096u
#define GPT_SLOTS_MAX 1024u

/* Types of partitions (Discoverable Partitions Specification). */
#define GPT_TYPE_ESP "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
#define GPT_TYPE_XBOOTLDR "bc13c2ff-59e6-4262-a352-b275fd6f7172"
#define GPT_TYPE_ROOT_X86_64 "4f68bce3-e8cd-4db1-96e7-fbcaf984b709"
#define GPT_TYPE_ROOT_X86_64_VERITY "2c7357ed-ebd2-46d9-aec1-23d437ec2bf5"

/* Discoverable Partitions Specification: a partition that is mounted read-only. */
#define GPT_ATTRIBUTE_READ_ONLY (1ull << 60)

struct gpt_entry {
	struct guid partition_type_guid;
	struct guid unique_partition_guid;
	uint64_t starting_lba;
	uint64_t ending_lba; /* inclusive */
	uint64_t attributes;
	char partition_name[GPT_NAME_SIZE]; /* UTF-8 */
};

/* A header with the used entries of its array, in the order of the array. */
struct gpt {
	uint64_t my_lba;
	uint64_t alternate_lba;
	uint64_t first_usable_lba;
	uint64_t last_usable_lba;
	struct guid disk_guid;
	struct gpt_entry entries[GPT_ENTRIES];
	size_t n_entries;
	/* As on the disk, in the bytes given to the parser (empty after gpt_encode()): */
	struct span header;	 /* HeaderSize bytes */
	struct span entry_array; /* NumberOfPartitionEntries * size_of_partition_entry bytes */
	uint32_t size_of_partition_entry;
	uint32_t sector_size; /* that LBAs count in; 0 after gpt_encode() */
};

/*
 * Encodes disk_guid and entries of `layout` for a disk of `sectors`; the LBAs of the header are
 * derived from `sectors`. `ret_primary` are the first bytes of the disk, `ret_backup` the last.
 * Refused: names that are not printable ASCII or longer than 36, entries outside the usable range,
 * overlapping, or with the same unique GUID.
 */
_must_check_ int gpt_encode(const struct gpt *layout, uint64_t sectors,
			    uint8_t ret_primary[GPT_PRIMARY_SIZE],
			    uint8_t ret_backup[GPT_BACKUP_SIZE], struct error **err);

/*
 * Parses the primary table from the first bytes of a disk: a whole disk, or as much as holds the
 * table. `sectors` is the size of the disk, 0 if it is not known.
 */
_must_check_ int gpt_parse_primary(struct span first, uint64_t sectors, struct gpt *ret,
				   struct error **err);

/* Parses the backup table of a whole disk, whose header is its last sector. */
_must_check_ int gpt_parse_backup(struct span disk, struct gpt *ret, struct error **err);

/* Parses both tables of a whole disk and refuses them if they differ. *ret is the primary. */
_must_check_ int gpt_parse_disk(struct span disk, struct gpt *ret, struct error **err);

/* The first entry of the type, NULL if there is none. */
const struct gpt_entry *gpt_find_type(const struct gpt *g, const struct guid *type);

/* Bytes [*ret_offset, + *ret_size) of the disk that an entry covers, of a table that one of the
 * above took. */
void gpt_entry_range(const struct gpt_entry *e, uint64_t *ret_offset, uint64_t *ret_size);
