/*
 * What firmware, systemd-boot and systemd's stub find on a disk that they boot from: the partition
 * table, EFI/BOOT/BOOTX64.EFI of the EFI system partition, what systemd-boot starts if that is
 * systemd-boot, and the files beside the image.
 */
#pragma once

#include "measure/disk_file.h"
#include "measure/loader.h"
#include "measure/companion.h"

/* What firmware starts of a disk. */
#define DISK_BOOT_FILE LOADER_FILE

struct disk {
	char *image_path;	 /* on its volume: "EFI/Linux/node.efi" */
	struct disk_file image;	 /* the unified kernel image */
	struct disk_file loader; /* systemd-boot; empty if firmware starts the image itself */
	struct disk_file loader_conf;
	struct loader_start start; /* what systemd-boot does with the image */
	struct buffer initrd;	   /* what systemd-boot makes of the entry's initrds */
	bool initrd_unknown;	   /* or makes in another way */
	bool has_drivers;	   /* systemd-boot loads drivers before it */
	struct companion_list companions;
	/* The image's name has a boot counter, and which of two folders the stub takes is not known. */
	bool beside_unknown;
	/* Has loader/extensions, which the newest stubs look into. */
	bool has_global_extensions;
	/* UEFI_GPT_DATA: the header, the number of used entries as u64, the used entries. */
	struct buffer gpt_event;
};

void disk_release(struct disk *d);

/*
 * Reads a raw disk. `entry` names what systemd-boot starts, as in loader_entries_choose(); NULL: what
 * it starts by itself. Refused are a disk without exactly one EFI system partition, without the boot
 * file, with a boot file of another kind, and one where systemd-boot finds nothing to start.
 */
_must_check_ int disk_open(struct span raw, const char *entry, struct disk *ret,
			   struct error **err);
