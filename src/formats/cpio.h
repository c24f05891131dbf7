/*
 * cpio archives of the "newc" format, as the kernel's initramfs loader reads them
 * (Documentation/driver-api/early-userspace/buffer-format.rst). Field names are the
 * specification's.
 *
 * An entry is a header of 110 characters, the name with a NUL, the content; name and content are
 * each padded with zeros to 4 bytes. The entry "TRAILER!!!" ends the archive.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/span.h"

/* PATH_MAX of the kernel, which reads no longer name. */
#define CPIO_NAME_MAX 4096u

enum cpio_type {
	CPIO_FILE = 0100000,
	CPIO_DIRECTORY = 0040000,
	CPIO_SYMLINK = 0120000,
	CPIO_CHARACTER_DEVICE = 0020000,
};

/*
 * Writes an archive whose bytes depend on its entries only: inode numbers count from 1, times are
 * 0, one link each (two for directories).
 *
 *	struct cpio_writer w = {.out = &buffer};
 *	cpio_add(&w, CPIO_DIRECTORY | 0755, "usr", SPAN(NULL, 0));
 *	cpio_end(&w);
 *	if (!buffer_ok(&buffer)) ...
 *
 * To stream, take what the buffer holds between two entries.
 */
struct cpio_writer {
	struct buffer *out;
	uint32_t entries;
};

/* An entry owned by root; `content` is the target of a symbolic link. The buffer fails if a size does
 * not fit. */
void cpio_add(struct cpio_writer *w, uint32_t mode, const char *name, struct span content);
/* A character device. */
void cpio_add_device(struct cpio_writer *w, uint32_t permissions, const char *name, uint32_t major,
		     uint32_t minor);
/* The trailer. */
void cpio_end(struct cpio_writer *w);
