/*
 * uki.efi: Debian's stub, os-release, command line, kernel release, initrd and kernel in one PE image.
 */
#pragma once

#include "image/build_root.h"
#include "tree/tree.h"

/* Limit of a kernel image; the cloud kernel has 12 MB. */
#define KERNEL_MAX (128u << 20)

struct uki_efi_inputs {
	const struct build_root *build_root; /* holds the stub */
	const struct tree *kernel;	     /* holds boot/vmlinuz-RELEASE */
	const char *kernel_release;
	const char *initrd; /* path of the file */
	struct span os_release;
	const char *command_line; /* without NUL */
};

_must_check_ int uki_efi_write(const struct uki_efi_inputs *in, const char *path,
			       struct error **err);
