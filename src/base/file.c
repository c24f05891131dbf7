#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define COPY_CHUNK (1u << 20)

int read_full(int fd, void *p, size_t n)
{
	uint8_t *at = p;

	while (n > 0) {
		ssize_t got = read(fd, at, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return -ENODATA;
		at += got;
		n -= (size_t)got;
	}
	return 0;
}

int pread_full(int fd, void *p, size_t n, off_t offset)
{
	uint8_t *at = p;

	while (n > 0) {
		ssize_t got = pread(fd, at, n, offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return -ENODATA;
		at += got;
		n -= (size_t)got;
		offset += got;
	}
	return 0;
}

int write_full(int fd, struct span s)
{
	while (s.n > 0) {
		ssize_t done = write(fd, s.p, s.n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		s.p += done;
		s.n -= (size_t)done;
	}
	return 0;
}

int pwrite_full(int fd, struct span s, off_t offset)
{
	while (s.n > 0) {
		ssize_t done = pwrite(fd, s.p, s.n, offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		s.p += done;
		s.n -= (size_t)done;
		offset += done;
	}
	return 0;
}

/* For outputs that copy_file_range() refuses: pipes, other file systems. */
static int copy_through_memory(int in, off_t offset, uint64_t n, int out)
{
	_cleanup_free_ uint8_t *chunk = malloc(COPY_CHUNK);

	if (!chunk)
		return -ENOMEM;
	while (n > 0) {
		ssize_t got = pread(in, chunk, (size_t)MIN(n, COPY_CHUNK), offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return -ENODATA;

		int r = write_full(out, SPAN(chunk, (size_t)got));

		if (r < 0)
			return r;
		offset += got;
		n -= (uint64_t)got;
	}
	return 0;
}

int copy_range(int in, off_t offset, uint64_t n, int out)
{
	while (n > 0) {
		ssize_t done =
			copy_file_range(in, &offset, out, NULL, (size_t)MIN(n, SSIZE_MAX), 0);

		if (done < 0 && errno == EINTR)
			continue;
		/* 0 may also mean that this file system does not support it: the copy tells. */
		if (done <= 0)
			return copy_through_memory(in, offset, n, out);
		n -= (uint64_t)done;
	}
	return 0;
}

/* Opens for reading and asks what it is, without waiting for the writer of a FIFO. */
static int open_at_once(const char *path, int *ret_fd, struct stat *ret, struct error **err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, ret) < 0)
		return error_errno(err, errno, "%s", path);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int file_open(const char *path, int *ret_fd, uint64_t *ret_size, struct error **err)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r = open_at_once(path, &fd, &st, err);

	if (r < 0)
		return r;
	if (!S_ISREG(st.st_mode))
		return error_set(err, -EINVAL, "%s: not a regular file", path);
	*ret_fd = TAKE_FD(fd);
	*ret_size = (uint64_t)st.st_size;
	return 0;
}

/* Reads an open file to its end, at most `max` bytes. */
static int read_all(int fd, const char *path, size_t max, struct buffer *ret, struct error **err)
{
	for (;;) {
		uint8_t chunk[65536];
		ssize_t got = read(fd, chunk, sizeof chunk);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_errno(err, errno, "%s", path);
		if (got == 0)
			return buffer_ok(ret) ? 0 : error_oom(err);
		if (ret->n + (size_t)got > max)
			return error_set(err, -EFBIG, "%s: more than the %zu bytes allowed", path,
					 max);
		buffer_put(ret, SPAN(chunk, (size_t)got));
	}
}

int file_read(const char *path, size_t max, struct buffer *ret, struct error **err)
{
	_cleanup_close_ int fd = -1;
	size_t before = ret->n;
	struct stat st;
	int r = open_at_once(path, &fd, &st, err);

	if (r < 0)
		return r;
	if (S_ISDIR(st.st_mode))
		return error_errno(err, EISDIR, "%s", path);
	if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
		return error_set(err, -EINVAL, "%s: neither a regular file nor a pipe", path);
	if (S_ISREG(st.st_mode) && (uint64_t)st.st_size > max)
		return error_set(err, -EFBIG, "%s: %lld bytes, more than the %zu allowed", path,
				 (long long)st.st_size, max);
	/* A pipe that somebody writes to is read to its end. */
	if (fcntl(fd, F_SETFL, 0) < 0)
		return error_errno(err, errno, "%s", path);
	r = read_all(fd, path, max, ret, err);
	if (r >= 0 && S_ISFIFO(st.st_mode) && ret->n == before)
		return error_set(err, -ENODATA, "%s: a pipe that nobody writes to", path);
	return r;
}

/* sysfs says that it has one page for every attribute. */
#define ATTRIBUTE_MAX 4096

/* *ret refers to `text`. */
static bool read_first_line(const char *path, struct buffer *text, struct span *ret)
{
	struct reader r;

	if (file_read(path, ATTRIBUTE_MAX, text, NULL) < 0)
		return false;
	r = reader_init(buffer_span(text));
	return reader_line(&r, ret);
}

char *file_read_attribute(const char *path)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(ATTRIBUTE_MAX);
	struct span line;

	return read_first_line(path, &text, &line) ? span_to_string(span_trim(line)) : NULL;
}

bool file_read_number(const char *path, uint64_t max, uint64_t *ret)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(ATTRIBUTE_MAX);
	struct span line;

	return read_first_line(path, &text, &line) && parse_u64(line, max, ret);
}

int file_map(const char *path, struct file_map *ret, struct error **err)
{
	_cleanup_close_ int fd = -1;
	uint64_t size;
	int r = file_open(path, &fd, &size, err);

	if (r < 0)
		return r;
	if (size == 0) {
		*ret = (struct file_map){0};
		return 0;
	}

	void *p = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);

	if (p == MAP_FAILED)
		return error_errno(err, errno, "%s", path);
	ret->data = SPAN(p, (size_t)size);
	return 0;
}

