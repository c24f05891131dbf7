/*
 * The parts of a comparison. Each adds what differs in one kind of content to the list; lack of memory
 * is sticky in d->failed.
 */
#pragma once

#include "diff/diff.h"
#include "inspect/root_files.h"

/* Goes one level deeper, and back. */
void diff_enter(struct diff *d, const char *fmt, ...) _printf_(2, 3);
void diff_leave(struct diff *d);

/* Adds a difference; strings are copied, and values and `follows_from` may be NULL. The item is valid
 * until the next one; NULL if there was no room. */
struct difference *diff_add(struct diff *d, const char *what, const char *a, const char *b,
			    const char *follows_from);
void diff_add_numbers(struct diff *d, const char *what, uint64_t a, uint64_t b,
		      const char *follows_from);

/* The result of comparing bytes. */
struct byte_comparison {
	bool equal;
	uint64_t first;	 /* offset of the first byte that differs, or that only one side has */
	uint64_t blocks; /* of 4096 bytes that differ */
	uint64_t total;	 /* blocks of the longer side */
};

/* Compares in ranges on all processors. */
_must_check_ int diff_compare(struct span a, struct span b, struct byte_comparison *ret,
			      struct error **err);

/* As diff_add(), with the bytes around `first` of both sides. Places may be NULL. */
void diff_add_bytes(struct diff *d, const char *what, struct span a, struct span b, uint64_t first,
		    const struct diff_place *place_a, const struct diff_place *place_b,
		    const char *follows_from);

/* As diff_add_bytes(), for a whole content and how much of it differs. */
void diff_add_content(struct diff *d, struct span a, struct span b, const struct byte_comparison *c,
		      const struct diff_place *place_a, const struct diff_place *place_b,
		      const char *follows_from);

/* The same thing on both sides. */
struct partition_pair {
	const struct inspection *in[DIFF_SIDES];
	const struct inspect_partition *p[DIFF_SIDES];
	struct byte_comparison content;
	/* Of a hash tree: its data differ. Of others unused. */
	bool data_differ;
};

/* The place of an offset of the pair's partition on one side. */
struct diff_place diff_partition_place(const struct partition_pair *pair, int side,
				       uint64_t offset);

/* Where the primary table of 128 entries ends, and where the backup begins. */
uint64_t diff_primary_end(const struct inspection *in);
uint64_t diff_backup_start(const struct inspection *in);

/* The protective MBR and both partition tables. A disk that is too small for them is an error. */
int diff_tables(struct diff *d, const struct inspection *a, const struct inspection *b,
		struct error **err);

int diff_fat(struct diff *d, const struct partition_pair *pair, struct error **err);
int diff_root(struct diff *d, const struct partition_pair *pair, struct error **err);
void diff_verity(struct diff *d, const struct partition_pair *pair);

/* A program that lies at `places` of the disks. `fat` of both are NULL for images alone. */
struct program_pair {
	const struct inspection *in[DIFF_SIDES];
	const struct inspect_program *p[DIFF_SIDES];
	const struct inspect_partition *partition[DIFF_SIDES]; /* NULL of an image alone */
	const struct inspect_file *file[DIFF_SIDES];
};

int diff_program(struct diff *d, const struct program_pair *pair, struct error **err);

/* The place of an offset of the program's file. */
struct diff_place diff_program_place(const struct program_pair *pair, int side, uint64_t offset);

/* Lines of a text, or words, that only one side has. */
void diff_words(struct diff *d, struct span a, struct span b, bool words, bool root_hash_follows);

void diff_packages(struct diff *d, const struct package_list *a, const struct package_list *b);
