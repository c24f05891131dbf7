/*
 * initrd.cpio.zst: init, the kernel modules and the list by which init loads them, compressed by the
 * build root's zstd.
 */
#pragma once

#include "image/kernel_modules.h"

/* Limit of the archive before compression: init and some dozen modules are 10 MB. */
#define INITRD_MAX (128u << 20)
/* The largest module of the cloud kernel is below 4 MB. */
#define KERNEL_MODULE_MAX (32u << 20)

/*
 * Layout: /init, /modules/NAME.ko (uncompressed), /modules.list (for each, in the order of loading, a
 * line with its name and the names of those that it depends on), and the folders dev, proc, sys, run, sysroot. *ret_path is the compressed file in the store.
 */
_must_check_ int initrd_make(const struct store *s, const struct build_root *b,
			     const char *init_program, const struct kernel_modules *modules,
			     char **ret_path, struct error **err);
