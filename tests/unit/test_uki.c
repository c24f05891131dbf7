#include "test.h"

#include "formats/uki.h"
#include "formats/uki_write.h"
#include "sample_pe.h"

static void put_pieces(const struct uki_image *image, struct buffer *b)
{
	for (size_t i = 0; i < image->n_pieces; i++)
		buffer_put(b, image->pieces[i]);
	assert_true(buffer_ok(b));
	assert_int_equal(b->n, image->size);
}

/* Assembles stub 257 with a kernel and the given sections. */
static void make_uki(const char *version, const struct uki_input *more, size_t n, struct buffer *b)
{
	_cleanup_(buffer_release) struct buffer stub = BUFFER_INIT(SAMPLE_MAX);
	_cleanup_(buffer_release) struct buffer kernel = BUFFER_INIT(SAMPLE_MAX);
	_cleanup_(uki_image_release) struct uki_image image = {0};
	_cleanup_error_ struct error *err = NULL;
	struct uki_input inputs[8];

	sample_stub(&stub, version);
	sample_kernel(&kernel, "6.12.0-sample");
	inputs[0] = (struct uki_input){".linux", buffer_span(&kernel)};
	for (size_t i = 0; i < n; i++)
		inputs[1 + i] = more[i];
	assert_done(uki_assemble(buffer_span(&stub), inputs, 1 + n, &image, &err), &err);
	put_pieces(&image, b);
}

static void assembles_what_it_reads(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);
	_cleanup_error_ struct error *err = NULL;
	const struct uki_input inputs[] = {
		{".osrel", SPAN_LITERAL("ID=sample\n")},
		{".initrd", SPAN_LITERAL("initrd")},
	};
	struct uki u;

	make_uki("257.13-1", inputs, ARRAY_SIZE(inputs), &b);
	assert_done(uki_parse(buffer_span(&b), &u, &err), &err);
	assert_int_equal(u.version, 257);
	assert_true(span_equal(u.version_text, SPAN_LITERAL("257.13-1")));
	assert_int_equal(u.pe.number_of_sections, 5);
	/* .text, .sdmagic, .linux of 0x600 bytes, .osrel, .initrd */
	assert_int_equal(u.pe.size_of_image, 0x6000);
	assert_int_equal(b.n, 0x400 + 2 * 0x200 + 0x600 + 2 * 0x200);

	const struct pe_section *s = uki_section(&u, ".initrd", 0);

	assert_int_equal(s->virtual_size, 6);
	assert_int_equal(s->size_of_raw_data, 0x200);
	assert_int_equal(s->virtual_address, 0x5000);
	assert_int_equal(s->characteristics, PE_SCN_MEM_READ | PE_SCN_CNT_INITIALIZED_DATA);
	assert_true(span_equal(pe_section_data(&u.pe, s), inputs[1].data));
	s = uki_section(&u, ".linux", 0);
	assert_int_equal(s->characteristics, PE_SCN_MEM_READ | PE_SCN_CNT_CODE);
	assert_null(uki_section(&u, ".dtb", 0));
	/* CheckSum, and SizeOfInitializedData */
	assert_int_equal(get_le32(b.p + SAMPLE_OPTIONAL_HEADER + 64), 0);
	assert_int_equal(get_le32(b.p + SAMPLE_OPTIONAL_HEADER + 8), 0x600 + 10 + 6);
}

static void drops_nx_if_the_kernel_lacks_it(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer stub = BUFFER_INIT(SAMPLE_MAX);
	_cleanup_(buffer_release) struct buffer kernel = BUFFER_INIT(SAMPLE_MAX);
	_cleanup_(uki_image_release) struct uki_image image = {0};

	sample_stub(&stub, "257.13-1");
	sample_kernel(&kernel, "6.12.0-sample");
	put_le16(kernel.p + SAMPLE_OPTIONAL_HEADER + PE_DLL_CHARACTERISTICS, 0);
	put_le16(stub.p + SAMPLE_OPTIONAL_HEADER + PE_DLL_CHARACTERISTICS, 0x0160);

	const struct uki_input input = {".linux", buffer_span(&kernel)};

	assert_int_equal(uki_assemble(buffer_span(&stub), &input, 1, &image, NULL), 0);
	assert_int_equal(get_le16(image.header.p + SAMPLE_OPTIONAL_HEADER + PE_DLL_CHARACTERISTICS),
			 0x0060);
}

