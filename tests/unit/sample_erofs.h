/*
 * A small EROFS image, made by hand: a root directory with a file in whole blocks, a compressed file, a
 * directory and a symbolic link.
 */
#pragma once

#include <lz4.h>

#include "formats/erofs.h"

#define SAMPLE_BLOCK 4096u
#define SAMPLE_BLOCKS 5u
#define SAMPLE_SIZE (SAMPLE_BLOCKS * SAMPLE_BLOCK)

/* Numbers of inodes: places in slots of 32 bytes. */
#define SAMPLE_ROOT 40u
#define SAMPLE_FILE 60u
#define SAMPLE_PACKED 62u
#define SAMPLE_LINK 70u
#define SAMPLE_SUB 80u

#define SAMPLE_FILE_SIZE 5000u	 /* in the blocks 1 and 2 */
#define SAMPLE_PACKED_SIZE 8192u /* in block 3 */
#define SAMPLE_PACKED_INDEX (SAMPLE_PACKED * 32 + 32 + 8)

static inline void sample_inode(uint8_t *image, unsigned nid, unsigned layout, uint16_t mode,
				uint32_t size, uint32_t i_u)
{
	uint8_t *p = image + nid * 32;

	put_le16(p, (uint16_t)(layout << 1));
	put_le16(p + 4, mode);
	put_le16(p + 6, 1);
	put_le32(p + 8, size);
	put_le32(p + 16, i_u);
	put_le16(p + 24, 7);
	put_le16(p + 26, 8);
}

struct sample_entry {
	const char *name;
	unsigned nid;
};

/* A directory whose content lies after its inode. */
static inline void sample_directory(uint8_t *image, unsigned nid,
				    const struct sample_entry *entries, size_t n)
{
	uint8_t *content = image + nid * 32 + 32;
	size_t at = n * 12;

	for (size_t i = 0; i < n; i++) {
		put_le64(content + i * 12, entries[i].nid);
		put_le16(content + i * 12 + 8, (uint16_t)at);
		memcpy(content + at, entries[i].name, strlen(entries[i].name));
		at += strlen(entries[i].name);
	}
	sample_inode(image, nid, EROFS_FLAT_INLINE, 0040755, (uint32_t)at, 0);
}

static inline void sample_packed(uint8_t *image)
{
	char content[SAMPLE_PACKED_SIZE], packed[SAMPLE_BLOCK];
	uint8_t *index = image + SAMPLE_PACKED_INDEX;
	int n;

	memset(content, 'p', sizeof(content));
	n = LZ4_compress_default(content, packed, sizeof(content), sizeof(packed));
	memcpy(image + 4 * SAMPLE_BLOCK - n, packed, (size_t)n);
	sample_inode(image, SAMPLE_PACKED, EROFS_COMPRESSED_COMPACT, 0100644, SAMPLE_PACKED_SIZE,
		     1);
	put_le16(index, 1 << 12);	  /* HEAD1, begins at 0 */
	put_le16(index + 2, 2 << 12 | 1); /* NONHEAD, one after its head */
	put_le32(index + 4, 2);		  /* the block before the first */
}

/* calloc()ed. */
static inline uint8_t *sample_erofs(void)
{
	static const struct sample_entry root[] = {
		{".", SAMPLE_ROOT},    {"..", SAMPLE_ROOT},	  {"file", SAMPLE_FILE},
		{"link", SAMPLE_LINK}, {"packed", SAMPLE_PACKED}, {"sub", SAMPLE_SUB},
	};
	static const struct sample_entry sub[] = {{".", SAMPLE_SUB}, {"..", SAMPLE_ROOT}};
	uint8_t *image = calloc(1, SAMPLE_SIZE);
	uint8_t *super = image + 1024;

	if (!image)
		abort();
	put_le32(super, 0xe0f5e1e2);
	super[12] = 12;
	put_le16(super + 14, SAMPLE_ROOT);
	put_le64(super + 16, 5);
	put_le32(super + 36, SAMPLE_BLOCKS);
	put_le32(super + 80, 1); /* LZ4_0PADDING */
	sample_directory(image, SAMPLE_ROOT, root, ARRAY_SIZE(root));
	sample_directory(image, SAMPLE_SUB, sub, ARRAY_SIZE(sub));
	sample_inode(image, SAMPLE_FILE, EROFS_FLAT_PLAIN, 0100640, SAMPLE_FILE_SIZE, 1);
	memset(image + SAMPLE_BLOCK, 'f', SAMPLE_FILE_SIZE);
	sample_packed(image);
	sample_inode(image, SAMPLE_LINK, EROFS_FLAT_INLINE, 0120777, 4, 0);
	memcpy(image + SAMPLE_LINK * 32 + 32, "file", 4);
	return image;
}
