#include "guest/disk/disk.h"

/* What is compared and written at once. */
#define BLOCK LUKS2_BINARY_SIZE

static void add(struct header_steps *l, uint32_t offset, uint32_t size)
{
	l->items[l->n++] = (struct header_step){offset, size};
}

static void add_sync(struct header_steps *l)
{
	add(l, 0, 0);
}

void header_plan_first(struct header_steps *ret)
{
	ret->n = 0;
	add(ret, BLOCK, LUKS2_HEADER_SIZE - BLOCK);
	add_sync(ret);
	add(ret, 0, BLOCK);
	add_sync(ret);
}

static bool in_use(const struct luks2 *checked, uint32_t offset)
{
	for (unsigned i = 0; i < LUKS2_SLOTS; i++) {
		const struct luks2_slot *s = &checked->slots[i];

		if (s->used && offset + BLOCK > s->area_offset &&
		    offset < s->area_offset + LUKS2_AREA_SIZE)
			return true;
	}
	return false;
}

/* The key slot blocks that changed: those that the old header uses, or those that it does not. */
static void add_areas(struct header_steps *l, const uint8_t *old, const struct luks2 *checked,
		      const uint8_t *new, bool used)
{
	for (uint32_t at = LUKS2_COPIES * LUKS2_COPY_SIZE; at < LUKS2_HEADER_SIZE; at += BLOCK) {
		if (in_use(checked, at) == used && memcmp(old + at, new + at, BLOCK) != 0)
			add(l, at, BLOCK);
	}
	add_sync(l);
}

void header_plan_replace(const uint8_t *old, const struct luks2 *checked, const uint8_t *new,
			 struct header_steps *ret)
{
	/* The copy that counts now goes last. */
	const unsigned order[LUKS2_COPIES] = {1 - checked->copy, checked->copy};

	ret->n = 0;
	add_areas(ret, old, checked, new, false);
	for (size_t i = 0; i < LUKS2_COPIES; i++) {
		add(ret, order[i] * LUKS2_COPY_SIZE, LUKS2_COPY_SIZE);
		add_sync(ret);
	}
	add_areas(ret, old, checked, new, true);
}
