/*
 * The kernel's command line on its way: from what starts the image, from the image itself, from
 * addons, from SMBIOS.
 */
#include <errno.h>

#include "measure/boot.h"

/* systemd-boot up to this version passes an image's own command line to it as LoadOptions. */
#define LOADER_PASSES_LAST 254u
/* The first stub that takes no LoadOptions in a confidential VM with Secure Boot. */
#define STUB_CONFIDENTIAL_FIRST 255u

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
		return error_set(err, -ERROR_UNPREDICTABLE,
				 "the image has no profile %u: it does not boot", profile);
	b->profile = profile;
	*text = r.rest.n > 0 ? span_skip(r.rest, 1) : r.rest;
	return 0;
}

static struct span own_text(const struct boot *b)
{
	const struct pe_section *s = uki_section(b->uki, ".cmdline", b->profile);

	return s ? pe_section_data(&b->uki->pe, s) : (struct span){0};
}

/* What systemd-boot passes to the image, and measures. */
static int take_loader_options(struct boot *b, struct buffer *text, struct error **err)
{
	const struct loader_start *start = &b->files.start;
	bool passes_own = !start->is_text && b->loader_version <= LOADER_PASSES_LAST;
	struct buffer *measured = &b->command_line.loader;

	if (start->has_extras || (b->files.initrd.n > 0 && !b->uki->is_kernel))
		reasons_add(&b->reasons,
			    REGISTER_BIT(PCR_KERNEL_INITRD) | REGISTER_BIT(PCR_KERNEL_CONFIG) |
				    REGISTER_BIT(PCR_SYSEXTS),
			    true, "what systemd-boot's entry adds to the initrd is not predicted");
	if (start->profile > 0)
		buffer_printf(text, start->options ? "@%u " : "@%u", start->profile);
	if (start->options)
		buffer_put_string(text, start->options);
	else if (passes_own)
		buffer_put(text, own_text(b));
	if (!buffer_ok(text))
		return error_set(err, -ERROR_MALFORMED,
				 "systemd-boot's entry has options of more than %u bytes",
				 UKI_COMMAND_LINE_MAX);
	if (passes_own)
		return to_utf16(b, buffer_span(text), measured, err);
	*measured = (struct buffer)BUFFER_INIT(2 * UKI_COMMAND_LINE_MAX);
	return uki_text(buffer_span(text), measured, err);
}

/* systemd-boot leaves its own LoadOptions alone: no text in them is wrong, but the choice of a profile
 * would be lost without a word. */
