/*
 * What gpt.c shares with gpt_firmware.c.
 */
#pragma once

#include "formats/gpt.h"

#define GPT_SIGNATURE "EFI PART"
#define GPT_SECTOR_SIZE_MAX 4096u

#define MBR_PARTITION_OFFSET 446u
#define MBR_OS_TYPE_GPT 0xee

/*
 * Reads the table whose header is sector `lba` of g->sector_size bytes: signature, revision, sizes
 * and checksums are right, and so is what it says about its own place. What it says about the disk and about
 * the partitions is not looked at.
 */
_must_check_ int gpt_read_table(struct span disk, uint64_t lba, struct gpt *g, struct error **err);

/* An error if two tables that were read are not primary and backup of each other. */
_must_check_ int gpt_check_same(const struct gpt *primary, const struct gpt *backup,
				struct error **err);
