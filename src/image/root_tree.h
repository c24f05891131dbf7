/*
 * The root file system of an image as a tree: packages, the recipe's files layer by layer, components,
 * guest programs, and the steps that stand for maintainer scripts.
 */
#pragma once

#include "image/build_root.h"
#include "image/package_trees.h"
#include "packages/recipe.h"
#include "tree/tree.h"

/* A compiled guest program: usr/lib/tdnode/NAME. */
struct guest_program {
	const char *name;
	const char *path; /* file in the store */
};

struct root_inputs {
	const struct store *store;
	const struct build_root *build_root;
	const struct recipe *recipe;
	const struct lock *lock;
	bool debug;
	/* The packages of the root (without the kernel's), the image's first. */
	const struct package_trees *packages;
	const struct guest_program *programs;
	size_t n_programs;
};

/* True for the package that holds the kernel: it becomes the UKI, not part of the root. */
bool root_tree_is_kernel(const struct lock_package *p);

_must_check_ int root_tree_make(const struct root_inputs *in, struct tree **ret,
				struct error **err);
