#include "tree/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"

static int write_file(int root, const struct tree_entry *e, struct error **err)
{
	mode_t mode = (e->mode & 0777) | 0400;
	_cleanup_close_ int fd =
		openat(root, e->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return error_errno(err, errno, "%s", e->path);

	int r = 0;

	if (e->content.bytes) {
		r = write_full(fd, SPAN(e->content.bytes, (size_t)e->content.size));
	} else if (e->content.size) {
		_cleanup_close_ int in = open(e->content.file, O_RDONLY | O_CLOEXEC);

		r = in < 0 ? -errno : copy_range(in, (off_t)e->content.offset, e->content.size, fd);
	}
	if (r < 0)
		return error_errno(err, -r, "%s", e->path);
	return fchmod(fd, mode) < 0 ? error_errno(err, errno, "%s", e->path) : 0;
}

static int write_name(int root, const struct tree_entry *e, const char *first, struct error **err)
{
	return linkat(root, first, root, e->path, 0) < 0 ? error_errno(err, errno, "%s", e->path)
							 : 0;
}

static int write_entry(int root, const struct tree_entry *e, struct error **err)
{
	switch (e->type) {
	case TREE_DIRECTORY:
		/* The umask may not decide, and the owner must be able to write below. */
		if (mkdirat(root, e->path, 0700) < 0 ||
		    fchmodat(root, e->path, (e->mode & 0777) | 0700, 0) < 0)
			return error_errno(err, errno, "%s", e->path);
		return 0;
	case TREE_FILE:
		return write_file(root, e, err);
	case TREE_SYMLINK:
		if (symlinkat(e->target, root, e->path) < 0)
			return error_errno(err, errno, "%s", e->path);
		return 0;
	}
	return error_set(err, -EINVAL, "%s: unknown type", e->path);
}

/* Children change their folder's time, so times are set from the last entry to the first. */
static int reset_times(int root, const struct tree *t, struct error **err)
{
	static const struct timespec zero[2];

	for (size_t i = tree_count(t); i > 0; i--) {
		const char *path = tree_at(t, i - 1)->path;

		if (utimensat(root, path, zero, AT_SYMLINK_NOFOLLOW) < 0)
			return error_errno(err, errno, "%s", path);
	}
	return 0;
}

int tree_materialise(const struct tree *t, const char *path, struct error **err)
{
	_cleanup_close_ int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_free_ size_t *first = tree_first_names(t);

	if (root < 0)
		return error_errno(err, errno, "%s", path);
	if (!first)
		return error_oom(err);
	/* Path order puts every directory before what lies in it. */
	for (size_t i = 0; i < tree_count(t); i++) {
		const struct tree_entry *e = tree_at(t, i);
		int r = first[i] == i ? write_entry(root, e, err)
				      : write_name(root, e, tree_at(t, first[i])->path, err);

		if (r < 0)
			return error_wrap(err, r, "%s", path);
	}
	return reset_times(root, t, err);
}

struct addition {
	struct tree *tree;
	const char *origin;
	enum tree_conflict conflict;
	bool asked; /* for the files of a recipe */
};

static int add_from_disk(const struct addition *a, const char *disk, const char *path,
			 struct error **err);

static int add_children(const struct addition *a, const char *disk, const char *path,
			struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	int r = directory_list(disk, &names, err);

	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		_cleanup_free_ char *child = path_join(disk, names.items[i]);
		_cleanup_free_ char *child_path =
			path[0] ? path_join(path, names.items[i]) : strdup(names.items[i]);

		r = child && child_path ? add_from_disk(a, child, child_path, err) : error_oom(err);
	}
	return r;
}

static int read_link(const char *disk, char target[4096], struct error **err)
{
	ssize_t n = readlink(disk, target, 4096);

	if (n < 0)
		return error_errno(err, errno, "%s", disk);
	if (n == 4096)
		return error_errno(err, ENAMETOOLONG, "%s", disk);
	target[n] = 0;
	return 0;
}

/* What editors, merges and desktops leave beside files; nobody means to have it in an image. */
static int check_name(const char *disk, struct error **err)
{
	static const char *const patterns[] = {"*~",	 "#*#",	  ".#*",   ".*.sw?",	"*.bak",
					       "*.orig", "*.rej", ".git*", ".DS_Store", ".nfs*"};

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		if (fnmatch(patterns[i], path_basename(disk), 0) == 0)
			return error_set(
				err, -ERROR_REFUSED,
				"'%s' is named like what a tool leaves behind (%s): delete "
				"it, or give it another name",
				disk, patterns[i]);
	}
	return 0;
}

/*
 * A file is executable if it begins like a program: the mode that a disk shows depends on its file
 * system and on how the folder was copied, the bytes do not.
 */
static int read_mode(const char *disk, uint16_t *ret, struct error **err)
{
	_cleanup_close_ int fd = open(disk, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	uint8_t first[4] = {0};
	ssize_t n = fd < 0 ? -1 : pread(fd, first, sizeof first, 0);

	if (n < 0)
		return error_errno(err, errno, "%s", disk);
	*ret = memcmp(first, "#!", 2) == 0 || memcmp(first, "\177ELF", 4) == 0 ? 0755 : 0644;
	return 0;
}

static int add_from_disk(const struct addition *a, const char *disk, const char *path,
			 struct error **err)
{
	struct tree_entry e = {.path = path, .origin = a->origin, .asked = a->asked};
	char target[4096];
	struct stat st;
	int r = a->asked ? check_name(disk, err) : 0;

	if (r < 0)
		return r;
	if (lstat(disk, &st) < 0)
		return error_errno(err, errno, "%s", disk);
	if (S_ISDIR(st.st_mode)) {
		e.type = TREE_DIRECTORY;
		e.mode = 0755;
	} else if (S_ISREG(st.st_mode)) {
		e.type = TREE_FILE;
		r = read_mode(disk, &e.mode, err);
		e.content = (struct content){.size = (uint64_t)st.st_size, .file = disk};
	} else if (S_ISLNK(st.st_mode)) {
		r = read_link(disk, target, err);
		e.type = TREE_SYMLINK;
		e.mode = 0777;
		e.target = target;
	} else {
		return error_set(err, -ERROR_REFUSED,
				 "'%s' is not a regular file, directory or symbolic link", disk);
	}

	const struct tree_entry *old = tree_find(a->tree, path);
	bool keep = old && old->type == TREE_DIRECTORY && e.type == TREE_DIRECTORY;

	if (r >= 0 && !keep)
		r = tree_add(a->tree, &e, a->conflict, err);
	if (r >= 0 && e.type == TREE_DIRECTORY)
		r = add_children(a, disk, path, err);
	return r;
}

int tree_add_directory(struct tree *t, const char *path, const char *prefix, const char *origin,
		       enum tree_conflict conflict, struct error **err)
{
	const struct addition a = {t, origin, conflict, false};

	return add_children(&a, path, prefix, err);
}

int tree_add_overlay(struct tree *t, const char *path, struct error **err)
{
	const struct addition a = {t, path, TREE_REPLACE, true};

	return add_children(&a, path, "", err);
}
