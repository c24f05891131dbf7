#include "formats/decompress.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <limits.h>
#include <lz4.h>

DEFINE_FREEP(struct archive *, archive_read_free)

static int malformed(struct archive *a, struct error **err)
{
	const char *text = archive_error_string(a);

	return error_set(err, -ERROR_MALFORMED, "cannot decompress: %s",
			 text ? text : "unknown compression");
}

int decompress(struct span compressed, struct buffer *ret, struct error **err)
{
	_cleanup_(archive_read_freep) struct archive *a = archive_read_new();
	struct archive_entry *entry;
	uint8_t chunk[65536];
	ssize_t got;
	int status;

	if (!a)
		return error_oom(err);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_gzip(a);
	archive_read_support_format_raw(a);
	archive_read_support_format_empty(a);
	if (archive_read_open_memory(a, compressed.p, compressed.n) != ARCHIVE_OK)
		return malformed(a, err);
	status = archive_read_next_header(a, &entry);
	if (status != ARCHIVE_OK && status != ARCHIVE_EOF)
		return malformed(a, err);
	if (archive_filter_code(a, 0) == ARCHIVE_FILTER_NONE)
		return error_set(err, -ERROR_MALFORMED, "cannot decompress: not xz, zstd or gzip");
	if (status == ARCHIVE_EOF)
		return 0;
	while ((got = archive_read_data(a, chunk, sizeof chunk)) > 0) {
		buffer_put(ret, SPAN(chunk, (size_t)got));
		if (!buffer_ok(ret))
			return error_set(err, -EFBIG, "decompresses to more than %zu bytes",
					 ret->max);
	}
	return got < 0 ? malformed(a, err) : 0;
}

bool decompress_lz4(struct span block, uint8_t *out, size_t size)
{
	if (block.n > INT_MAX || size > INT_MAX)
		return false;
	return LZ4_decompress_safe_partial((const char *)block.p, (char *)out, (int)block.n,
					   (int)size, (int)size) == (int)size;
}
