#include "inspect/inspection_report.h"

#include <inttypes.h>

static const char *const format_names[] = {
	[IMAGE_FILE_UKI] = "image for firmware",       [IMAGE_FILE_RAW] = "raw disk",
	[IMAGE_FILE_FIXED_VHD] = "fixed VHD",	       [IMAGE_FILE_QCOW2] = "qcow2",
	[IMAGE_FILE_GCP_TAR] = "tar for Google Cloud", [IMAGE_FILE_COMPRESSED] = "compressed disk",
};

const char *guid_origin_text(enum guid_origin o)
{
	static const char *const names[] = {
		[GUID_OWN] = NULL,
		[GUID_ROOT_HASH_START] = "the first half of the root hash",
		[GUID_ROOT_HASH_END] = "the second half of the root hash",
		[GUID_CONTENT] = "image and root hash",
	};

	return names[o];
}

static void put_digest(struct buffer *b, const struct digest *d)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(d, hex);
	buffer_put_string(b, hex);
}

/* Names are outside bytes: what could move a terminal's cursor is shown as "?". */
static void put_clean(struct buffer *b, const char *s)
{
	for (; *s; s++)
		buffer_put_u8(b, (uint8_t)*s < ' ' || *s == 0x7f ? '?' : (uint8_t)*s);
}

static void put_file(struct buffer *b, const struct inspection *in)
{
	buffer_printf(b, "%s: %s, %zu bytes\n", in->name, format_names[in->file.format],
		      in->file.file.n);
	buffer_put_string(b, "sha256  ");
	put_digest(b, &in->sha256);
	buffer_put_u8(b, '\n');
	if (!in->is_disk || in->file.format == IMAGE_FILE_RAW)
		return;
	buffer_printf(b, "disk in it: %zu bytes\nsha256  ", in->file.content.n);
	put_digest(b, &in->disk_sha256);
	buffer_put_u8(b, '\n');
}

static void put_verity(struct buffer *b, const struct inspect_partition *p)
{
	buffer_printf(b, "     root hash %s of %" PRIu64 " blocks", p->root_hash_hex,
		      p->verity.data_blocks);
	if (p->data_number)
		buffer_printf(b, " in partition %u%s", p->data_number,
			      p->verified ? ", verified" : "");
	buffer_put_u8(b, '\n');
}

static void put_partition(struct buffer *b, const struct inspect_partition *p)
{
	const char *type = partition_type_name(&p->entry.partition_type_guid);
	const char *origin = guid_origin_text(p->guid_origin);
	char guid[GUID_TEXT_SIZE];

	guid_format(&p->entry.partition_type_guid, guid);
	buffer_printf(b, "%3u  '", p->number);
	put_clean(b, p->entry.partition_name);
	buffer_printf(b, "': %s, %s, %" PRIu64 " bytes at %" PRIu64 "\n", type ? type : guid,
		      content_kind_name(p->kind, &p->fat), p->size, p->offset);
	guid_format(&p->entry.unique_partition_guid, guid);
	buffer_printf(b, "     GUID %s%s%s\n", guid, origin ? ": follows from " : "",
		      origin ? origin : "");
	if (p->fault != GPT_FAULT_NONE)
		buffer_printf(b, "     skipped by firmware: %s\n", gpt_fault_text(p->fault));
	if (p->kind == CONTENT_FAT && !p->problem)
		buffer_printf(b, "     serial number %08" PRIx32 "%s\n", p->fat.volume_id,
			      p->serial_follows ? ": follows from the image" : "");
	if (p->kind == CONTENT_VERITY && p->verity.data_blocks > 0)
		put_verity(b, p);
	if (p->kind == CONTENT_EROFS && p->erofs.blocks > 0)
		buffer_printf(b, "     %" PRIu64 " files\n", p->erofs.inos);
	if (p->problem) {
		buffer_put_string(b, "     not read: ");
		put_clean(b, p->problem);
		buffer_put_u8(b, '\n');
	}
}

