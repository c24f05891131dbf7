/*
 * Layout of a new FAT32 volume that holds a given list of files: fatgen103, with long names.
 *
 * The result is a list of pieces in rising order of offset: metadata as bytes, contents as
 * references to the files given. Whatever lies between pieces is zero. No content passes through
 * memory, each file is one run of clusters, and nothing but the arguments decides a byte.
 *
 * The volume is as small as it can be, in whole MiB. It is always FAT32, which needs 65525 clusters
 * or more, whence a smallest volume of 33 MiB: UEFI 2.10, 13.3 asks for FAT32 on a system partition
 * (FAT12 and FAT16 are for removable media), and drivers tell the types apart by the number of
 * clusters alone, so that a smaller volume that calls itself FAT32 is read as FAT16. The cluster
 * size is Microsoft's default for the size of the volume.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

#define FAT_SECTOR_SIZE 512u
#define FAT_LAYOUT_ALIGNMENT (1u << 20)
/* An ESP has a handful of files; lookups are linear. */
#define FAT_LAYOUT_FILES_MAX 256u
#define FAT_LAYOUT_NAME_MAX 255u

/* 1980-01-01, the first day that FAT knows. */
#define FAT_DATE_FIRST 0x0021u

struct fat_layout_file {
	/* "EFI/BOOT/BOOTX64.EFI": directories are made as needed. Printable ASCII but "*:<>?\| */
	const char *path;
	uint64_t size;
};

struct fat_layout_options {
	uint32_t volume_id;
	/* At most 11 characters of those that short names have, and blanks; NULL: no label. */
	const char *volume_label;
	uint16_t date; /* of every entry */
	uint16_t time;
	uint32_t hidden_sectors; /* sectors of the disk before the volume */
	uint64_t reserve;	 /* bytes of free clusters at least */
	uint64_t size;		 /* of the volume; 0: the smallest that fits */
};

struct fat_piece {
	uint64_t offset; /* in the volume */
	uint64_t size;
	const uint8_t *bytes; /* NULL: the content of file number `file` */
	size_t file;
};

struct fat_layout {
	uint64_t size; /* of the volume */
	uint32_t cluster_size;
	uint32_t count_of_clusters;
	uint32_t clusters_used;
	struct fat_piece *pieces;
	size_t n_pieces;
	/* Storage of the pieces' bytes. */
	struct buffer boot_region;
	struct buffer table;
	struct buffer directories;
};

/*
 * A volume of the size of an earlier one, whose files, the first ones, are the first of `files` again,
 * has the same geometry, and what is the same lies in the same place. -ENOSPC if the files need more
 * than options->size, which is a multiple of FAT_LAYOUT_ALIGNMENT.
 *
 * Entries of a directory keep the order in which `files` first names them. */
_must_check_ int fat_layout_make(const struct fat_layout_file *files, size_t n_files,
				 const struct fat_layout_options *options, struct fat_layout *ret,
				 struct error **err);
void fat_layout_release(struct fat_layout *l);
