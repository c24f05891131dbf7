#include "test.h"

#include <errno.h>

#include "formats/vhd.h"

#define SIZE (64ull << 20)

static const struct vhd_footer sample = {
	.creator_application = {'q', 'e', 'm', '2'},
	.creator_version = VHD_CREATOR_VERSION_SIZE_FIELD,
	.current_size = SIZE,
	.unique_id = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
};

/* The bytes, field by field, of the specification's table. */
static void test_bytes(void **state)
{
	static const uint8_t expected[88] = {
		'c',  'o',  'n',  'e',	'c',  't',  'i',  'x',	/* cookie */
		0,    0,    0,	  2,				/* features: reserved */
		0,    1,    0,	  0,				/* file format version */
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* data offset */
		0,    0,    0,	  0,				/* time stamp */
		'q',  'e',  'm',  '2',				/* creator application */
		0,    5,    0,	  3,				/* creator version */
		'W',  'i',  '2',  'k',				/* creator host OS */
		0,    0,    0,	  0,	4,    0,    0,	  0,	/* original size */
		0,    0,    0,	  0,	4,    0,    0,	  0,	/* current size */
		0xff, 0xff, 0x10, 0xff,				/* geometry */
		0,    0,    0,	  2,				/* disk type: fixed */
		0xff, 0xff, 0xee, 0x2e,				/* checksum */
		1,    2,    3,	  4,	5,    6,    7,	  8,	/* unique id */
		9,    10,   11,	  12,	13,   14,   15,	  16,
	};
	uint8_t footer[VHD_FOOTER_SIZE];
	struct error *err = NULL;

	(void)state;
	assert_done(vhd_encode(&sample, footer, &err), &err);
	assert_memory_equal(footer, expected, sizeof(expected));
	assert_true(span_is_zero(SPAN(footer + 84, sizeof(footer) - 84)));
}

static void test_round_trip(void **state)
{
	uint8_t footer[VHD_FOOTER_SIZE];
	struct error *err = NULL;
	struct vhd_footer f;

	(void)state;
	assert_done(vhd_encode(&sample, footer, &err), &err);
	assert_done(vhd_parse(SPAN(footer, sizeof(footer)), SIZE, &f, &err), &err);
	assert_memory_equal(f.creator_application, sample.creator_application, 4);
	assert_memory_equal(f.unique_id, sample.unique_id, 16);
	assert_int_equal(f.creator_version, sample.creator_version);
	assert_int_equal(f.current_size, SIZE);
	assert_int_equal(f.time_stamp, 0);
}

static void mend(uint8_t footer[VHD_FOOTER_SIZE])
{
	uint32_t sum = 0;

	put_be32(footer + 64, 0);
	for (size_t i = 0; i < VHD_FOOTER_SIZE; i++)
		sum += footer[i];
	put_be32(footer + 64, ~sum);
}

static void test_refused(void **state)
{
	static const struct {
		size_t offset;
		uint8_t value;
		bool mended;
		const char *message;
	} cases[] = {
		{0, 'C', true, "VHD footer: the cookie is not 'conectix'"},
		{200, 1, false, "VHD footer: the checksum is wrong"},
		{13, 2, true, "VHD footer: the file format version is 0x00020000, not 0x00010000"},
		{63, 3, true, "VHD footer: the disk type is 3, not fixed (2)"},
		{55, 1, true, "VHD footer: the size is 67108865, but the disk has 67108864 bytes"},
		{52, 3, true, "VHD footer: the size is 50331648, but the disk has 67108864 bytes"},
	};
	struct vhd_footer odd = sample, f;
	uint8_t footer[VHD_FOOTER_SIZE];
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_done(vhd_encode(&sample, footer, &err), &err);
		footer[cases[i].offset] = cases[i].value;
		if (cases[i].mended)
			mend(footer);
		assert_failed(vhd_parse(SPAN(footer, sizeof(footer)), SIZE, &f, &err),
			      ERROR_MALFORMED, cases[i].message, &err);
	}
	assert_failed(vhd_parse(SPAN(footer, 511), SIZE, &f, &err), ERROR_MALFORMED,
		      "VHD footer: 511 bytes, not 512", &err);
	odd.current_size = SIZE + 512;
	assert_failed(vhd_encode(&odd, footer, &err), EINVAL,
		      "a disk of 67109376 bytes is not a multiple of 1 MiB", &err);
	odd.current_size = 0;
	assert_failed(vhd_encode(&odd, footer, &err), EINVAL,
		      "a disk of 0 bytes is not a multiple of 1 MiB", &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
