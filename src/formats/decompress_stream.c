#include "formats/decompress_stream.h"

#include <archive.h>
#include <archive_entry.h>

#include "base/text.h"
#include "formats/gzip.h"

static const struct {
	struct span magic;
	const char *name;
	int (*support)(struct archive *a); /* NULL: formats/gzip.h */
} compressions[] = {
	{SPAN_LITERAL("\x1f\x8b"), "gzip", NULL},
	{SPAN_LITERAL("\xfd"
		      "7zXZ\0"),
	 "xz", archive_read_support_filter_xz},
	{SPAN_LITERAL("\x28\xb5\x2f\xfd"), "zstd", archive_read_support_filter_zstd},
	{SPAN_LITERAL("BZh"), "bzip2", archive_read_support_filter_bzip2},
};

struct decompress_stream {
	const char *name;
	struct gzip *gzip;
	struct archive *archive;
	bool empty;
};

static int find(struct span file)
{
	struct span magic;

	for (size_t i = 0; i < ARRAY_SIZE(compressions); i++) {
		if (span_slice(file, 0, compressions[i].magic.n, &magic) &&
		    span_equal(magic, compressions[i].magic))
			return (int)i;
	}
	return -1;
}

const char *decompress_stream_recognise(struct span file)
{
	int i = find(file);

	return i < 0 ? NULL : compressions[i].name;
}

void decompress_stream_free(struct decompress_stream *s)
{
	if (!s)
		return;
	gzip_free(s->gzip);
	archive_read_free(s->archive);
	free(s);
}

static int failed(const struct decompress_stream *s, struct error **err)
{
	const char *text = archive_error_string(s->archive);

	return error_set(err, -ERROR_MALFORMED, "%s: the file is cut off or damaged (%s)", s->name,
			 text ? text : "unknown reason");
}

int decompress_stream_new(struct span file, struct decompress_stream **ret, struct error **err)
{
	_cleanup_(decompress_stream_freep) struct decompress_stream *s = calloc(1, sizeof *s);
	struct archive_entry *entry;
	int i = find(file);

	if (!s)
		return error_oom(err);
	if (i < 0)
		return error_set(err, -ERROR_MALFORMED,
				 "compressed in an unknown way, or not at all");
	s->name = compressions[i].name;
	if (!compressions[i].support) {
		s->gzip = gzip_new(file);
		if (!s->gzip)
			return error_oom(err);
	} else {
		s->archive = archive_read_new();
		if (!s->archive)
			return error_oom(err);
		compressions[i].support(s->archive);
		archive_read_support_format_raw(s->archive);
		archive_read_support_format_empty(s->archive);
		int status = archive_read_open_memory(s->archive, file.p, file.n);

		if (status == ARCHIVE_OK)
			status = archive_read_next_header(s->archive, &entry);
		s->empty = status == ARCHIVE_EOF;
		if (status != ARCHIVE_OK && !s->empty)
			return failed(s, err);
	}
	*ret = TAKE_PTR(s);
	return 0;
}

uint64_t decompress_stream_position(const struct decompress_stream *s)
{
	return s->gzip ? gzip_position(s->gzip) : (uint64_t)archive_filter_bytes(s->archive, -1);
}

int decompress_stream_read(struct decompress_stream *s, uint8_t *p, size_t n, size_t *ret,
			   struct error **err)
{
	*ret = 0;
	while (*ret < n && !s->empty) {
		size_t got = 0;
		int r = 0;

		if (s->gzip) {
			r = gzip_read(s->gzip, p + *ret, n - *ret, &got, err);
		} else {
			la_ssize_t taken = archive_read_data(s->archive, p + *ret, n - *ret);

			if (taken < 0)
				r = failed(s, err);
			else
				got = (size_t)taken;
		}
		if (r < 0)
			return r;
		if (got == 0)
			break;
		*ret += got;
	}
	return 0;
}