void file_map_release(struct file_map *m)
{
	if (m->data.n)
		munmap((void *)(uintptr_t)m->data.p, m->data.n);
	*m = (struct file_map){0};
}

/* The folder that holds `path`. */
static char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

int output_open(const char *path, struct output *ret, struct error **err)
{
	_cleanup_(output_release) struct output o = OUTPUT_INIT;

	o.path = strdup(path);
	if (!o.path)
		return error_oom(err);

	char *temporary = string_printf("%s.XXXXXX.tmp", path);

	if (!temporary)
		return error_oom(err);
	o.fd = mkostemps(temporary, 4, O_CLOEXEC);
	if (o.fd < 0) {
		int saved = errno;

		free(temporary);
		return error_errno(err, saved, "cannot create '%s'", path);
	}
	o.temporary = temporary;
	if (fchmod(o.fd, 0644) < 0)
		return error_errno(err, errno, "%s", o.temporary);
	*ret = o;
	o = (struct output)OUTPUT_INIT;
	return 0;
}

int output_commit(struct output *o, struct error **err)
{
	if (fsync(o->fd) < 0)
		return error_errno(err, errno, "cannot write '%s'", o->path);
	if (rename(o->temporary, o->path) < 0)
		return error_errno(err, errno, "cannot rename to '%s'", o->path);
	free(TAKE_PTR(o->temporary));

	_cleanup_free_ char *parent = parent_of(o->path);
	_cleanup_close_ int fd = parent ? open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd < 0 || fsync(fd) < 0)
		return error_errno(err, errno, "cannot sync the folder of '%s'", o->path);
	output_release(o);
	return 0;
}

void output_release(struct output *o)
{
	if (o->temporary)
		unlink(o->temporary);
	free(o->temporary);
	free(o->path);
	closep(&o->fd);
	*o = (struct output)OUTPUT_INIT;
}

static int write_with_mode(const char *path, struct span s, mode_t mode, struct error **err)
{
	_cleanup_(output_release) struct output o = OUTPUT_INIT;
	int r = output_open(path, &o, err);

	if (r < 0)
		return r;
	if (fchmod(o.fd, mode) < 0)
		return error_errno(err, errno, "cannot write '%s'", path);
	r = write_full(o.fd, s);
	if (r < 0)
		return error_errno(err, -r, "cannot write '%s'", path);
	return output_commit(&o, err);
}

