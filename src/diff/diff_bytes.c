/* Bytes against bytes, and the list of what differs. */
#include "diff/diff_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <sys/mman.h>

#include "base/parallel.h"

#define BLOCK 4096u
/* Compared by one thread at a time. */
#define RANGE ((size_t)8 << 20)

struct range_result {
	uint64_t first; /* offset; UINT64_MAX if the range is equal */
	uint64_t blocks;
};

struct compare_context {
	struct span a, b; /* of the same length */
	struct range_result *results;
};

static uint64_t first_difference(const uint8_t *a, const uint8_t *b, size_t n)
{
	size_t i = 0;

	while (i < n && a[i] == b[i])
		i++;
	return i;
}

/* Maps the pages of a range at once: one by one they cost more than the comparison. Only speed: where
 * the kernel does not know this, or the bytes are no map, nothing is lost. */
static void populate(const uint8_t *p, size_t n)
{
#ifdef MADV_POPULATE_READ
	uintptr_t start = (uintptr_t)p / BLOCK * BLOCK;

	(void)madvise((void *)start, n + ((uintptr_t)p - start), MADV_POPULATE_READ);
#else
	(void)p;
	(void)n;
#endif
}

static int compare_range(void *context, size_t index, struct error **err)
{
	const struct compare_context *c = context;
	struct range_result *result = &c->results[index];
	size_t start = index * RANGE, end = MIN(start + RANGE, c->a.n);

	(void)err;
	*result = (struct range_result){.first = UINT64_MAX};
	populate(c->a.p + start, end - start);
	populate(c->b.p + start, end - start);
	if (memcmp(c->a.p + start, c->b.p + start, end - start) == 0)
		return 0;
	for (size_t at = start; at < end; at += BLOCK) {
		size_t n = MIN((size_t)BLOCK, end - at);

		if (memcmp(c->a.p + at, c->b.p + at, n) == 0)
			continue;
		if (result->blocks++ == 0)
			result->first = at + first_difference(c->a.p + at, c->b.p + at, n);
	}
	return 0;
}

int diff_compare(struct span a, struct span b, struct byte_comparison *ret, struct error **err)
{
	size_t common = MIN(a.n, b.n), longer = MAX(a.n, b.n);
	size_t ranges = (common + RANGE - 1) / RANGE;
	_cleanup_free_ struct range_result *results = calloc(ranges + 1, sizeof(*results));
	struct compare_context c = {SPAN(a.p, common), SPAN(b.p, common), results};
	struct byte_comparison out = {.first = UINT64_MAX, .total = (longer + BLOCK - 1) / BLOCK};
	int r = results ? parallel_for(ranges, 0, compare_range, &c, err) : error_oom(err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ranges; i++) {
		out.first = MIN(out.first, results[i].first);
		out.blocks += results[i].blocks;
	}
	if (a.n != b.n) {
		/* The block in which the shorter one ends. */
		size_t start = common / BLOCK * BLOCK;

		out.first = MIN(out.first, (uint64_t)common);
		out.blocks += out.total - (common + BLOCK - 1) / BLOCK;
		if (common > start && memcmp(a.p + start, b.p + start, common - start) == 0)
			out.blocks++;
	}
	out.equal = out.first == UINT64_MAX;
	*ret = out;
	return 0;
}

static void difference_release(struct difference *i)
{
	string_list_release(&i->where);
	free(i->what);
	free(i->follows_from);
	for (size_t k = 0; k < DIFF_SIDES; k++)
		free(i->values[k]);
}

void diff_release(struct diff *d)
{
	for (size_t i = 0; i < d->n; i++)
		difference_release(&d->items[i]);
	for (size_t i = 0; i < DIFF_SIDES; i++)
		free(d->sides[i].name);
	free(d->items);
	string_list_release(&d->where);
	*d = (struct diff){0};
}

void diff_enter(struct diff *d, const char *fmt, ...)
{
	char *text = NULL;
	va_list arguments;

	va_start(arguments, fmt);
	if (vasprintf(&text, fmt, arguments) < 0 || string_list_take(&d->where, text) < 0)
		d->failed = true;
	va_end(arguments);
}

void diff_leave(struct diff *d)
{
	if (d->where.n > 0)
		free(d->where.items[--d->where.n]);
}

static char *copy_text(struct diff *d, const char *s)
{
	char *copy = s ? strdup(s) : NULL;

	d->failed |= s && !copy;
	return copy;
}

struct difference *diff_add(struct diff *d, const char *what, const char *a, const char *b,
			    const char *follows_from)
{
	if (d->n == DIFF_ITEMS_MAX ||
	    array_reserve(&d->items, &d->capacity, d->n + 1, sizeof(*d->items)) < 0) {
		d->truncated |= d->n == DIFF_ITEMS_MAX;
		d->failed |= d->n < DIFF_ITEMS_MAX;
		return NULL;
	}

	struct difference *i = &d->items[d->n++];

	*i = (struct difference){
		.what = copy_text(d, what),
		.values = {copy_text(d, a), copy_text(d, b)},
		.follows_from = copy_text(d, follows_from),
	};
	for (size_t k = 0; k < d->where.n; k++)
		d->failed |= string_list_add(&i->where, d->where.items[k]) < 0;
	return i;
}

void diff_add_numbers(struct diff *d, const char *what, uint64_t a, uint64_t b,
		      const char *follows_from)
{
	_cleanup_free_ char *text_a = string_printf("%" PRIu64, a);
	_cleanup_free_ char *text_b = string_printf("%" PRIu64, b);

	if (a != b)
		diff_add(d, what, text_a, text_b, follows_from);
}

void diff_add_bytes(struct diff *d, const char *what, struct span a, struct span b, uint64_t first,
		    const struct diff_place *place_a, const struct diff_place *place_b,
		    const char *follows_from)
{
	const struct span sides[DIFF_SIDES] = {a, b};
	struct difference *i = diff_add(d, what, NULL, NULL, follows_from);

	if (!i)
		return;
	i->has_bytes = true;
	i->offset = first;
	i->window_offset = first / DIFF_WINDOW * DIFF_WINDOW;
	for (size_t k = 0; k < DIFF_SIDES; k++) {
		const struct span s = sides[k];
		size_t n = s.n > i->window_offset
				   ? (size_t)MIN(s.n - i->window_offset, (uint64_t)DIFF_WINDOW)
				   : 0;

		if (n > 0)
			memcpy(i->window[k], s.p + i->window_offset, n);
		i->window_size[k] = n;
	}
	if (place_a)
		i->places[DIFF_A] = *place_a;
	if (place_b)
		i->places[DIFF_B] = *place_b;
}

void diff_add_content(struct diff *d, struct span a, struct span b, const struct byte_comparison *c,
		      const struct diff_place *place_a, const struct diff_place *place_b,
		      const char *follows_from)
{
	size_t before = d->n;

	diff_add_bytes(d, "content", a, b, c->first, place_a, place_b, follows_from);
	if (d->n == before)
		return;
	d->items[before].blocks = c->blocks;
	d->items[before].total_blocks = c->total;
}

struct diff_place diff_partition_place(const struct partition_pair *pair, int side, uint64_t offset)
{
	return (struct diff_place){
		.on_disk = true,
		.disk = pair->p[side]->offset + offset,
		.in_partition = true,
		.partition = offset,
	};
}
