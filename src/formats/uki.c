#include "formats/uki.h"

#include "base/text.h"

/*
 * The orders are those of the stubs' own tables of unified sections. Versions between those listed
 * are left out on purpose: nobody has compared their registers with a prediction.
 */
static const char *const measured_252[] = {
	".linux", ".osrel", ".cmdline", ".initrd", ".splash", ".dtb", ".pcrpkey", NULL,
};

static const char *const measured_254[] = {
	".linux", ".osrel", ".cmdline", ".initrd",  ".splash",
	".dtb",	  ".uname", ".sbat",	".pcrpkey", NULL,
};

static const char *const measured_256[] = {
	".linux", ".osrel", ".cmdline", ".initrd",  ".ucode", ".splash",
	".dtb",	  ".uname", ".sbat",	".pcrpkey", NULL,
};

static const char *const measured_257[] = {
	".linux", ".osrel", ".cmdline", ".initrd",  ".ucode",	".splash", ".dtb",
	".uname", ".sbat",  ".pcrpkey", ".profile", ".dtbauto", ".hwids",  NULL,
};

static const char *const measured_262[] = {
	".linux", ".osrel",   ".cmdline", ".initrd",  ".ucode", ".splash", ".dtb", ".uname",
	".sbat",  ".pcrpkey", ".profile", ".dtbauto", ".hwids", ".efifw",  NULL,
};

static const struct uki_stub stubs[] = {
	{
		.first = 252,
		.last = 252,
		.measured = measured_252,
		.last_match = true,
		.loads_kernel_image = true,
		.beside = UKI_BESIDE_COUNTED,
	},
	{
		.first = 253,
		.last = 253,
		.measured = measured_252,
		.last_match = true,
		.loads_kernel_image = true,
		.beside = UKI_BESIDE_UNKNOWN,
	},
	{
		.first = 254,
		.last = 254,
		.measured = measured_254,
		.last_match = true,
		.loads_kernel_image = true,
		.smbios = true,
		.addons = UKI_ADDONS_COMMAND_LINE,
		.appends = UKI_APPENDS_FOLDERS,
		.beside = UKI_BESIDE_UNKNOWN,
	},
	{
		.first = 255,
		.last = 255,
		.measured = measured_254,
		.last_match = true,
		.strips_leading = true,
		.loads_kernel_image = true,
		.smbios = true,
		.addons = UKI_ADDONS_COMMAND_LINE,
		.appends = UKI_APPENDS_TOGETHER,
	},
	{
		.first = 256,
		.last = 256,
		.measured = measured_256,
		.last_match = true,
		.ucode_in_initrd = true,
		.strips_leading = true,
		.loads_kernel_image = true,
		.measures_to_tdx = true,
		.confext = true,
		.smbios = true,
		.addons = UKI_ADDONS_COMMAND_LINE,
		.appends = UKI_APPENDS_UNKNOWN,
	},
	{
		.first = 257,
		.last = 257,
		.measured = measured_257,
		.profiles = true,
		.osrel_in_initrd = true,
		.ucode_in_initrd = true,
		.strips_leading = true,
		.loads_kernel_image = true,
		.measures_to_tdx = true,
		.confext = true,
		.smbios = true,
		.addons = UKI_ADDONS_INITRD,
		.appends = UKI_APPENDS_EACH,
	},
	{
		.first = 262,
		.last = 262,
		.measured = measured_262,
		.profiles = true,
		.osrel_in_initrd = true,
		.ucode_in_initrd = true,
		.strips_leading = true,
		.secret_in_initrd = true,
		.measures_to_tdx = true,
		.tags_to_tdx = true,
		.confext = true,
		.smbios = true,
		.refuses_control = true,
		.addons = UKI_ADDONS_INITRD,
		.appends = UKI_APPENDS_EACH,
	},
};

const struct uki_stub *uki_stub_find(unsigned version)
{
	for (size_t i = 0; i < ARRAY_SIZE(stubs); i++) {
		if (version >= stubs[i].first && version <= stubs[i].last)
			return &stubs[i];
	}
	return NULL;
}

static const struct pe_section *section_by_name(const struct pe *pe, const char *name)
{
	for (size_t i = 0; i < pe->number_of_sections; i++) {
		if (string_equal(pe->sections[i].name, name))
			return &pe->sections[i];
	}
	return NULL;
}

/* The text between `before` and `after`; empty if they are not there. */
static struct span text_between(struct span text, struct span before, struct span after)
{
	size_t start, end;

	if (!span_find(text, before, &start))
		return (struct span){0};
	text = span_skip(text, start + before.n);
	return span_find(text, after, &end) ? SPAN(text.p, end) : (struct span){0};
}

