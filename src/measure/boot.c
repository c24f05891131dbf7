#include "measure/boot.h"

#include <errno.h>

#include "formats/initrd.h"

/* Setup header of a bzImage: Documentation/arch/x86/boot.rst */
#define SETUP_KERNEL_VERSION 0x20e
#define SETUP_KERNEL_VERSION_BASE 0x200
#define KERNEL_VERSION_MAX 256

/* Of zeros that only exist in memory: images have none, and hashing 4 GiB of them takes minutes. */
#define ZEROS_MAX (16u << 20)

/* Stubs before this look at no extensions outside the image's own folder. */
#define STUB_GLOBAL_EXTENSIONS_FIRST 258u

/* Stubs that nobody has compared with a prediction, between two that were. */
#define STUB_BETWEEN_FIRST 258u
#define STUB_BETWEEN_LAST 261u

/* In the optional header of a PE image. Kernels state 1 or more if they can fetch their initrd by
 * themselves; others are started in a way that measures nothing. */
#define PE_MAJOR_IMAGE_VERSION 44

#define KERNEL_VERSION(major, minor) ((major)*1000u + (minor))
/* The first kernel that measures its LoadOptions into PCR 9, and the first that measures through a
 * TDX module where there is no TPM. */
#define KERNEL_MEASURES_OPTIONS KERNEL_VERSION(6, 1)
#define KERNEL_MEASURES_TO_TDX KERNEL_VERSION(6, 9)

static const char *const kind_names[] = {
	[BOOT_DISK] = "disk",
	[BOOT_QEMU_KERNEL] = "qemu-kernel",
};

const char *boot_kind_name(enum boot_kind kind)
{
	return kind_names[kind];
}

bool boot_kind_from_name(const char *name, enum boot_kind *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(kind_names); i++) {
		if (string_equal(name, kind_names[i])) {
			*ret = (enum boot_kind)i;
			return true;
		}
	}
	return false;
}

void boot_release(struct boot *b)
{
	buffer_release(&b->kernel_copy);
	buffer_release(&b->command_line.passed);
	buffer_release(&b->command_line.addons[0]);
	buffer_release(&b->command_line.addons[1]);
	buffer_release(&b->command_line.smbios);
	buffer_release(&b->command_line.whole);
	buffer_release(&b->command_line.loader);
	for (size_t i = 0; i < BOOT_ARCHIVES; i++)
		buffer_release(&b->archives[i]);
	for (size_t i = 0; i < SECTION_ARCHIVES; i++)
		buffer_release(&b->section_archives[i]);
	free(b->initrd);
	free(b->addons);
	buffer_release(&b->td_hob);
	reasons_release(&b->reasons);
	reasons_release(&b->conditions);
}

static struct span kernel_bytes(const struct boot *b)
{
	const struct pe_section *s = uki_section(b->uki, ".linux", b->profile);

	if (b->uki->is_kernel)
		return b->uki->pe.file;
	return s ? pe_section_data(&b->uki->pe, s) : (struct span){0};
}

struct span boot_kernel_version(const struct boot *b)
{
	struct span kernel = kernel_bytes(b), text;

	if (kernel.n < SETUP_KERNEL_VERSION + 2 ||
	    memcmp(kernel.p + UKI_KERNEL_MAGIC_OFFSET, "HdrS", 4) != 0)
		return (struct span){0};

	uint32_t offset = SETUP_KERNEL_VERSION_BASE + get_le16(kernel.p + SETUP_KERNEL_VERSION);

	if (offset >= kernel.n)
		return (struct span){0};
	text = SPAN(kernel.p + offset, MIN(kernel.n - offset, (size_t)KERNEL_VERSION_MAX));
	return SPAN(text.p, strnlen((const char *)text.p, text.n));
}

/* "6.12.117+deb13-cloud-amd64 ..." as KERNEL_VERSION(6, 12); 0 if it is not of that form. */
static unsigned kernel_version_number(struct span text)
{
	struct reader r = reader_init(text);
	unsigned numbers[2] = {0};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		uint8_t c;
		unsigned digits = 0;

		while ((c = reader_u8(&r)) >= '0' && c <= '9' && digits++ < 3)
			numbers[i] = numbers[i] * 10 + c - '0';
		if (digits == 0 || (i == 0 && c != '.'))
			return 0;
	}
	return KERNEL_VERSION(numbers[0], numbers[1]);
}

