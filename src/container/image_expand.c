#include "container/image_expand.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>

#include "container/image_file.h"
#include "formats/decompress_stream.h"
#include "formats/qcow2.h"

DEFINE_FREEP(struct archive *, archive_read_free)

/* Zeros are looked for in pieces of this size, the block size of common file systems. */
#define HOLE_SIZE 4096u
/* Archives are filled up to whole records, of 10 KiB mostly. */
#define TAR_REST_MAX (1u << 20)
/* A multiple of HOLE_SIZE. */
#define CHUNK_SIZE (1u << 20)
/* "ustar" in the first header. */
#define TAR_MAGIC_OFFSET 257u
/* What progress calls it. */
#define EXPANDING "expand the disk"

static int write_failed(int r, struct error **err)
{
	return error_errno(err, -r, "cannot expand the disk into a temporary file");
}

/* Writes what is not zero at its place. */
static int write_sparse(int fd, struct span data, uint64_t offset, struct error **err)
{
	while (data.n > 0) {
		struct span run = {data.p, 0};
		bool zero = span_is_zero(SPAN(data.p, MIN(data.n, HOLE_SIZE)));

		/* All pieces of one kind in one go. */
		while (run.n < data.n &&
		       span_is_zero(SPAN(data.p + run.n, MIN(data.n - run.n, HOLE_SIZE))) == zero)
			run.n += MIN(data.n - run.n, HOLE_SIZE);

		int r = zero ? 0 : pwrite_full(fd, run, (off_t)offset);

		if (r < 0)
			return write_failed(r, err);
		data = span_skip(data, run.n);
		offset += run.n;
	}
	return 0;
}

static int set_size(int fd, uint64_t size, struct error **err)
{
	return ftruncate(fd, (off_t)size) < 0 ? write_failed(-errno, err) : 0;
}

int image_expand_qcow2(struct span file, int fd, struct progress *progress, struct error **err)
{
	_cleanup_free_ uint8_t *scratch = NULL;
	struct qcow2 q;
	uint64_t mapped = 0;
	int r = qcow2_open(file, &q, err);

	if (r < 0)
		return r;
	if (q.size > IMAGE_FILE_DISK_MAX)
		return error_set(err, -EFBIG, "qcow2: a disk of %" PRIu64 " bytes, more than %llu",
				 q.size, IMAGE_FILE_DISK_MAX);
	scratch = malloc(1ull << q.cluster_bits);
	if (!scratch)
		return error_oom(err);
	progress_begin_short(progress, EXPANDING, q.size, true);
	for (uint64_t i = 0; r >= 0 && i < q.clusters; i++) {
		struct span content = {0};

		progress_add(progress, MIN(1ull << q.cluster_bits, q.size - (i << q.cluster_bits)));
		r = qcow2_cluster(&q, i, scratch, &content, err);
		if (r < 0 || content.n == 0)
			continue;
		/* Without this, a small hostile file could have any size of disk written. */
		mapped += content.p == scratch ? 0 : content.n;
		if (mapped > file.n)
			return error_set(err, -ERROR_MALFORMED,
					 "qcow2: clusters of the disk share one place in the file");
		r = write_sparse(fd, content, i << q.cluster_bits, err);
	}
	progress_end(progress, NULL);
	return r < 0 ? r : set_size(fd, q.size, err);
}

static bool is_tar(struct span start)
{
	struct span magic;

	return span_slice(start, TAR_MAGIC_OFFSET, 5, &magic) &&
	       span_equal(magic, SPAN_LITERAL("ustar"));
}

int image_expand_peek(struct span file, uint8_t start[IMAGE_EXPAND_PEEK], size_t *ret_n,
		      bool *ret_tar, struct error **err)
{
	_cleanup_(decompress_stream_freep) struct decompress_stream *s = NULL;
	size_t n = MIN(file.n, (size_t)IMAGE_EXPAND_PEEK);
	int r = 0;

	if (decompress_stream_recognise(file)) {
		r = decompress_stream_new(file, &s, err);
		if (r >= 0)
			r = decompress_stream_read(s, start, IMAGE_EXPAND_PEEK, &n, err);
	} else if (n) {
		memcpy(start, file.p, n);
	}
	if (r < 0)
		return r;
	*ret_n = n;
	*ret_tar = is_tar(SPAN(start, n));
	return 0;
}

/* Adds what was read of the compressed file since *position. */
static void report_position(const struct decompress_stream *s, uint64_t *position,
			    struct progress *progress)
{
	uint64_t now = decompress_stream_position(s);

	if (now > *position)
		progress_add(progress, now - *position);
	*position = MAX(now, *position);
}

int image_expand_compressed(struct span file, int fd, struct progress *progress, struct error **err)
{
	_cleanup_(decompress_stream_freep) struct decompress_stream *s = NULL;
	_cleanup_free_ uint8_t *chunk = malloc(CHUNK_SIZE);
	uint64_t size = 0, position = 0;
	size_t n = CHUNK_SIZE;
	int r = chunk ? decompress_stream_new(file, &s, err) : error_oom(err);

	progress_begin_short(progress, EXPANDING, file.n, true);
	while (r >= 0 && n == CHUNK_SIZE) {
		r = decompress_stream_read(s, chunk, CHUNK_SIZE, &n, err);
		if (r >= 0 && n > IMAGE_FILE_DISK_MAX - size)
			r = error_set(err, -EFBIG, "%s: a disk of more than %llu bytes",
				      decompress_stream_recognise(file), IMAGE_FILE_DISK_MAX);
		if (r >= 0)
			r = write_sparse(fd, SPAN(chunk, n), size, err);
		size += n;
		if (r >= 0)
			report_position(s, &position, progress);
	}
	progress_end(progress, NULL);
	return r < 0 ? r : set_size(fd, size, err);
}

