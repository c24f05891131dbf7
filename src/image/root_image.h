/*
 * The root file system of an image: the tree laid out as EROFS (formats/erofs_plan.h) over contents that are
 * compressed once and kept (image/root_contents.h). It is not written anywhere but into the disk.
 *
 *	root_image_make(&inputs, uuid, &root, err)
 *	root_verity_make(&root.pieces, uuid, &verity, err)	the root hash, for the command line
 *	uki_efi_write(...)
 *	disk_raw_write({uki, root, verity, root hash}, "x.raw", ...)
 *	disk_vhd_write("x.raw", &raw, "x.vhd", ...)
 *
 * The bytes depend on the tree, the UUID and the version of mkfs.erofs; they do not depend on what the store held.
 * They are those of an image that mkfs.erofs makes of the tree at once, but that what it leaves between inodes
 * of contents that it tried in vain to compress is zero here.
 */
#pragma once

#include "formats/erofs_plan.h"
#include "image/pieces.h"
#include "image/root_contents.h"

struct root_image {
	struct pieces pieces;
	struct erofs_plan plan; /* its metadata are among the pieces */
};

/* The UUID is in the order of its text form (formats/derived_uuid.h); a fixed one for each image lets the same tree
 * have the same bytes. */
_must_check_ int root_image_make(const struct contents_inputs *in, const uint8_t uuid[16],
				 struct root_image *ret, struct error **err);
void root_image_release(struct root_image *r);
