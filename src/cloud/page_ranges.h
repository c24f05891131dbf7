/*
 * What of a disk's file a page blob has to be sent: the pages that are not zero. A new page blob is zero everywhere, and
 * most of a disk is.
 */
#pragma once

#include "base/error.h"

/* Of a page blob: offsets and lengths of writes are multiples of it. */
#define BLOB_PAGE_SIZE 512u
/* Of one write: Put Page takes no more. */
#define BLOB_WRITE_MAX (4u << 20)

struct page_range {
	uint64_t offset;
	uint32_t length; /* up to BLOB_WRITE_MAX */
};

struct page_ranges {
	struct page_range *items;
	size_t n;
	size_t capacity;
	uint64_t bytes; /* of all ranges */
};

/*
 * The ranges of the open file's first `size` bytes, a multiple of BLOB_PAGE_SIZE, in order: each page in them has a byte that
 * is not zero, and no page outside has one. Holes of the file are not read. -ENODATA if the file is shorter.
 */
_must_check_ int page_ranges_find(int fd, uint64_t size, struct page_ranges *ret,
				  struct error **err);
void page_ranges_release(struct page_ranges *r);
