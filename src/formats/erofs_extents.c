/* Where the bytes of a file lie in an EROFS image, and how they are compressed. */
#include "formats/erofs.h"

#include <errno.h>
#include <inttypes.h>

#include "formats/decompress.h"

#define INCOMPAT_LZ4_0PADDING 0x1u

/* struct z_erofs_map_header */
#define MAP_HEADER_SIZE 8u
/* Between the header and a full index lie eight bytes that are reserved. */
#define FULL_INDEX_GAP 8u
#define FULL_INDEX_SIZE 8u

/* h_advise */
enum {
	ADVISE_COMPACTED_2B = 0x01,
	ADVISE_BIG_PCLUSTER_1 = 0x02,
	ADVISE_INLINE_PCLUSTER = 0x08,
	ADVISE_INTERLACED_PCLUSTER = 0x10,
	ADVISE_FRAGMENT_PCLUSTER = 0x20,
};
#define CLUSTER_BITS_FRAGMENT 0x80u

/* Types of a logical cluster. */
enum {
	CLUSTER_PLAIN,
	CLUSTER_HEAD1,
	CLUSTER_NONHEAD,
	CLUSTER_HEAD2,
};

/* In the first NONHEAD of a large cluster: the number of its blocks, not a distance. */
#define BLOCK_COUNT_FLAG 0x800u

/* Of compact indices. Clusters are larger only in images that nothing here can make. */
#define CLUSTER_BITS_MAX 14u
#define PACK_MAX 16u

/* LZ4 cannot grow more. */
#define LZ4_RATIO_MAX 255u

static const char *const algorithm_names[] = {"lz4", "lzma", "deflate", "zstd"};

static int malformed(const struct erofs_cursor *c, const char *what, struct error **err)
{
	return error_set(err, -ERROR_MALFORMED, "EROFS: inode %" PRIu64 ": %s", c->inode->nid,
			 what);
}

static int not_read(const struct erofs_inode *inode, const char *what, struct error **err)
{
	return error_set(err, -ERROR_UNSUPPORTED, "EROFS: inode %" PRIu64 ": %s", inode->nid, what);
}

static bool is_compressed(const struct erofs_inode *inode)
{
	return inode->layout == EROFS_COMPRESSED_FULL || inode->layout == EROFS_COMPRESSED_COMPACT;
}

static int init_compressed(struct erofs_cursor *c, struct error **err)
{
	uint64_t at = align_up(c->inode->end, 8);
	struct span header;

	if (!span_slice(c->fs->image, at, MAP_HEADER_SIZE, &header))
		return malformed(c, "the index lies outside the image", err);
	c->advise = get_le16(header.p + 4);
	c->algorithms = header.p[6];
	c->cluster_bits = c->fs->block_bits + (header.p[7] & 7);
	if (c->advise & ADVISE_FRAGMENT_PCLUSTER || header.p[7] & CLUSTER_BITS_FRAGMENT)
		return not_read(c->inode, "packed into another file (fragments)", err);
	if (c->advise & ADVISE_INLINE_PCLUSTER)
		return not_read(c->inode, "its tail is packed into the inode (ztailpacking)", err);
	if (c->cluster_bits > CLUSTER_BITS_MAX)
		return not_read(c->inode, "logical clusters of more than 16 KiB", err);
	c->index = at + MAP_HEADER_SIZE;
	if (c->inode->layout == EROFS_COMPRESSED_FULL)
		c->index += FULL_INDEX_GAP;
	/* Each cluster takes at least two bytes of index. */
	if (c->inode->size >> c->cluster_bits > c->fs->image.n / 2)
		return malformed(c, "its size does not fit its index", err);
	c->clusters = (c->inode->size + (1u << c->cluster_bits) - 1) >> c->cluster_bits;
	return 0;
}

int erofs_cursor_init(const struct erofs *fs, const struct erofs_inode *inode,
		      struct erofs_cursor *ret, struct error **err)
{
	struct erofs_cursor c = {.fs = fs, .inode = inode};
	int r = 0;

	if (inode->layout == EROFS_CHUNK_BASED)
		return not_read(inode, "made of chunks", err);
	if (is_compressed(inode))
		r = init_compressed(&c, err);
	if (r < 0)
		return r;
	*ret = c;
	return 0;
}

/* One logical cluster of an index. */
struct cluster {
	unsigned type;
	bool is_count;	   /* a NONHEAD whose value is a number of blocks */
	uint32_t value;	   /* of a head: where it begins in the cluster */
	uint64_t physical; /* of a head: its first block */
};

static int read_full_index(const struct erofs_cursor *c, uint64_t number, struct cluster *ret,
			   struct error **err)
{
	struct span s;

	if (!span_slice(c->fs->image, c->index + number * FULL_INDEX_SIZE, FULL_INDEX_SIZE, &s))
		return malformed(c, "the index lies outside the image", err);
	ret->type = get_le16(s.p) & 3;
	ret->value = ret->type == CLUSTER_NONHEAD ? get_le16(s.p + 4) : get_le16(s.p + 2);
	ret->physical = get_le32(s.p + 4);
	return 0;
}

