/*
 * Which ranges of a disk a page blob has accepted, in a file that survives the process: written in place, a bit for each
 * range, behind a head that says of which disk and blob. A bit that is lost is a range that is sent twice; none is set
 * before the service said so. There is no secret in it.
 */
#pragma once

#include "crypto/digest.h"

#define PAGE_JOURNAL_ID_SIZE 33

struct page_journal {
	const char *path; /* borrowed; NULL: in memory alone */
	char *head;	  /* without the id */
	/* Chance, as hexadecimal: a blob that is made for this journal is marked with it. */
	char id[PAGE_JOURNAL_ID_SIZE];
	uint8_t *bits;
	size_t n; /* ranges */
	int fd;
};

#define PAGE_JOURNAL_INIT \
	{                 \
		.fd = -1  \
	}

/*
 * Takes up the journal at `path` of this disk, blob and number of ranges. Where there is none, or one of something else,
 * a new one is begun.
 */
_must_check_ int page_journal_open(const char *path, const struct digest *vhd, const char *blob,
				   size_t n, struct page_journal *ret, struct error **err);
/* Forgets all, under a new id. */
_must_check_ int page_journal_restart(struct page_journal *j, struct error **err);
bool page_journal_has(const struct page_journal *j, size_t range);
_must_check_ int page_journal_add(struct page_journal *j, size_t range, struct error **err);
/* The upload is complete: the file is removed. */
void page_journal_remove(struct page_journal *j);
void page_journal_release(struct page_journal *j);
