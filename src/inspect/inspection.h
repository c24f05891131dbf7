/*
 * What is in a finished file: container, partition table, partitions, files, unified kernel images,
 * packages, and whether the parts that should follow from each other do. The file may be made by
 * anybody; what cannot be read is said where it lies and is no failure of the whole.
 *
 *	_cleanup_(inspection_release) struct inspection in = {0};
 *	r = inspection_open("devnet.raw", NULL, &in, err);
 *	r = inspection_digest(&in, err);
 *	inspection_text(&in, &text);			(report.h)
 *
 * Files are mapped; spans refer to the maps. What hostile input can make large has a maximum below.
 */
#pragma once

#include "container/image_file.h"
#include "formats/authenticode.h"
#include "formats/erofs.h"
#include "formats/fat.h"
#include "formats/gpt_firmware.h"
#include "formats/package_list.h"
#include "formats/uki.h"
#include "formats/verity.h"
#include "measure/measure.h"

/* Of a FAT: images for clouds hold a few dozen files. */
#define INSPECT_FAT_FILES_MAX 16384u
#define INSPECT_FAT_FOLDERS_MAX 1024u
#define INSPECT_FAT_DEPTH_MAX 32u
/* Of a file that is not in one piece and must be copied to be read. */
#define INSPECT_COPY_MAX (256u << 20)
/* Of a text in a section that is shown; the rest is cut off. Command lines and names are shorter. */
#define INSPECT_TEXT_MAX 4096u
/* Programs of one disk that are looked into. */
#define INSPECT_PROGRAMS_MAX 64u

/* What a partition holds, by its first bytes. */
enum content_kind {
	CONTENT_UNKNOWN,
	CONTENT_ZERO,
	CONTENT_FAT,
	CONTENT_EROFS,
	CONTENT_VERITY,
	CONTENT_LUKS,
	CONTENT_EXT4,
	CONTENT_BTRFS,
	CONTENT_XFS,
	CONTENT_SQUASHFS,
	CONTENT_SWAP,
};

/* "FAT32", "EROFS", "dm-verity hash tree"; `fat` is used for CONTENT_FAT only. */
const char *content_kind_name(enum content_kind kind, const struct fat *fat);
enum content_kind content_kind_find(struct span content);

/* "EFI system", "root x86-64"; NULL for a type that is not known. */
const char *partition_type_name(const struct guid *type);

struct inspect_file {
	char *path; /* "EFI/BOOT/BOOTX64.EFI" */
	struct fat_file fat;
	struct span content;
	struct buffer copy; /* of content that is not in one piece */
	struct digest sha256;
	char *problem; /* why the content is not read; NULL */
};

/* Which of its files a GUID follows from (image/disk_raw.c, and the Discoverable Partitions
 * Specification). */
enum guid_origin {
	GUID_OWN,
	GUID_ROOT_HASH_START, /* the first half of the root hash */
	GUID_ROOT_HASH_END,   /* the last */
	GUID_CONTENT,	      /* derived from image and root hash */
};

struct inspect_partition {
	unsigned number; /* of its slot, from 1 */
	struct gpt_entry entry;
	enum gpt_fault fault; /* why firmware skips it */
	uint64_t offset;      /* in the disk */
	uint64_t size;
	struct span content;
	enum content_kind kind;
	enum guid_origin guid_origin;
	char *problem; /* why the content is not read, or what is wrong with it; NULL */

	/* CONTENT_FAT: files and folders, sorted by path; folders have no content. */
	struct fat fat;
	struct inspect_file *files;
	size_t n_files, files_capacity;
	bool serial_follows; /* the volume's serial number is derived from the image */

	/* CONTENT_EROFS */
	struct erofs erofs;
	struct package_list packages; /* .storage is NULL if there is none */
	char *packages_problem;
	/* The partition with the hash tree of this one's data; 0 if there is none. */
	unsigned verity_number;

	/* CONTENT_VERITY */
	struct verity_parameters verity;
	bool tree_unknown; /* of a kind that is not read here: `problem` says which */
	uint8_t root_hash[VERITY_DIGEST_SIZE];
	char root_hash_hex[2 * VERITY_DIGEST_SIZE + 1];
	unsigned data_number; /* the partition that it protects; 0 if not found */
	bool verified;	      /* tree and data were hashed, and are what the root hash says */
};

/* A program for firmware: a unified kernel image, systemd-boot, an addon, or another. */
struct inspect_program {
	const char *path;   /* on its partition; NULL of an image alone */
	unsigned partition; /* 0 of an image alone */
	struct span file;
	struct pe pe;
	struct uki uki; /* .pe is empty unless is_uki */
	bool is_uki;
	char *kind;	      /* "systemd-stub 257.13-1~deb13u1", "systemd-boot 257", "PE image" */
	char *kernel_version; /* of a unified kernel image; NULL */
	char *os_name;	      /* PRETTY_NAME of .osrel; NULL */
	char *os_variant;     /* VARIANT_ID or VARIANT; NULL */
	char *command_line;   /* NULL if it has none */
	char *root_hash;      /* on the command line (roothash=, usrhash=); NULL */
	unsigned verity_number; /* the partition whose root hash that is; 0: none */
	bool is_signed;
	struct digest sections[PE_SECTIONS_MAX]; /* SHA-256, after inspection_digest() */
	struct digest authentihash[3];		 /* SHA-1, SHA-256, SHA-384 */
	char *authentihash_problem;
};

extern const enum digest_algorithm inspect_authentihashes[3];

struct inspection {
	char *name; /* of the file, without folders */
	struct image_file file;
	bool is_disk;
	struct digest sha256;	   /* of the file */
	struct digest disk_sha256; /* of the disk in it; the same if the file is the disk */

	uint32_t sector_size; /* of the disk, 512 where no table tells */
	struct gpt gpt;
	bool has_gpt;		/* the primary table, or else the backup, could be read */
	char *primary_problem;	/* NULL if firmware takes it */
	char *backup_problem;	/* NULL if it is that of the primary */
	bool disk_guid_follows; /* derived from image and root hash */
	struct inspect_partition *partitions;
	size_t n_partitions;

	struct inspect_program *programs;
	size_t n_programs, programs_capacity;
};

void inspection_release(struct inspection *in);

/* Reads all but content: no digest is made. */
_must_check_ int inspection_open(const char *path, struct progress *progress,
				 struct inspection *ret, struct error **err);

/* Makes all digests, in parallel. */
_must_check_ int inspection_digest(struct inspection *in, struct error **err);

/*
 * Hashes data and tree of each hash partition and compares with its root hash. -ERROR_REFUSED names
 * the first block that is another; so is a disk without a hash tree whose data is known. A tree of a
 * kind that is not read here is -ERROR_UNSUPPORTED.
 */
_must_check_ int inspection_verify(struct inspection *in, struct error **err);

/* The partition of that number, NULL for 0. */
const struct inspect_partition *inspection_partition(const struct inspection *in, unsigned number);

/* The bytes of a UKI's section, of the section that the stub takes. */
_must_check_ bool inspect_section(const struct inspect_program *p, const char *name,
				  struct span *ret);

/* The first root file system that can be read, NULL if there is none. */
const struct inspect_partition *inspection_root(const struct inspection *in);
