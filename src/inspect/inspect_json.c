#include <inttypes.h>

#include "inspect/json_parts.h"
#include "inspect/inspection_report.h"

json_t *inspect_json_text(const char *s)
{
	if (!s)
		return json_null();

	json_t *j = json_string(s);
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(3 * strlen(s) + 1);

	if (j)
		return j;
	for (; *s; s++) {
		if ((uint8_t)*s < 0x80)
			buffer_put_u8(&b, (uint8_t)*s);
		else
			buffer_put_string(&b, "\xef\xbf\xbd");
	}
	return buffer_ok(&b) ? json_string(buffer_text(&b)) : NULL;
}

static json_t *guid_json(const struct guid *g)
{
	char text[GUID_TEXT_SIZE];

	guid_format(g, text);
	return json_string(text);
}

static json_t *number_json(uint64_t v)
{
	return json_integer((json_int_t)v);
}

/* A partition number, null for none. */
static json_t *partition_number_json(unsigned number)
{
	return number ? number_json(number) : json_null();
}

static json_t *fat_file_json(const struct inspect_file *f)
{
	if (f->fat.is_directory)
		return json_pack("{s:o, s:s}", "path", inspect_json_text(f->path), "type",
				 "directory");
	if (f->problem)
		return json_pack("{s:o, s:s, s:I, s:o}", "path", inspect_json_text(f->path), "type",
				 "file", "size", (json_int_t)f->fat.size, "not_read",
				 inspect_json_text(f->problem));
	return json_pack("{s:o, s:s, s:I, s:o}", "path", inspect_json_text(f->path), "type", "file",
			 "size", (json_int_t)f->fat.size, "sha256", json_digest(&f->sha256));
}

static json_t *fat_json(const struct inspect_partition *p)
{
	json_t *files = json_array();
	bool ok = files;
	char serial[9];

	snprintf(serial, sizeof(serial), "%08" PRIx32, p->fat.volume_id);
	for (size_t i = 0; ok && i < p->n_files; i++)
		ok = json_array_append_new(files, fat_file_json(&p->files[i])) == 0;
	return json_complete(json_pack("{s:s, s:b, s:o}", "serial", serial, "serial_follows",
				       p->serial_follows, "files", files),
			     ok);
}

static json_t *verity_json(const struct inspect_partition *p)
{
	char salt[2 * VERITY_SALT_MAX + 1];

	hex_encode(SPAN(p->verity.salt, p->verity.salt_size), salt);
	return json_pack("{s:s, s:s, s:I, s:o, s:b}", "root_hash", p->root_hash_hex, "salt", salt,
			 "data_blocks", (json_int_t)p->verity.data_blocks, "data_partition",
			 partition_number_json(p->data_number), "verified", p->verified);
}

static json_t *packages_json(const struct package_list *l)
{
	json_t *packages = json_array(), *components = json_array();
	bool ok = packages && components;

	for (size_t i = 0; ok && i < l->n; i++) {
		const struct package_list_item *p = &l->items[i];

		ok = json_array_append_new(p->architecture ? packages : components,
					   p->architecture
						   ? json_pack("{s:s, s:s, s:s}", "name", p->name,
							       "version", p->version,
							       "architecture", p->architecture)
						   : json_pack("{s:s, s:s}", "name", p->name,
							       "version", p->version)) == 0;
	}
	return json_complete(json_pack("{s:s, s:b, s:o, s:o}", "image", l->image, "debug", l->debug,
				       "packages", packages, "components", components),
			     ok);
}

static json_t *erofs_json(const struct inspect_partition *p)
{
	char uuid[2 * sizeof(p->erofs.uuid) + 1];

	hex_encode(SPAN(p->erofs.uuid, sizeof(p->erofs.uuid)), uuid);

	json_t *j =
		json_pack("{s:s, s:I, s:I, s:I}", "uuid", uuid, "inodes", (json_int_t)p->erofs.inos,
			  "block_size", (json_int_t)1 << p->erofs.block_bits, "blocks",
			  (json_int_t)p->erofs.blocks);
	bool ok = j && json_object_set_new(j, "verity_partition",
					   partition_number_json(p->verity_number)) == 0;

	if (p->packages_problem)
		ok = ok && json_object_set_new(j, "no_manifest",
					       inspect_json_text(p->packages_problem)) == 0;
	else
		ok = ok && json_object_set_new(j, "manifest", packages_json(&p->packages)) == 0;
	return json_complete(j, ok);
}

