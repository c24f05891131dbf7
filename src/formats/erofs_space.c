#include "formats/erofs_space.h"

#include <errno.h>

#include "base/text.h"

#define BLOCK EROFS_SPACE_BLOCK
#define INODE_ALIGN 32u
/* The head of the list of regions. */
#define HEAD 0u
/* Addresses are 32 bits. */
#define BLOCKS_MAX (UINT32_MAX - 1)

struct bucket {
	uint32_t first, last;
};

struct erofs_space {
	struct erofs_region *regions;
	size_t n, capacity;
	uint32_t last_placed;
	uint32_t end; /* blocks that have been given out */
	/* Regions of metadata by bytes in their last block (0: it is full), without address and with. */
	struct bucket buckets[2][BLOCK];
	uint64_t filled[2][BLOCK / 64];
};

static struct erofs_region *region(const struct erofs_space *s, uint32_t number)
{
	return &s->regions[number];
}

const struct erofs_region *erofs_space_region(const struct erofs_space *s, uint32_t number)
{
	return region(s, number);
}

size_t erofs_space_count(const struct erofs_space *s)
{
	return s->n;
}

struct erofs_space *erofs_space_new(void)
{
	struct erofs_space *s = calloc(1, sizeof *s);

	if (!s || array_reserve(&s->regions, &s->capacity, 1, sizeof *s->regions) < 0) {
		free(s);
		return NULL;
	}
	s->regions[HEAD] = (struct erofs_region){.address = EROFS_SPACE_NONE};
	s->n = 1;
	return s;
}

void erofs_space_free(struct erofs_space *s)
{
	if (!s)
		return;
	free(s->regions);
	free(s);
}

static void unlist(struct erofs_space *s, struct erofs_region *g)
{
	struct bucket *b = &s->buckets[g->listed_placed][g->fill];

	if (!g->listed)
		return;
	if (g->peer_previous)
		region(s, g->peer_previous)->peer_next = g->peer_next;
	else
		b->first = g->peer_next;
	if (g->peer_next)
		region(s, g->peer_next)->peer_previous = g->peer_previous;
	else
		b->last = g->peer_previous;
	if (!b->first)
		s->filled[g->listed_placed][g->fill / 64] &= ~(1ull << g->fill % 64);
	g->listed = false;
}

/* Puts it behind those that are as full. */
static void list(struct erofs_space *s, uint32_t number)
{
	struct erofs_region *g = region(s, number);

	if (!g->meta)
		return;
	unlist(s, g);
	g->fill = (uint16_t)(g->used % BLOCK);
	g->listed_placed = g->address != EROFS_SPACE_NONE;

	struct bucket *b = &s->buckets[g->listed_placed][g->fill];

	g->peer_previous = b->last;
	g->peer_next = 0;
	if (b->last)
		region(s, b->last)->peer_next = number;
	else
		b->first = number;
	b->last = number;
	s->filled[g->listed_placed][g->fill / 64] |= 1ull << g->fill % 64;
	g->listed = true;
}

/* Whether, and how: see fits(). */
struct fit {
	uint64_t offset, end;
	bool moves_end;
	uint32_t used; /* bytes of the last block */
};

/*
 * Looks whether a region can take `size` aligned bytes with `tail` more behind them in one block. Where it must
 * grow, nothing may lie behind it yet.
 */
static bool fits(const struct erofs_space *s, uint32_t number, uint64_t size, uint32_t align,
		 uint32_t tail, struct fit *ret)
{
	const struct erofs_region *g = region(s, number);
	uint64_t offset = align_up(g->used, align);
	uint64_t end = offset + size, full = (uint64_t)g->blocks * BLOCK;
	bool last = false;

	if ((end + BLOCK - 1) % BLOCK + tail >= BLOCK)
		return false;
	if (end + tail >= full) {
		bool grows = end + tail > full;

		if (grows && region(s, g->next)->address != EROFS_SPACE_NONE)
			return false;
		if (g->address != EROFS_SPACE_NONE) {
			last = s->end == g->address + g->blocks;
			if (grows && !last)
				return false;
		}
	}
	*ret = (struct fit){offset, end, last, (uint32_t)((end + BLOCK - 1) % BLOCK) + 1};
	return true;
}

static int put(struct erofs_space *s, uint32_t number, const struct fit *f, struct error **err)
{
	struct erofs_region *g = region(s, number);
	uint64_t blocks = MAX((uint64_t)g->blocks, (f->end + BLOCK - 1) / BLOCK);

	if (blocks > BLOCKS_MAX - s->end)
		return error_set(err, -EFBIG, "EROFS: more than %u blocks", BLOCKS_MAX);
	g->used = f->end;
	g->blocks = (uint32_t)blocks;
	if (f->moves_end)
		s->end = g->address + g->blocks;
	list(s, number);
	return 0;
}

/* The fullest bucket of at most `fill` and at least `least`: its number, or -1. */
static int bucket_below(const struct erofs_space *s, bool placed, unsigned fill, unsigned least)
{
	for (unsigned word = fill / 64 + 1; word > least / 64; word--) {
		uint64_t bits = s->filled[placed][word - 1];

		if (word - 1 == fill / 64 && fill % 64 != 63)
			bits &= (2ull << fill % 64) - 1;
		if (!bits)
			continue;

		unsigned found = (word - 1) * 64 + 63 - (unsigned)__builtin_clzll(bits);

		return found >= least ? (int)found : -1;
	}
	return -1;
}

