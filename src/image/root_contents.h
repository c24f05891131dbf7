/*
 * The contents of the root's files as mkfs.erofs compresses them, each once: EROFS images in the store that are
 * never mounted, out of which image/root_image.h takes data and indices.
 *
 * What comes out of one large file of the store has an image of its own (steps/erofs-KEY); all that comes out of
 * small ones share one. The key says the build root and, for each content, the file, by a name that holds the
 * digest of what it was made from, and the place in it. What lies elsewhere, the recipe's own files, is
 * compressed at every build.
 */
#pragma once

#include "base/file.h"
#include "formats/erofs.h"
#include "image/build_root.h"
#include "image/root_erofs.h"
#include "tree/tree.h"

struct contents_inputs {
	const struct tree *tree;
	const struct store *store;
	const struct digest *build_root; /* its key */
	const struct image_tool_runner *runner;
	const char *directory; /* a folder for what is not kept */
};

/* An image of contents. */
struct contents_image {
	char *path;
	struct file_map map;
	struct erofs fs;
	bool loose; /* removed with this */
};

/* Where the content of an entry of the tree is. */
struct contents_place {
	size_t image;
	size_t number; /* of the file in it; SIZE_MAX: the entry has no content */
};

struct root_contents {
	struct contents_image *images;
	size_t n_images;
	struct contents_place *places; /* of each entry in path order */
};

_must_check_ int root_contents_make(const struct contents_inputs *in, struct root_contents *ret,
				    struct error **err);
void root_contents_release(struct root_contents *c);

/* The inode of a content. */
_must_check_ int root_contents_find(const struct root_contents *c,
				    const struct contents_place *place, struct erofs_inode *ret,
				    struct error **err);
