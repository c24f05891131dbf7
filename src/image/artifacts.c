#include "image/artifacts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/file.h"

#define STAMP ".build"
/* A line of a hundred bytes for each of a dozen artefacts. */
#define STAMP_MAX (64u << 10)

void artifacts_release(struct artifacts *a)
{
	/* What cannot be removed here is removed by the next build of this image. */
	int ignored = a->temporary ? directory_remove(a->temporary, NULL) : 0;

	(void)ignored;
	free(a->temporary);
	free(a->path);
	closep(&a->lock_fd);
	*a = (struct artifacts)ARTIFACTS_INIT;
}

int artifacts_open(const char *artifacts, const char *name, struct artifacts *ret,
		   struct error **err)
{
	_cleanup_(artifacts_release) struct artifacts a = ARTIFACTS_INIT;
	_cleanup_free_ char *lock = string_printf("%s/.%s.lock", artifacts, name);
	int r;

	a.path = path_join(artifacts, name);
	if (!a.path || !lock)
		return error_oom(err);
	r = directory_make(artifacts, err);
	if (r >= 0)
		r = file_lock(lock, &a.lock_fd, err);
	if (r < 0)
		return r;
	*ret = a;
	a = (struct artifacts)ARTIFACTS_INIT;
	return 0;
}

/* The text of `.build` for what the folder holds now. */
static int stamp_text(const char *path, const struct digest *key, struct buffer *ret,
		      struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	char hex[DIGEST_HEX_MAX];
	int r = directory_list(path, &names, err);

	if (r < 0)
		return r;
	digest_hex(key, hex);
	buffer_printf(ret, "key %s\n", hex);
	for (size_t i = 0; i < names.n; i++) {
		_cleanup_free_ char *file = path_join(path, names.items[i]);
		struct stat st;

		if (!file)
			return error_oom(err);
		if (string_equal(names.items[i], STAMP))
			continue;
		if (lstat(file, &st) < 0)
			return error_errno(err, errno, "%s", file);
		buffer_printf(ret, "%s %lld %lld.%09ld %llu\n", names.items[i],
			      (long long)st.st_size, (long long)st.st_mtim.tv_sec,
			      st.st_mtim.tv_nsec, (unsigned long long)st.st_ino);
	}
	return buffer_ok(ret) ? 0 : error_oom(err);
}

bool artifacts_current(const struct artifacts *a, const struct digest *key)
{
	_cleanup_(buffer_release) struct buffer found = BUFFER_INIT(STAMP_MAX);
	_cleanup_(buffer_release) struct buffer expected = BUFFER_INIT(STAMP_MAX);
	_cleanup_free_ char *stamp = path_join(a->path, STAMP);

	return stamp && path_exists(stamp) && file_read(stamp, STAMP_MAX, &found, NULL) >= 0 &&
	       stamp_text(a->path, key, &expected, NULL) >= 0 &&
	       span_equal(buffer_span(&found), buffer_span(&expected));
}

bool artifacts_key(const struct artifacts *a, struct digest *ret)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(STAMP_MAX);
	_cleanup_free_ char *stamp = path_join(a->path, STAMP);
	struct digest key = {.algorithm = DIGEST_SHA256};
	struct reader reader;
	struct span line;

	if (!stamp || !path_exists(stamp) || file_read(stamp, STAMP_MAX, &text, NULL) < 0)
		return false;
	reader = reader_init(buffer_span(&text));
	if (!reader_line(&reader, &line) || line.n < 4 || memcmp(line.p, "key ", 4) != 0 ||
	    !hex_decode(span_skip(line, 4), key.bytes, digest_size(key.algorithm)) ||
	    !artifacts_current(a, &key))
		return false;
	*ret = key;
	return true;
}

/* "artifacts/.devnet." for "artifacts/devnet": what temporary folders of the image start with. */
static char *temporary_prefix(const char *path)
{
	const char *name = path_basename(path);

	return string_printf("%.*s.%s.", (int)(name - path), path, name);
}

static int remove_leftovers(const char *prefix, struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	const char *start = path_basename(prefix);
	_cleanup_free_ char *parent = strndup(prefix, (size_t)(start - prefix));
	int r = parent ? directory_list(parent, &names, err) : error_oom(err);

	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		if (!string_starts(names.items[i], start) || string_ends(names.items[i], ".lock"))
			continue;

		_cleanup_free_ char *path = path_join(parent, names.items[i]);

		r = path ? directory_remove(path, err) : error_oom(err);
	}
	return r;
}

