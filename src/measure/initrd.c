/*
 * The initrd that the stub hands to the kernel: sections of the image, archives that it makes of
 * other sections and of files beside the image, and what addons bring.
 */
#include "measure/boot.h"

/* Of an archive made from a section: `.osrel` and its like are text files. */
#define ARCHIVE_MAX (16u << 20)

static void add_part(struct boot *b, struct span data, uint64_t size)
{
	if (size > 0)
		b->initrd[b->n_initrd++] = (struct initrd_part){data, size};
}

static void add_section(struct boot *b, const struct pe *pe, const struct pe_section *s)
{
	if (s)
		add_part(b, pe_section_data(pe, s), s->virtual_size);
}

static int add_archive(struct boot *b, struct buffer *archive, const char *section,
		       const char *name, struct error **err)
{
	const struct pe_section *s = uki_section(b->uki, section, b->profile);

	if (!s)
		return 0;

	const struct uki_archive_file file = {name, pe_section_data(&b->uki->pe, s),
					      s->virtual_size};

	*archive = (struct buffer)BUFFER_INIT(ARCHIVE_MAX);
	uki_archive(".extra", 0555, 0444, &file, 1, archive);
	if (!buffer_ok(archive))
		return error_set(err, -ERROR_MALFORMED, "section '%s' of %u bytes is too large",
				 section, s->virtual_size);
	add_part(b, buffer_span(archive), archive->n);
	return 0;
}

static int add_section_archives(struct boot *b, struct error **err)
{
	const struct uki_stub *stub = b->uki->stub;
	struct buffer *archives = b->section_archives;
	int r = add_archive(b, &archives[0], ".pcrsig", "tpm2-pcr-signature.json", err);

	if (r >= 0)
		r = add_archive(b, &archives[1], ".pcrpkey", "tpm2-pcr-public-key.pem", err);
	if (r >= 0 && stub->osrel_in_initrd)
		r = add_archive(b, &archives[2], ".osrel", "os-release", err);
	if (r >= 0 && stub->profiles)
		r = add_archive(b, &archives[3], ".profile", "profile", err);
	return r;
}

int boot_take_initrd(struct boot *b, struct error **err)
{
	bool addons = b->uki->stub->addons == UKI_ADDONS_INITRD;
	size_t most = 3 + BOOT_ARCHIVES + SECTION_ARCHIVES + 2 * b->n_addons;

	b->initrd = calloc(most, sizeof(*b->initrd));
	if (!b->initrd)
		return error_oom(err);
	/* The kernel takes the first microcode that it finds: the last addon comes first. */
	for (size_t i = b->n_addons; addons && i > 0; i--)
		add_section(b, &b->addons[i - 1].uki.pe,
			    addon_section(&b->addons[i - 1], ".ucode"));
	if (b->uki->stub->ucode_in_initrd)
		add_section(b, &b->uki->pe, uki_section(b->uki, ".ucode", b->profile));
	add_section(b, &b->uki->pe, uki_section(b->uki, ".initrd", b->profile));
	if (b->uki->is_kernel)
		add_part(b, b->files.initrd, b->files.initrd.n);
	for (size_t i = 0; i < BOOT_ARCHIVES; i++)
		add_part(b, buffer_span(&b->archives[i]), b->archives[i].n);

	int r = add_section_archives(b, err);

	for (size_t i = 0; addons && i < b->n_addons; i++)
		add_section(b, &b->addons[i].uki.pe, addon_section(&b->addons[i], ".initrd"));
	return r;
}
