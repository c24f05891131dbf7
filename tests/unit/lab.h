/*
 * The images and logs of real boots, for the tests that need them.
 */
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include "base/file.h"

#define LAB "../shared/vectors/lab"

/* Unpacks all images into a folder. */
static inline int lab_unpack(const char *folder)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	int r = archive_read_support_format_tar(a) | archive_read_support_filter_xz(a);

	r |= archive_read_open_filename(a, LAB "/ukis.tar.xz", 1 << 16);
	while (r >= ARCHIVE_OK && archive_read_next_header(a, &entry) == ARCHIVE_OK) {
		_cleanup_free_ char *path =
			path_join(folder, path_basename(archive_entry_pathname(entry)));
		_cleanup_(output_release) struct output out = OUTPUT_INIT;

		if (archive_entry_filetype(entry) != AE_IFREG)
			continue;
		r = output_open(path, &out, NULL);
		if (r >= 0)
			r = archive_read_data_into_fd(a, out.fd);
		if (r >= 0)
			r = output_commit(&out, NULL);
	}
	archive_read_free(a);
	return r;
}
