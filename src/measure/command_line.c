/*
 * The kernel's command line on its way: from what starts the image, from the image itself, from
 * addons, from SMBIOS.
 */
#include <errno.h>

#include "measure/boot.h"

/* systemd-boot up to this version passes an image's own command line to it as LoadOptions, from the
 * second version on it does not; nobody has looked at those between. */
#define LOADER_PASSES_LAST 252u
#define LOADER_PASSES_NOT_FIRST 257u
/* The first stub that takes no LoadOptions in a confidential VM with Secure Boot. */
#define STUB_CONFIDENTIAL_FIRST 255u
/* The first stub of which it is known that addons come before SMBIOS. */
#define STUB_SMBIOS_LAST_FIRST 257u

static int to_utf16(const struct boot *b, struct span text, struct buffer *ret, struct error **err)
{
	*ret = (struct buffer)BUFFER_INIT(2 * UKI_COMMAND_LINE_MAX);
	return uki_command_line(b->uki->stub, text, ret, err);
}

/* Appends `text` to `line`, after a blank unless that is empty. */
static void join(struct buffer *line, const struct buffer *text)
{
	if (text->n == 0)
		return;
	if (line->n > 0)
		buffer_put_le16(line, ' ');
	buffer_put(line, buffer_span(text));
}

static bool read_number(struct reader *r, unsigned *ret)
{
	unsigned n = 0, digits = 0;

	while (r->rest.n > 0 && r->rest.p[0] >= '0' && r->rest.p[0] <= '9' && digits < 6) {
		n = n * 10 + reader_u8(r) - '0';
		digits++;
	}
	*ret = n;
	return digits > 0;
}

/*
 * Takes a leading "@N" off the LoadOptions: it selects profile N of an image with profiles. *text
 * is left with the rest.
 */
static int take_profile(struct boot *b, struct span *text, struct error **err)
{
	struct reader r = reader_init(*text);
	unsigned profile;

	if (!b->uki->stub->profiles || text->n == 0 || reader_u8(&r) != '@' ||
	    !read_number(&r, &profile) || (r.rest.n > 0 && r.rest.p[0] != ' '))
		return 0;
	if (profile > 0 && profile >= uki_profiles(b->uki))
		return error_set(err, -EOPNOTSUPP, "the image has no profile %u: it does not boot",
				 profile);
	b->profile = profile;
	*text = r.rest.n > 0 ? span_skip(r.rest, 1) : r.rest;
	return 0;
}

static struct span own_text(const struct boot *b)
{
	const struct pe_section *s = uki_section(b->uki, ".cmdline", b->profile);

	return s ? pe_section_data(&b->uki->pe, s) : (struct span){0};
}

/* What systemd-boot passes to the image. */
static int take_loader_options(struct boot *b, struct span *ret, struct error **err)
{
	struct span own = own_text(b);

	*ret = (struct span){0};
	if (b->options.load_options)
		reasons_add(&b->reasons, REGISTER_BIT(9) | REGISTER_BIT(12), true,
			    "what systemd-boot does with LoadOptions is not known");
	if (own.n == 0 || b->loader_version >= LOADER_PASSES_NOT_FIRST)
		return 0;
	if (b->loader_version > LOADER_PASSES_LAST)
		reasons_add(&b->reasons, REGISTER_BIT(12), true,
			    "whether systemd-boot %u passes the image's command line to it is not "
			    "known",
			    b->loader_version);
	*ret = own;
	return to_utf16(b, own, &b->command_line.loader, err);
}

/* True if the stub uses what it is passed. */
static bool accepts_options(const struct boot *b)
{
	if (!b->options.secure_boot)
		return true;
	if (uki_section(b->uki, ".cmdline", b->profile))
		return false;
	return !(b->options.confidential && b->uki->version >= STUB_CONFIDENTIAL_FIRST);
}

int boot_take_options(struct boot *b, struct error **err)
{
	struct command_line *c = &b->command_line;
	struct span text = span_string(b->options.load_options ? b->options.load_options : "");
	int r = 0;

	if (b->files.loader.n > 0)
		r = take_loader_options(b, &text, err);
	else
		r = take_profile(b, &text, err);
	/* The stub takes a first character that cannot be printed for garbage of the firmware. */
	if (r < 0 || text.n == 0 || text.p[0] < 0x20 || !accepts_options(b))
		return r;
	r = to_utf16(b, text, &c->passed, err);
	if (r >= 0 && c->passed.n == 0 && !b->uki->stub->strips_leading)
		reasons_add(&b->reasons, REGISTER_BIT(9) | REGISTER_BIT(12), true,
			    "LoadOptions are blank: what is measured for them is not known");
	return r;
}

static int take_addons(struct boot *b, struct error **err)
{
	struct command_line *c = &b->command_line;
	int r = 0;

	c->addons = (struct buffer)BUFFER_INIT(2 * UKI_COMMAND_LINE_MAX);
	for (size_t i = 0; r >= 0 && i < b->n_addons; i++) {
		const struct pe_section *s = addon_section(&b->addons[i], ".cmdline");
		_cleanup_(buffer_release) struct buffer text = {0};

		if (!s)
			continue;
		r = to_utf16(b, pe_section_data(&b->addons[i].uki.pe, s), &text, err);
		if (r < 0)
			return error_wrap(err, r, "addon '%s'", b->addons[i].name);
		join(&c->addons, &text);
	}
	return r;
}

static int take_smbios(struct boot *b, struct error **err)
{
	const char *text = b->options.smbios_command_line;

	if (!text || !b->uki->stub->smbios || b->options.confidential)
		return 0;
	if (b->uki->version < STUB_SMBIOS_LAST_FIRST && b->n_addons > 0)
		reasons_add(&b->reasons, REGISTER_BIT(9) | REGISTER_BIT(12), true,
			    "in which order systemd's stub %u appends addons and SMBIOS strings is "
			    "not known",
			    b->uki->version);
	return to_utf16(b, span_string(text), &b->command_line.smbios, err);
}

int boot_take_command_line(struct boot *b, struct error **err)
{
	struct command_line *c = &b->command_line;
	_cleanup_(buffer_release) struct buffer own = {0};
	int r = to_utf16(b, own_text(b), &own, err);

	if (r >= 0)
		r = take_addons(b, err);
	if (r >= 0)
		r = take_smbios(b, err);
	if (r < 0)
		return r;
	c->whole = (struct buffer)BUFFER_INIT(4 * 2 * UKI_COMMAND_LINE_MAX);
	join(&c->whole, c->passed.n > 0 ? &c->passed : &own);
	join(&c->whole, &c->addons);
	join(&c->whole, &c->smbios);
	if (c->whole.n == 0 && own_text(b).n > 0)
		reasons_add(&b->reasons, REGISTER_BIT(9), true,
			    "the command line is blank: what is measured for it is not known");
	return buffer_ok(&c->whole) && buffer_ok(&c->addons) ? 0 : error_oom(err);
}