static void judge_kernel(struct boot *b)
{
	unsigned version = kernel_version_number(boot_kernel_version(b));
	_cleanup_error_ struct error *e = NULL;
	struct pe pe;

	if (version == 0)
		reasons_add(&b->reasons, REGISTER_BIT(PCR_KERNEL_INITRD), true,
			    "%s is not an x86 kernel that states its version",
			    b->uki->is_kernel ? "the program" : "section '.linux'");
	else if (version < KERNEL_MEASURES_OPTIONS)
		reasons_add(&b->reasons, REGISTER_BIT(PCR_KERNEL_INITRD), true,
			    "kernel %u.%u does not measure its command line: only those from 6.1 "
			    "on are predicted",
			    version / 1000, version % 1000);
	else if (version < KERNEL_MEASURES_TO_TDX && !b->options.vtpm)
		reasons_add(&b->reasons, REGISTER_BIT(REGISTER_RTMR2), true,
			    "kernel %u.%u does not measure through a TDX module: those from 6.9 "
			    "on do",
			    version / 1000, version % 1000);
	if (b->uki->stub->loads_kernel_image && pe_parse(b->kernel, &pe, &e) >= 0 &&
	    get_le16(b->kernel.p + pe.optional_header + PE_MAJOR_IMAGE_VERSION) < 1)
		reasons_add(&b->reasons,
			    REGISTER_BIT(PCR_BOOT_LOADER_CODE) | REGISTER_BIT(PCR_KERNEL_INITRD),
			    true,
			    "the kernel is too old to fetch its initrd from the stub: how it is "
			    "started is not predicted");
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
				err, -ERROR_UNPREDICTABLE,
				"section '%s' shares memory with '%s': what is measured is "
				"not what is in the file",
				s->name, other->name);
		if (s && s->virtual_size - pe_section_data(&b->uki->pe, s).n > ZEROS_MAX)
			return error_set(err, -ERROR_UNPREDICTABLE,
					 "section '%s' has %u bytes in memory, but %zu in the file",
					 s->name, s->virtual_size,
					 pe_section_data(&b->uki->pe, s).n);
	}
	return 0;
}

/* The stub starts all of VirtualSize, and firmware measures what it is given to start. */
static int take_kernel(struct boot *b, struct error **err)
{
	const struct pe_section *s = uki_section(b->uki, ".linux", b->profile);

	if (b->uki->is_kernel) {
		b->kernel = kernel_bytes(b);
		return 0;
	}
	if (!s)
		return error_set(err, -ERROR_MALFORMED, "section '.linux' is empty");

	int r = check_memory(b, err);

	if (r < 0)
		return r;
	b->kernel = pe_section_data(&b->uki->pe, s);
	if (s->virtual_size == b->kernel.n)
		return 0;
	b->kernel_copy = (struct buffer)BUFFER_INIT(s->virtual_size);
	buffer_put(&b->kernel_copy, b->kernel);
	buffer_put_zeros(&b->kernel_copy, s->virtual_size - b->kernel.n);
	b->kernel = buffer_span(&b->kernel_copy);
	return buffer_ok(&b->kernel_copy) ? 0 : error_oom(err);
}

/* The registers of which nothing can be said, by what the image is. */
static void judge_image(struct boot *b)
{
	const struct uki *u = b->uki;

	if (b->options.kind == BOOT_DISK && u->stub->secret_in_initrd)
		reasons_add(&b->reasons, REGISTER_BIT(PCR_KERNEL_INITRD), true,
			    "systemd's stub %u adds a random secret to the initrd when it starts "
			    "from a disk",
			    u->version);
	if (u->stub->profiles && uki_section(u, ".dtbauto", b->profile))
		reasons_add(&b->reasons, REGISTER_BIT(PCR_KERNEL_BOOT), true,
			    "section '.dtbauto': whether it is measured depends on the machine");
	if (b->files.global_extensions && u->version >= STUB_GLOBAL_EXTENSIONS_FIRST)
		reasons_add(&b->reasons,
			    REGISTER_BIT(PCR_KERNEL_INITRD) | REGISTER_BIT(PCR_KERNEL_CONFIG) |
				    REGISTER_BIT(PCR_SYSEXTS),
			    true,
			    "what systemd's stub %u takes from loader/extensions is not known",
			    u->version);
	judge_kernel(b);
}