int artifacts_begin(struct artifacts *a, struct error **err)
{
	_cleanup_free_ char *prefix = temporary_prefix(a->path);
	int r = prefix ? remove_leftovers(prefix, err) : error_oom(err);

	if (r < 0)
		return r;

	char *path = string_printf("%sXXXXXX", prefix);

	if (!path)
		return error_oom(err);
	if (!mkdtemp(path) || chmod(path, 0755) < 0) {
		r = error_errno(err, errno, "cannot make a folder beside '%s'", a->path);
		free(path);
		return r;
	}
	a->temporary = path;
	return 0;
}

/* A hard link, or a copy where the file system has none. */
static int keep_file(const char *from, const char *to, struct error **err)
{
	_cleanup_(output_release) struct output o = OUTPUT_INIT;
	struct stat st;
	int r;

	if (link(from, to) == 0)
		return 0;

	_cleanup_close_ int fd = open(from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(err, errno, "%s", from);
	r = output_open(to, &o, err);
	if (r < 0)
		return r;
	r = copy_range(fd, 0, (uint64_t)st.st_size, o.fd);
	return r < 0 ? error_errno(err, -r, "cannot copy '%s'", from) : output_commit(&o, err);
}

/* One file or folder: artefacts have no folders in folders. */
static int keep(const char *from, const char *to, struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	struct stat st;
	int r;

	if (lstat(from, &st) < 0)
		return error_errno(err, errno, "%s", from);
	if (!S_ISDIR(st.st_mode))
		return keep_file(from, to, err);
	r = directory_list(from, &names, err);
	if (r >= 0)
		r = directory_make(to, err);
	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		_cleanup_free_ char *source = path_join(from, names.items[i]);
		_cleanup_free_ char *target = path_join(to, names.items[i]);

		r = source && target ? keep_file(source, target, err) : error_oom(err);
	}
	return r;
}

int artifacts_keep(struct artifacts *a, const struct string_list *except, struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	int r = directory_list(a->path, &names, err);

	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		_cleanup_free_ char *from = path_join(a->path, names.items[i]);
		_cleanup_free_ char *to = path_join(a->temporary, names.items[i]);

		if (string_equal(names.items[i], STAMP) || string_list_has(except, names.items[i]))
			continue;
		r = from && to ? keep(from, to, err) : error_oom(err);
	}
	return r;
}

int artifacts_commit_file(struct output *o, struct error **err)
{
	if (rename(o->temporary, o->path) < 0)
		return error_errno(err, errno, "cannot rename to '%s'", o->path);
	free(TAKE_PTR(o->temporary));
	output_release(o);
	return 0;
}

int artifacts_write_file(const char *path, struct span bytes, struct error **err)
{
	_cleanup_(output_release) struct output o = OUTPUT_INIT;
	int r = output_open(path, &o, err);

	if (r < 0)
		return r;
	r = write_full(o.fd, bytes);
	return r < 0 ? error_errno(err, -r, "cannot write '%s'", path)
		     : artifacts_commit_file(&o, err);
}

/* What may not be read is kept of an earlier build: nothing of it was written now. */
static int sync_path(const char *path, struct error **err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == EACCES)
		return 0;
	return fd < 0 || fsync(fd) < 0 ? error_errno(err, errno, "cannot sync '%s'", path) : 0;
}

/* A folder, and what is in it. */
static int sync_folder(const char *path, struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	int r = directory_list(path, &names, err);

	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		_cleanup_free_ char *item = path_join(path, names.items[i]);
		struct stat st;

		if (!item)
			return error_oom(err);
		if (lstat(item, &st) < 0)
			return error_errno(err, errno, "%s", item);
		if (S_ISDIR(st.st_mode))
			r = sync_folder(item, err);
		else if (S_ISREG(st.st_mode))
			r = sync_path(item, err);
	}
	return r < 0 ? r : sync_path(path, err);
}

int artifacts_commit(struct artifacts *a, const struct digest *key, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(STAMP_MAX);
	_cleanup_free_ char *stamp = path_join(a->temporary, STAMP);
	int r = stamp ? sync_folder(a->temporary, err) : error_oom(err);

	if (r >= 0)
		r = stamp_text(a->temporary, key, &text, err);
	if (r >= 0)
		r = file_write(stamp, buffer_span(&text), err);
	if (r < 0)
		return r;
	if (rename(a->temporary, a->path) == 0) {
		free(TAKE_PTR(a->temporary));
		return 0;
	}
	/* The old folder changes places with the new one, and is removed as the temporary. */
	if (renameat2(AT_FDCWD, a->temporary, AT_FDCWD, a->path, RENAME_EXCHANGE) < 0)
		return error_errno(err, errno, "cannot replace '%s'", a->path);
	return 0;
}
