#include "test.h"

#include "guest/disk/disk.h"
#include "sample_luks2.h"

/* The metadata after sealing anew: slot 2 instead of slot 0. */
static const char resealed[] = "{\"keyslots\":{\"2\":" SAMPLE_SLOT("647168") ",\"1\":" SAMPLE_SLOT(
	"389120") "},\"tokens\":{\"0\":{\"type\":\"tdnode-tpm2\",\"keyslots\":[\"2\"],\"version\":"
		  "1,"
		  "\"binding\":\"pcr\",\"pcrs\":{\"4\":\"" SAMPLE_HEX32 "\",\"9\":\"" SAMPLE_HEX32
		  "\",\"11\":\"" SAMPLE_HEX32 "\",\"12\":\"" SAMPLE_HEX32
		  "\"},\"srk\":\"000b" SAMPLE_HEX32
		  "\",\"public\":\"0000\",\"private\":\"0000\",\"creation\":\"0000\","
		  "\"ticket\":\"0000\",\"epoch\":0,\"signature\":\"\"},\"1\":" SAMPLE_RECOVERY_TOKEN
		  "},\"segments\":{\"0\":" SAMPLE_SEGMENT
		  "},\"digests\":{\"0\":" SAMPLE_DIGEST("\"2\",\"1\"") "},\"config\":" SAMPLE_CONFIG
								       "}";

static void fill(uint8_t *header, uint32_t offset, uint8_t value)
{
	memset(header + offset, value, LUKS2_AREA_SIZE);
}

/* Slot 0 holds 0xa0, slot 1 0xa1, slot 2 0xa2; what is free is random or was wiped. */
static void make_pair(uint8_t **ret_old, uint8_t **ret_new)
{
	uint8_t *old = sample_header(SAMPLE_JSON), *new = sample_header(resealed);

	fill(old, 131072, 0xa0);
	fill(old, 389120, 0xa1);
	fill(new, 131072, 0x77);
	fill(new, 389120, 0xa1);
	fill(new, 647168, 0xa2);
	sample_copy(new, 0, 9, resealed);
	sample_copy(new, 1, 9, resealed);
	*ret_old = old;
	*ret_new = new;
}

/* Whatever header counts: its key slots are there. */
static void opens(const uint8_t *disk)
{
	struct error *err = NULL;
	struct luks2 l;

	assert_done(luks2_check(SPAN(disk, LUKS2_HEADER_SIZE), &l, &err), &err);
	for (unsigned i = 0; i < LUKS2_SLOTS; i++) {
		const uint8_t *area = disk + l.slots[i].area_offset;

		if (!l.slots[i].used)
			continue;
		assert_int_equal(area[0], 0xa0 + i);
		assert_memory_equal(area, area + 1, LUKS2_AREA_SIZE - 1);
	}
}

/* Where a write is torn: in the binary header, in the middle of the metadata, after them. */
static const uint32_t cuts[] = {300, LUKS2_BINARY_SIZE + 300, LUKS2_COPY_SIZE / 2};

/*
 * A cut in the middle of steps without a barrier between them: all before the last barrier is there, and a
 * part of each step.
 */
static void cut_in(const uint8_t *disk, const uint8_t *new, const struct header_step *s, size_t n)
{
	_cleanup_free_ uint8_t *torn = malloc(LUKS2_HEADER_SIZE);

	assert_non_null(torn);
	for (size_t i = 0; i < ARRAY_SIZE(cuts); i++) {
		memcpy(torn, disk, LUKS2_HEADER_SIZE);
		for (size_t k = 0; k < n; k++)
			memcpy(torn + s[k].offset, new + s[k].offset, MIN(cuts[i], s[k].size));
		opens(torn);
	}
}

static void replace(const uint8_t *old, const uint8_t *new)
{
	_cleanup_free_ struct header_steps *l = malloc(sizeof(*l));
	_cleanup_free_ uint8_t *disk = malloc(LUKS2_HEADER_SIZE);
	struct error *err = NULL;
	struct luks2 checked;
	size_t first = 0;

	assert_true(l && disk);
	assert_done(luks2_check(SPAN(old, LUKS2_HEADER_SIZE), &checked, &err), &err);
	header_plan_replace(old, &checked, new, l);
	assert_true(l->n <= HEADER_STEPS_MAX);
	memcpy(disk, old, LUKS2_HEADER_SIZE);
	for (size_t i = 0; i < l->n; i++) {
		const struct header_step *s = &l->items[i];

		if (s->size) {
			/* Of the many blocks of an area the first few are enough. */
			if (i - first < 4)
				cut_in(disk, new, s, 1);
			continue;
		}
		cut_in(disk, new, &l->items[first], i - first);
		for (size_t k = first; k < i; k++) {
			s = &l->items[k];
			memcpy(disk + s->offset, new + s->offset, s->size);
		}
		first = i + 1;
		opens(disk);
	}
	assert_memory_equal(disk, new, LUKS2_HEADER_SIZE);
}

