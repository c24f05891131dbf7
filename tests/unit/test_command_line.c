#include "test.h"

#include "measure/boot.h"
#include "sample_pe.h"

/* An image of a stub's version, with a command line and two profiles, and what comes with it. */
struct sample {
	struct buffer kernel, image, loader, addons[3];
	struct companion_list companions;
	struct uki uki;
	struct boot boot;
	bool bare; /* the image has neither a command line nor profiles */
};

static void add_addon(struct sample *s, size_t i, enum companion_kind kind, const char *name,
		      const char *text)
{
	const struct sample_section sections[] = {
		{.name = ".cmdline", .data = text, .size = strlen(text)},
	};

	s->addons[i] = (struct buffer)BUFFER_INIT(SAMPLE_MAX);
	sample_pe(&s->addons[i], sections, ARRAY_SIZE(sections));
	assert_int_equal(companion_list_take(&s->companions, kind, name, &s->addons[i], NULL), 0);
}

/* Describes a boot with these files and options; the image and the addons come from the sample. */
static void describe_boot(struct sample *s, const char *version, struct boot_files files,
			  struct boot_options options)
{
	char magic[64];
	_cleanup_error_ struct error *err = NULL;

	snprintf(magic, sizeof(magic), "#### LoaderInfo: systemd-stub %s ####", version);
	s->kernel = (struct buffer)BUFFER_INIT(SAMPLE_MAX);
	s->image = (struct buffer)BUFFER_INIT(SAMPLE_MAX);
	sample_kernel(&s->kernel, "6.12.0-sample");

	const struct sample_section sections[] = {
		{.name = ".sdmagic", .data = magic, .size = strlen(magic)},
		{.name = ".linux", .data = (const char *)s->kernel.p, .size = s->kernel.n},
		SAMPLE_SECTION(".cmdline", " own "),
		SAMPLE_SECTION(".profile", "ID=a"),
		SAMPLE_SECTION(".profile", "ID=b"),
		SAMPLE_SECTION(".cmdline", "second"),
	};
	/* Older stubs take the last section of a name. */
	size_t n = s->bare ? 2 : strcmp(version, "257") < 0 ? 3 : ARRAY_SIZE(sections);

	sample_pe(&s->image, sections, n);
	assert_done(uki_parse(buffer_span(&s->image), &s->uki, &err), &err);
	files.image = buffer_span(&s->image);
	files.companions = &s->companions;
	assert_done(boot_describe(&s->uki, &files, &options, &s->boot, &err), &err);
}

static void describe(struct sample *s, const char *version, const char *smbios)
{
	/* Stub 262 adds a secret to the initrd when it starts from a disk. */
	describe_boot(
		s, version, (struct boot_files){0},
		(struct boot_options){.kind = BOOT_QEMU_KERNEL, .smbios_command_line = smbios});
}

/* Behind systemd-boot of a version. */
static void describe_behind(struct sample *s, const char *loader, struct loader_start start,
			    const char *load_options)
{
	char magic[64];

	snprintf(magic, sizeof(magic), "#### LoaderInfo: systemd-boot %s ####", loader);

	const struct sample_section section = {
		.name = ".sdmagic", .data = magic, .size = strlen(magic)};

	s->loader = (struct buffer)BUFFER_INIT(SAMPLE_MAX);
	sample_pe(&s->loader, &section, 1);
	describe_boot(s, "257.13",
		      (struct boot_files){.loader = buffer_span(&s->loader), .start = start},
		      (struct boot_options){.load_options = load_options});
}

static void release(struct sample *s)
{
	boot_release(&s->boot);
	companion_list_release(&s->companions);
	buffer_release(&s->kernel);
	buffer_release(&s->image);
	buffer_release(&s->loader);
}

/* The text of UTF-16 that is ASCII. */
static void expect_text(const struct buffer *wide, const char *expected)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(SAMPLE_MAX);

	for (size_t i = 0; i < wide->n; i += 2)
		buffer_put_u8(&text, wide->p[i]);
	assert_string_equal(text.n ? buffer_text(&text) : "", expected);
}

static void expect(const char *version, const char *whole, const char *first, const char *second,
		   const char *smbios)
{
	struct sample s = {0};

	add_addon(&s, 0, COMPANION_GLOBAL_ADDON, "b.addon.efi", " b=1 ");
	add_addon(&s, 1, COMPANION_GLOBAL_ADDON, "a.addon.efi", "a=1");
	add_addon(&s, 2, COMPANION_ADDON, "0.addon.efi", " o=1 ");
	describe(&s, version, " s=1 ");
	expect_text(&s.boot.command_line.whole, whole);
	expect_text(&s.boot.command_line.addons[0], first);
	expect_text(&s.boot.command_line.addons[1], second);
	expect_text(&s.boot.command_line.smbios, smbios);
	assert_true(boot_predicts(&s.boot, 9));
	assert_true(boot_predicts(&s.boot, 12));
	release(&s);
}