static void expect_not_assembled(const struct uki_input *inputs, size_t n, const char *message)
{
	_cleanup_(buffer_release) struct buffer stub = BUFFER_INIT(SAMPLE_MAX);
	_cleanup_error_ struct error *err = NULL;
	struct uki_image image;

	sample_stub(&stub, "257.13-1");
	assert_failed(uki_assemble(buffer_span(&stub), inputs, n, &image, &err), ERROR_MALFORMED,
		      message, &err);
}

static void refuses_bad_inputs(void **state)
{
	(void)state;
	const struct span data = SPAN_LITERAL("data");
	const struct uki_input twice[] = {{".osrel", data}, {".osrel", data}};
	static const char *const many[] = {".a", ".b", ".c", ".d", ".e", ".f", ".g", ".h",
					   ".i", ".j", ".k", ".l", ".m", ".n", ".o", ".p"};
	struct uki_input too_many[ARRAY_SIZE(many)];

	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		too_many[i] = (struct uki_input){many[i], data};

	expect_not_assembled(&(struct uki_input){".toolong1", data}, 1,
			     "section name '.toolong1' is not 1 to 8 characters");
	expect_not_assembled(&(struct uki_input){".sdmagic", data}, 1,
			     "stub already has a section '.sdmagic'");
	expect_not_assembled(twice, 2, "section '.osrel' is given twice");
	expect_not_assembled(&(struct uki_input){".osrel", {0}}, 1, "section '.osrel' is empty");
	expect_not_assembled(&(struct uki_input){".linux", data}, 1,
			     "section '.linux': no 'MZ' header: not a PE image");
	expect_not_assembled(too_many, ARRAY_SIZE(too_many),
			     "headers of 0x400 bytes have no room for 16 more sections");
}

static void refuses_bad_stubs(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer stub = BUFFER_INIT(SAMPLE_MAX);
	_cleanup_error_ struct error *err = NULL;
	struct uki_image image;

	assert_failed(uki_assemble((struct span){0}, NULL, 0, &image, &err), ERROR_MALFORMED,
		      "stub: no 'MZ' header: not a PE image", &err);
	sample_stub(&stub, "257.13-1");
	buffer_put_u8(&stub, 0);
	assert_failed(uki_assemble(buffer_span(&stub), NULL, 0, &image, &err), ERROR_MALFORMED,
		      "stub has bytes after its last section, which ends at 0x800", &err);
	put_le32(stub.p + SAMPLE_OPTIONAL_HEADER + 112 + 36, 1);
	assert_failed(uki_assemble(buffer_span(&stub), NULL, 0, &image, &err), ERROR_MALFORMED,
		      "stub is signed", &err);
}

static void refuses_what_is_no_uki(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);
	_cleanup_error_ struct error *err = NULL;
	struct uki u;

	sample_stub(&b, "257.13-1");
	assert_failed(uki_parse(buffer_span(&b), &u, &err), ERROR_MALFORMED,
		      "no '.linux' section: not a unified kernel image", &err);
	sample_section_header(&b, 1)[1] = 'x';
	assert_failed(uki_parse(buffer_span(&b), &u, &err), ERROR_MALFORMED,
		      "no '.sdmagic' section: not made with systemd's stub", &err);
	buffer_release(&b);
	sample_stub(&b, "next");
	assert_failed(uki_parse(buffer_span(&b), &u, &err), ERROR_MALFORMED,
		      "no version of systemd-stub in '.sdmagic'", &err);
}

static void knows_stub_versions(void **state)
{
	(void)state;
	assert_null(uki_stub_find(251));
	assert_string_equal(uki_stub_find(253)->measured[6], ".pcrpkey");
	assert_string_equal(uki_stub_find(255)->measured[7], ".sbat");
	assert_string_equal(uki_stub_find(256)->measured[4], ".ucode");
	assert_string_equal(uki_stub_find(257)->measured[12], ".hwids");
	assert_null(uki_stub_find(258));
	assert_null(uki_stub_find(261));
	assert_true(uki_stub_find(262)->secret_in_initrd);
}

