#include "test.h"

#include "measure/boot.h"
#include "sample_pe.h"

/* An image of a stub's version, with a command line, and two addons for all and one of its own. */
struct sample {
	struct buffer kernel, image, addons[3];
	struct sidecar_list sidecars;
	struct uki uki;
	struct boot boot;
};

static void add_addon(struct sample *s, size_t i, enum sidecar_kind kind, const char *name,
		      const char *text)
{
	const struct sample_section sections[] = {
		{.name = ".cmdline", .data = text, .size = strlen(text)},
	};

	s->addons[i] = (struct buffer)BUFFER_INIT(SAMPLE_MAX);
	sample_pe(&s->addons[i], sections, ARRAY_SIZE(sections));
	assert_int_equal(sidecar_list_take(&s->sidecars, kind, name, &s->addons[i], NULL), 0);
}

static void describe(struct sample *s, const char *version, const char *smbios)
{
	char magic[64];
	_cleanup_error_ struct error *err = NULL;

	snprintf(magic, sizeof(magic), "#### LoaderInfo: systemd-stub %s ####", version);
	s->kernel = (struct buffer)BUFFER_INIT(SAMPLE_MAX);
	s->image = (struct buffer)BUFFER_INIT(SAMPLE_MAX);
	sample_kernel(&s->kernel, "6.12.0-sample");

	const struct sample_section sections[] = {
		{.name = ".sdmagic", .data = magic, .size = strlen(magic)},
		SAMPLE_SECTION(".cmdline", " own "),
		{.name = ".linux", .data = (const char *)s->kernel.p, .size = s->kernel.n},
	};

	sample_pe(&s->image, sections, ARRAY_SIZE(sections));
	assert_done(uki_parse(buffer_span(&s->image), &s->uki, &err), &err);

	const struct boot_files files = {
		.image = buffer_span(&s->image),
		.sidecars = &s->sidecars,
	};
	/* Stub 262 adds a secret to the initrd when it starts from a disk. */
	const struct boot_options options = {.path = BOOT_QEMU_KERNEL,
					     .smbios_command_line = smbios};

	assert_done(boot_describe(&s->uki, &files, &options, &s->boot, &err), &err);
}

static void release(struct sample *s)
{
	boot_release(&s->boot);
	sidecar_list_release(&s->sidecars);
	buffer_release(&s->kernel);
	buffer_release(&s->image);
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

	add_addon(&s, 0, SIDECAR_GLOBAL_ADDON, "b.addon.efi", " b=1 ");
	add_addon(&s, 1, SIDECAR_GLOBAL_ADDON, "a.addon.efi", "a=1");
	add_addon(&s, 2, SIDECAR_ADDON, "0.addon.efi", " o=1 ");
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

	add_addon(&plain, 0, SIDECAR_ADDON, "a.addon.efi", "a=1  aa=1");
	add_addon(&plain, 1, SIDECAR_ADDON, "b.addon.efi", "b=1");
	describe(&plain, "256.1", "s=1");
	expect_text(&plain.boot.command_line.whole, "own a=1  aa=1 b=1 s=1");
	assert_true(boot_predicts(&plain.boot, 9));
	assert_true(boot_predicts(&plain.boot, 12));
	release(&plain);

	add_addon(&stray, 0, SIDECAR_ADDON, "a.addon.efi", "a=1 ");
	add_addon(&stray, 1, SIDECAR_ADDON, "b.addon.efi", "b=1");
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

	add_addon(&s, 0, SIDECAR_ADDON, "a.addon.efi", "a=1");
	add_addon(&s, 1, SIDECAR_ADDON, "b.addon.efi", " ");
	add_addon(&s, 2, SIDECAR_ADDON, "c.addon.efi", "c=1");
	describe(&s, "257.13", NULL);
	expect_text(&s.boot.command_line.addons[0], "a=1  c=1");
	release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appends_as_each_stub_does),
		cmocka_unit_test(knows_256_without_stray_blanks),
		cmocka_unit_test(keeps_the_blank_of_a_blank_addon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
