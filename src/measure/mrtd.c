#include "measure/mrtd.h"

#include "base/parallel.h"

/* What is hashed of an operation: its name, and the guest's address at 16. */
#define BLOCK_SIZE 128u
#define BLOCK_ADDRESS 16u
/* TDH.MR.EXTEND measures pieces of this size. */
#define CHUNK_SIZE 256u

static const char *const names[PAGE_ORDERS] = {
	[PAGE_ORDER_ONE_PASS] = "one-pass",
	[PAGE_ORDER_TWO_PASS] = "two-pass",
};

const char *page_order_name(enum page_order o)
{
	return names[o];
}

bool page_order_from_name(const char *name, enum page_order *ret)
{
	for (size_t i = 0; i < PAGE_ORDERS; i++) {
		if (string_equal(name, names[i])) {
			*ret = (enum page_order)i;
			return true;
		}
	}
	return false;
}

static void add_block(struct digest_stream *stream, struct span operation, uint64_t address)
{
	uint8_t block[BLOCK_SIZE] = {0};

	memcpy(block, operation.p, operation.n);
	put_le64(block + BLOCK_ADDRESS, address);
	digest_stream_add(stream, SPAN(block, sizeof(block)));
}

static void add_page(struct digest_stream *stream, uint64_t address)
{
	add_block(stream, SPAN_LITERAL("MEM.PAGE.ADD"), address);
}

/* `data` is what the file has of the page; zeros follow. */
static void extend_page(struct digest_stream *stream, uint64_t address, struct span data)
{
	static const uint8_t zeros[CHUNK_SIZE];

	for (size_t at = 0; at < TDVF_PAGE_SIZE; at += CHUNK_SIZE) {
		size_t n = at < data.n ? MIN(data.n - at, (size_t)CHUNK_SIZE) : 0;

		add_block(stream, SPAN_LITERAL("MR.EXTEND"), address + at);
		if (n > 0)
			digest_stream_add(stream, SPAN(data.p + at, n));
		digest_stream_add(stream, SPAN(zeros, CHUNK_SIZE - n));
	}
}

static struct span page_data(struct span data, uint64_t at)
{
	return at < data.n ? SPAN(data.p + at, MIN(data.n - at, (uint64_t)TDVF_PAGE_SIZE))
			   : (struct span){0};
}

static void add_section(struct digest_stream *stream, const struct tdvf *t,
			const struct tdvf_section *s, enum page_order order)
{
	struct span data = tdvf_data(t, s);
	bool extend = s->attributes & TDVF_MR_EXTEND;

	for (uint64_t at = 0; at < s->memory_data_size; at += TDVF_PAGE_SIZE) {
		add_page(stream, s->memory_address + at);
		if (extend && order == PAGE_ORDER_ONE_PASS)
			extend_page(stream, s->memory_address + at, page_data(data, at));
	}
	for (uint64_t at = 0; extend && order == PAGE_ORDER_TWO_PASS && at < s->memory_data_size;
	     at += TDVF_PAGE_SIZE)
		extend_page(stream, s->memory_address + at, page_data(data, at));
}

struct work {
	const struct tdvf *firmware;
	struct digest *result;
};

static int run_order(void *context, size_t index, struct error **err)
{
	const struct work *work = context;
	_cleanup_(digest_stream_freep) struct digest_stream *stream =
		digest_stream_new(DIGEST_SHA384);

	if (!stream)
		return error_oom(err);
	for (size_t i = 0; i < work->firmware->n; i++) {
		const struct tdvf_section *s = &work->firmware->sections[i];

		if (!(s->attributes & TDVF_PAGE_AUG))
			add_section(stream, work->firmware, s, (enum page_order)index);
	}
	work->result[index] = digest_stream_end(stream);
	return 0;
}

int mrtd_compute(const struct tdvf *firmware, struct digest ret[PAGE_ORDERS], struct error **err)
{
	struct work work = {firmware, ret};

	return parallel_for(PAGE_ORDERS, 0, run_order, &work, err);
}
