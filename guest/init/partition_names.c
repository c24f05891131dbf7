#include "guest/init/init.h"

/* The stored form, whose first three fields are little-endian, of sixteen bytes in the order of the
 * text form. */
static struct guid guid_of(const uint8_t *text_order)
{
	struct guid g;

	put_le32(g.bytes, get_be32(text_order));
	put_le16(g.bytes + 4, get_be16(text_order + 4));
	put_le16(g.bytes + 6, get_be16(text_order + 6));
	memcpy(g.bytes + 8, text_order + 8, 8);
	return g;
}

void partition_guids(const struct root_hash *hash, struct guid *ret_root, struct guid *ret_verity)
{
	*ret_root = guid_of(hash->bytes);
	*ret_verity = guid_of(hash->bytes + ROOT_HASH_SIZE - 16);
}

const struct gpt_entry *partition_find(const struct gpt *table, const struct guid *guid)
{
	for (size_t i = 0; i < table->n_entries; i++) {
		const struct gpt_entry *e = &table->entries[i];

		if (guid_equal(&e->unique_partition_guid, guid))
			return e;
	}
	return NULL;
}