static json_t *partition_json(const struct inspect_partition *p)
{
	json_t *j = json_pack(
		"{s:I, s:o, s:o, s:o, s:o, s:I, s:I, s:s, s:o}", "number", (json_int_t)p->number,
		"type", guid_json(&p->entry.partition_type_guid), "type_name",
		inspect_json_text(partition_type_name(&p->entry.partition_type_guid)), "guid",
		guid_json(&p->entry.unique_partition_guid), "name",
		inspect_json_text(p->entry.partition_name), "offset", (json_int_t)p->offset, "size",
		(json_int_t)p->size, "content", content_kind_name(p->kind, &p->fat),
		"guid_follows_from", inspect_json_text(guid_origin_text(p->guid_origin)));
	bool ok = j;

	if (p->fault != GPT_FAULT_NONE)
		ok = ok && json_object_set_new(j, "skipped_by_firmware",
					       inspect_json_text(gpt_fault_text(p->fault))) == 0;
	if (p->problem)
		ok = ok && json_object_set_new(j, "not_read", inspect_json_text(p->problem)) == 0;
	if (p->kind == CONTENT_FAT && p->fat.cluster_size > 0)
		ok = ok && json_object_set_new(j, "fat", fat_json(p)) == 0;
	if (p->kind == CONTENT_VERITY && p->verity.data_blocks > 0)
		ok = ok && json_object_set_new(j, "verity", verity_json(p)) == 0;
	if (p->kind == CONTENT_EROFS && p->erofs.blocks > 0)
		ok = ok && json_object_set_new(j, "erofs", erofs_json(p)) == 0;
	return json_complete(j, ok);
}

static json_t *table_json(const struct inspection *in)
{
	json_t *partitions = json_array();
	bool ok = partitions;

	for (size_t i = 0; ok && i < in->n_partitions; i++)
		ok = json_array_append_new(partitions, partition_json(&in->partitions[i])) == 0;
	return json_complete(json_pack("{s:I, s:o, s:b, s:o, s:o, s:o}", "sector_size",
				       (json_int_t)in->sector_size, "disk_guid",
				       in->has_gpt ? guid_json(&in->gpt.disk_guid) : json_null(),
				       "disk_guid_follows", in->disk_guid_follows,
				       "primary_problem", inspect_json_text(in->primary_problem),
				       "backup_problem", inspect_json_text(in->backup_problem),
				       "partitions", partitions),
			     ok);
}

static json_t *sections_json(const struct inspect_program *p)
{
	json_t *sections = json_array();
	bool ok = sections;

	for (size_t i = 0; ok && i < p->pe.number_of_sections; i++) {
		const struct pe_section *s = &p->pe.sections[i];

		ok = json_array_append_new(sections,
					   json_pack("{s:o, s:I, s:I, s:I, s:I, s:o}", "name",
						     inspect_json_text(s->name), "virtual_size",
						     (json_int_t)s->virtual_size, "virtual_address",
						     (json_int_t)s->virtual_address, "raw_size",
						     (json_int_t)s->size_of_raw_data, "offset",
						     (json_int_t)s->pointer_to_raw_data, "sha256",
						     json_digest(&p->sections[i]))) == 0;
	}
	return json_complete(sections, ok);
}

static json_t *authentihash_json(const struct inspect_program *p)
{
	json_t *j = json_object();
	bool ok = j;

	for (size_t i = 0; ok && !p->authentihash_problem && i < ARRAY_SIZE(p->authentihash); i++)
		ok = json_object_set_new(j, digest_name(inspect_authentihashes[i]),
					 json_digest(&p->authentihash[i])) == 0;
	return json_complete(j, ok);
}