static int take_loader(struct boot *b, struct error **err)
{
	struct span text;

	if (b->files.loader.n == 0)
		return 0;

	int r = pe_parse(b->files.loader, &b->loader, err);

	if (r >= 0)
		r = uki_program_version(&b->loader, "systemd-boot", &b->loader_version, &text, err);
	return r < 0 ? error_wrap(err, r, "boot loader") : 0;
}

/* What systemd-boot and the folders that it leads to leave open. */
static void judge_loader(struct boot *b)
{
	if (b->files.loader_drivers)
		reasons_add(&b->reasons,
			    REGISTER_BIT(PCR_EXTERNAL_CODE) | REGISTER_BIT(REGISTER_RTMR1) |
				    (b->options.secure_boot ? REGISTER_BIT(PCR_SECURE_BOOT_POLICY) |
								      REGISTER_BIT(REGISTER_RTMR0)
							    : 0),
			    true, "systemd-boot loads drivers from EFI/systemd/drivers");
	if (b->files.beside_unknown)
		reasons_add(&b->reasons,
			    REGISTER_BIT(PCR_BOOT_LOADER_CODE) | REGISTER_BIT(PCR_KERNEL_INITRD) |
				    REGISTER_BIT(PCR_KERNEL_CONFIG) | REGISTER_BIT(PCR_SYSEXTS),
			    true,
			    "where systemd's stub %u looks for files beside an image with a boot "
			    "counter is not known",
			    b->uki->version);
	if (b->uki->version >= SYSTEMD_TAGS_TO_TDX || b->loader_version >= SYSTEMD_TAGS_TO_TDX)
		reasons_add(&b->reasons, REGISTER_BIT(REGISTER_RTMR0), true,
			    "systemd %u measures the machine's SMBIOS tables",
			    MAX(b->uki->version, b->loader_version));
	if (b->files.initrd_unknown)
		reasons_add(
			&b->reasons, REGISTER_BIT(PCR_KERNEL_INITRD), true,
			"how systemd-boot %u joins initrds whose sizes are no multiples of 4 is "
			"not known",
			b->loader_version);
	if (b->files.start.has_others)
		reasons_add(&b->conditions,
			    REGISTER_BIT(PCR_BOOT_LOADER_CODE) | REGISTER_BIT(PCR_KERNEL_CONFIG),
			    false,
			    "no variable and nobody at its menu makes systemd-boot start another "
			    "entry");
}

/* By any of the names that its versions have. */
static bool initrd_measures_phases(const struct boot *b)
{
	static const char *const names[] = {"systemd-pcrphase-initrd.service", "systemd-pcrphase",
					    "systemd-pcrextend", NULL};

	for (size_t i = 0; i < b->n_initrd; i++) {
		if (initrd_has_file(b->initrd[i].data, names))
			return true;
	}
	return false;
}

/* What is known of user space: the phases that somebody named, and who will measure some. */
static void judge_phases(struct boot *b)
{
	const char *phases = b->options.phases;

	if (!phases && b->options.look_into_initrd && initrd_measures_phases(b))
		reasons_add(
			&b->conditions, REGISTER_BIT(PCR_KERNEL_BOOT), false,
			"before user space runs: the initrd has systemd-pcrphase, which extends it "
			"further (--phase)");
	if (!phases || !phases[strspn(phases, ":")])
		return;
	reasons_add(&b->conditions, REGISTER_BIT(PCR_KERNEL_BOOT), false,
		    "after the phases '%s' of systemd-pcrphase and before the next", phases);
	reasons_add(
		&b->reasons, REGISTER_BIT(REGISTER_RTMR2), false,
		"user space: its systemd's version decides whether phases reach the TDX module");
}

