/* The index of an unpacked package: what is accepted keeps within the data. */
#include "fuzz.h"

#include "packages/unpack_index.h"

#define DATA_SIZE 1000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct unpacked u = {0};

	if (unpack_index_parse(SPAN(data, size), "data", DATA_SIZE, "fuzz", &u, NULL) < 0)
		return 0;
	for (size_t i = 0; i < tree_count(u.tree); i++) {
		const struct tree_entry *e = tree_at(u.tree, i);

		if (e->type == TREE_FILE && (e->content.offset > DATA_SIZE ||
					     e->content.size > DATA_SIZE - e->content.offset))
			abort();
	}

	_cleanup_free_ size_t *first = tree_first_names(u.tree);

	for (size_t i = 0; i < tree_count(u.tree); i++) {
		if (!first || first[i] > i || first[first[i]] != first[i])
			abort();
	}
	unpacked_release(&u);
	return 0;
}
