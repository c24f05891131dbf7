/*
 * GUID Partition Tables as firmware takes them from disks that anybody made (EDK2's PartitionDxe):
 * the primary table counts if its header and both checksums are right, whatever the backup is and
 * wherever the header says that the disk ends; and each entry stands for itself, so that a bad one
 * costs no other partition. All used entries are measured, the bad ones too.
 */
#pragma once

#include "formats/gpt.h"

/* Why firmware makes no partition of a used entry. */
enum gpt_fault {
	GPT_FAULT_NONE,
	GPT_FAULT_OUTSIDE,
	GPT_FAULT_OVERLAP,
	GPT_FAULT_HIDDEN, /* attribute bit 1, "no block I/O protocol" */
};

/* "its sectors are not among the usable ones"; NULL for GPT_FAULT_NONE */
const char *gpt_fault_text(enum gpt_fault f);

struct gpt_firmware {
	struct gpt table;
	enum gpt_fault faults[GPT_ENTRIES]; /* of table.entries */
};

/* The size of the disk's sectors by where a primary header is: 512, 4096, or 0 if there is none. */
uint32_t gpt_sector_size(struct span disk);

/* Reads the primary table. */
_must_check_ int gpt_firmware_parse(struct span disk, struct gpt_firmware *ret, struct error **err);

/*
 * Reads the backup table, in the last sector of `sector_size`. Firmware takes it only to write the
 * primary anew.
 */
_must_check_ int gpt_firmware_parse_backup(struct span disk, uint32_t sector_size,
					   struct gpt_firmware *ret, struct error **err);

/* An error if the disk lacks an intact backup of its primary table. */
_must_check_ int gpt_firmware_check_backup(struct span disk, const struct gpt *primary,
					   struct error **err);

/*
 * What firmware demands besides: a protective MBR, without which it does not look for a table; and
 * the entries before the partitions, without which newer firmware does not measure the table.
 */
_must_check_ int gpt_firmware_check(struct span disk, const struct gpt *primary,
				    struct error **err);

/* Bytes [*ret_offset, + *ret_size) of the disk that an entry covers; false if it covers none. */
_must_check_ bool gpt_firmware_range(const struct gpt *g, const struct gpt_entry *e,
				     uint64_t *ret_offset, uint64_t *ret_size);
