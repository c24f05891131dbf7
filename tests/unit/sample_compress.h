/* Bytes compressed by libarchive's raw writer. */
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include "test.h"

static inline size_t compress(int filter, struct span bytes, uint8_t *out, size_t size)
{
	struct archive *a = archive_write_new();
	struct archive_entry *e = archive_entry_new();
	size_t used = 0;

	assert_int_equal(archive_write_add_filter(a, filter), ARCHIVE_OK);
	assert_int_equal(archive_write_set_format_raw(a), ARCHIVE_OK);
	assert_int_equal(archive_write_open_memory(a, out, size, &used), ARCHIVE_OK);
	archive_entry_set_filetype(e, AE_IFREG);
	assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
	if (bytes.n)
		assert_int_equal(archive_write_data(a, bytes.p, bytes.n), (la_ssize_t)bytes.n);
	archive_entry_free(e);
	archive_write_close(a);
	archive_write_free(a);
	return used;
}
