/*
 * Files: whole reads, maps, atomic outputs, trees of directories, locks.
 *
 * Outputs appear whole or not at all: they are written beside their place under a temporary name,
 * synced and renamed by output_commit(). An output that is not committed is removed by
 * output_release(), which scope exit calls.
 */
#pragma once

#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"

/* Reads exactly n bytes / writes all bytes, through EINTR and short transfers. 0 or -errno; a short
 * file is -ENODATA. */
_must_check_ int read_full(int fd, void *p, size_t n);
_must_check_ int pread_full(int fd, void *p, size_t n, off_t offset);
_must_check_ int write_full(int fd, struct span s);
_must_check_ int pwrite_full(int fd, struct span s, off_t offset);

/* Appends n bytes at `offset` of `in` to `out` (at its current position), by copy_file_range() where
 * the kernel can. 0 or -errno; a short input is -ENODATA. */
_must_check_ int copy_range(int in, off_t offset, uint64_t n, int out);

/* Opens a regular file for reading. Anything else is an error at once, also a FIFO without a writer. */
_must_check_ int file_open(const char *path, int *ret_fd, uint64_t *ret_size, struct error **err);
/* Reads a whole file of at most `max` bytes, or a pipe: one that nobody writes to is an error at
 * once. A larger file is an error that names both sizes. */
_must_check_ int file_read(const char *path, size_t max, struct buffer *ret, struct error **err);
/* The first line of a file of at most a page, as sysfs has them, without blanks around it: the caller's. NULL if there is
 * none. */
char *file_read_attribute(const char *path) _must_check_;
/* The decimal number of at most `max` in the first line of a file, as sysfs has them. */
_must_check_ bool file_read_number(const char *path, uint64_t max, uint64_t *ret);

/* A read-only private map of a whole file. */
struct file_map {
	struct span data;
};

_must_check_ int file_map(const char *path, struct file_map *ret, struct error **err);
void file_map_release(struct file_map *m);

struct output {
	char *path;
	char *temporary;
	int fd;
};

#define OUTPUT_INIT      \
	{                \
		.fd = -1 \
	}

/* Opens a temporary file beside `path` for writing (mode 0644 whatever the umask). */
_must_check_ int output_open(const char *path, struct output *ret, struct error **err);
/* fsync()s, renames over `path` and closes. */
_must_check_ int output_commit(struct output *o, struct error **err);
/* Removes what was not committed. */
void output_release(struct output *o);
/* output_open(), write, output_commit() of one span. */
_must_check_ int file_write(const char *path, struct span s, struct error **err);
/* The same with mode 0600. */
_must_check_ int file_write_private(const char *path, struct span s, struct error **err);

/* mkdir -p with mode 0755 whatever the umask. */
_must_check_ int directory_make(const char *path, struct error **err);
/* rm -rf that never follows links; absent is fine. */
_must_check_ int directory_remove(const char *path, struct error **err);
/* Names in a directory without "." and "..", sorted by byte order. */
_must_check_ int directory_list(const char *path, struct string_list *ret, struct error **err);

bool path_exists(const char *path);
/* ENOENT or ENOTDIR. What cannot be looked at for another reason is not absent. */
bool path_is_absent(const char *path);
/* Whether another file system than the root lies there. */
bool path_is_mounted(const char *path);

/*
 * Takes an exclusive lock on `path` (created empty if absent), waiting as long as it takes. The lock
 * ends when the descriptor is closed or the process dies.
 */
_must_check_ int file_lock(const char *path, int *ret_fd, struct error **err);
/* As file_lock(), but -EWOULDBLOCK at once if somebody holds it (no message is set then). */
_must_check_ int file_try_lock(const char *path, int *ret_fd, struct error **err);