/* "#### LoaderInfo: systemd-stub 257.13-1~deb13u1 ####" */
int uki_program_version(const struct pe *pe, const char *program, unsigned *ret,
			struct span *ret_text, struct error **err)
{
	const struct pe_section *s = section_by_name(pe, ".sdmagic");
	_cleanup_free_ char *before = string_printf("#### LoaderInfo: %s ", program);
	struct span text = {0};
	size_t digits = 0;
	uint64_t version;

	if (!before)
		return error_oom(err);
	if (!s)
		return error_set(err, -ERROR_MALFORMED,
				 "no '.sdmagic' section: not made with systemd's stub");
	text = text_between(pe_section_data(pe, s), span_string(before), SPAN_LITERAL(" ####"));
	while (digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9')
		digits++;
	if (!parse_u64(SPAN(text.p, digits), UINT16_MAX, &version))
		return error_set(err, -ERROR_MALFORMED, "no version of %s in '.sdmagic'", program);
	*ret = (unsigned)version;
	*ret_text = text;
	return 0;
}

int uki_parse(struct span file, struct uki *ret, struct error **err)
{
	struct uki u = {0};
	int r = pe_parse(file, &u.pe, err);

	if (r >= 0)
		r = uki_program_version(&u.pe, "systemd-stub", &u.version, &u.version_text, err);
	if (r < 0)
		return r;
	u.stub = uki_stub_find(u.version);
	if (!section_by_name(&u.pe, ".linux"))
		return error_set(err, -ERROR_MALFORMED,
				 "no '.linux' section: not a unified kernel image");
	*ret = u;
	return 0;
}

int uki_from_kernel(struct span file, struct uki *ret, struct error **err)
{
	static const char *const nothing[] = {NULL};
	static const struct uki_stub no_stub = {.measured = nothing};
	struct uki u = {.is_kernel = true, .version_text = SPAN_LITERAL(""), .stub = &no_stub};
	struct span magic;
	int r = pe_parse(file, &u.pe, err);

	if (r < 0)
		return r;
	if (!span_slice(file, UKI_KERNEL_MAGIC_OFFSET, 4, &magic) ||
	    !span_equal(magic, SPAN_LITERAL("HdrS")))
		return error_set(err, -ERROR_MALFORMED,
				 "neither a unified kernel image nor a Linux kernel");
	*ret = u;
	return 0;
}

static bool name_matches(const struct uki_stub *stub, const struct pe_section *s, const char *name)
{
	return stub && stub->last_match ? string_starts(s->name, name)
					: string_equal(s->name, name);
}

/* The one of sections [start, end) that the stub picks for `name`, as it looks at them. */
static const struct pe_section *pick(const struct uki *u, const char *name, size_t start,
				     size_t end)
{
	const struct pe_section *found = NULL;

	for (size_t i = start; i < end; i++) {
		const struct pe_section *s = &u->pe.sections[i];

		if (s->virtual_size == 0 || !name_matches(u->stub, s, name))
			continue;
		found = s;
		if (!u->stub || !u->stub->last_match)
			break;
	}
	return found;
}

/* Index of the first `.profile` section at or after `start`; the number of sections if none. */
static size_t next_profile(const struct uki *u, size_t start)
{
	while (start < u->pe.number_of_sections &&
	       !string_equal(u->pe.sections[start].name, ".profile"))
		start++;
	return start;
}

unsigned uki_profiles(const struct uki *u)
{
	unsigned n = 0;

	for (size_t i = next_profile(u, 0); i < u->pe.number_of_sections;
	     i = next_profile(u, i + 1))
		n++;
	return n;
}

const struct pe_section *uki_section(const struct uki *u, const char *name, unsigned profile)
{
	size_t end = u->pe.number_of_sections;

	if (!u->stub || !u->stub->profiles)
		return pick(u, name, 0, end);

	size_t base_end = next_profile(u, 0), start = base_end;

	for (unsigned i = 0; i < profile && start < end; i++)
		start = next_profile(u, start + 1);
	if (start < end) {
		const struct pe_section *own = pick(u, name, start, next_profile(u, start + 1));

		if (own)
			return own;
	}
	return pick(u, name, 0, base_end);
}

#define NO_CHARACTER UINT32_MAX

/*
 * One character as systemd's EFI programs read UTF-8: up to six bytes, longer forms than needed count,
 * and what a bad or cut sequence has is lost as a whole.
 */
static uint32_t read_character(struct reader *r)
{
	uint8_t lead = reader_u8(r);
	unsigned more = 0;

	if (lead < 0x80)
		return lead;
	while (lead & 0x40u >> more)
		more++;
	if (more == 0 || more > 5)
		return NO_CHARACTER;
	if (more > r->rest.n) {
		reader_bytes(r, r->rest.n);
		return NO_CHARACTER;
	}

	struct span rest = reader_bytes(r, more);
	uint32_t c = lead & (0x3fu >> more);

	for (unsigned i = 0; i < more; i++) {
		if (rest.p[i] >> 6 != 2)
			return NO_CHARACTER;
		c = c << 6 | (rest.p[i] & 0x3f);
	}
	return c;
}

/* They have only characters of 16 bits, so no surrogates either. */
static bool is_kept(uint32_t c)
{
	return c < 0xd800 || (c >= 0xe000 && c <= 0xffff);
}

static bool is_blank(const struct uki_stub *stub, uint16_t c)
{
	return c < 0x20 || c == ' ' || (stub->strips_leading && c == 0x7f);
}

bool uki_text_is_whole(struct span text)
{
	struct reader r = reader_init(text);

	while (r.rest.n > 0) {
		uint32_t c = read_character(&r);

		if (c == 0 || !is_kept(c))
			return false;
	}
	return true;
}

int uki_text(struct span text, struct buffer *ret, struct error **err)
{
	struct reader r = reader_init(text);
	_cleanup_(buffer_release) struct buffer out = BUFFER_INIT(2 * UKI_COMMAND_LINE_MAX);

	while (r.rest.n > 0) {
		uint32_t c = read_character(&r);

		/* Also if it has a longer form than needed; within a bad sequence it is passed over. */
		if (c == 0)
			break;
		if (is_kept(c))
			buffer_put_le16(&out, (uint16_t)c);
	}
	if (!buffer_ok(&out))
		return error_set(err, -ERROR_MALFORMED, "command line is longer than %u characters",
				 UKI_COMMAND_LINE_MAX);
	buffer_put(ret, buffer_span(&out));
	return buffer_ok(ret) ? 0 : error_oom(err);
}

int uki_command_line(const struct uki_stub *stub, struct span text, struct buffer *ret,
		     struct error **err)
{
	_cleanup_(buffer_release) struct buffer wide = BUFFER_INIT(2 * UKI_COMMAND_LINE_MAX);
	_cleanup_(buffer_release) struct buffer out = BUFFER_INIT(2 * UKI_COMMAND_LINE_MAX);
	size_t end = 0; /* after the last character that is not blank */
	int r = uki_text(text, &wide, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < wide.n; i += 2) {
		uint16_t c = get_le16(wide.p + i);

		if (is_blank(stub, c)) {
			if (end == 0 && stub->strips_leading)
				continue;
			c = ' ';
		}
		buffer_put_le16(&out, c);
		if (c != ' ')
			end = out.n;
	}
	buffer_put(ret, SPAN(out.p, end));
	return buffer_ok(&out) && buffer_ok(ret) ? 0 : error_oom(err);
}

/* One header of a "newc" cpio archive with the fields that the stub sets; the rest are zero. */
static void put_cpio_header(struct buffer *b, unsigned ino, unsigned mode, uint64_t size,
			    const char *name)
{
	size_t name_size = strlen(name) + 1;

	buffer_printf(b, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", ino, mode, 0,
		      0, 1, 0, (unsigned)size, 0, 0, 0, 0, (unsigned)name_size, 0);
	buffer_put(b, SPAN(name, name_size));
	buffer_align(b, 4);
}

/* A constant of the stub's own, with a capital B for the name's 11 bytes: magic and ino, then four
 * lines of three fields each (nlink is 1), and the name. */
static const char cpio_trailer[] = "07070100000000"
				   "000000000000000000000000"
				   "000000010000000000000000"
				   "000000000000000000000000"
				   "000000000000000B00000000"
				   "TRAILER!!!\0";

/* Headers of ".extra" and ".extra/credentials" for the latter; returns the next inode number. */
static unsigned put_cpio_folders(struct buffer *b, const char *folder, unsigned mode)
{
	unsigned ino = 1;

	for (const char *slash = strchr(folder, '/'); slash; slash = strchr(slash + 1, '/')) {
		_cleanup_free_ char *parent = span_to_string(SPAN(folder, slash - folder));

		b->failed |= !parent;
		put_cpio_header(b, ino++, 0040555, 0, parent ? parent : "");
	}
	put_cpio_header(b, ino++, 0040000 | mode, 0, folder);
	return ino;
}

void uki_archive(const char *folder, unsigned folder_mode, unsigned file_mode,
		 const struct uki_archive_file *files, size_t n, struct buffer *b)
{
	_cleanup_(buffer_release) struct buffer archive = BUFFER_INIT(b->max);
	unsigned ino = put_cpio_folders(&archive, folder, folder_mode);

	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *path = path_join(folder, files[i].name);

		archive.failed |= !path;
		put_cpio_header(&archive, ino++, 0100000 | file_mode, files[i].size,
				path ? path : "");
		buffer_put(&archive, files[i].data);
		buffer_put_zeros(&archive, files[i].size - files[i].data.n);
		buffer_align(&archive, 4);
	}
	buffer_put(&archive, SPAN(cpio_trailer, sizeof(cpio_trailer) - 1));
	buffer_align(&archive, 4);
	buffer_put(b, buffer_span(&archive));
	b->failed |= !buffer_ok(&archive);
}
