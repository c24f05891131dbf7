#include "formats/erofs_piece.h"

#include <errno.h>
#include <inttypes.h>

#define BLOCK_BITS 12u
#define BLOCK (1u << BLOCK_BITS)
#define HEADER_SIZE 8u

/* h_advise: small indices, clusters of several blocks (also in the second algorithm's). */
#define ADVISE_EXPECTED 0x7u

/* Packs of two indices have 8 bytes, packs of 16 have 32; the last four bytes are a block. */
#define SMALL_PACK 8u
#define SMALL_COUNT 2u
#define LARGE_PACK 32u
#define LARGE_COUNT 16u
/* Behind an extended inode and the header come six of four bytes each, then packs of 16 are aligned. */
#define INITIAL 6u

struct packs {
	uint64_t initial, large, end; /* how many packs of each kind */
};

static struct packs packs_of(uint64_t size)
{
	uint64_t n = (size + BLOCK - 1) / BLOCK;
	struct packs p = {0};

	if (n >= INITIAL) {
		p.initial = INITIAL / SMALL_COUNT;
		p.large = (n - INITIAL) / LARGE_COUNT;
		n -= INITIAL + p.large * LARGE_COUNT;
	}
	p.end = (n + SMALL_COUNT - 1) / SMALL_COUNT;
	return p;
}

static uint64_t index_size(uint64_t size)
{
	struct packs p = packs_of(size);

	return HEADER_SIZE + (p.initial + p.end) * SMALL_PACK + p.large * LARGE_PACK;
}

static uint8_t *move_packs(uint8_t *at, uint64_t n, size_t size, uint32_t delta)
{
	for (; n > 0; n--) {
		at += size;
		put_le32(at - 4, get_le32(at - 4) + delta);
	}
	return at;
}

void erofs_index_move(uint8_t *index, uint64_t size, uint32_t delta)
{
	struct packs p = packs_of(size);
	uint8_t *at = move_packs(index + HEADER_SIZE, p.initial, SMALL_PACK, delta);

	at = move_packs(at, p.large, LARGE_PACK, delta);
	move_packs(at, p.end, SMALL_PACK, delta);
}

static int refuse(const struct erofs_inode *inode, const char *what, struct error **err)
{
	return error_set(err, -ERROR_UNSUPPORTED,
			 "EROFS: inode %" PRIu64 " cannot be put into another image: %s",
			 inode->nid, what);
}

static int compressed_piece(const struct erofs *fs, const struct erofs_inode *inode,
			    struct erofs_piece *p, struct error **err)
{
	struct erofs_extent first = {0};
	struct erofs_cursor c;
	struct span data;
	int r;

	if (inode->has_xattrs || inode->end - inode->offset != 64)
		return refuse(inode, "its inode has another size", err);
	if (inode->size / BLOCK > fs->image.n ||
	    !span_slice(fs->image, inode->end, index_size(inode->size), &p->index))
		return error_set(err, -ERROR_MALFORMED,
				 "EROFS: inode %" PRIu64 ": the index lies outside the image",
				 inode->nid);
	r = erofs_cursor_init(fs, inode, &c, err);
	if (r >= 0)
		r = erofs_next(&c, &first, err);
	if (r < 0)
		return r;
	if (c.advise != ADVISE_EXPECTED || c.algorithms != 0 || c.cluster_bits != BLOCK_BITS)
		return refuse(inode, "its index is of another kind", err);
	p->blocks = inode->i_u;
	p->data = first.physical;
	p->index_base = (uint32_t)(first.physical >> BLOCK_BITS);
	return span_slice(fs->image, p->data, (uint64_t)p->blocks << BLOCK_BITS, &data)
		       ? 0
		       : error_set(err, -ERROR_MALFORMED,
				   "EROFS: inode %" PRIu64 ": its blocks lie outside the image",
				   inode->nid);
}

static int plain_piece(const struct erofs *fs, const struct erofs_inode *inode,
		       struct erofs_piece *p, struct error **err)
{
	struct span whole = {0};
	uint64_t at = (uint64_t)inode->i_u << BLOCK_BITS, n = inode->size / BLOCK * BLOCK;
	uint64_t tail = inode->layout == EROFS_FLAT_INLINE ? inode->end : at + n;

	if (inode->size == 0)
		return 0;
	p->data = at;
	if ((n > 0 && !span_slice(fs->image, at, n, &whole)) ||
	    (inode->size > n && !span_slice(fs->image, tail, inode->size - n, &p->tail)))
		return error_set(err, -ERROR_MALFORMED,
				 "EROFS: inode %" PRIu64 ": its content lies outside the image",
				 inode->nid);
	return 0;
}

int erofs_piece(const struct erofs *fs, const struct erofs_inode *inode, struct erofs_piece *ret,
		struct error **err)
{
	struct erofs_piece p = {.size = inode->size};
	int r;

	if (fs->block_bits != BLOCK_BITS)
		return refuse(inode, "its blocks have another size", err);
	switch (inode->layout) {
	case EROFS_COMPRESSED_COMPACT:
		r = compressed_piece(fs, inode, &p, err);
		break;
	case EROFS_FLAT_PLAIN:
	case EROFS_FLAT_INLINE:
		r = plain_piece(fs, inode, &p, err);
		break;
	default:
		return refuse(inode, "its layout is another", err);
	}
	if (r >= 0)
		*ret = p;
	return r;
}
