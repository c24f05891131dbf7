/*
 * The root file system of a raw disk, found as the initrd finds it: the root hash on the command line names the
 * partition. Whether the partition agrees with its hash tree is not looked at; one that does not, boots no further
 * than there.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

/* -ENOENT if the command line names no root, or none of these partitions. */
_must_check_ int disk_root_find(struct span raw, struct span command_line, struct span *ret,
				struct error **err);

/* Whether the root has something at that path ("usr/lib/os-release"), a link among it. */
_must_check_ int disk_root_has(struct span raw, struct span command_line, const char *path,
			       bool *ret, struct error **err);