/* Compact indices come in packs: values of some bits each, then the block of the first. */
struct pack {
	const uint8_t *bytes;
	unsigned count; /* of clusters */
	unsigned entry_bits;
	unsigned value_bits;
	uint32_t block;
};

/* Finds the pack of a cluster, and its place in it. At first come some clusters of four bytes, until
 * the packs are aligned; those after them may take two bytes each, in packs of 16. */
static int find_pack(const struct erofs_cursor *c, uint64_t number, struct pack *ret,
		     unsigned *ret_place, struct error **err)
{
	uint64_t initial = (32 - c->index % 32) / 4 & 7;
	uint64_t small = 0, at = c->index;
	unsigned size = 4;
	struct span s;

	if (c->advise & ADVISE_COMPACTED_2B && initial < c->clusters)
		small = (c->clusters - initial) / PACK_MAX * PACK_MAX;
	if (number >= initial && number - initial < small) {
		at += initial * 4 + (number - initial) * 2;
		size = 2;
	} else if (number >= initial) {
		at += initial * 4 + small * 2 + (number - initial - small) * 4;
	} else {
		at += number * 4;
	}
	ret->count = size == 4 ? 2 : PACK_MAX;
	if (size == 2 && c->cluster_bits > 12)
		return not_read(c->inode, "small indices of large clusters", err);

	uint64_t pack_size = (uint64_t)ret->count * size;
	uint64_t start = at / pack_size * pack_size;

	if (!span_slice(c->fs->image, start, pack_size, &s))
		return malformed(c, "the index lies outside the image", err);
	ret->bytes = s.p;
	ret->entry_bits = (unsigned)((pack_size - 4) * 8 / ret->count);
	ret->value_bits = MAX(c->cluster_bits, 12u);
	ret->block = get_le32(s.p + pack_size - 4);
	*ret_place = (unsigned)((at - start) / size);
	return 0;
}

static struct cluster read_pack(const struct pack *p, unsigned place)
{
	unsigned bit = place * p->entry_bits;
	uint32_t v = get_le32(p->bytes + bit / 8) >> bit % 8;
	struct cluster c = {
		.type = v >> p->value_bits & 3,
		.value = v & ((1u << p->value_bits) - 1),
	};

	return c;
}

/* The blocks of a pack follow each other: a head's are counted from the heads before it. */
static int read_compact_index(const struct erofs_cursor *c, uint64_t number, struct cluster *ret,
			      struct error **err)
{
	bool big = c->advise & ADVISE_BIG_PCLUSTER_1;
	struct pack p = {0};
	unsigned place = 0;
	int r = find_pack(c, number, &p, &place, err);

	if (r < 0)
		return r;
	*ret = read_pack(&p, place);
	if (ret->type == CLUSTER_NONHEAD) {
		ret->is_count = ret->value & BLOCK_COUNT_FLAG;
		ret->value &= ~BLOCK_COUNT_FLAG;
		return 0;
	}

	uint64_t blocks = big ? 0 : 1;

	for (unsigned i = 0; i < place; i++) {
		struct cluster before = read_pack(&p, i);
		bool counted = false;

		if (before.type == CLUSTER_NONHEAD) {
			if (big && before.value & BLOCK_COUNT_FLAG)
				blocks += before.value & ~BLOCK_COUNT_FLAG;
			continue;
		}
		/* A head whose count stands after it is counted there. */
		if (big && i + 1 < place) {
			struct cluster next = read_pack(&p, i + 1);

			counted = next.type == CLUSTER_NONHEAD && next.value & BLOCK_COUNT_FLAG;
		}
		blocks += !counted;
	}
	ret->physical = p.block + blocks;
	return 0;
}

static int read_index(const struct erofs_cursor *c, uint64_t number, struct cluster *ret,
		      struct error **err)
{
	*ret = (struct cluster){0};

	int r = c->inode->layout == EROFS_COMPRESSED_FULL ? read_full_index(c, number, ret, err)
							  : read_compact_index(c, number, ret, err);

	if (r >= 0 && ret->type == CLUSTER_NONHEAD && c->inode->layout == EROFS_COMPRESSED_FULL) {
		ret->is_count = ret->value & BLOCK_COUNT_FLAG;
		ret->value &= ~BLOCK_COUNT_FLAG;
	}
	if (r >= 0 && ret->type != CLUSTER_NONHEAD && ret->value >= 1u << c->cluster_bits)
		return malformed(c, "an extent begins outside its cluster", err);
	return r;
}

/* Goes to the next head: where the extent ends, and how many blocks it has. */
static int find_end(struct erofs_cursor *c, uint64_t *ret_end, uint64_t *ret_blocks,
		    struct error **err)
{
	uint64_t number = c->next + 1;

	*ret_blocks = 1ull << (c->cluster_bits - c->fs->block_bits);
	*ret_end = c->inode->size;
	for (; number < c->clusters; number++) {
		struct cluster next;
		int r = read_index(c, number, &next, err);

		if (r < 0)
			return r;
		if (next.type != CLUSTER_NONHEAD) {
			*ret_end = (number << c->cluster_bits) + next.value;
			break;
		}
		if (number == c->next + 1 && next.is_count)
			*ret_blocks = next.value;
	}
	c->next = number;
	return 0;
}