int file_write(const char *path, struct span s, struct error **err)
{
	return write_with_mode(path, s, 0644, err);
}

int file_write_private(const char *path, struct span s, struct error **err)
{
	return write_with_mode(path, s, 0600, err);
}

static int make_one(const char *path, struct error **err)
{
	struct stat st;

	if (mkdir(path, 0755) == 0) {
		/* The umask does not decide who can read a build's results. */
		return chmod(path, 0755) < 0 ? error_errno(err, errno, "%s", path) : 0;
	}
	if (errno != EEXIST)
		return error_errno(err, errno, "cannot create folder '%s'", path);
	if (stat(path, &st) < 0)
		return error_errno(err, errno, "%s", path);
	return S_ISDIR(st.st_mode) ? 0 : error_errno(err, ENOTDIR, "%s", path);
}

int directory_make(const char *path, struct error **err)
{
	_cleanup_free_ char *copy = strdup(path);

	if (!copy)
		return error_oom(err);
	for (char *p = copy + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = 0;

		int r = path_exists(copy) ? 0 : make_one(copy, err);

		if (r < 0)
			return r;
		*p = '/';
	}
	return make_one(copy, err);
}

static int remove_at(int dirfd, const char *name, const char *shown, struct error **err);

/* Empties the directory `fd`, which is closed. */
static int remove_children(int fd, const char *shown, struct error **err)
{
	DIR *d = fdopendir(fd);
	int r = 0;

	if (!d) {
		close(fd);
		return error_errno(err, errno, "%s", shown);
	}
	for (struct dirent *e; r >= 0 && (e = readdir(d));) {
		if (!string_equal(e->d_name, ".") && !string_equal(e->d_name, ".."))
			r = remove_at(dirfd(d), e->d_name, shown, err);
	}
	closedir(d);
	return r;
}

static int remove_at(int dirfd, const char *name, const char *shown, struct error **err)
{
	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return error_errno(err, errno, "cannot remove '%s' in '%s'", name, shown);

	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	/* A folder that its owner may not write to hides its children from removal. */
	if (fd < 0 || fchmod(fd, 0700) < 0) {
		int saved = errno;

		closep(&fd);
		return error_errno(err, saved, "cannot remove '%s' in '%s'", name, shown);
	}

	int r = remove_children(fd, shown, err);

	if (r < 0)
		return r;
	if (unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return error_errno(err, errno, "cannot remove '%s' in '%s'", name, shown);
	return 0;
}

int directory_remove(const char *path, struct error **err)
{
	return remove_at(AT_FDCWD, path, path, err);
}

int directory_list(const char *path, struct string_list *ret, struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	DIR *d = opendir(path);
	int r = 0;

	if (!d)
		return error_errno(err, errno, "%s", path);
	for (struct dirent *e; r >= 0 && (e = readdir(d));) {
		if (!string_equal(e->d_name, ".") && !string_equal(e->d_name, ".."))
			r = string_list_add(&names, e->d_name);
	}
	closedir(d);
	if (r < 0)
		return error_oom(err);
	string_list_sort(&names);
	*ret = names;
	names = (struct string_list){0};
	return 0;
}

bool path_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

bool path_is_absent(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 && (errno == ENOENT || errno == ENOTDIR);
}

bool path_is_mounted(const char *path)
{
	struct stat here, root;

	return stat(path, &here) == 0 && stat("/", &root) == 0 && here.st_dev != root.st_dev;
}

static int lock_file(const char *path, int operation, int *ret_fd, struct error **err)
{
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		return error_errno(err, errno, "cannot open lock '%s'", path);
	while (flock(fd, operation) < 0) {
		if (errno == EWOULDBLOCK)
			return -EWOULDBLOCK;
		if (errno != EINTR)
			return error_errno(err, errno, "cannot lock '%s'", path);
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int file_lock(const char *path, int *ret_fd, struct error **err)
{
	return lock_file(path, LOCK_EX, ret_fd, err);
}

int file_try_lock(const char *path, int *ret_fd, struct error **err)
{
	return lock_file(path, LOCK_EX | LOCK_NB, ret_fd, err);
}