/* Content of the section that stands for `name` in a profile. */
static struct span content(const struct uki *u, const char *name, unsigned profile)
{
	const struct pe_section *s = uki_section(u, name, profile);

	return s ? pe_section_data(&u->pe, s) : (struct span){0};
}

static void looks_up_profiles(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);
	const struct sample_section sections[] = {
		SAMPLE_SECTION(".sdmagic", "#### LoaderInfo: systemd-stub 257 ####"),
		SAMPLE_SECTION(".linux", "kernel"),
		SAMPLE_SECTION(".cmdline", "base"),
		SAMPLE_SECTION(".profile", "ID=zero"),
		SAMPLE_SECTION(".cmdline", "zero"),
		SAMPLE_SECTION(".profile", "ID=one"),
		SAMPLE_SECTION(".cmdline", "one"),
		SAMPLE_SECTION(".cmdline", "not taken"),
		SAMPLE_SECTION(".profile", "ID=two"),
	};
	struct uki u;

	sample_pe(&b, sections, ARRAY_SIZE(sections));
	assert_int_equal(uki_parse(buffer_span(&b), &u, NULL), 0);
	assert_int_equal(uki_profiles(&u), 3);
	assert_true(span_equal(content(&u, ".cmdline", 0), SPAN_LITERAL("zero")));
	assert_true(span_equal(content(&u, ".cmdline", 1), SPAN_LITERAL("one")));
	assert_true(span_equal(content(&u, ".cmdline", 2), SPAN_LITERAL("base")));
	assert_true(span_equal(content(&u, ".profile", 2), SPAN_LITERAL("ID=two")));
	assert_true(span_equal(content(&u, ".linux", 2), SPAN_LITERAL("kernel")));
}

static void old_stubs_take_the_last_match_by_prefix(void **state)
{
	(void)state;
	const struct sample_section sections[] = {
		SAMPLE_SECTION(".sdmagic", "#### LoaderInfo: systemd-stub 255 ####"),
		SAMPLE_SECTION(".linux", "kernel"),
		SAMPLE_SECTION(".dtb", "first"),
		SAMPLE_SECTION(".dtbauto", "second"),
	};
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);
	struct uki u;

	sample_pe(&b, sections, ARRAY_SIZE(sections));
	assert_int_equal(uki_parse(buffer_span(&b), &u, NULL), 0);
	assert_true(span_equal(content(&u, ".dtb", 0), SPAN_LITERAL("second")));
}

static void expect_command_line(unsigned version, struct span text, struct span expected)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(3 * UKI_COMMAND_LINE_MAX);
	_cleanup_error_ struct error *err = NULL;

	assert_done(uki_command_line(uki_stub_find(version), text, &b, &err), &err);
	assert_true(span_equal(buffer_span(&b), expected));
}

static void mangles_command_lines(void **state)
{
	(void)state;
	const struct span text = SPAN_LITERAL(" \ta\n b\x7f \n\0rest");

	expect_command_line(257, text, SPAN_LITERAL("a\0 \0 \0b\0"));
	expect_command_line(252, text, SPAN_LITERAL(" \0 \0a\0 \0 \0b\0\x7f\0"));
	expect_command_line(254, text, SPAN_LITERAL(" \0 \0a\0 \0 \0b\0\x7f\0"));
	expect_command_line(255, text, SPAN_LITERAL("a\0 \0 \0b\0"));
	expect_command_line(257, SPAN_LITERAL("\xc3\xa4=\xe2\x82\xac"),
			    SPAN_LITERAL("\xe4\0=\0\xac\x20"));
	expect_command_line(257, SPAN_LITERAL(" \n"), (struct span){0});
}

