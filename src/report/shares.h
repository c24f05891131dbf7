/*
 * What takes the room of an image: every byte of it in one group, by package or folder, and there by file.
 */
#pragma once

#include "report/report.h"

enum share_kind {
	SHARE_BOOT, /* the programs of the EFI system partition */
	SHARE_PACKAGE, /* files of the root: of a package or component; of a folder, if none is known */
	SHARE_RECIPE, /* that no package brought */
	SHARE_OTHER,  /* structures, hash trees, free space */
};

struct share {
	char *name;
	uint64_t bytes; /* in the image: compressed, where it is */
};

struct share_group {
	enum share_kind kind;
	char *name;
	uint64_t bytes;
	struct share *items; /* the largest first */
	size_t n, capacity;
};

struct shares {
	struct share_group *items; /* likewise */
	size_t n, capacity;
	uint64_t bytes;
};

void shares_release(struct shares *s);
_must_check_ int shares_make(const struct report *r, struct shares *ret, struct error **err);
