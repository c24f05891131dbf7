#include "formats/erofs.h"

#include <errno.h>
#include <inttypes.h>

#include "formats/erofs_superblock.h"

/* Up to XATTR_PREFIXES; those above change the meaning of fields that are read here. */
#define INCOMPAT_KNOWN 0x7fu

#define INODE_SLOT 32u
#define INODE_COMPACT_SIZE 32u
#define INODE_EXTENDED_SIZE 64u
#define XATTR_HEADER_SIZE 12u

#define DIRENT_SIZE 12u

/* CRC-32C of a block at most: speed does not matter. */
static uint32_t crc32c(uint32_t crc, struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		crc ^= s.p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return crc;
}

/* The sum is over the rest of the block that holds the superblock, with its own field as zero. */
bool erofs_checksum(struct span first, unsigned block_bits, uint32_t *ret)
{
	static const uint8_t zero[4];
	size_t block = (size_t)1 << block_bits;
	struct span s;

	if (!span_slice(first, EROFS_SUPER_OFFSET,
			block > EROFS_SUPER_OFFSET ? block - EROFS_SUPER_OFFSET : block, &s) ||
	    s.n < 8)
		return false;

	uint32_t crc = crc32c(~0u, SPAN(s.p, 4));

	crc = crc32c(crc, SPAN(zero, sizeof(zero)));
	*ret = crc32c(crc, span_skip(s, 8));
	return true;
}

static bool checksum_ok(struct span image, unsigned block_bits, uint32_t expected)
{
	uint32_t sum;

	return erofs_checksum(image, block_bits, &sum) && sum == expected;
}

int erofs_open(struct span image, struct erofs *ret, struct error **err)
{
	const uint8_t *p = NULL;
	int r = erofs_superblock(image, &p, err);

	if (r < 0)
		return r;

	struct erofs fs = {
		.feature_compat = get_le32(p + 8),
		.block_bits = erofs_block_bits(p),
		.root_nid = get_le16(p + 14),
		.inos = get_le64(p + 16),
		.build_time = get_le64(p + 24),
		.blocks = erofs_blocks(p),
		.meta_blkaddr = get_le32(p + 40),
		.feature_incompat = get_le32(p + 80),
		.checksum_ok = true,
	};

	memcpy(fs.uuid, p + 48, sizeof(fs.uuid));
	if (fs.feature_incompat & ~INCOMPAT_KNOWN)
		return error_set(err, -ERROR_UNSUPPORTED,
				 "EROFS: features 0x%" PRIx32 " are not known",
				 fs.feature_incompat & ~INCOMPAT_KNOWN);
	/* Directories of several blocks. */
	if (p[90] != 0)
		return error_set(err, -ERROR_UNSUPPORTED,
				 "EROFS: directory blocks of another size");
	if (!span_slice(image, 0, (uint64_t)fs.blocks << fs.block_bits, &fs.image))
		return error_set(err, -ERROR_MALFORMED,
				 "EROFS: %" PRIu32 " blocks do not fit into %zu bytes", fs.blocks,
				 image.n);
	if (fs.feature_compat & EROFS_COMPAT_SB_CHKSUM)
		fs.checksum_ok = checksum_ok(image, fs.block_bits, get_le32(p + 4));
	*ret = fs;
	return 0;
}

static void parse_compact(const uint8_t *p, const struct erofs *fs, struct erofs_inode *i)
{
	i->nlink = get_le16(p + 6);
	i->size = get_le32(p + 8);
	i->uid = get_le16(p + 24);
	i->gid = get_le16(p + 26);
	i->mtime = fs->build_time;
}

static void parse_extended(const uint8_t *p, struct erofs_inode *i)
{
	i->size = get_le64(p + 8);
	i->uid = get_le32(p + 24);
	i->gid = get_le32(p + 28);
	i->mtime = get_le64(p + 32);
	i->nlink = get_le32(p + 44);
}

static int no_inode(uint64_t nid, struct error **err)
{
	return error_set(err, -ERROR_MALFORMED, "EROFS: inode %" PRIu64 " lies outside the image",
			 nid);
}

int erofs_inode(const struct erofs *fs, uint64_t nid, struct erofs_inode *ret, struct error **err)
{
	uint64_t meta = (uint64_t)fs->meta_blkaddr << fs->block_bits;
	struct span s;

	if (nid > fs->image.n / INODE_SLOT ||
	    !span_slice(fs->image, meta + nid * INODE_SLOT, INODE_COMPACT_SIZE, &s))
		return no_inode(nid, err);

	uint16_t format = get_le16(s.p);
	uint16_t xattrs = get_le16(s.p + 2);
	bool extended = format & 1;
	struct erofs_inode i = {
		.nid = nid,
		.offset = meta + nid * INODE_SLOT,
		.layout = (enum erofs_layout)(format >> 1 & 7),
		.mode = get_le16(s.p + 4),
		.has_xattrs = xattrs > 0,
	};
	size_t size = extended ? INODE_EXTENDED_SIZE : INODE_COMPACT_SIZE;

	if (format >> 4 || i.layout > EROFS_CHUNK_BASED)
		return error_set(err, -ERROR_UNSUPPORTED,
				 "EROFS: inode %" PRIu64 " has the format 0x%x, which is not known",
				 nid, format);
	if (!span_slice(fs->image, i.offset, size, &s))
		return no_inode(nid, err);
	i.i_u = get_le32(s.p + 16);
	i.end = i.offset + size;
	if (xattrs > 0)
		i.end += XATTR_HEADER_SIZE + 4u * (xattrs - 1u);
	if (extended)
		parse_extended(s.p, &i);
	else
		parse_compact(s.p, fs, &i);
	if (i.end > fs->image.n)
		return no_inode(nid, err);
	*ret = i;
	return 0;
}