static void put_partitions(struct buffer *b, const struct inspection *in)
{
	char guid[GUID_TEXT_SIZE];

	buffer_put_string(b, "\npartitions\n");
	if (in->primary_problem)
		buffer_printf(b, "  damaged: %s\n", in->primary_problem);
	if (in->backup_problem)
		buffer_printf(b, "  damaged: %s\n", in->backup_problem);
	if (!in->has_gpt)
		return;
	guid_format(&in->gpt.disk_guid, guid);
	buffer_printf(b, "  disk GUID %s%s\n", guid,
		      in->disk_guid_follows ? ": follows from image and root hash" : "");
	for (size_t i = 0; i < in->n_partitions; i++)
		put_partition(b, &in->partitions[i]);
}

static void put_fat_files(struct buffer *b, const struct inspect_partition *p)
{
	if (p->kind != CONTENT_FAT || p->n_files == 0)
		return;
	buffer_printf(b, "\nfiles of partition %u\n", p->number);
	for (size_t i = 0; i < p->n_files; i++) {
		const struct inspect_file *f = &p->files[i];

		buffer_put_string(b, "  ");
		put_clean(b, f->path);
		if (f->fat.is_directory) {
			buffer_put_string(b, "/\n");
			continue;
		}
		buffer_printf(b, "  %" PRIu32 " bytes  ", f->fat.size);
		if (f->problem)
			buffer_printf(b, "not read: %s", f->problem);
		else
			put_digest(b, &f->sha256);
		buffer_put_u8(b, '\n');
	}
}

static void put_line(struct buffer *b, const char *name, const char *value)
{
	if (!value)
		return;
	buffer_printf(b, "  %-12s  ", name);
	put_clean(b, value);
	buffer_put_u8(b, '\n');
}

static void put_root_hash(struct buffer *b, const struct inspect_program *p, bool is_disk)
{
	if (!p->root_hash)
		return;
	buffer_put_string(b, "  root hash     ");
	put_clean(b, p->root_hash);
	if (p->verity_number)
		buffer_printf(b, ": that of partition %u", p->verity_number);
	else if (is_disk)
		buffer_put_string(b, ": NOT that of a partition of this disk");
	buffer_put_u8(b, '\n');
}

static void put_sections(struct buffer *b, const struct inspect_program *p)
{
	buffer_put_string(
		b, "  section      in memory     in file   at offset  sha256 of what is loaded\n");
	for (size_t i = 0; i < p->pe.number_of_sections; i++) {
		const struct pe_section *s = &p->pe.sections[i];

		buffer_put_string(b, "  ");
		put_clean(b, s->name);
		buffer_printf(b, "%*s %11" PRIu32 " %11" PRIu32 " %11" PRIu32 "  ",
			      10 - (int)strlen(s->name), "", s->virtual_size, s->size_of_raw_data,
			      s->pointer_to_raw_data);
		put_digest(b, &p->sections[i]);
		buffer_put_u8(b, '\n');
	}
}

static void put_program(struct buffer *b, const struct inspect_program *p, bool is_disk)
{
	buffer_put_u8(b, '\n');
	put_clean(b, p->path ? p->path : "image");
	if (p->partition)
		buffer_printf(b, " of partition %u", p->partition);
	buffer_put_string(b, ": ");
	put_clean(b, p->kind);
	buffer_put_u8(b, '\n');
	put_line(b, "kernel", p->kernel_version);
	put_line(b, "system", p->os_name);
	put_line(b, "variant", p->os_variant);
	put_line(b, "command line", p->command_line);
	put_root_hash(b, p, is_disk);
	put_line(b, "signature", p->is_signed ? "yes (not checked)" : "none");
	for (size_t i = 0; !p->authentihash_problem && i < ARRAY_SIZE(p->authentihash); i++) {
		buffer_printf(b, "  Authenticode  %s ", digest_name(inspect_authentihashes[i]));
		put_digest(b, &p->authentihash[i]);
		buffer_put_u8(b, '\n');
	}
	put_line(b, "Authenticode", p->authentihash_problem);
	put_sections(b, p);
}

