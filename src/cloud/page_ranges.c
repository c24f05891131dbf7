#include "cloud/page_ranges.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"

#define CHUNK_SIZE (1u << 20)

void page_ranges_release(struct page_ranges *r)
{
	free(r->items);
	*r = (struct page_ranges){};
}

/* Adds bytes behind all that were added: to the last range where they follow it and it has room. */
static int add(struct page_ranges *r, uint64_t offset, uint64_t length)
{
	r->bytes += length;
	while (length > 0) {
		struct page_range *last = r->n ? &r->items[r->n - 1] : NULL;
		uint64_t take = MIN(length, (uint64_t)BLOB_WRITE_MAX);

		if (last && last->offset + last->length == offset &&
		    last->length < BLOB_WRITE_MAX) {
			take = MIN(length, (uint64_t)BLOB_WRITE_MAX - last->length);
			last->length += (uint32_t)take;
		} else {
			if (array_reserve(&r->items, &r->capacity, r->n + 1, sizeof *r->items) < 0)
				return -ENOMEM;
			r->items[r->n++] = (struct page_range){offset, (uint32_t)take};
		}
		offset += take;
		length -= take;
	}
	return 0;
}

/* Length of the first run of s whose pages are all zero, or all not. */
static size_t run_length(struct span s, bool *ret_zero)
{
	size_t n = BLOB_PAGE_SIZE;

	*ret_zero = span_is_zero(SPAN(s.p, n));
	while (n < s.n && span_is_zero(SPAN(s.p + n, BLOB_PAGE_SIZE)) == *ret_zero)
		n += BLOB_PAGE_SIZE;
	return n;
}

static int add_chunk(struct page_ranges *r, uint64_t offset, struct span chunk)
{
	while (chunk.n > 0) {
		bool zero;
		size_t n = run_length(chunk, &zero);

		if (!zero && add(r, offset, n) < 0)
			return -ENOMEM;
		offset += n;
		chunk = span_skip(chunk, n);
	}
	return 0;
}

/* What of [*offset, size) may hold data; true if any. File systems that know no holes say that all does. */
static bool next_extent(int fd, uint64_t size, uint64_t *offset, uint64_t *ret_end)
{
	off_t data = lseek(fd, (off_t)*offset, SEEK_DATA);

	if (data < 0 && errno == ENXIO)
		return false;
	if (data >= 0)
		*offset = MAX(*offset, (uint64_t)data & ~(uint64_t)(BLOB_PAGE_SIZE - 1));

	off_t hole = data < 0 ? -1 : lseek(fd, data, SEEK_HOLE);

	*ret_end = hole < 0 ? size : MIN(size, align_up((uint64_t)hole, BLOB_PAGE_SIZE));
	return *offset < size;
}

static int find(int fd, uint64_t size, uint8_t *chunk, struct page_ranges *r)
{
	uint64_t at = 0, end;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if ((uint64_t)st.st_size < size)
		return -ENODATA;
	while (next_extent(fd, size, &at, &end))
		while (at < end) {
			size_t n = (size_t)MIN(end - at, (uint64_t)CHUNK_SIZE);
			int k = pread_full(fd, chunk, n, (off_t)at);

			if (k >= 0)
				k = add_chunk(r, at, SPAN(chunk, n));
			if (k < 0)
				return k;
			at += n;
		}
	return 0;
}

int page_ranges_find(int fd, uint64_t size, struct page_ranges *ret, struct error **err)
{
	_cleanup_(page_ranges_release) struct page_ranges found = {};
	_cleanup_free_ uint8_t *chunk = malloc(CHUNK_SIZE);
	int r = chunk ? find(fd, size, chunk, &found) : -ENOMEM;

	if (r == -ENODATA)
		return error_set(err, r, "the file ends before %llu bytes",
				 (unsigned long long)size);
	if (r < 0)
		return error_errno(err, -r, "cannot read what there is of data");
	*ret = found;
	found = (struct page_ranges){};
	return 0;
}