static void cut_while_replacing(void **state)
{
	_cleanup_free_ uint8_t *old = NULL, *new = NULL;
	_cleanup_free_ uint8_t *half = malloc(LUKS2_HEADER_SIZE);

	(void)state;
	make_pair(&old, &new);
	replace(old, new);
	/* The first copy was torn before: the second counts and goes last. */
	memcpy(half, old, LUKS2_HEADER_SIZE);
	half[6000] ^= 1;
	replace(half, new);
	memcpy(half, old, LUKS2_HEADER_SIZE);
	half[LUKS2_COPY_SIZE + 6000] ^= 1;
	replace(half, new);
}

static void cut_while_writing_first(void **state)
{
	_cleanup_free_ uint8_t *header = sample_header(SAMPLE_JSON);
	_cleanup_free_ uint8_t *disk = calloc(1, LUKS2_HEADER_SIZE);
	struct header_steps l;
	struct luks2 checked;

	(void)state;
	marker_encode(disk);
	header_plan_first(&l);
	assert_int_equal(l.n, 4);
	/* Until the last step the marker is there: the disk holds nothing and is begun anew. */
	memcpy(disk + l.items[0].offset, header + l.items[0].offset, l.items[0].size);
	assert_true(marker_recognise(SPAN(disk, LUKS2_HEADER_SIZE)));
	assert_int_equal(l.items[1].size, 0);
	assert_int_equal(l.items[2].offset, 0);
	/* Torn after the first sector: ours, by the second copy at least. */
	memcpy(disk, header, DISK_SECTOR);
	assert_false(marker_recognise(SPAN(disk, LUKS2_HEADER_SIZE)));
	assert_true(luks2_check(SPAN(disk, LUKS2_HEADER_SIZE), &checked, NULL) >= 0);
}

static void tokens(void **state)
{
	_cleanup_(buffer_release) struct buffer tpm = BUFFER_INIT(LUKS2_JSON_SIZE);
	_cleanup_(buffer_release) struct buffer recovery = BUFFER_INIT(LUKS2_JSON_SIZE);
	_cleanup_free_ uint8_t *header = sample_header(SAMPLE_JSON), *again = NULL;
	struct error *err = NULL;
	struct luks2 l, read;

	(void)state;
	assert_done(luks2_check(SPAN(header, LUKS2_HEADER_SIZE), &l, &err), &err);
	token_tpm(&l.tpm, &tpm);
	token_recovery(&l.recovery, &recovery);
	assert_true(buffer_ok(&tpm) && buffer_ok(&recovery));

	_cleanup_free_ char *json = string_printf(
		"{\"keyslots\":{\"0\":" SAMPLE_SLOT("131072") ",\"1\":" SAMPLE_SLOT(
			"389120") "},\"tokens\":{\"0\":%s,\"1\":%s},\"segments\":{"
				  "\"0\":" SAMPLE_SEGMENT "},\"digests\":{\"0\":" SAMPLE_DIGEST(
					  "\"0\",\"1\"") "},\"config\":" SAMPLE_CONFIG "}",
		buffer_text(&tpm), buffer_text(&recovery));

	assert_non_null(json);
	again = sample_header(json);
	assert_done(luks2_check(SPAN(again, LUKS2_HEADER_SIZE), &read, &err), &err);
	assert_memory_equal(&read, &l, sizeof(l));
}

static void write_and_read(void **state)
{
	_cleanup_free_ uint8_t *old = NULL, *new = NULL, *read = NULL;
	_cleanup_free_ char *path = NULL;
	char *folder = test_folder();
	struct error *err = NULL;
	struct luks2 checked;

	(void)state;
	make_pair(&old, &new);
	path = path_join(folder, "disk");
	assert_non_null(path);
	assert_done(file_write(path, SPAN_LITERAL(""), &err), &err);
	assert_done(header_write_first(path, old, &err), &err);
	assert_done(header_read(path, &read, &err), &err);
	assert_memory_equal(read, old, LUKS2_HEADER_SIZE);
	free(TAKE_PTR(read));
	assert_done(luks2_check(SPAN(old, LUKS2_HEADER_SIZE), &checked, &err), &err);
	assert_done(header_replace(path, old, &checked, new, &err), &err);
	assert_done(header_read(path, &read, &err), &err);
	assert_memory_equal(read, new, LUKS2_HEADER_SIZE);
	test_folder_free(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_while_replacing),
		cmocka_unit_test(cut_while_writing_first),
		cmocka_unit_test(tokens),
		cmocka_unit_test(write_and_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