int erofs_read(const struct erofs *fs, const struct erofs_inode *inode, struct buffer *ret,
	       struct error **err)
{
	_cleanup_(buffer_release) struct buffer scratch = BUFFER_INIT(EROFS_EXTENT_MAX);
	struct erofs_extent e;
	struct erofs_cursor c;
	struct span bytes;
	int r = erofs_cursor_init(fs, inode, &c, err);

	if (r >= 0 && inode->size > ret->max)
		return error_set(err, -EFBIG,
				 "EROFS: inode %" PRIu64 " has %" PRIu64 " bytes, more than %zu",
				 inode->nid, inode->size, ret->max);
	while (r >= 0 && (r = erofs_next(&c, &e, err)) > 0) {
		r = erofs_extent_bytes(fs, &e, &scratch, &bytes, err);
		if (r >= 0)
			buffer_put(ret, bytes);
	}
	if (r < 0)
		return r;
	return buffer_ok(ret) ? 0 : error_oom(err);
}

/* A name ends where the next one begins, the last of a block at its NUL or at the block's end. */
static bool take_name(struct span block, size_t start, size_t end, struct span *ret)
{
	if (start > end || end > block.n)
		return false;

	struct span name = SPAN(block.p + start, end - start);
	const uint8_t *nul = name.n ? memchr(name.p, '\0', name.n) : NULL;

	if (nul)
		name.n = (size_t)(nul - name.p);
	*ret = name;
	return name.n > 0 && name.n <= EROFS_NAME_MAX && !memchr(name.p, '/', name.n);
}

static int list_block(struct span block, const struct erofs_inode *directory, erofs_visit visit,
		      void *context, struct error **err)
{
	size_t first = block.n >= DIRENT_SIZE ? get_le16(block.p + 8) : 0;
	size_t n = first / DIRENT_SIZE;

	if (n == 0 || first % DIRENT_SIZE != 0 || first > block.n)
		return error_set(err, -ERROR_MALFORMED,
				 "EROFS: directory %" PRIu64 " is damaged: names at %zu",
				 directory->nid, first);
	for (size_t i = 0; i < n; i++) {
		const uint8_t *entry = block.p + i * DIRENT_SIZE;
		size_t end = i + 1 < n ? get_le16(entry + DIRENT_SIZE + 8) : block.n;
		struct span name;

		if (!take_name(block, get_le16(entry + 8), end, &name))
			return error_set(err, -ERROR_MALFORMED,
					 "EROFS: directory %" PRIu64
					 " is damaged: the name of entry %zu",
					 directory->nid, i);
		if (span_equal(name, SPAN_LITERAL(".")) || span_equal(name, SPAN_LITERAL("..")))
			continue;

		int r = visit(context, name, get_le64(entry), err);

		if (r < 0)
			return r;
	}
	return 0;
}

int erofs_list(const struct erofs *fs, const struct erofs_inode *directory, erofs_visit visit,
	       void *context, struct error **err)
{
	_cleanup_(buffer_release) struct buffer content = BUFFER_INIT(EROFS_DIRECTORY_MAX);
	size_t block = (size_t)1 << fs->block_bits;

	if ((directory->mode & EROFS_MODE_TYPE) != EROFS_MODE_DIRECTORY)
		return error_set(err, -ENOTDIR, "EROFS: inode %" PRIu64 " is no directory",
				 directory->nid);

	int r = erofs_read(fs, directory, &content, err);

	for (size_t at = 0; r >= 0 && at < content.n; at += block)
		r = list_block(SPAN(content.p + at, MIN(block, content.n - at)), directory, visit,
			       context, err);
	return r;
}

struct search {
	struct span name;
	uint64_t nid;
	bool found;
};

static int compare_name(void *context, struct span name, uint64_t nid, struct error **err)
{
	struct search *s = context;

	(void)err;
	if (!s->found && span_equal(name, s->name)) {
		s->nid = nid;
		s->found = true;
	}
	return 0;
}

int erofs_find(const struct erofs *fs, const char *path, struct erofs_inode *ret,
	       struct error **err)
{
	struct erofs_inode inode;
	int r = erofs_inode(fs, fs->root_nid, &inode, err);

	for (const char *rest = path; r >= 0 && *rest != '\0';) {
		struct search s = {.name = SPAN(rest, strcspn(rest, "/"))};

		r = erofs_list(fs, &inode, compare_name, &s, err);
		if (r >= 0 && !s.found)
			r = error_set(err, -ENOENT, "EROFS: no '%s'", path);
		if (r >= 0)
			r = erofs_inode(fs, s.nid, &inode, err);
		rest += s.name.n;
		rest += *rest == '/';
	}
	if (r < 0)
		return r;
	*ret = inode;
	return 0;
}
