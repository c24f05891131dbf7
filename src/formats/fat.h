/*
 * Reader of FAT12, FAT16 and FAT32 volumes: "FAT: General Overview of On-Disk Format" 1.03
 * (fatgen103), Microsoft 2000, with long names. Field names are the specification's.
 *
 * Made for the EFI system partition of disks made by anybody: strict, bounded, over a mapped
 * volume. Names are matched as FAT does, without regard to ASCII case, by long or short name.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/span.h"
#include "base/text.h"

#define FAT_DIRECTORY_ENTRY_SIZE 32u
#define FAT_SHORT_NAME_SIZE 11u /* eight characters and three, filled up with blanks */
#define FAT_LONG_NAME_UNITS 255u
/* The specification's limit of a directory: 2^16 entries. */
#define FAT_DIRECTORY_MAX (65536u * FAT_DIRECTORY_ENTRY_SIZE)
/* A long name has at most 255 UTF-16 units; those outside ASCII are read as "?". */
#define FAT_NAME_SIZE 256u

/* The number of clusters alone decides the type of a volume. */
#define FAT16_CLUSTERS_MIN 4085u
#define FAT32_CLUSTERS_MIN 65525u

/* DIR_Attr. */
enum {
	FAT_ATTR_VOLUME_ID = 0x08,
	FAT_ATTR_DIRECTORY = 0x10,
	FAT_ATTR_ARCHIVE = 0x20,
	FAT_ATTR_LONG_NAME = 0x0f,
	FAT_ATTR_LONG_NAME_MASK = 0x3f,
};

/* Parts of a long name: entries of 13 UTF-16 units, the last part first. */
#define FAT_UNITS_PER_ENTRY 13u
#define FAT_LAST_LONG_ENTRY 0x40u

/* Offset in its entry of unit 0 to 12 of a part: LDIR_Name1, LDIR_Name2, LDIR_Name3. */
static inline size_t fat_unit_offset(size_t unit)
{
	return unit < 5 ? 1 + 2 * unit : unit < 11 ? 14 + 2 * (unit - 5) : 28 + 2 * (unit - 11);
}

/* LDIR_Chksum: ties a long name to its short one. */
uint8_t fat_short_name_checksum(const uint8_t name[FAT_SHORT_NAME_SIZE]);

enum fat_type {
	FAT12,
	FAT16,
	FAT32,
};

struct fat {
	enum fat_type type;
	struct span volume;
	struct span table;     /* the active FAT */
	struct span root;      /* root directory of FAT12 and FAT16 */
	uint32_t root_cluster; /* of FAT32 */
	uint32_t cluster_size; /* bytes */
	uint32_t count_of_clusters;
	uint64_t data_offset; /* of cluster 2 in the volume */
	uint32_t volume_id;
};

struct fat_file {
	bool is_directory;
	bool is_root;
	uint32_t first_cluster; /* 0: no content */
	uint32_t size;		/* of a file; directories do not know theirs */
};

/* Checks the boot sector; the volume may be shorter than the span. */
_must_check_ int fat_open(struct span volume, struct fat *ret, struct error **err);

/* Finds "EFI/BOOT/BOOTX64.EFI"; "" is the root. -ENOENT if a part of the path does not exist. */
_must_check_ int fat_find(const struct fat *f, const char *path, struct fat_file *ret,
			  struct error **err);

/* Names in a directory, in its order, without "." and ".." and the volume label. */
_must_check_ int fat_list(const struct fat *f, const struct fat_file *directory,
			  struct string_list *ret, struct error **err);

/* Gets each file and directory of a directory, in its order, without "." and ".." and the label. */
typedef int (*fat_visit)(void *context, const char *name, const struct fat_file *file,
			 struct error **err);

_must_check_ int fat_walk(const struct fat *f, const struct fat_file *directory, fat_visit visit,
			  void *context, struct error **err);

/* Where byte `offset` of a file lies in the volume; false if the file has no such byte. */
_must_check_ bool fat_locate(const struct fat *f, const struct fat_file *file, uint64_t offset,
			     uint64_t *ret);

/* Appends the content of a file. */
_must_check_ int fat_read(const struct fat *f, const struct fat_file *file, struct buffer *ret,
			  struct error **err);

/* The content without a copy; false if the file's clusters are not one run or its chain is broken
 * (which fat_read() then explains). */
_must_check_ bool fat_map(const struct fat *f, const struct fat_file *file, struct span *ret);