/* Each as seen in real boots, but 255, whose source says so. */
static void appends_as_each_stub_does(void **state)
{
	(void)state;
	expect("252.39", " own", "", "", "");
	expect("254.26", " own a=1  b=1  o=1  s=1 ", "a=1  b=1", " o=1", " s=1 ");
	expect("255.4", "own a=1  b=1   o=1  s=1 ", "a=1  b=1   o=1", "", " s=1 ");
	expect("257.13", "own a=1 b=1 o=1 s=1", "a=1 b=1 o=1", "", "s=1");
	expect("262.1", "own a=1 b=1 o=1 s=1", "a=1 b=1 o=1", "", "s=1");
}

/* Both ways that stub 256 may go are the same without stray blanks. */
static void knows_256_without_stray_blanks(void **state)
{
	(void)state;
	struct sample plain = {0}, stray = {0}, smbios = {0};

	add_addon(&plain, 0, COMPANION_ADDON, "a.addon.efi", "a=1  aa=1");
	add_addon(&plain, 1, COMPANION_ADDON, "b.addon.efi", "b=1");
	describe(&plain, "256.1", "s=1");
	expect_text(&plain.boot.command_line.whole, "own a=1  aa=1 b=1 s=1");
	assert_true(boot_predicts(&plain.boot, 9));
	assert_true(boot_predicts(&plain.boot, 12));
	release(&plain);

	add_addon(&stray, 0, COMPANION_ADDON, "a.addon.efi", "a=1 ");
	add_addon(&stray, 1, COMPANION_ADDON, "b.addon.efi", "b=1");
	describe(&stray, "256.1", NULL);
	assert_false(boot_predicts(&stray.boot, 9));
	assert_string_equal(stray.boot.reasons.items[12].text,
			    "what systemd's stub 256 does with blanks around the command lines of "
			    "addons is not known");
	assert_true(boot_predicts(&stray.boot, 11));
	release(&stray);

	describe(&smbios, "256.1", " s=1");
	assert_string_equal(smbios.boot.reasons.items[9].text,
			    "what systemd's stub 256 does with blanks around the command line from "
			    "SMBIOS is not known");
	release(&smbios);
}

/* An addon that is blank still brings its blank between two others. */
static void keeps_the_blank_of_a_blank_addon(void **state)
{
	(void)state;
	struct sample s = {0};

	add_addon(&s, 0, COMPANION_ADDON, "a.addon.efi", "a=1");
	add_addon(&s, 1, COMPANION_ADDON, "b.addon.efi", " ");
	add_addon(&s, 2, COMPANION_ADDON, "c.addon.efi", "c=1");
	describe(&s, "257.13", NULL);
	expect_text(&s.boot.command_line.addons[0], "a=1  c=1");
	release(&s);
}