static void put_packages(struct buffer *b, const struct inspect_partition *p)
{
	const struct package_list *l = &p->packages;

	if (p->kind != CONTENT_EROFS || p->erofs.blocks == 0)
		return;
	if (p->packages_problem) {
		buffer_printf(b, "\npackages of partition %u: ", p->number);
		put_clean(b, p->packages_problem);
		buffer_put_u8(b, '\n');
		return;
	}
	buffer_printf(b, "\npackages of partition %u: %s%s\n", p->number, l->image,
		      l->debug ? ", debug variant" : "");
	for (size_t i = 0; i < l->n; i++) {
		buffer_put_string(b, "  ");
		put_clean(b, l->items[i].name);
		buffer_put_u8(b, ' ');
		put_clean(b, l->items[i].version);
		buffer_put_u8(b, ' ');
		put_clean(b, l->items[i].architecture ? l->items[i].architecture : "(component)");
		buffer_put_u8(b, '\n');
	}
}

static char type_letter(uint32_t mode)
{
	switch (mode & EROFS_MODE_TYPE) {
	case EROFS_MODE_DIRECTORY:
		return 'd';
	case EROFS_MODE_SYMLINK:
		return 'l';
	case EROFS_MODE_FILE:
		return '-';
	default:
		return '?';
	}
}

static void put_root_files(struct buffer *b, const struct root_files *files)
{
	buffer_put_string(b, "\nfiles of the root file system\n");
	for (size_t i = 0; i < files->n; i++) {
		const struct root_file *f = &files->items[i];

		buffer_printf(b, "  %c %04o %" PRIu32 ":%" PRIu32 " %10" PRIu64 "  /",
			      type_letter(f->inode.mode), f->inode.mode & 07777, f->inode.uid,
			      f->inode.gid, f->inode.size);
		put_clean(b, f->path);
		if (f->has_digest) {
			buffer_put_string(b, "  ");
			put_digest(b, &f->sha256);
		}
		if (f->target) {
			buffer_put_string(b, " -> ");
			put_clean(b, f->target);
		}
		if (f->problem)
			buffer_printf(b, "  not read: %s", f->problem);
		buffer_put_u8(b, '\n');
	}
}

static void put_registers(struct buffer *b, const struct inspect_registers *registers)
{
	const struct measurement *m = registers->measurement;

	if (!m) {
		buffer_put_string(b, "\nregisters: cannot be predicted: ");
		put_clean(b, registers->problem);
		buffer_put_u8(b, '\n');
		return;
	}
	buffer_put_string(b, "\nregisters (SHA-256; 'tdnode measure' has all)\n");
	for (unsigned pcr = 0; pcr < BANK_REGISTERS; pcr++) {
		if (m->banks[EVENT_SHA256].known[pcr]) {
			buffer_printf(b, "  PCR %-2u  ", pcr);
			put_digest(b, &m->banks[EVENT_SHA256].registers[pcr]);
			buffer_put_u8(b, '\n');
		} else if (m->reasons.items[pcr].text && m->reasons.items[pcr].unpredictable) {
			buffer_printf(b, "  PCR %-2u  not predicted: %s\n", pcr,
				      m->reasons.items[pcr].text);
		}
	}
}

void inspection_text(const struct inspection *in, const struct inspect_registers *registers,
		     const struct root_files *files, struct buffer *b)
{
	put_file(b, in);
	if (in->is_disk)
		put_partitions(b, in);
	for (size_t i = 0; i < in->n_partitions; i++)
		put_fat_files(b, &in->partitions[i]);
	for (size_t i = 0; i < in->n_programs; i++)
		put_program(b, &in->programs[i], in->is_disk);
	for (size_t i = 0; i < in->n_partitions; i++)
		put_packages(b, &in->partitions[i]);
	if (files)
		put_root_files(b, files);
	put_registers(b, registers);
}