static int next_compressed(struct erofs_cursor *c, struct erofs_extent *e, struct error **err)
{
	struct cluster head;
	uint64_t end, blocks;
	struct span bytes;
	int r = read_index(c, c->next, &head, err);

	if (r < 0)
		return r;
	if (head.type == CLUSTER_NONHEAD || (c->next << c->cluster_bits) + head.value != c->at)
		return malformed(c, "its extents do not follow each other", err);
	r = find_end(c, &end, &blocks, err);
	if (r < 0)
		return r;
	if (end <= c->at || end > c->inode->size || blocks == 0)
		return malformed(c, "an extent has no bytes", err);
	*e = (struct erofs_extent){
		.offset = c->at,
		.length = end - c->at,
		.physical = head.physical << c->fs->block_bits,
		.physical_length = blocks << c->fs->block_bits,
		.compressed = head.type != CLUSTER_PLAIN,
		.interlaced = head.type == CLUSTER_PLAIN && c->advise & ADVISE_INTERLACED_PCLUSTER,
	};
	if (!span_slice(c->fs->image, e->physical, e->physical_length, &bytes))
		return malformed(c, "an extent lies outside the image", err);
	if (!e->compressed)
		return e->length <= e->physical_length
			       ? 0
			       : malformed(c, "an extent is longer than its blocks", err);

	unsigned algorithm = head.type == CLUSTER_HEAD1 ? c->algorithms & 15 : c->algorithms >> 4;

	if (algorithm != 0)
		return error_set(err, -ERROR_UNSUPPORTED,
				 "EROFS: inode %" PRIu64 ": compressed with %s", c->inode->nid,
				 algorithm < ARRAY_SIZE(algorithm_names)
					 ? algorithm_names[algorithm]
					 : "what is not known");
	if (e->length > EROFS_EXTENT_MAX || e->length > LZ4_RATIO_MAX * e->physical_length)
		return malformed(c, "an extent is longer than its blocks can hold", err);
	return 0;
}

static int next_flat(struct erofs_cursor *c, struct erofs_extent *e, struct error **err)
{
	const struct erofs_inode *inode = c->inode;
	uint64_t block = 1ull << c->fs->block_bits;
	uint64_t whole =
		inode->layout == EROFS_FLAT_INLINE ? inode->size / block * block : inode->size;
	struct span bytes;

	*e = (struct erofs_extent){.offset = c->at};
	if (c->at < whole) {
		e->length = whole;
		e->physical = (uint64_t)inode->i_u << c->fs->block_bits;
	} else {
		e->length = inode->size - whole;
		e->physical = inode->end;
	}
	e->physical_length = e->length;
	return span_slice(c->fs->image, e->physical, e->length, &bytes)
		       ? 0
		       : malformed(c, "its content lies outside the image", err);
}

int erofs_next(struct erofs_cursor *c, struct erofs_extent *ret, struct error **err)
{
	struct erofs_extent e = {0};

	if (c->at >= c->inode->size)
		return 0;

	int r = is_compressed(c->inode) ? next_compressed(c, &e, err) : next_flat(c, &e, err);

	if (r < 0)
		return r;
	c->at += e.length;
	*ret = e;
	return 1;
}

static int unpack(const struct erofs *fs, const struct erofs_extent *e, struct span packed,
		  struct buffer *scratch, struct error **err)
{
	uint8_t *out = buffer_extend(scratch, (size_t)e->length);

	if (!out)
		return error_oom(err);
	/* What the compressor left of its last block lies as zeros before the bytes. */
	while (fs->feature_incompat & INCOMPAT_LZ4_0PADDING && packed.n > 0 && packed.p[0] == 0)
		packed = span_skip(packed, 1);
	if (!decompress_lz4(packed, out, (size_t)e->length))
		return error_set(err, -ERROR_MALFORMED,
				 "EROFS: the LZ4 cluster at %" PRIu64 " is damaged", e->physical);
	return 0;
}

int erofs_extent_bytes(const struct erofs *fs, const struct erofs_extent *e, struct buffer *scratch,
		       struct span *ret, struct error **err)
{
	struct span packed;
	int r = 0;

	scratch->n = 0;
	if (!span_slice(fs->image, e->physical, e->physical_length, &packed))
		return error_set(err, -ERROR_MALFORMED, "EROFS: an extent lies outside the image");
	if (e->compressed) {
		r = unpack(fs, e, packed, scratch, err);
	} else if (e->interlaced) {
		size_t skip = (size_t)e->offset & (packed.n - 1);
		size_t right = (size_t)MIN(packed.n - skip, e->length);

		buffer_put(scratch, SPAN(packed.p + skip, right));
		buffer_put(scratch, SPAN(packed.p, (size_t)e->length - right));
		if (!buffer_ok(scratch))
			r = error_oom(err);
	} else {
		*ret = SPAN(packed.p, (size_t)e->length);
		return 0;
	}
	if (r >= 0)
		*ret = buffer_span(scratch);
	return r;
}
