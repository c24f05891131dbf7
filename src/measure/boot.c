#include "measure/boot.h"

#include <errno.h>

/* Setup header of a bzImage: Documentation/arch/x86/boot.rst */
#define SETUP_HEADER_MAGIC 0x202
#define SETUP_KERNEL_VERSION 0x20e
#define SETUP_KERNEL_VERSION_BASE 0x200
#define KERNEL_VERSION_MAX 256

/* Of zeros that only exist in memory: images have none, and hashing 4 GiB of them takes minutes. */
#define ZEROS_MAX (16u << 20)

/* The first kernel that measures its LoadOptions into PCR 9. */
#define KERNEL_MAJOR_MIN 6
#define KERNEL_MINOR_MIN 1

static const char *const path_names[] = {
	[BOOT_DISK] = "disk",
	[BOOT_QEMU_KERNEL] = "qemu-kernel",
};

const char *boot_path_name(enum boot_path path)
{
	return path_names[path];
}

bool boot_path_from_name(const char *name, enum boot_path *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(path_names); i++) {
		if (string_equal(name, path_names[i])) {
			*ret = (enum boot_path)i;
			return true;
		}
	}
	return false;
}

void boot_release(struct boot *b)
{
	buffer_release(&b->command_line);
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

struct span boot_kernel_version(const struct boot *b)
{
	const struct pe_section *s = uki_section(b->uki, ".linux", b->profile);
	struct span kernel = s ? pe_section_data(&b->uki->pe, s) : (struct span){0};
	struct span text;

	if (kernel.n < SETUP_KERNEL_VERSION + 2 ||
	    memcmp(kernel.p + SETUP_HEADER_MAGIC, "HdrS", 4) != 0)
		return (struct span){0};

	uint32_t offset = SETUP_KERNEL_VERSION_BASE + get_le16(kernel.p + SETUP_KERNEL_VERSION);

	if (!span_slice(kernel, offset, KERNEL_VERSION_MAX, &text))
		return (struct span){0};
	return SPAN(text.p, strnlen((const char *)text.p, text.n));
}

static int check_kernel(const struct boot *b, struct error **err)
{
	struct reader r = reader_init(boot_kernel_version(b));
	unsigned major, minor;

	if (!read_number(&r, &major) || reader_u8(&r) != '.' || !read_number(&r, &minor))
		return error_set(err, -EOPNOTSUPP,
				 "section '.linux' is not an x86 kernel that states its version");
	if (major < KERNEL_MAJOR_MIN || (major == KERNEL_MAJOR_MIN && minor < KERNEL_MINOR_MIN))
		return error_set(
			err, -EOPNOTSUPP,
			"kernel %u.%u does not measure its command line: before %u.%u PCR 9 is "
			"not predicted",
			major, minor, KERNEL_MAJOR_MIN, KERNEL_MINOR_MIN);
	return 0;
}

/* What is measured are bytes in memory: they must be those of the file. */
static int check_memory(const struct boot *b, struct error **err)
{
	for (const char *const *name = b->uki->stub->measured; *name; name++) {
		const struct pe_section *s = uki_section(b->uki, *name, b->profile);
		const struct pe_section *other =
			s ? pe_section_shares_memory(&b->uki->pe, s) : NULL;

		if (other)
			return error_set(
				err, -EOPNOTSUPP,
				"section '%s' shares memory with '%s': what is measured is "
				"not what is in the file",
				s->name, other->name);
		if (s && s->virtual_size - pe_section_data(&b->uki->pe, s).n > ZEROS_MAX)
			return error_set(err, -EOPNOTSUPP,
					 "section '%s' has %u bytes in memory, but %zu in the file",
					 s->name, s->virtual_size,
					 pe_section_data(&b->uki->pe, s).n);
	}
	return 0;
}

static int check(const struct boot *b, struct error **err)
{
	const struct uki *u = b->uki;

	if (!u->stub)
		return error_set(
			err, -EOPNOTSUPP,
			"systemd's stub %.*s: what this version measures is not known (252 to 257 "
			"and, without a disk, 262 are)",
			(int)MIN(u->version_text.n, 64u), (const char *)u->version_text.p);
	if (b->path == BOOT_DISK && u->stub->secret_in_initrd)
		return error_set(
			err, -EOPNOTSUPP,
			"systemd's stub %u adds a random secret to the initrd when it starts "
			"from a disk: PCR 9 cannot be predicted",
			u->version);
	if (u->stub->profiles && uki_section(u, ".dtbauto", b->profile))
		return error_set(
			err, -EOPNOTSUPP,
			"section '.dtbauto': whether it is measured depends on the machine");

	if (!uki_section(u, ".linux", b->profile))
		return error_set(err, -ERROR_MALFORMED, "section '.linux' is empty");

	int r = check_memory(b, err);

	return r < 0 ? r : check_kernel(b, err);
}

/*
 * Takes a leading "@N" off the LoadOptions: it selects profile N of an image with profiles. *text
 * is left with the rest.
 */
static int take_profile(struct boot *b, struct span *text, struct error **err)
{
	struct reader r = reader_init(*text);

	if (!b->uki->stub || !b->uki->stub->profiles || text->n == 0 || reader_u8(&r) != '@' ||
	    !read_number(&r, &b->profile))
		return 0;
	if (r.rest.n > 0 && r.rest.p[0] != ' ') {
		b->profile = 0;
		return 0;
	}
	if (b->profile > 0 && b->profile >= uki_profiles(b->uki))
		return error_set(err, -EOPNOTSUPP, "the image has no profile %u", b->profile);
	*text = span_trim(r.rest);
	return 0;
}

static int take_command_line(struct boot *b, struct span load_options, struct error **err)
{
	const struct uki *u = b->uki;
	const struct pe_section *own = uki_section(u, ".cmdline", b->profile);

	b->command_line = (struct buffer)BUFFER_INIT(2 * UKI_COMMAND_LINE_MAX);
	b->command_line_is_foreign = load_options.n > 0 && !(b->secure_boot && own);
	if (!b->command_line_is_foreign && !own)
		return 0;

	int r = uki_command_line(
		u->stub, b->command_line_is_foreign ? load_options : pe_section_data(&u->pe, own),
		&b->command_line, err);

	if (r < 0)
		return r;
	if (b->command_line.n == 0)
		return error_set(err, -EOPNOTSUPP,
				 "the command line is blank: what is measured for it is not known");
	return 0;
}

int boot_describe(const struct uki *uki, const struct boot_options *options, struct span gpt,
		  struct boot *ret, struct error **err)
{
	_cleanup_(boot_release) struct boot b = {
		.path = options->path,
		.secure_boot = options->secure_boot,
		.uki = uki,
		.gpt = gpt,
	};
	struct span load_options = span_string(options->load_options ? options->load_options : "");
	int r = take_profile(&b, &load_options, err);

	if (r >= 0)
		r = check(&b, err);
	if (r >= 0)
		r = take_command_line(&b, load_options, err);
	if (r < 0)
		return r;
	*ret = b;
	b.command_line = (struct buffer){0};
	return 0;
}

void boot_section_bytes(const struct boot *b, const struct pe_section *s, struct event_list *l)
{
	struct span data = pe_section_data(&b->uki->pe, s);

	event_bytes(l, data);
	event_zeros(l, s->virtual_size - data.n);
}

void boot_command_line_bytes(const struct boot *b, struct event_list *l)
{
	event_bytes(l, buffer_span(&b->command_line));
	event_zeros(l, 2);
}