static void takes_what_the_loader_passes(void **state)
{
	(void)state;
	static char options[] = " a=1  ";
	static const struct {
		const char *loader;
		struct loader_start start;
		const char *measured, *passed, *whole;
		unsigned profile;
	} cases[] = {
		{"254.26", {0}, "own", "own", "own", 0},
		{"257.13", {0}, "", "", "own", 0},
		{"257.13", {.profile = 1}, "@1", "", "second", 1},
		{"257.13", {.options = options, .is_text = true}, options, "a=1", "a=1", 0},
		{"262.1",
		 {.profile = 1, .options = options, .is_text = true},
		 "@1  a=1  ",
		 "a=1",
		 "a=1",
		 1},
		{"254.26", {.is_text = true}, "", "", "own", 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sample s = {0};

		/* systemd-boot reads no LoadOptions. */
		describe_behind(&s, cases[i].loader, cases[i].start, "lost=1");
		expect_text(&s.boot.command_line.loader, cases[i].measured);
		expect_text(&s.boot.command_line.passed, cases[i].passed);
		expect_text(&s.boot.command_line.whole, cases[i].whole);
		assert_int_equal(s.boot.profile, cases[i].profile);
		assert_true(boot_predicts(&s.boot, 9) && boot_predicts(&s.boot, 12));
		release(&s);
	}
}

static void says_what_the_loader_adds(void **state)
{
	(void)state;
	struct sample s = {0};

	describe_behind(&s, "262.1", (struct loader_start){.is_text = true, .has_extras = true},
			NULL);
	assert_false(boot_predicts(&s.boot, 9) || boot_predicts(&s.boot, 12));
	assert_true(boot_predicts(&s.boot, 4) && boot_predicts(&s.boot, 11));
	assert_string_equal(s.boot.reasons.items[9].text,
			    "what systemd-boot's entry adds to the initrd is not predicted");
	release(&s);
}

/* As a boot with QEMU's -append has shown: a character for each byte. */
static void takes_bytes_of_append(void **state)
{
	(void)state;
	struct sample s = {0};

	describe_boot(&s, "257.13", (struct boot_files){0},
		      (struct boot_options){.kind = BOOT_QEMU_KERNEL,
					    .load_options = "\xc3\xa4\xf0\xff"});
	assert_true(span_equal(buffer_span(&s.boot.command_line.whole),
			       SPAN_LITERAL("\xc3\0\xa4\0\xf0\0\xff\0")));
	assert_true(boot_predicts(&s.boot, 9) && boot_predicts(&s.boot, 12));
	release(&s);

	describe_boot(&s, "257.13", (struct boot_files){0},
		      (struct boot_options){.load_options = "a=\xf0\x9f\x98\x80"});
	assert_false(boot_predicts(&s.boot, 9) || boot_predicts(&s.boot, 12));
	assert_true(boot_predicts(&s.boot, 4) && boot_predicts(&s.boot, 11));
	release(&s);
}

/* A tab within, and one in front, as boots with -append and the sources of both versions have them. */
static void takes_no_garbage(void **state)
{
	(void)state;
	static const struct {
		const char *version, *options, *whole;
		unsigned profile;
	} cases[] = {
		{"257.13", "\tx=1", "own", 0},	{"257.13", "@1 a\tb", "a b", 1},
		{"257.13", "@1 \tb", "b", 1},	{"262.1", "a\tb", "own", 0},
		{"262.1", "@1 a\tb", "own", 0}, {"262.1", "@1 a b", "a b", 1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sample s = {0};

		describe_boot(&s, cases[i].version, (struct boot_files){0},
			      (struct boot_options){.kind = BOOT_QEMU_KERNEL,
						    .load_options = cases[i].options});
		expect_text(&s.boot.command_line.whole, cases[i].whole);
		assert_int_equal(s.boot.profile, cases[i].profile);
		release(&s);
	}
}

/* Which registers of an unknown stub are predicted: bits of PCRs. */
static unsigned predicted_of(const char *version, bool secure_boot, bool addon)
{
	struct sample s = {0};
	unsigned predicted = 0;

	if (addon)
		add_addon(&s, 0, COMPANION_ADDON, "a.addon.efi", "a=1");
	describe_boot(&s, version, (struct boot_files){.gpt = SPAN_LITERAL("table")},
		      (struct boot_options){.secure_boot = secure_boot});
	for (unsigned pcr = 4; pcr < 16; pcr++)
		predicted |= (unsigned)boot_predicts(&s.boot, pcr) << pcr;
	release(&s);
	/* Of these nothing is said here. */
	return predicted & ~(1u << 6 | 1u << 10 | 1u << 14);
}

static void predicts_what_unknown_stubs_leave_alone(void **state)
{
	(void)state;
	const unsigned pcr_4 = 1u << 4, pcr_5 = 1u << 5, pcr_7 = 1u << 7, zero = 1u << 8 | 1u << 15;

	assert_int_equal(predicted_of("251.3", false, false), pcr_5 | pcr_7);
	assert_int_equal(predicted_of("260.1", false, false), pcr_5 | pcr_7 | zero);
	/* With Secure Boot PCR 7 needs the machine's variables. */
	assert_int_equal(predicted_of("260.1", true, false), pcr_4 | pcr_5 | zero);
	assert_int_equal(predicted_of("260.1", true, true), pcr_5 | zero);
}

/* Whether a stub takes LoadOptions with Secure Boot, from an image that has no command line. */
static bool takes_options(const char *version, bool confidential)
{
	struct sample s = {.bare = true};

	describe_boot(&s, version, (struct boot_files){0},
		      (struct boot_options){.kind = BOOT_QEMU_KERNEL,
					    .load_options = "passed=1",
					    .secure_boot = true,
					    .confidential = confidential});

	bool taken = s.boot.command_line.passed.n > 0;

	release(&s);
	return taken;
}

/* From 255 on a stub trusts nobody who starts a confidential VM. */
static void takes_no_options_in_confidential_vm(void **state)
{
	(void)state;
	assert_true(takes_options("254.26", true));
	assert_false(takes_options("255.4", true));
	assert_false(takes_options("257.13", true));
	assert_true(takes_options("255.4", false));
	assert_true(takes_options("257.13", false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appends_as_each_stub_does),
		cmocka_unit_test(knows_256_without_stray_blanks),
		cmocka_unit_test(keeps_the_blank_of_a_blank_addon),
		cmocka_unit_test(takes_what_the_loader_passes),
		cmocka_unit_test(says_what_the_loader_adds),
		cmocka_unit_test(takes_bytes_of_append),
		cmocka_unit_test(takes_no_garbage),
		cmocka_unit_test(predicts_what_unknown_stubs_leave_alone),
		cmocka_unit_test(takes_no_options_in_confidential_vm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