static int archive_failed(struct archive *a, struct error **err)
{
	const char *text = archive_error_string(a);

	return error_set(err, -ERROR_MALFORMED, "tar: %s",
			 text ? text : "the archive is damaged, or not an archive");
}

static int check_member(struct archive_entry *entry, struct error **err)
{
	const char *name = archive_entry_pathname(entry);

	if (!name || !string_equal(name, IMAGE_FILE_TAR_MEMBER))
		return error_set(err, -ERROR_MALFORMED,
				 "tar: the member '%s' is not '" IMAGE_FILE_TAR_MEMBER "'",
				 name ? name : "");
	if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry))
		return error_set(err, -ERROR_MALFORMED,
				 "tar: '" IMAGE_FILE_TAR_MEMBER "' is not a regular file");
	if ((uint64_t)archive_entry_size(entry) > IMAGE_FILE_DISK_MAX)
		return error_set(err, -EFBIG, "tar: a disk of %" PRIu64 " bytes, more than %llu",
				 (uint64_t)archive_entry_size(entry), IMAGE_FILE_DISK_MAX);
	return 0;
}

/* `progress` of an archive that is not compressed; what is read of others is counted where it is. */
static int expand_member(struct archive *a, uint64_t size, int fd, struct progress *progress,
			 struct error **err)
{
	const void *block;
	la_int64_t offset;
	size_t n;
	int status;

	while ((status = archive_read_data_block(a, &block, &n, &offset)) == ARCHIVE_OK) {
		if (offset < 0 || (uint64_t)offset > size || n > size - (uint64_t)offset)
			return error_set(err, -ERROR_MALFORMED,
					 "tar: data of '" IMAGE_FILE_TAR_MEMBER
					 "' lies beyond its size");

		int r = write_sparse(fd, SPAN(block, n), (uint64_t)offset, err);

		if (r < 0)
			return r;
		progress_add(progress, n);
	}
	return status == ARCHIVE_EOF ? set_size(fd, size, err) : archive_failed(a, err);
}

/* A decompressed archive, piece by piece. */
struct source {
	struct decompress_stream *stream;
	struct progress *progress;
	uint64_t position;
	uint8_t chunk[65536];
};

static void source_release(struct source *s)
{
	decompress_stream_free(s->stream);
}

static la_ssize_t read_source(struct archive *a, void *context, const void **ret)
{
	struct source *s = context;
	_cleanup_error_ struct error *err = NULL;
	size_t n;

	if (decompress_stream_read(s->stream, s->chunk, sizeof(s->chunk), &n, &err) < 0) {
		archive_set_error(a, EINVAL, "%s", error_message(err));
		return ARCHIVE_FATAL;
	}
	report_position(s->stream, &s->position, s->progress);
	*ret = s->chunk;
	return (la_ssize_t)n;
}

/* The first member; *err where a compressed archive cannot be begun. */
static int open_archive(struct archive *a, struct span file, struct source *source,
			struct archive_entry **ret, struct error **err)
{
	int status;

	archive_read_support_format_tar(a);
	if (decompress_stream_recognise(file)) {
		int r = decompress_stream_new(file, &source->stream, err);

		if (r < 0)
			return r;
		status = archive_read_open(a, source, NULL, read_source, NULL);
	} else {
		status = archive_read_open_memory(a, file.p, file.n);
	}
	if (status != ARCHIVE_OK || archive_read_next_header(a, ret) != ARCHIVE_OK)
		return archive_failed(a, err);
	return 0;
}

/* Reads a compressed file to its end, where the checksum is. */
static int check_rest(struct source *s, struct error **err)
{
	size_t total = 0, n = 1;
	int r = 0;

	while (s->stream && r >= 0 && n > 0) {
		r = decompress_stream_read(s->stream, s->chunk, sizeof(s->chunk), &n, err);
		total += n;
		if (r >= 0 && total > TAR_REST_MAX)
			r = error_set(err, -ERROR_MALFORMED,
				      "more than %u bytes follow the archive", TAR_REST_MAX);
	}
	return r < 0 ? error_wrap(err, r, "tar") : 0;
}

int image_expand_tar(struct span file, int fd, struct progress *progress, struct error **err)
{
	_cleanup_(source_release) struct source source = {.progress = progress};
	_cleanup_(archive_read_freep) struct archive *a = archive_read_new();
	struct archive_entry *entry;
	int status, r;

	if (!a)
		return error_oom(err);
	progress_begin_short(progress, EXPANDING, file.n, true);
	r = open_archive(a, file, &source, &entry, err);
	if (r >= 0)
		r = check_member(entry, err);
	if (r >= 0)
		r = expand_member(a, (uint64_t)archive_entry_size(entry), fd,
				  source.stream ? NULL : progress, err);
	progress_end(progress, NULL);
	if (r < 0)
		return r;
	status = archive_read_next_header(a, &entry);
	if (status == ARCHIVE_OK || status == ARCHIVE_WARN)
		return error_set(err, -ERROR_MALFORMED, "tar: the member '%s' is not the only one",
				 archive_entry_pathname(entry));
	return status == ARCHIVE_EOF ? check_rest(&source, err) : archive_failed(a, err);
}
