/*
 * PCR 9: what the kernel's own EFI stub got: its command line (from 6.1 on) and its initrd, which
 * systemd's stub puts together from sections of the image.
 */
#include "measure/boot.h"

/* Of an archive made from a section: `.osrel` and its like are text files. */
#define ARCHIVE_MAX (16u << 20)
/* `.ucode`, `.initrd`, then up to four archives. */
#define PARTS_MAX 6

struct part {
	struct span data;
	uint64_t size; /* in memory; zeros follow the data */
};

struct initrd {
	struct part parts[PARTS_MAX];
	size_t n;
	bool combined; /* has a part besides `.initrd`: each is padded to 4 bytes */
	struct buffer archives[PARTS_MAX];
	size_t n_archives;
};

static void initrd_release(struct initrd *i)
{
	for (size_t k = 0; k < i->n_archives; k++)
		buffer_release(&i->archives[k]);
}

static void add_section(struct initrd *i, const struct boot *b, const char *name)
{
	const struct pe_section *s = uki_section(b->uki, name, b->profile);

	if (s)
		i->parts[i->n++] = (struct part){pe_section_data(&b->uki->pe, s), s->virtual_size};
}

static int add_archive(struct initrd *i, const struct boot *b, const char *section,
		       const char *name, struct error **err)
{
	const struct pe_section *s = uki_section(b->uki, section, b->profile);

	if (!s)
		return 0;

	struct buffer *archive = &i->archives[i->n_archives++];

	*archive = (struct buffer)BUFFER_INIT(ARCHIVE_MAX);
	uki_initrd_file(name, pe_section_data(&b->uki->pe, s), s->virtual_size, archive);
	if (!buffer_ok(archive))
		return error_set(err, -ERROR_MALFORMED, "section '%s' of %u bytes is too large",
				 section, s->virtual_size);
	i->parts[i->n++] = (struct part){buffer_span(archive), archive->n};
	i->combined = true;
	return 0;
}

static int collect(struct initrd *i, const struct boot *b, struct error **err)
{
	const struct uki_stub *stub = b->uki->stub;

	if (stub->ucode_in_initrd)
		add_section(i, b, ".ucode");
	i->combined = i->n > 0;
	add_section(i, b, ".initrd");

	int r = add_archive(i, b, ".pcrsig", "tpm2-pcr-signature.json", err);

	if (r >= 0)
		r = add_archive(i, b, ".pcrpkey", "tpm2-pcr-public-key.pem", err);
	if (r >= 0 && stub->osrel_in_initrd)
		r = add_archive(i, b, ".osrel", "os-release", err);
	if (r >= 0 && stub->profiles)
		r = add_archive(i, b, ".profile", "profile", err);
	return r;
}

static void add_initrd_event(const struct initrd *i, struct event_list *l)
{
	event_begin(l, 9, EV_EVENT_TAG, "Linux initrd: %s",
		    i->combined ? "section '.initrd' and what the stub adds to it"
				: "section '.initrd'");
	for (size_t k = 0; k < i->n; k++) {
		const struct part *p = &i->parts[k];

		event_bytes(l, p->data);
		event_zeros(l, p->size - p->data.n);
		if (i->combined)
			event_zeros(l, align_up(p->size, 4) - p->size);
	}
	event_end(l);
}

int pcr_09_events(const struct boot *b, struct event_list *l, struct error **err)
{
	_cleanup_(initrd_release) struct initrd initrd = {0};
	int r = collect(&initrd, b, err);

	if (r < 0)
		return r;
	if (b->command_line.n > 0) {
		event_begin(l, 9, EV_EVENT_TAG,
			    "LOADED_IMAGE::LoadOptions: command line in UTF-16 with NUL");
		boot_command_line_bytes(b, l);
		event_end(l);
	}
	if (initrd.n > 0)
		add_initrd_event(&initrd, l);
	return 0;
}
