#include "image/pieces.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>

#include "base/text.h"

void pieces_release(struct pieces *p)
{
	for (size_t i = 0; i < p->n_files; i++)
		closep(&p->files[i]);
	free(p->files);
	free(p->items);
	*p = (struct pieces){0};
}

int pieces_open(struct pieces *p, const char *path, int *ret_file, struct error **err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_errno(err, errno, "%s", path);
	if (array_reserve(&p->files, &p->files_capacity, p->n_files + 1, sizeof *p->files) < 0)
		return error_oom(err);
	*ret_file = fd;
	p->files[p->n_files++] = TAKE_FD(fd);
	return 0;
}

static int add(struct pieces *p, const struct piece *piece, struct error **err)
{
	if (piece->size == 0)
		return 0;
	if (array_reserve(&p->items, &p->capacity, p->n + 1, sizeof *p->items) < 0)
		return error_oom(err);
	p->items[p->n++] = *piece;
	return 0;
}

int pieces_add_bytes(struct pieces *p, uint64_t offset, struct span bytes, struct error **err)
{
	return add(p, &(struct piece){.offset = offset, .size = bytes.n, .bytes = bytes.p}, err);
}

int pieces_add_file(struct pieces *p, uint64_t offset, uint64_t size, int file, uint64_t at,
		    struct error **err)
{
	return add(p, &(struct piece){.offset = offset, .size = size, .file = file, .at = at}, err);
}

int pieces_add_pieces(struct pieces *p, uint64_t offset, const struct pieces *from,
		      struct error **err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < from->n; i++) {
		struct piece piece = from->items[i];

		piece.offset += offset;
		r = add(p, &piece, err);
	}
	return r;
}

static int compare(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

int pieces_sort(struct pieces *p, struct error **err)
{
	uint64_t end = 0;

	if (p->n)
		qsort(p->items, p->n, sizeof *p->items, compare);
	for (size_t i = 0; i < p->n; i++) {
		const struct piece *piece = &p->items[i];

		if (piece->offset < end || piece->size > p->size ||
		    piece->offset > p->size - piece->size)
			return error_set(err, -EINVAL, "two things at byte %" PRIu64,
					 piece->offset);
		end = piece->offset + piece->size;
	}
	return 0;
}

/* The first piece that ends behind `offset`. */
static size_t find(const struct pieces *p, uint64_t offset)
{
	size_t low = 0, high = p->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->items[middle].offset + p->items[middle].size <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int read_at(int fd, uint64_t at, uint8_t *ret, size_t n, struct error **err)
{
	while (n > 0) {
		ssize_t got = pread(fd, ret, n, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return error_errno(err, got < 0 ? errno : ENODATA,
					   "cannot read at byte %" PRIu64, at);
		ret += got;
		at += (uint64_t)got;
		n -= (size_t)got;
	}
	return 0;
}

int pieces_read(const struct pieces *p, uint64_t offset, uint8_t *ret, size_t n, struct error **err)
{
	uint64_t end = offset + n, done = offset;

	for (size_t i = find(p, offset); i < p->n && p->items[i].offset < end; i++) {
		const struct piece *piece = &p->items[i];
		uint64_t from = MAX(offset, piece->offset);
		size_t size = (size_t)(MIN(end, piece->offset + piece->size) - from);
		uint8_t *to = ret + (from - offset);
		int r = 0;

		memset(ret + (done - offset), 0, (size_t)(from - done));
		if (piece->bytes)
			memcpy(to, piece->bytes + (from - piece->offset), size);
		else
			r = read_at(piece->file, piece->at + (from - piece->offset), to, size, err);
		if (r < 0)
			return r;
		done = from + size;
	}
	memset(ret + (done - offset), 0, (size_t)(end - done));
	return 0;
}
