/*
 * A file that holds a disk or a unified kernel image, in any of the containers in which clouds and
 * hypervisors take them; recognised by content, never by name.
 *
 *	_cleanup_(image_file_release) struct image_file f = {0};
 *	r = image_file_open("devnet.tar.gz", NULL, &f, err);
 *
 * A container that holds the disk in one piece is mapped as it is. Others are expanded into a sparse
 * temporary file without a name in $TMPDIR, or /var/tmp: the disk never passes through memory as a
 * whole, and nothing stays behind.
 */
#pragma once

#include "base/file.h"
#include "base/progress.h"

/* Of an expanded disk: images for clouds have a few GiB, and a small file can claim any size. */
#define IMAGE_FILE_DISK_MAX (64ull << 30)

/* The one member of a tar that Google Cloud imports. */
#define IMAGE_FILE_TAR_MEMBER "disk.raw"

enum image_file_format {
	IMAGE_FILE_UKI, /* also what is nothing else */
	IMAGE_FILE_RAW,
	IMAGE_FILE_FIXED_VHD,
	IMAGE_FILE_QCOW2,
	IMAGE_FILE_GCP_TAR,
	IMAGE_FILE_COMPRESSED, /* a raw disk or a fixed VHD, with gzip, xz, zstd or bzip2 */
};

/* "uki", "raw", "vhd", "qcow2", "gcp-tar", "compressed" */
const char *image_file_format_name(enum image_file_format format);

struct image_file {
	enum image_file_format format;
	struct span file;    /* as it is */
	struct span content; /* the raw disk or the unified kernel image */
	struct file_map file_map;
	struct file_map expanded; /* empty where `content` is part of `file` */
};

void image_file_release(struct image_file *f);

/*
 * Opens a file. What is neither a container nor a disk is taken as a unified kernel image, whose
 * parser then tells what is wrong with it. What is known but not read (dynamic VHD, VHDX, VMDK, VDI,
 * zip, ISO 9660, disks without a GPT) is refused by name (-ERROR_UNSUPPORTED), damaged ones with what is damaged
 * (-ERROR_MALFORMED). A full file system is -ENOSPC. Expanding tells `progress`, which may be NULL.
 */
_must_check_ int image_file_open(const char *path, struct progress *progress,
				 struct image_file *ret, struct error **err);
