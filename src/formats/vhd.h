/*
 * The footer of a fixed virtual hard disk: "Virtual Hard Disk Image Format Specification" 1.0,
 * Microsoft 2006. A fixed VHD is the raw disk followed by these 512 bytes. All integers are
 * big-endian.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

#define VHD_FOOTER_SIZE 512u
/* Azure takes only disks whose size is a multiple of this. */
#define VHD_ALIGNMENT (1u << 20)

struct vhd_footer {
	uint32_t time_stamp;	     /* seconds since 2000-01-01 00:00 UTC */
	char creator_application[4]; /* see VHD_CREATOR_SIZE_FIELD */
	uint32_t creator_version;
	uint64_t current_size; /* of the raw disk; original size is the same */
	uint8_t unique_id[16];
};

/*
 * Readers take a disk's size either from the size field or from the geometry, which cannot express
 * every size. They decide by the creator and by whether the geometry is the largest there is.
 * vhd_encode() always writes the largest geometry; together with this creator Azure, Hyper-V and
 * qemu all use the size field.
 */
#define VHD_CREATOR_SIZE_FIELD "qem2"
#define VHD_CREATOR_VERSION_SIZE_FIELD 0x00050003u

/* Encodes the footer of a fixed disk. current_size must be a multiple of VHD_ALIGNMENT, not 0. */
_must_check_ int vhd_encode(const struct vhd_footer *f, uint8_t ret[VHD_FOOTER_SIZE],
			    struct error **err);

/* Parses the last 512 bytes of a fixed VHD. `raw_size` is the number of bytes before them. */
_must_check_ int vhd_parse(struct span footer, uint64_t raw_size, struct vhd_footer *ret,
			   struct error **err);
