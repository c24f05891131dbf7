#include "test.h"

#include "formats/authenticode.h"
#include "sample_pe.h"

static const struct sample_section two_sections[] = {
	SAMPLE_SECTION(".text", "code"),
	{.name = ".data", .data = "data", .size = 4, .extra = 12},
};

static void make(struct buffer *b)
{
	sample_pe(b, two_sections, ARRAY_SIZE(two_sections));
}

static void expect_refused(struct span file, const char *message)
{
	_cleanup_error_ struct error *err = NULL;
	struct pe pe;

	assert_int_equal(pe_parse(file, &pe, &err), -ERROR_MALFORMED);
	assert_string_equal(error_message(err), message);
}

static void reads_headers(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);
	struct pe pe;

	make(&b);
	assert_int_equal(pe_parse(buffer_span(&b), &pe, NULL), 0);
	assert_int_equal(pe.machine, 0x8664);
	assert_int_equal(pe.number_of_sections, 2);
	assert_int_equal(pe.size_of_image, 0x3000);
	assert_string_equal(pe.sections[1].name, ".data");
	assert_int_equal(pe.sections[1].virtual_size, 16);
	assert_int_equal(pe.sections[1].pointer_to_raw_data, 0x600);

	struct span data = pe_section_data(&pe, &pe.sections[0]);

	assert_true(span_equal(data, SPAN_LITERAL("code")));
	assert_null(pe_section_shares_memory(&pe, &pe.sections[0]));
}

static void limits_data_to_raw_size(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);
	struct pe pe;

	make(&b);
	put_le32(sample_section_header(&b, 1) + 8, 0x300);
	assert_int_equal(pe_parse(buffer_span(&b), &pe, NULL), 0);
	assert_int_equal(pe_section_data(&pe, &pe.sections[1]).n, 0x200);
}

static void refuses_broken_headers(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);

	make(&b);
	expect_refused((struct span){0}, "no 'MZ' header: not a PE image");
	expect_refused(SPAN(b.p, 63), "no 'MZ' header: not a PE image");
	expect_refused(SPAN(b.p, 80), "e_lfanew at 0x3c: 0x40 does not fit 0x50 bytes");
	expect_refused(SPAN(b.p, 200),
		       "SizeOfOptionalHeader at 0x54: 0x148 does not fit 0xc8 bytes");
	expect_refused(SPAN(b.p, 0x3ff), "SizeOfHeaders at 0x94: 0x400 does not fit 0x3ff bytes");

	b.p[SAMPLE_E_LFANEW] = 'N';
	expect_refused(buffer_span(&b), "no 'PE' signature at 0x40");
}

/* Makes a sample with one changed 32-bit field. */
static void expect_field_refused(size_t offset, uint32_t value, const char *message)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);

	make(&b);
	put_le32(b.p + offset, value);
	expect_refused(buffer_span(&b), message);
}

static void refuses_bad_fields(void **state)
{
	(void)state;
	expect_field_refused(SAMPLE_OPTIONAL_HEADER, 0x107, "Magic at 0x58: 0x107 is unknown");
	expect_field_refused(SAMPLE_OPTIONAL_HEADER + 32, 0x1001,
			     "SectionAlignment at 0x78: 0x1001 is not a power of two");
	expect_field_refused(SAMPLE_OPTIONAL_HEADER + 36, 0,
			     "FileAlignment at 0x7c: 0x0 is not a power of two");
	expect_field_refused(SAMPLE_OPTIONAL_HEADER + 56, 0x3ff,
			     "SizeOfImage at 0x90: 0x3ff is less than SizeOfHeaders 0x400");
	expect_field_refused(SAMPLE_OPTIONAL_HEADER + 60, 0x197,
			     "SizeOfHeaders at 0x94: 0x197 is less than the section table up to "
			     "0x198");
	expect_field_refused(SAMPLE_OPTIONAL_HEADER + 108, 0xffffffff,
			     "NumberOfRvaAndSizes at 0xc4: 4294967295 do not match an optional "
			     "header of 240 bytes");
	expect_field_refused(SAMPLE_E_LFANEW + 20, 40,
			     "SizeOfOptionalHeader at 0x54: 40 bytes are too few");
	expect_field_refused(SAMPLE_E_LFANEW + 4, 0x00008664,
			     "NumberOfSections at 0x46: 0 is not 1 to 96");
	expect_field_refused(SAMPLE_E_LFANEW + 4, 0xffff8664,
			     "NumberOfSections at 0x46: 65535 is not 1 to 96");
}