static void judge_disk(struct boot *b)
{
	if (b->options.kind == BOOT_DISK && b->files.gpt.n == 0)
		reasons_add(&b->reasons, REGISTER_BIT(PCR_BOOT_LOADER_CONFIG), false,
			    "the partition table of the disk is not in a file that holds only the "
			    "image");
	/* An RTMR takes what several PCRs take. */
	if (!boot_predicts(b, PCR_BOOT_LOADER_CODE) || !boot_predicts(b, PCR_BOOT_LOADER_CONFIG))
		reasons_add(&b->reasons, REGISTER_BIT(REGISTER_RTMR1),
			    !boot_predicts(b, PCR_BOOT_LOADER_CODE), "%s",
			    b->reasons.items[boot_predicts(b, PCR_BOOT_LOADER_CODE) ? 5 : 4].text);
	/* With a TPM besides, the kernel's events are not among them. */
	for (unsigned pcr = b->options.vtpm ? 11 : 9; pcr <= 13; pcr++) {
		const struct reason *reason = &b->reasons.items[pcr];

		if (reason->text)
			reasons_add(&b->reasons, REGISTER_BIT(REGISTER_RTMR2),
				    reason->unpredictable, "%s", reason->text);
	}
}

/*
 * Stubs before 252 may measure into any of these registers. Those between the known ones load no
 * addon that is not there, and with Secure Boot neither those before nor those after them have
 * firmware measure the kernel.
 */
static void judge_unknown_stub(struct boot *b)
{
	const struct uki *u = b->uki;
	bool between = u->version >= STUB_BETWEEN_FIRST && u->version <= STUB_BETWEEN_LAST;
	uint32_t registers = between ? REGISTERS_OF_STUB & ~(REGISTER_BIT(PCR_CONFIGURATION) |
							     REGISTER_BIT(PCR_SYSTEM_IDENTITY))
				     : REGISTERS_OF_STUB;

	if (between && b->options.secure_boot && !companion_list_has_addons(b->files.companions))
		registers &= ~REGISTER_BIT(PCR_BOOT_LOADER_CODE);
	reasons_add(&b->reasons, registers, true,
		    "what systemd's stub %.*s measures is not known (that of 252 to 257 and 262 "
		    "is)",
		    (int)MIN(u->version_text.n, 64u), (const char *)u->version_text.p);
}

static int describe(struct boot *b, struct error **err)
{
	const struct uki *u = b->uki;
	int r = take_loader(b, err);

	if (r >= 0)
		r = boot_take_machine(b, err);
	if (r < 0)
		return r;
	if (!u->stub) {
		judge_unknown_stub(b);
		return 0;
	}
	r = boot_take_options(b, err);
	if (r >= 0)
		r = take_kernel(b, err);
	if (r < 0)
		return r;
	judge_image(b);
	r = boot_take_companions(b, err);
	if (r >= 0)
		r = boot_take_command_line(b, err);
	return r < 0 ? r : boot_take_initrd(b, err);
}

int boot_describe(const struct uki *uki, const struct boot_files *files,
		  const struct boot_options *options, struct boot *ret, struct error **err)
{
	_cleanup_(boot_release) struct boot b = {
		.options = *options,
		.files = *files,
		.uki = uki,
	};
	int r = describe(&b, err);

	if (r >= 0)
		r = boot_judge_machine(&b, err);
	if (r < 0)
		return r;
	judge_loader(&b);
	judge_disk(&b);
	judge_phases(&b);
	if (b.reasons.failed || b.conditions.failed)
		return error_oom(err);
	*ret = b;
	b = (struct boot){0};
	return 0;
}

void boot_section_bytes(const struct pe *pe, const struct pe_section *s, struct event_list *l)
{
	struct span data = pe_section_data(pe, s);

	event_bytes(l, data);
	event_zeros(l, s->virtual_size - data.n);
}

void boot_text_bytes(const struct buffer *text, struct event_list *l)
{
	event_bytes(l, buffer_span(text));
	event_zeros(l, 2);
}

void boot_stub_event(const struct boot *b, struct event_list *l)
{
	if (!b->uki->stub->measures_to_tdx)
		event_tpm_only(l);
}

void boot_stub_tag(const struct boot *b, struct event_list *l)
{
	if (!b->uki->stub->tags_to_tdx)
		event_tpm_only(l);
}

void boot_loader_event(const struct boot *b, unsigned first, struct event_list *l)
{
	if (b->loader_version < first)
		event_tpm_only(l);
}
