/*
 * The parts that inspection_open() is made of: each reads one kind of content into its place of the
 * inspection. What cannot be read becomes a `problem` there; only lack of memory is an error.
 */
#pragma once

#include "inspect/inspection.h"

/* Sets *ret to the text of an error and frees it; 0, or -ENOMEM if that is what went wrong. */
int inspect_problem(int code, struct error *e, char **ret, struct error **err);

/* The files of a FAT partition, sorted by path. */
int inspect_fat(struct inspect_partition *p, struct error **err);

/* The package list of an EROFS partition. */
int inspect_erofs(struct inspect_partition *p, struct error **err);

/* Superblock and root hash of a hash partition. */
int inspect_verity(struct inspect_partition *p, struct error **err);

/* Adds the program in `file` if it is one. `path` is borrowed. */
int inspect_add_program(struct inspection *in, const char *path, unsigned partition,
			struct span file, struct error **err);

/* Which partition a root hash belongs to, which identifiers follow from what. */
void inspect_relations(struct inspection *in);
