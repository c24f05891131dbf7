#include "test.h"

#include "formats/gzip.h"

/* printf 'hello, gzip' | gzip -n */
static const uint8_t hello[] = {
	0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0xcb,
	0x48, 0xcd, 0xc9, 0xc9, 0xd7, 0x51, 0x48, 0xaf, 0xca, 0x2c, 0x00,
	0x00, 0x4a, 0x9b, 0xb1, 0x5c, 0x0b, 0x00, 0x00, 0x00,
};

#define TEXT "hello, gzip"

/* Reads to the end in pieces of `piece` bytes. */
static int read_all(struct span file, size_t piece, char *out, size_t size, struct error **err)
{
	_cleanup_(gzip_freep) struct gzip *g = gzip_new(file);
	size_t total = 0, got;
	int r;

	assert_non_null(g);
	while ((r = gzip_read(g, (uint8_t *)out + total, MIN(piece, size - total), &got, err)) >=
		       0 &&
	       got > 0)
		total += got;
	out[total] = 0;
	return r;
}

static void reads_members(void **state)
{
	uint8_t file[2 * sizeof(hello) + 5] = {0};
	struct error *err = NULL;
	char text[64];

	(void)state;
	memcpy(file, hello, sizeof(hello));
	memcpy(file + sizeof(hello), hello, sizeof(hello));
	for (size_t piece = 1; piece < 16; piece++) {
		assert_done(read_all(SPAN(hello, sizeof(hello)), piece, text, 63, &err), &err);
		assert_string_equal(text, TEXT);
		assert_done(read_all(SPAN(file, sizeof(file)), piece, text, 63, &err), &err);
		assert_string_equal(text, TEXT TEXT);
	}
}

static void refuses_damage(void **state)
{
	static const struct {
		size_t offset;
		const char *message;
	} cases[] = {
		{0, "gzip: the file is damaged: incorrect header check"},
		{2, "gzip: the file is damaged: unknown compression method"},
		{11, "gzip: the file is damaged: incorrect data check"},
		{sizeof(hello) - 8, "gzip: the file is damaged: incorrect data check"},
		{sizeof(hello) - 4, "gzip: the file is damaged: incorrect length check"},
	};
	uint8_t file[sizeof(hello) + 1];
	struct error *err = NULL;
	char text[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		memcpy(file, hello, sizeof(hello));
		file[cases[i].offset] ^= 0x40;
		assert_failed(read_all(SPAN(file, sizeof(hello)), 63, text, 63, &err),
			      ERROR_MALFORMED, cases[i].message, &err);
	}
	for (size_t n = 0; n < sizeof(hello); n++)
		assert_failed(read_all(SPAN(hello, n), 63, text, 63, &err), ERROR_MALFORMED,
			      "gzip: the file is cut off", &err);
	memcpy(file, hello, sizeof(hello));
	file[sizeof(hello)] = 'x';
	assert_failed(read_all(SPAN(file, sizeof(file)), 63, text, 63, &err), ERROR_MALFORMED,
		      "gzip: the file is cut off", &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_members),
		cmocka_unit_test(refuses_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
