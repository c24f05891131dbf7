/*
 * Why two files differ, from the top down: container, disk, partition table, partition, file, section,
 * package, and the first byte.
 *
 *	_cleanup_(diff_release) struct diff d = {0};
 *	r = diff_files("a.raw", "b.raw", NULL, &d, err);
 *	diff_text(&d, &text);
 *
 * Files are mapped and compared in ranges, in parallel; memory does not grow with their size.
 */
#pragma once

#include "base/buffer.h"
#include "base/text.h"
#include "inspect/inspection.h"

/* Bytes that are shown of either side. */
#define DIFF_WINDOW 16u
/* Of a report: two root file systems with nothing in common. Some hundred bytes each. */
#define DIFF_ITEMS_MAX (1u << 18)
#define DIFF_REPORT_MAX (512u << 20)

enum { DIFF_A, DIFF_B, DIFF_SIDES };

/* Where a byte lies on one side. */
struct diff_place {
	bool on_disk;
	uint64_t disk; /* offset in the disk */
	bool in_partition;
	uint64_t partition; /* offset in the partition */
	bool compressed;    /* the offsets are those of the cluster that it is unpacked from */
};

struct difference {
	struct string_list where; /* "partition 1 'esp'", "EFI/BOOT/BOOTX64.EFI", ".cmdline" */
	char *what;		  /* "size", "content", "only in A", "version of libc6" */
	char *values[DIFF_SIDES]; /* as text; NULL: the side has none */
	char *follows_from;	  /* what it is a consequence of; NULL: it stands for itself */
	bool overview;		  /* items that follow say it in detail */

	/* Of whole contents: how many blocks of 4096 bytes differ; 0 if that is not told. */
	uint64_t blocks;
	uint64_t total_blocks;

	/* The first byte that differs. */
	bool has_bytes;
	uint64_t offset; /* in the innermost thing of `where` */
	struct diff_place places[DIFF_SIDES];
	uint64_t window_offset; /* of the bytes shown, likewise */
	uint8_t window[DIFF_SIDES][DIFF_WINDOW];
	size_t window_size[DIFF_SIDES];
};

struct diff_side {
	char *name;
	enum image_file_format format;
	uint64_t file_size;
	uint64_t disk_size; /* of the disk or image in it */
};

struct diff {
	struct diff_side sides[DIFF_SIDES];
	bool same_disk; /* all bytes of the disks (or images) are equal */
	bool same_file;
	struct difference *items;
	size_t n, capacity;

	/* While it is made: */
	struct progress *progress;
	struct string_list where;
	bool failed; /* out of memory */
	bool truncated;
};

void diff_release(struct diff *d);

/* Compares. That the files differ is no error here. `progress` of expanding them; NULL. */
_must_check_ int diff_files(const char *a, const char *b, struct progress *progress,
			    struct diff *ret, struct error **err);

/* True for a difference that neither follows from another nor sums up others: why the files differ. */
bool diff_is_cause(const struct difference *i);
bool diff_is_same_place(const struct difference *a, const struct difference *b);

void diff_text(const struct diff *d, struct buffer *b);
/* docs/diff.md has the keys. */
_must_check_ int diff_json(const struct diff *d, struct buffer *b, struct error **err);
