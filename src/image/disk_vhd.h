/*
 * The disk as a fixed VHD, the format that Azure takes: the raw image and a footer (formats/vhd.h)
 * whose time is 0 and whose UUID derives from the digest of the raw image.
 */
#pragma once

#include "base/error.h"
#include "image/disk_raw.h"

struct disk_vhd {
	uint64_t size; /* of the file, footer included */
	struct digest sha256;
};

/*
 * Writes `output` from the file `raw` that `disk` describes. Data are shared or copied inside the
 * kernel and holes stay holes; nothing is read again to be hashed. Leaves `disk` as it was.
 */
_must_check_ int disk_vhd_write(const char *raw, const struct disk_raw *disk, const char *output,
				struct disk_vhd *ret, struct error **err);