/* Goes down through the buckets from *index, around from 0 to the top; `end` is not reached. */
static bool next_bucket(const struct erofs_space *s, bool placed, unsigned *index, unsigned end)
{
	unsigned from = *index % BLOCK, to = end % BLOCK;
	int found;

	if (*index <= end)
		return false;
	if (from <= to) {
		found = bucket_below(s, placed, from, 0);
		if (found >= 0) {
			*index = *index - from + (unsigned)found;
			return true;
		}
		*index -= BLOCK;
		found = bucket_below(s, placed, BLOCK - 1, to + 1);
	} else {
		found = bucket_below(s, placed, from, to + 1);
	}
	if (found < 0)
		return false;
	*index = *index - *index % BLOCK + (unsigned)found;
	return true;
}

struct search {
	uint64_t size;
	uint32_t align, tail;
	uint32_t best;	    /* region, 0 for none */
	uint32_t best_used; /* bytes of its last block then */
};

static bool consider(const struct erofs_space *s, struct search *q, uint32_t number)
{
	struct fit f;

	if (!fits(s, number, q->size, q->align, q->tail, &f))
		return false;
	if (f.used + q->tail > q->best_used) {
		q->best_used = f.used + q->tail;
		q->best = number;
	}
	return true;
}

/* The first of each bucket is tried, the fullest bucket first, until one fits. */
static void search_buckets(const struct erofs_space *s, struct search *q, bool placed,
			   unsigned index, unsigned end)
{
	for (; next_bucket(s, placed, &index, end); index--) {
		uint32_t number = s->buckets[placed][index % BLOCK].first;

		/* The last one that has an address is tried on its own. */
		if (placed && region(s, region(s, number)->next)->address == EROFS_SPACE_NONE) {
			number = region(s, number)->peer_next;
			if (!number)
				continue;
		}
		if (consider(s, q, number))
			return;
	}
}

/* A region of metadata that is there already. */
static uint32_t search(const struct erofs_space *s, uint64_t size, uint32_t align, uint32_t tail)
{
	struct search q = {.size = size, .align = align, .tail = tail};
	unsigned fill = (BLOCK - (unsigned)((size + tail) % BLOCK)) / align * align;
	unsigned end = BLOCK;

	if (size + tail < BLOCK) {
		search_buckets(s, &q, true, fill + BLOCK, end);
		end = fill + align - 1;
		if (s->last_placed != HEAD && region(s, s->last_placed)->meta)
			consider(s, &q, s->last_placed);
	}
	search_buckets(s, &q, false, fill + BLOCK, end);
	return q.best;
}

/* A new region: data before all that has no address yet, metadata behind. */
static int new_region(struct erofs_space *s, bool meta, uint32_t *ret, struct error **err)
{
	uint32_t number = (uint32_t)s->n;

	if (s->n >= UINT32_MAX ||
	    array_reserve(&s->regions, &s->capacity, s->n + 1, sizeof *s->regions) < 0)
		return error_oom(err);
	s->n++;

	uint32_t previous = meta ? region(s, HEAD)->previous : s->last_placed;
	uint32_t next = region(s, previous)->next;

	*region(s, number) = (struct erofs_region){
		.meta = meta,
		.address = EROFS_SPACE_NONE,
		.previous = previous,
		.next = next,
	};
	region(s, previous)->next = number;
	region(s, next)->previous = number;
	*ret = number;
	return 0;
}

int erofs_space_take(struct erofs_space *s, enum erofs_space_kind kind, uint64_t size,
		     uint32_t tail, struct erofs_item *ret, struct error **err)
{
	static const uint32_t aligns[] = {
		[EROFS_SPACE_DATA] = BLOCK,
		[EROFS_SPACE_META] = 1,
		[EROFS_SPACE_INODE] = INODE_ALIGN,
		[EROFS_SPACE_DIRECTORY_DATA] = BLOCK,
	};
	uint32_t align = aligns[kind];
	uint32_t number = align == BLOCK ? 0 : search(s, size, align, tail);
	struct fit f;
	int r = number ? 0 : new_region(s, kind != EROFS_SPACE_DATA, &number, err);

	if (r < 0)
		return r;
	/* mkfs.erofs leaves the empty region where it is. */
	if (!fits(s, number, size, align, tail, &f))
		return -ENOSPC;
	r = put(s, number, &f, err);
	if (r >= 0)
		*ret = (struct erofs_item){number, f.offset};
	return r;
}

int erofs_space_append(struct erofs_space *s, uint32_t number, uint64_t size,
		       struct erofs_item *ret, struct error **err)
{
	struct fit f;

	if (!fits(s, number, size, 1, 0, &f))
		return error_set(err, -EINVAL, "EROFS: a region cannot grow");

	int r = put(s, number, &f, err);

	if (r >= 0)
		*ret = (struct erofs_item){number, f.offset};
	return r;
}

static void place(struct erofs_space *s, uint32_t number)
{
	struct erofs_region *g = region(s, number);

	g->address = s->end;
	s->end += g->blocks;
	s->last_placed = number;
	list(s, number);
}

uint32_t erofs_space_place(struct erofs_space *s, uint32_t number)
{
	while (region(s, number)->address == EROFS_SPACE_NONE)
		place(s, region(s, s->last_placed)->next);
	return region(s, number)->address;
}

void erofs_space_close(struct erofs_space *s, uint32_t number)
{
	struct erofs_region *g = region(s, number);

	if (s->last_placed == number)
		s->last_placed = g->previous;
	unlist(s, g);
	region(s, g->previous)->next = g->next;
	region(s, g->next)->previous = g->previous;
}

uint32_t erofs_space_end(struct erofs_space *s)
{
	while (region(s, s->last_placed)->next != HEAD)
		place(s, region(s, s->last_placed)->next);
	return s->end;
}
