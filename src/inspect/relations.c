/* What in a disk follows from what: root hash, partition GUIDs, serial numbers. */
#include "inspect/inspection_parts.h"

#include <strings.h>

#include "formats/derived_uuid.h"

static bool follows(const struct guid *g, const char *label, struct span content)
{
	uint8_t id[16];
	struct guid derived;

	derived_uuid(label, content, id);
	derived = uuid_guid(id);
	return guid_equal(g, &derived);
}

/* The data of a hash partition: what has the GUID that its root hash gives, or else the one
 * partition before it that is large enough. */
static struct inspect_partition *find_data(struct inspection *in, size_t hash)
{
	const struct inspect_partition *v = &in->partitions[hash];
	struct guid wanted = uuid_guid(v->root_hash);
	struct inspect_partition *before = NULL;

	for (size_t i = 0; i < in->n_partitions; i++) {
		struct inspect_partition *p = &in->partitions[i];

		if (p->kind == CONTENT_VERITY || p->kind == CONTENT_FAT ||
		    p->content.n / VERITY_BLOCK_SIZE < v->verity.data_blocks)
			continue;
		if (guid_equal(&p->entry.unique_partition_guid, &wanted))
			return p;
		if (i + 1 == hash)
			before = p;
	}
	return before;
}

static void relate_verity(struct inspection *in)
{
	for (size_t i = 0; i < in->n_partitions; i++) {
		struct inspect_partition *v = &in->partitions[i], *data;
		struct guid end;

		if (v->kind != CONTENT_VERITY || v->verity.data_blocks == 0)
			continue;
		end = uuid_guid(v->root_hash + VERITY_DIGEST_SIZE - 16);
		if (guid_equal(&v->entry.unique_partition_guid, &end))
			v->guid_origin = GUID_ROOT_HASH_END;
		data = find_data(in, i);
		if (!data)
			continue;

		struct guid start = uuid_guid(v->root_hash);

		v->data_number = data->number;
		data->verity_number = v->number;
		if (guid_equal(&data->entry.unique_partition_guid, &start))
			data->guid_origin = GUID_ROOT_HASH_START;
	}
}

static void relate_program(struct inspection *in, struct inspect_program *p)
{
	for (size_t i = 0; i < in->n_partitions; i++) {
		const struct inspect_partition *v = &in->partitions[i];

		if (p->root_hash && v->kind == CONTENT_VERITY && v->verity.data_blocks > 0 &&
		    strcasecmp(p->root_hash, v->root_hash_hex) == 0)
			p->verity_number = v->number;
	}
}

/* The identifiers that tdnode derives from image and root hash. */
static void relate_content(struct inspection *in, const struct inspect_program *p,
			   const struct inspect_partition *v)
{
	struct digest uki = digest_bytes(DIGEST_SHA256, p->file);
	uint8_t content[2 * VERITY_DIGEST_SIZE], id[16];

	memcpy(content, uki.bytes, VERITY_DIGEST_SIZE);
	memcpy(content + VERITY_DIGEST_SIZE, v->root_hash, VERITY_DIGEST_SIZE);
	in->disk_guid_follows = follows(&in->gpt.disk_guid, "disk", SPAN(content, sizeof(content)));
	derived_uuid("esp volume", digest_span(&uki), id);
	for (size_t i = 0; i < in->n_partitions; i++) {
		struct inspect_partition *esp = &in->partitions[i];

		if (esp->number != p->partition)
			continue;
		esp->serial_follows = esp->fat.volume_id == get_be32(id);
		if (follows(&esp->entry.unique_partition_guid, "esp partition",
			    SPAN(content, sizeof(content))))
			esp->guid_origin = GUID_CONTENT;
	}
}

void inspect_relations(struct inspection *in)
{
	relate_verity(in);
	for (size_t i = 0; i < in->n_programs; i++) {
		struct inspect_program *p = &in->programs[i];
		const struct inspect_partition *v;

		relate_program(in, p);
		v = inspection_partition(in, p->verity_number);
		if (v && !in->disk_guid_follows)
			relate_content(in, p, v);
	}
}
