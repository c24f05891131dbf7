/*
 * The header of a persistent disk (formats/luks2.h) as it lies in a file on this machine: a qcow2, a raw
 * disk, or the first 4 MiB of one. Only what holds the header is read.
 */
#pragma once

#include "base/error.h"
#include "formats/luks2.h"

/*
 * The first LUKS2_HEADER_SIZE bytes of the disk, malloc()ed. -ENODATA if the disk is smaller. A file
 * that begins as a qcow2 is read as one; `qcow2_only`: any other is an error.
 */
_must_check_ int disk_header_read(const char *path, bool qcow2_only, uint8_t **ret,
				  struct error **err);
/* The same, checked: -ERROR_MALFORMED with what it is not. */
_must_check_ int disk_header_load(const char *path, struct luks2 *ret, struct error **err);