static json_t *program_json(const struct inspect_program *p)
{
	return json_pack("{s:o, s:o, s:I, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o}",
			 "path", inspect_json_text(p->path), "partition",
			 partition_number_json(p->partition), "size", (json_int_t)p->file.n, "kind",
			 inspect_json_text(p->kind), "uki", p->is_uki, "kernel",
			 inspect_json_text(p->kernel_version), "os_name",
			 inspect_json_text(p->os_name), "variant", inspect_json_text(p->os_variant),
			 "command_line", inspect_json_text(p->command_line), "root_hash",
			 inspect_json_text(p->root_hash), "verity_partition",
			 partition_number_json(p->verity_number), "signed", p->is_signed,
			 "authentihash", authentihash_json(p), "sections", sections_json(p));
}

static json_t *programs_json(const struct inspection *in)
{
	json_t *programs = json_array();
	bool ok = programs;

	for (size_t i = 0; ok && i < in->n_programs; i++)
		ok = json_array_append_new(programs, program_json(&in->programs[i])) == 0;
	return json_complete(programs, ok);
}

static json_t *registers_json(const struct inspect_registers *registers)
{
	const struct measurement *m = registers->measurement;
	json_t *j = json_object();
	bool ok = j;

	if (!m) {
		json_decref(j);
		return json_pack("{s:o}", "not_predicted", inspect_json_text(registers->problem));
	}
	for (unsigned pcr = 0; ok && pcr < BANK_REGISTERS; pcr++) {
		if (m->banks[EVENT_SHA256].known[pcr])
			ok = json_set_register(
				     j, pcr, json_digest(&m->banks[EVENT_SHA256].registers[pcr])) ==
			     0;
	}
	return json_pack("{s:o}", "sha256", json_complete(j, ok));
}

static json_t *root_file_json(const struct root_file *f)
{
	char mode[8];

	snprintf(mode, sizeof(mode), "%06o", f->inode.mode & 0177777u);

	json_t *j = json_pack("{s:o, s:s, s:I, s:I, s:I, s:I}", "path", inspect_json_text(f->path),
			      "mode", mode, "uid", (json_int_t)f->inode.uid, "gid",
			      (json_int_t)f->inode.gid, "size", (json_int_t)f->inode.size, "mtime",
			      (json_int_t)f->inode.mtime);
	bool ok = j;

	if (f->has_digest)
		ok = ok && json_object_set_new(j, "sha256", json_digest(&f->sha256)) == 0;
	if (f->target)
		ok = ok && json_object_set_new(j, "target", inspect_json_text(f->target)) == 0;
	if (f->problem)
		ok = ok && json_object_set_new(j, "not_read", inspect_json_text(f->problem)) == 0;
	return json_complete(j, ok);
}

static json_t *root_files_json(const struct root_files *files)
{
	json_t *j = json_array();
	bool ok = j;

	for (size_t i = 0; ok && i < files->n; i++)
		ok = json_array_append_new(j, root_file_json(&files->items[i])) == 0;
	return json_complete(j, ok);
}

int inspection_json(const struct inspection *in, const struct inspect_registers *registers,
		    const struct root_files *files, struct buffer *b, struct error **err)
{
	json_t *root = json_pack("{s:i, s:{s:o, s:s, s:I, s:o}}", "version", 1, "file", "name",
				 inspect_json_text(in->name), "format",
				 image_file_format_name(in->file.format), "size",
				 (json_int_t)in->file.file.n, "sha256", json_digest(&in->sha256));
	bool ok = root;

	if (in->is_disk)
		ok = ok &&
		     json_object_set_new(root, "disk",
					 json_pack("{s:I, s:o}", "size",
						   (json_int_t)in->file.content.n, "sha256",
						   json_digest(&in->disk_sha256))) == 0 &&
		     json_object_set_new(root, "table", table_json(in)) == 0;
	ok = ok && json_object_set_new(root, "programs", programs_json(in)) == 0;
	if (files)
		ok = ok && json_object_set_new(root, "files", root_files_json(files)) == 0;
	ok = ok && json_object_set_new(root, "registers", registers_json(registers)) == 0;
	return json_text(json_complete(root, ok), b, err);
}