static void refuses_bad_sections(void **state)
{
	(void)state;
	const size_t text = SAMPLE_SECTION_TABLE, data = SAMPLE_SECTION_TABLE + 40;

	expect_field_refused(data + 16, 0x201,
			     "section 1: PointerToRawData at 0x184: [0x600, 0x801) lies outside "
			     "[0x400, 0x800)");
	expect_field_refused(
		data + 20, 0xffffff00,
		"section 1: PointerToRawData at 0x184: [0xffffff00, 0x100000100) lies outside "
		"[0x400, 0x800)");
	expect_field_refused(text + 20, 0x200,
			     "section 0: PointerToRawData at 0x15c: [0x200, 0x400) lies outside "
			     "[0x400, 0x800)");
	expect_field_refused(data + 20, 0x500,
			     "section 1: PointerToRawData at 0x184: its raw data overlaps that of "
			     "section 0");
	expect_field_refused(data + 8, 0x1001,
			     "section 1: VirtualAddress at 0x17c: [0x2000, 0x3001) lies outside "
			     "[0x400, 0x3000)");
	expect_field_refused(text + 12, 0,
			     "section 0: VirtualAddress at 0x154: [0x0, 0x4) lies outside "
			     "[0x400, 0x3000)");
}

static void finds_shared_memory(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);
	struct pe pe;

	make(&b);
	put_le32(sample_section_header(&b, 1) + 12, 0x1003);
	assert_int_equal(pe_parse(buffer_span(&b), &pe, NULL), 0);
	assert_ptr_equal(pe_section_shares_memory(&pe, &pe.sections[0]), &pe.sections[1]);
}

/* The digest over parts of a file that the test names itself. */
static struct digest digest_parts(struct span file, const size_t (*parts)[2], size_t n)
{
	_cleanup_(buffer_release) struct buffer message = BUFFER_INIT(SAMPLE_MAX);

	for (size_t i = 0; i < n; i++)
		buffer_put(&message, SPAN(file.p + parts[i][0], parts[i][1] - parts[i][0]));
	return digest_bytes(DIGEST_SHA256, buffer_span(&message));
}

static void expect_authentihash(const struct buffer *b, const size_t (*parts)[2], size_t n)
{
	struct pe pe;
	struct digest digest, expected = digest_parts(buffer_span(b), parts, n);

	assert_int_equal(pe_parse(buffer_span(b), &pe, NULL), 0);
	assert_int_equal(authenticode_digest(&pe, DIGEST_SHA256, &digest, NULL), 0);
	assert_true(digest_equal(&digest, &expected));
}

#define CHECK_SUM (SAMPLE_OPTIONAL_HEADER + 64u)
#define CERTIFICATES (SAMPLE_OPTIONAL_HEADER + 112u + 32u)

static void hashes_all_but_checksum_and_certificates(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);
	const size_t plain[][2] = {
		{0, CHECK_SUM}, {CHECK_SUM + 4, CERTIFICATES}, {CERTIFICATES + 8, 0x800}};
	const size_t trailing[][2] = {
		{0, CHECK_SUM}, {CHECK_SUM + 4, CERTIFICATES}, {CERTIFICATES + 8, 0x803}};

	make(&b);
	expect_authentihash(&b, plain, ARRAY_SIZE(plain));

	buffer_put_string(&b, "abc");
	expect_authentihash(&b, trailing, ARRAY_SIZE(trailing));

	buffer_put_string(&b, "certificate");
	put_le32(b.p + CERTIFICATES, 0x803);
	put_le32(b.p + CERTIFICATES + 4, 11);
	expect_authentihash(&b, trailing, ARRAY_SIZE(trailing));
}

static void hashes_sections_in_file_order(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);
	uint8_t swapped[40];
	const size_t all[][2] = {
		{0, CHECK_SUM}, {CHECK_SUM + 4, CERTIFICATES}, {CERTIFICATES + 8, 0x800}};

	make(&b);
	memcpy(swapped, sample_section_header(&b, 0), 40);
	memcpy(sample_section_header(&b, 0), sample_section_header(&b, 1), 40);
	memcpy(sample_section_header(&b, 1), swapped, 40);
	expect_authentihash(&b, all, ARRAY_SIZE(all));
}

static void refuses_certificates_beyond_the_file(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);
	_cleanup_error_ struct error *err = NULL;
	struct pe pe;
	struct authenticode a;

	make(&b);
	put_le32(b.p + CERTIFICATES + 4, 8);
	assert_int_equal(pe_parse(buffer_span(&b), &pe, NULL), 0);
	assert_int_equal(authenticode_pieces(&pe, &a, &err), -ERROR_MALFORMED);
	assert_string_equal(error_message(err),
			    "certificate table of 0x8 bytes does not fit after the sections");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_headers),
		cmocka_unit_test(limits_data_to_raw_size),
		cmocka_unit_test(refuses_broken_headers),
		cmocka_unit_test(refuses_bad_fields),
		cmocka_unit_test(refuses_bad_sections),
		cmocka_unit_test(finds_shared_memory),
		cmocka_unit_test(hashes_all_but_checksum_and_certificates),
		cmocka_unit_test(hashes_sections_in_file_order),
		cmocka_unit_test(refuses_certificates_beyond_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
