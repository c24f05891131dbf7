/*
 * A root file system as data: entries with type, mode, owner and a reference to their content.
 *
 * Times, extended attributes and device nodes do not exist here, so they cannot reach an image. Entries are
 * kept sorted by path in byte order; parents are explicit. Each name of a file with several (hard links) is
 * an entry of its own, so that each can be left out or replaced alone.
 */
#pragma once

#include "base/error.h"
#include "base/buffer.h"
#include "base/span.h"

enum tree_type {
	TREE_DIRECTORY,
	TREE_FILE,
	TREE_SYMLINK,
};

/* Where the bytes of a regular file are: in memory, or a range of a file that outlives the tree. */
struct content {
	uint64_t size;
	const uint8_t *bytes; /* if not NULL: `size` bytes, owned by the tree */
	const char *file; /* otherwise: path of the file that holds them (interned in the tree) */
	uint64_t offset;  /* in `file` */
};

struct tree_entry {
	const char *path; /* "usr/bin/env": confined (path_is_confined), never "" */
	enum tree_type type;
	uint16_t mode; /* permission bits, 07777 */
	uint32_t uid;
	uint32_t gid;
	const char *target; /* of a symbolic link, as written; else NULL */
	struct content content;
	uint32_t link; /* number of a file with several names, one for each content.file; else 0 */
	const char *origin; /* who brought it: a package, "files of images/base", a step */
	bool asked;	    /* the recipe brings it itself: no Remove= takes it away */
};

struct tree;

struct tree *tree_new(void);
void tree_free(struct tree *t);
DEFINE_FREEP(struct tree *, tree_free)

/* How an entry meets one of the same path. Two directories always merge (the later mode and owner
 * win only with TREE_REPLACE). */
enum tree_conflict {
	TREE_REFUSE,  /* an error that names path and both origins, unless both are the same */
	TREE_REPLACE, /* the new entry wins; a directory is not replaced by something else */
};

/* Adds a copy of the entry (strings and inline bytes are copied). Missing parents are not made. */
_must_check_ int tree_add(struct tree *t, const struct tree_entry *e, enum tree_conflict conflict,
			  struct error **err);
/* Adds every entry of `from`. */
_must_check_ int tree_merge(struct tree *t, const struct tree *from, enum tree_conflict conflict,
			    struct error **err);
/* Adds missing parent directories (0755, root, origin "parents"). A parent that is no directory is
 * an error: links are not followed. */
_must_check_ int tree_add_parents(struct tree *t, struct error **err);

size_t tree_count(const struct tree *t);
/* Entry i in path order; valid until the next change. */
const struct tree_entry *tree_at(const struct tree *t, size_t i);
const struct tree_entry *tree_find(const struct tree *t, const char *path);
/*
 * For each entry in path order the index of the first that is the same file: the names of one file have its
 * `link`, its content and one mode and owner. malloc()ed, NULL when out of memory.
 */
size_t *tree_first_names(const struct tree *t) _must_check_;
/* Removes the entries for which `drop` is true (directories: only themselves). How many went. */
size_t tree_filter(struct tree *t, bool (*drop)(const struct tree_entry *e, void *context),
		   void *context);

/*
 * Follows symbolic links as the kernel would with the tree as root ("bin/sh" -> "usr/bin/dash").
 * NULL if the path does not exist or links loop.
 */
const struct tree_entry *tree_resolve(const struct tree *t, const char *path);

/* Reads the content of a regular file of at most `max` bytes. */
_must_check_ int content_read(const struct content *c, size_t max, struct buffer *ret,
			      struct error **err);

/*
 * Writes the tree as real files below the existing directory `path`, as an ordinary user: owners are
 * not set, set-id bits are dropped, every directory is writable by its owner, times are 0.
 */
_must_check_ int tree_materialise(const struct tree *t, const char *path, struct error **err);

/* Adds the files below the directory `path` (owner root, mode 0755 for directories and programs,
 * 0644 for others whatever the disk says, links as they are) under the prefix ("" or "usr/x"). A
 * directory that the tree has already keeps its mode and owner. A file is executable if it begins with
 * "#!" or as ELF does. */
_must_check_ int tree_add_directory(struct tree *t, const char *path, const char *prefix,
				    const char *origin, enum tree_conflict conflict,
				    struct error **err);

/* The same for files/ of a recipe, whose files replace what is there and are `asked`. What is named like
 * an editor's backup is refused. */
_must_check_ int tree_add_overlay(struct tree *t, const char *path, struct error **err);
