/*
 * What firmware finds and measures on a disk that it boots from: the partition table and
 * EFI/BOOT/BOOTX64.EFI of the EFI system partition.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

/* Of a boot file that is not in one piece on the disk and so must be copied. */
#define DISK_BOOT_FILE_MAX (1u << 30)

#define DISK_BOOT_FILE "EFI/BOOT/BOOTX64.EFI"

struct disk {
	struct span boot_file; /* in the disk, or in `copy` */
	struct buffer copy;
	/* UEFI_GPT_DATA: the header, the number of used entries as u64, the used entries. */
	struct buffer gpt_event;
};

void disk_release(struct disk *d);

/* True if the bytes begin like a disk with a partition table. */
bool disk_recognise(struct span raw);

/*
 * Reads a raw disk. Refused are a disk without exactly one EFI system partition or without the boot
 * file, and one with files beside it that systemd's stub would load and measure into PCR 12 or 13:
 * credentials, addons, extensions.
 */
_must_check_ int disk_open(struct span raw, struct disk *ret, struct error **err);
