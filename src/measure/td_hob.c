#include "measure/td_hob.h"

#include <inttypes.h>

/* EFI_HOB_HANDOFF_INFO_TABLE and EFI_HOB_RESOURCE_DESCRIPTOR */
#define HOB_TYPE_HANDOFF 1
#define HOB_TYPE_RESOURCE 3
#define HANDOFF_SIZE 56u
#define HANDOFF_VERSION 9
#define HANDOFF_END 48u /* EfiEndOfHobList */
#define RESOURCE_SIZE 48u
#define END_MARKER_SIZE 8u

#define RESOURCE_SYSTEM_MEMORY 0u
#define RESOURCE_MEMORY_UNACCEPTED 7u
/* present, initialized, tested */
#define ATTRIBUTES_USUAL 0x7u
#define ATTRIBUTES_ENCRYPTED 0x10000007u

#define HIGH_MEMORY (1ull << 32)
/* QEMU's q35 splits memory of this size and more, and then has so much of it below 4 GiB. */
#define QEMU_SPLIT_FROM 0xb0000000ull
#define QEMU_LOW_MEMORY 0x80000000ull
#define GOOGLE_LOW_MEMORY 0xc0000000ull

struct layout {
	/* The firmware's sections that are memory, ascending. */
	const struct tdvf_section *sorted[TDVF_SECTIONS_MAX];
	size_t n;
	uint64_t low;  /* end of memory below 4 GiB */
	uint64_t high; /* size of that above */
	uint32_t unaccepted_attributes;
	bool by_address; /* accepted ranges come in the order of addresses, between the others */
};

static int by_address(const void *a, const void *b)
{
	const struct tdvf_section *const *x = a, *const *y = b;

	return (*x)->memory_address < (*y)->memory_address ? -1 : 1;
}

static void put_range(struct buffer *b, uint32_t type, uint32_t attributes, uint64_t start,
		      uint64_t size)
{
	if (size == 0)
		return;
	buffer_put_le16(b, HOB_TYPE_RESOURCE);
	buffer_put_le16(b, RESOURCE_SIZE);
	buffer_put_le32(b, 0);
	buffer_put_zeros(b, 16); /* owner */
	buffer_put_le32(b, type);
	buffer_put_le32(b, attributes);
	buffer_put_le64(b, start);
	buffer_put_le64(b, size);
}

static void put_accepted(struct buffer *b, const struct tdvf_section *s)
{
	put_range(b, RESOURCE_SYSTEM_MEMORY, ATTRIBUTES_USUAL, s->memory_address,
		  s->memory_data_size);
}

static void put_ranges(const struct layout *l, struct buffer *b)
{
	uint64_t at = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct tdvf_section *s = l->sorted[i];

		put_range(b, RESOURCE_MEMORY_UNACCEPTED, l->unaccepted_attributes, at,
			  s->memory_address - at);
		if (l->by_address)
			put_accepted(b, s);
		at = s->memory_address + s->memory_data_size;
	}
	put_range(b, RESOURCE_MEMORY_UNACCEPTED, l->unaccepted_attributes, at, l->low - at);
	put_range(b, RESOURCE_MEMORY_UNACCEPTED, l->unaccepted_attributes, HIGH_MEMORY, l->high);
}

/* Chooses the sections that lie in memory, and checks that they do. */
static int lay_out(const struct tdvf *t, uint64_t memory, enum td_hob_host host, struct layout *l,
		   struct error **err)
{
	bool google = host == TD_HOB_GOOGLE;
	uint64_t split_from = google ? GOOGLE_LOW_MEMORY : QEMU_SPLIT_FROM;

	*l = (struct layout){
		.low = memory,
		.unaccepted_attributes = google ? ATTRIBUTES_ENCRYPTED : ATTRIBUTES_USUAL,
		.by_address = !google,
	};
	if (memory >= split_from) {
		l->low = google ? GOOGLE_LOW_MEMORY : QEMU_LOW_MEMORY;
		l->high = memory - l->low;
	}
	for (size_t i = 0; i < t->n; i++) {
		const struct tdvf_section *s = &t->sections[i];

		/* Volumes lie right below 4 GiB, where no memory is. */
		if (s->type == TDVF_BFV || s->type == TDVF_CFV)
			continue;
		if (s->memory_address + s->memory_data_size > l->low)
			return error_set(err, -ERROR_MALFORMED,
					 "0x%" PRIx64 " bytes of memory: the firmware's section "
					 "%s at 0x%" PRIx64 " lies beyond",
					 memory, tdvf_type_name(s->type), s->memory_address);
		if (google || s->type == TDVF_TD_HOB || s->type == TDVF_TEMP_MEM)
			l->sorted[l->n++] = s;
	}
	qsort(l->sorted, l->n, sizeof(l->sorted[0]), by_address);
	return 0;
}

int td_hob_build(const struct tdvf *t, uint64_t memory, enum td_hob_host host, struct buffer *ret,
		 struct error **err)
{
	const struct tdvf_section *list = tdvf_section(t, TDVF_TD_HOB);
	size_t start = ret->n;
	struct layout l;

	if (!list)
		return error_set(err, -ERROR_MALFORMED,
				 "TDX metadata: not exactly one section TD_HOB");

	int r = lay_out(t, memory, host, &l, err);

	if (r < 0)
		return r;
	buffer_put_le16(ret, HOB_TYPE_HANDOFF);
	buffer_put_le16(ret, HANDOFF_SIZE);
	buffer_put_le32(ret, 0);
	buffer_put_le32(ret, HANDOFF_VERSION);
	buffer_put_zeros(ret, HANDOFF_SIZE - 12);
	for (size_t i = 0; i < t->n && host == TD_HOB_GOOGLE; i++)
		put_accepted(ret, &t->sections[i]);
	put_ranges(&l, ret);
	if (!buffer_ok(ret))
		return error_oom(err);
	/* QEMU counts the end marker, Google does not. */
	put_le64(ret->p + start + HANDOFF_END, list->memory_address + (ret->n - start) +
						       (host == TD_HOB_QEMU ? END_MARKER_SIZE : 0));
	return 0;
}