/* The kernel's own command line has shown each of these, of stubs 252, 254 and 257. */
static void leaves_out_what_the_stub_does(void **state)
{
	(void)state;
	static const struct {
		struct span text;
		struct span wide;
		bool whole;
	} cases[] = {
		{SPAN_LITERAL("s=\xf0\x9f\x98\x80!"), SPAN_LITERAL("s\0=\0!\0"), false},
		{SPAN_LITERAL("a\x80 b"), SPAN_LITERAL("a\0 \0b\0"), false},
		{SPAN_LITERAL("a\xff b"), SPAN_LITERAL("a\0 \0b\0"), false},
		{SPAN_LITERAL("a\xc3( b"), SPAN_LITERAL("a\0 \0b\0"), false},
		{SPAN_LITERAL("a\xed\xa0\x80z"), SPAN_LITERAL("a\0z\0"), false},
		{SPAN_LITERAL("a\xc0\xafz"), SPAN_LITERAL("a\0/\0z\0"), true},
		{SPAN_LITERAL("a\xfc\x80\x80\x80\x80\xafz"), SPAN_LITERAL("a\0/\0z\0"), true},
		{SPAN_LITERAL("a\xf0\x9f"), SPAN_LITERAL("a\0"), false},
		{SPAN_LITERAL("a\xc0\x80z"), SPAN_LITERAL("a\0"), false},
		{SPAN_LITERAL("a\xc3\0z\0x"), SPAN_LITERAL("a\0z\0"), false},
		{SPAN_LITERAL("\xc3\xa4\xe2\x82\xac"), SPAN_LITERAL("\xe4\0\xac\x20"), true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		expect_command_line(252, cases[i].text, cases[i].wide);
		expect_command_line(257, cases[i].text, cases[i].wide);
		assert_true(uki_text_is_whole(cases[i].text) == cases[i].whole);
	}
}

static void refuses_long_command_lines(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);
	_cleanup_error_ struct error *err = NULL;
	_cleanup_free_ char *text = malloc(UKI_COMMAND_LINE_MAX + 1);

	assert_non_null(text);
	memset(text, 'x', UKI_COMMAND_LINE_MAX + 1);
	assert_failed(uki_command_line(uki_stub_find(257), SPAN(text, UKI_COMMAND_LINE_MAX + 1), &b,
				       &err),
		      ERROR_MALFORMED, "command line is longer than 4096 characters", &err);
}

static void makes_the_archive_of_a_section(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(4096);
	_cleanup_(buffer_release) struct buffer expected = BUFFER_INIT(4096);

	const struct uki_archive_file file = {"os-release", SPAN_LITERAL("NAME=x"), 9};

	uki_archive(".extra", 0555, 0444, &file, 1, &b);
	buffer_put(&expected, SPAN_LITERAL("07070100000001"
					   "0000416d0000000000000000"
					   "000000010000000000000000"
					   "000000000000000000000000"
					   "000000000000000700000000"
					   ".extra\0"));
	buffer_align(&expected, 4);
	buffer_put(&expected, SPAN_LITERAL("07070100000002"
					   "000081240000000000000000"
					   "000000010000000000000009"
					   "000000000000000000000000"
					   "000000000000001200000000"
					   ".extra/os-release\0"));
	buffer_align(&expected, 4);
	buffer_put(&expected, SPAN_LITERAL("NAME=x\0\0\0\0\0\0"));
	buffer_put(&expected, SPAN_LITERAL("07070100000000"
					   "000000000000000000000000"
					   "000000010000000000000000"
					   "000000000000000000000000"
					   "000000000000000B00000000"
					   "TRAILER!!!\0"));
	buffer_align(&expected, 4);
	assert_true(span_equal(buffer_span(&b), buffer_span(&expected)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(assembles_what_it_reads),
		cmocka_unit_test(drops_nx_if_the_kernel_lacks_it),
		cmocka_unit_test(refuses_bad_inputs),
		cmocka_unit_test(refuses_bad_stubs),
		cmocka_unit_test(refuses_what_is_no_uki),
		cmocka_unit_test(knows_stub_versions),
		cmocka_unit_test(looks_up_profiles),
		cmocka_unit_test(old_stubs_take_the_last_match_by_prefix),
		cmocka_unit_test(mangles_command_lines),
		cmocka_unit_test(leaves_out_what_the_stub_does),
		cmocka_unit_test(refuses_long_command_lines),
		cmocka_unit_test(makes_the_archive_of_a_section),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
