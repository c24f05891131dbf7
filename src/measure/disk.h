/*
 * What firmware and systemd's stub find on a disk that they boot from: the partition table,
 * EFI/BOOT/BOOTX64.EFI of the EFI system partition, the image that systemd-boot starts if that is
 * systemd-boot, and the files beside the image.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "measure/sidecar.h"

/* Of a file to boot that is not in one piece on the disk and so must be copied. */
#define DISK_BOOT_FILE_MAX (1u << 30)
/* systemd-boot reads no more of its configuration. */
#define DISK_LOADER_CONF_MAX (1u << 20)

#define DISK_BOOT_FILE "EFI/BOOT/BOOTX64.EFI"
#define DISK_LOADER_FOLDER "EFI/Linux"

/* A file of the system partition: in the disk, or a copy. */
struct disk_file {
	struct span content;
	struct buffer copy;
};

struct disk {
	char *image_path;	 /* on the system partition: "EFI/Linux/node.efi" */
	struct disk_file image;	 /* the unified kernel image */
	struct disk_file loader; /* systemd-boot; empty if firmware starts the image itself */
	struct disk_file loader_conf;
	struct sidecar_list sidecars;
	/* Has loader/extensions, which the newest stubs look into. */
	bool has_global_extensions;
	/* UEFI_GPT_DATA: the header, the number of used entries as u64, the used entries. */
	struct buffer gpt_event;
};

void disk_release(struct disk *d);

/*
 * Reads a raw disk. `entry` names the file in EFI/Linux that systemd-boot starts; NULL if there is
 * only one. Refused are a disk without exactly one EFI system partition, without the boot file, with
 * a boot file of another kind, and with several entries of which none is named.
 */
_must_check_ int disk_open(struct span raw, const char *entry, struct disk *ret,
			   struct error **err);
