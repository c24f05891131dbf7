/*
 * The EFI system partition: a FAT32 volume, sized to fit, that holds the UKI at the path from which
 * firmware boots a disk without any boot entry (UEFI 2.10, 3.5.1.1). Serial and times are fixed or
 * derived from the UKI.
 */
#pragma once

#include "crypto/digest.h"
#include "formats/fat_layout.h"
#include "image/pieces.h"

#define ESP_BOOT_FILE "EFI/BOOT/BOOTX64.EFI"
/* Free at least, for a signed policy (formats/signed_policy.h, 32 KiB at most) and what may follow it:
 * signing a disk never moves a partition. */
#define ESP_RESERVE (64u << 10)

struct esp_fat {
	struct fat_layout volume;
	char *uki;
	uint64_t uki_size;
	struct digest uki_sha256;
	struct span policy; /* of a signed disk; borrowed */
};

/* Plans the volume for the file `uki`, on a disk where it begins at sector `first_lba`. */
_must_check_ int esp_fat_plan(const char *uki, uint32_t first_lba, struct esp_fat *ret,
			      struct error **err);
/*
 * The volume of `size` bytes that esp_fat_plan() made for the file, with a signed policy beside it.
 * `policy` outlives the plan. What is not of the policy lies where it lay.
 */
_must_check_ int esp_fat_plan_signed(const char *uki, struct span policy, uint64_t size,
				     uint32_t first_lba, struct esp_fat *ret, struct error **err);
void esp_fat_release(struct esp_fat *e);

/* Adds the volume, which begins at `offset`; the plan outlives it. */
_must_check_ int esp_fat_put(const struct esp_fat *e, uint64_t offset, struct pieces *ret,
			     struct error **err);