static int check_loader_passed(const struct boot *b, struct error **err)
{
	const char *text = b->options.load_options;

	if (text && text[0] == '@')
		return error_set(err, -EINVAL,
				 "systemd-boot passes no LoadOptions on: '%s' chooses no profile, "
				 "--entry NAME%s does",
				 text, text);
	return 0;
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

/* What firmware passes to the image. */
static int take_firmware_options(struct boot *b, struct buffer *text, struct error **err)
{
	struct span given = span_string(b->options.load_options ? b->options.load_options : "");

	if (b->options.kind != BOOT_QEMU_KERNEL) {
		buffer_put(text, given);
		if (!uki_text_is_whole(given))
			reasons_add(&b->reasons,
				    REGISTER_BIT(PCR_KERNEL_INITRD) |
					    REGISTER_BIT(PCR_KERNEL_CONFIG),
				    true,
				    "LoadOptions are not UTF-8 of the basic plane: what firmware "
				    "holds for them is not known");
	}
	/* Of QEMU's -append each byte becomes a character. */
	for (size_t i = 0; b->options.kind == BOOT_QEMU_KERNEL && i < given.n; i++) {
		if (given.p[i] >= 0x80)
			buffer_put_u8(text, 0xc0 | given.p[i] >> 6);
		buffer_put_u8(text, given.p[i] < 0x80 ? given.p[i] : 0x80 | (given.p[i] & 0x3f));
	}
	return buffer_ok(text)
		       ? 0
		       : error_set(err, -ERROR_MALFORMED, "LoadOptions are longer than %u bytes",
				   UKI_COMMAND_LINE_MAX);
}

/* The stub takes LoadOptions that cannot be printed for garbage of the firmware: it looks at the first
 * character, or at all. */
static bool is_garbage(const struct boot *b, struct span text)
{
	size_t n = b->uki->stub->refuses_control ? text.n : MIN(text.n, 1u);

	for (size_t i = 0; i < n; i++) {
		if (text.p[i] < 0x20)
			return true;
	}
	return false;
}

int boot_take_options(struct boot *b, struct error **err)
{
	_cleanup_(buffer_release) struct buffer options = BUFFER_INIT(UKI_COMMAND_LINE_MAX);
	struct command_line *c = &b->command_line;
	struct span text;
	int r;

	if (b->files.loader.n > 0) {
		r = check_loader_passed(b, err);
		if (r >= 0)
			r = take_loader_options(b, &options, err);
	} else {
		r = take_firmware_options(b, &options, err);
	}
	if (r < 0 || b->uki->is_kernel)
		return r;
	text = buffer_span(&options);
	if (is_garbage(b, text))
		return 0;
	r = take_profile(b, &text, err);
	if (r < 0 || text.n == 0 || !accepts_options(b))
		return r;
	r = to_utf16(b, text, &c->passed, err);
	if (r >= 0 && c->passed.n == 0 && !b->uki->stub->strips_leading)
		reasons_add(&b->reasons,
			    REGISTER_BIT(PCR_KERNEL_INITRD) | REGISTER_BIT(PCR_KERNEL_CONFIG), true,
			    "LoadOptions are blank: what is measured for them is not known");
	return r;
}

/* The text of an addon's `.cmdline`; empty if it has none or is not used. */
static struct span addon_text(const struct addon *a)
{
	const struct pe_section *s = addon_section(a, ".cmdline");
	struct span text = s ? pe_section_data(&a->uki.pe, s) : (struct span){0};
	const uint8_t *nul = text.n ? memchr(text.p, 0, text.n) : NULL;

	return nul ? SPAN(text.p, (size_t)(nul - text.p)) : text;
}

/* Which addons: a stub may treat those of each folder by themselves. */
static bool is_of(const struct addon *a, bool global, bool own)
{
	return a->global ? global : own;
}

static int join_each(const struct boot *b, struct buffer *ret, struct error **err)
{
	*ret = (struct buffer)BUFFER_INIT(2 * UKI_COMMAND_LINE_MAX);
	for (size_t i = 0; i < b->n_addons; i++) {
		_cleanup_(buffer_release) struct buffer text = {0};

		if (!addon_section(&b->addons[i], ".cmdline"))
			continue;

		int r = to_utf16(b, addon_text(&b->addons[i]), &text, err);

		if (r < 0)
			return error_wrap(err, r, "addon '%s'", b->addons[i].name);
		/* Also before a text that is empty after mangling. */
		if (ret->n > 0)
			buffer_put_le16(ret, ' ');
		buffer_put(ret, buffer_span(&text));
	}
	while (ret->n > 0 && get_le16(ret->p + ret->n - 2) == ' ')
		ret->n -= 2;
	return buffer_ok(ret) ? 0 : error_oom(err);
}

static int join_together(const struct boot *b, bool global, bool own, struct buffer *ret,
			 struct error **err)
{
	_cleanup_(buffer_release) struct buffer all = BUFFER_INIT(UKI_COMMAND_LINE_MAX);

	for (size_t i = 0; i < b->n_addons; i++) {
		struct span text = addon_text(&b->addons[i]);

		if (!is_of(&b->addons[i], global, own) || text.n == 0)
			continue;
		if (all.n > 0)
			buffer_put_u8(&all, ' ');
		buffer_put(&all, text);
	}
	if (!buffer_ok(&all))
		return error_set(err, -ERROR_MALFORMED,
				 "command lines of addons are longer than %u bytes",
				 UKI_COMMAND_LINE_MAX);

	int r = to_utf16(b, buffer_span(&all), ret, err);

	return r < 0 ? error_wrap(err, r, "addons") : 0;
}

/* Both ways; where they differ, nothing is known. */
static int join_unknown(struct boot *b, struct buffer *ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer other = {0};
	int r = join_each(b, ret, err);

	if (r >= 0)
		r = join_together(b, true, true, &other, err);
	if (r >= 0 && !span_equal(buffer_span(ret), buffer_span(&other)))
		reasons_add(&b->reasons,
			    REGISTER_BIT(PCR_KERNEL_INITRD) | REGISTER_BIT(PCR_KERNEL_CONFIG), true,
			    "what systemd's stub %u does with blanks around the command lines of "
			    "addons is not known",
			    b->uki->version);
	return r;
}

static int take_addons(struct boot *b, struct error **err)
{
	struct buffer *addons = b->command_line.addons;
	int r;

	switch (b->uki->stub->appends) {
	case UKI_APPENDS_FOLDERS:
		r = join_together(b, true, false, &addons[0], err);
		return r < 0 ? r : join_together(b, false, true, &addons[1], err);
	case UKI_APPENDS_TOGETHER:
		return join_together(b, true, true, &addons[0], err);
	case UKI_APPENDS_UNKNOWN:
		return join_unknown(b, &addons[0], err);
	default:
		return join_each(b, &addons[0], err);
	}
}

static int take_smbios(struct boot *b, struct error **err)
{
	enum uki_appends appends = b->uki->stub->appends;
	const char *text = b->options.smbios_command_line;
	struct buffer *smbios = &b->command_line.smbios;
	_cleanup_(buffer_release) struct buffer mangled = {0};

	if (!text || !b->uki->stub->smbios || b->options.confidential)
		return 0;
	*smbios = (struct buffer)BUFFER_INIT(2 * UKI_COMMAND_LINE_MAX);

	int r = uki_text(span_string(text), smbios, err);

	if (r >= 0)
		r = to_utf16(b, span_string(text), &mangled, err);
	if (r < 0)
		return error_wrap(err, r, "SMBIOS");
	if (appends == UKI_APPENDS_UNKNOWN &&
	    !span_equal(buffer_span(smbios), buffer_span(&mangled)))
		reasons_add(&b->reasons,
			    REGISTER_BIT(PCR_KERNEL_INITRD) | REGISTER_BIT(PCR_KERNEL_CONFIG), true,
			    "what systemd's stub %u does with blanks around the command line from "
			    "SMBIOS is not known",
			    b->uki->version);
	if (appends == UKI_APPENDS_EACH) {
		buffer_release(smbios);
		*smbios = mangled;
		mangled = (struct buffer){0};
	}
	return 0;
}

int boot_take_command_line(struct boot *b, struct error **err)
{
	struct command_line *c = &b->command_line;
	_cleanup_(buffer_release) struct buffer own = {0};
	int r;

	c->whole = (struct buffer)BUFFER_INIT(5 * 2 * UKI_COMMAND_LINE_MAX);
	/* A kernel alone gets what systemd-boot passes, as it is. */
	if (b->uki->is_kernel) {
		buffer_put(&c->whole, buffer_span(&c->loader));
		return buffer_ok(&c->whole) ? 0 : error_oom(err);
	}
	r = to_utf16(b, own_text(b), &own, err);

	if (r >= 0)
		r = take_addons(b, err);
	if (r >= 0)
		r = take_smbios(b, err);
	if (r < 0)
		return r;
	join(&c->whole, c->passed.n > 0 ? &c->passed : &own);
	join(&c->whole, &c->addons[0]);
	join(&c->whole, &c->addons[1]);
	if (c->whole.n == 0 && c->smbios.n > 0 && b->uki->stub->appends != UKI_APPENDS_EACH)
		reasons_add(&b->reasons, REGISTER_BIT(PCR_KERNEL_INITRD), true,
			    "what systemd's stub %u makes of a command line from SMBIOS alone is "
			    "not known",
			    b->uki->version);
	join(&c->whole, &c->smbios);
	if (c->whole.n == 0 && own_text(b).n > 0)
		reasons_add(&b->reasons, REGISTER_BIT(PCR_KERNEL_INITRD), true,
			    "the command line is blank: what is measured for it is not known");
	return buffer_ok(&c->whole) ? 0 : error_oom(err);
}
