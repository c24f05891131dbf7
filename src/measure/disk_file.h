/*
 * Files and folders of the FAT volumes that a boot reads, with errors that name them.
 */
#pragma once

#include "formats/fat.h"

/* Of a file to boot that is not in one piece on the disk and so must be copied. */
#define DISK_BOOT_FILE_MAX (1u << 30)
/* systemd-boot reads no more of its configuration. */
#define DISK_LOADER_CONF_MAX (1u << 20)

/* A file's content: in the disk, or a copy. */
struct disk_file {
	struct span content;
	struct buffer copy;
};

void disk_file_release(struct disk_file *f);

/* Finds a file or folder: 1, or 0 if it does not exist. */
_must_check_ int disk_file_find(const struct fat *fat, const char *path, struct fat_file *ret,
				struct error **err);

/* Reads a file; one larger than `max` that would have to be copied is an error. */
_must_check_ int disk_file_read(const struct fat *fat, const char *path, size_t max,
				struct disk_file *ret, struct error **err);

/* The same for a file that was found. */
_must_check_ int disk_file_content(const struct fat *fat, const struct fat_file *file, size_t max,
				   struct disk_file *ret, struct error **err);

/* Visits what is in a folder; nothing if it does not exist or is none. */
_must_check_ int disk_file_walk(const struct fat *fat, const char *path, fat_visit visit,
				void *context, struct error **err);
