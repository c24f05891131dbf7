#include "measure/disk_root.h"

#include <errno.h>

#include "base/text.h"
#include "formats/derived_uuid.h"
#include "formats/erofs.h"
#include "formats/gpt_firmware.h"

#define ROOT_HASH_KEY "roothash="
#define ROOT_HASH_SIZE 32u

static bool find_root_hash(struct span command_line, uint8_t ret[ROOT_HASH_SIZE])
{
	struct span word, start;

	while ((word = span_next_word(&command_line)).n) {
		if (span_slice(word, 0, strlen(ROOT_HASH_KEY), &start) &&
		    span_equal(start, SPAN_LITERAL(ROOT_HASH_KEY)))
			return hex_decode(span_skip(word, start.n), ret, ROOT_HASH_SIZE);
	}
	return false;
}

int disk_root_find(struct span raw, struct span command_line, struct span *ret, struct error **err)
{
	uint8_t root_hash[ROOT_HASH_SIZE];
	struct gpt_firmware table;
	struct guid wanted;
	int r;

	if (!find_root_hash(command_line, root_hash))
		return error_set(err, -ENOENT, "the command line names no root hash");
	wanted = uuid_guid(root_hash);
	r = gpt_firmware_parse(raw, &table, err);
	for (size_t i = 0; r >= 0 && i < table.table.n_entries; i++) {
		const struct gpt_entry *e = &table.table.entries[i];
		uint64_t offset, size;

		if (!guid_equal(&e->unique_partition_guid, &wanted))
			continue;
		return gpt_firmware_range(&table.table, e, &offset, &size) &&
				       span_slice(raw, offset, size, ret)
			       ? 0
			       : error_set(err, -ERROR_MALFORMED,
					   "the root partition lies outside the disk");
	}
	return r < 0 ? r
		     : error_set(err, -ENOENT,
				 "no partition is that of the root hash on the "
				 "command line");
}

int disk_root_has(struct span raw, struct span command_line, const char *path, bool *ret,
		  struct error **err)
{
	struct erofs_inode inode;
	struct erofs fs;
	struct span root;
	int r = disk_root_find(raw, command_line, &root, err);

	if (r >= 0)
		r = erofs_open(root, &fs, err);
	if (r < 0)
		return r;
	r = erofs_find(&fs, path, &inode, NULL);
	if (r == -ENOENT) {
		*ret = false;
		return 0;
	}
	r = erofs_find(&fs, path, &inode, err);
	if (r < 0)
		return error_wrap(err, r, "'%s'", path);
	*ret = true;
	return 0;
}
