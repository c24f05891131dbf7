#include "test.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "guest/disk/disk.h"
#include "sample_luks2.h"

#define SIZE (8u << 20)

/* A file of SIZE zeros as a disk. */
struct place {
	char *folder;
	struct disk disk;
};

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	int fd;

	assert_non_null(p);
	p->folder = test_folder();
	/* Paths of disks are short: that of the folder may not be. */
	assert_int_equal(chdir(p->folder), 0);
	snprintf(p->disk.path, sizeof(p->disk.path), "disk");
	p->disk.size = SIZE;
	fd = open(p->disk.path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, SIZE), 0);
	close(fd);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;

	assert_int_equal(chdir("/"), 0);
	test_folder_free(p->folder);
	free(p);
	return 0;
}

static void put(const struct place *p, uint64_t offset, struct span bytes)
{
	_cleanup_close_ int fd = open(p->disk.path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite_full(fd, bytes, (off_t)offset), 0);
}

static void content_is(struct place *p, enum disk_content content, const char *found)
{
	struct error *err = NULL;

	assert_done(content_read(&p->disk, &err), &err);
	assert_int_equal(p->disk.content, content);
	if (found)
		assert_string_equal(p->disk.found, found);
}

static void blank(void **state)
{
	content_is(*state, DISK_BLANK, NULL);
}

/* The owner's word, and what comes close to it. */
static void word(void **state)
{
	struct place *p = *state;

	put(p, 0, SPAN_LITERAL(DISK_WORD));
	content_is(p, DISK_BLANK, NULL);
	assert_true(p->disk.has_word);
	put(p, 0, SPAN_LITERAL(DISK_WORD "\n"));
	content_is(p, DISK_BLANK, NULL);
	assert_true(p->disk.has_word);
	put(p, 0, SPAN_LITERAL(DISK_WORD "\n\n"));
	content_is(p, DISK_FOREIGN, "unknown data");
	put(p, 0, SPAN_LITERAL(DISK_WORD "\n\0"));
	put(p, SIZE - 1, SPAN_LITERAL("x"));
	content_is(p, DISK_FOREIGN, "unknown data");
	put(p, SIZE - 1, SPAN_LITERAL("\0"));
	put(p, 0, SPAN_LITERAL("Tdnode"));
	content_is(p, DISK_FOREIGN, "unknown data");
	assert_false(p->disk.has_word);
}

/* One byte that is not zero, anywhere in the first or last MiB, is somebody's. */
static void stray_bytes(void **state)
{
	static const uint64_t offsets[] = {
		0, 1, 511, 4096, (1u << 20) - 1, SIZE - (1u << 20), SIZE - 4097, SIZE - 1};

	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		put(*state, offsets[i], SPAN_LITERAL("\1"));
		content_is(*state, DISK_FOREIGN, "unknown data");
		put(*state, offsets[i], SPAN_LITERAL("\0"));
		content_is(*state, DISK_BLANK, NULL);
	}
}

static void known_things(void **state)
{
	uint8_t mbr[512] = {
		[446 + 4] = 0x83, [446 + 8] = 1, [446 + 12] = 8, [510] = 0x55, [511] = 0xaa};

	put(*state, 0, SPAN(mbr, sizeof(mbr)));
	content_is(*state, DISK_FOREIGN, "a partition table 'dos'");
	memset(mbr, 0, sizeof(mbr));
	put(*state, 0, SPAN(mbr, sizeof(mbr)));
	/* Magic of swap space, at the end of the first page. */
	put(*state, 4086, SPAN_LITERAL("SWAPSPACE2"));
	put(*state, 1024, SPAN_LITERAL("\1\0\0\0\xff"));
	content_is(*state, DISK_FOREIGN, NULL);
}

static void marked(void **state)
{
	uint8_t marker[DISK_SECTOR];

	marker_encode(marker);
	put(*state, 0, SPAN(marker, sizeof(marker)));
	content_is(*state, DISK_UNFINISHED, NULL);
	/* What was written before a cut changes nothing. */
	put(*state, 70000, SPAN_LITERAL("something"));
	content_is(*state, DISK_UNFINISHED, NULL);
	for (size_t i = 0; i < sizeof(marker); i += 7) {
		uint8_t changed[DISK_SECTOR];

		memcpy(changed, marker, sizeof(changed));
		changed[i] ^= 1;
		put(*state, 0, SPAN(changed, sizeof(changed)));
		content_is(*state, DISK_FOREIGN, NULL);
	}
}

static void ours(void **state)
{
	_cleanup_free_ uint8_t *header = sample_header(SAMPLE_JSON);

	put(*state, 0, SPAN(header, LUKS2_HEADER_SIZE));
	content_is(*state, DISK_OURS, NULL);
	/* The first copy is gone. */
	memset(header, 0, LUKS2_COPY_SIZE);
	put(*state, 0, SPAN(header, LUKS2_COPY_SIZE));
	content_is(*state, DISK_OURS, NULL);
	/* Somebody else's LUKS. */
	sample_copy(header, 0, 7, SAMPLE_JSON);
	memset(header + 24, 'x', 6);
	luks2_seal_copy(header);
	memset(header + LUKS2_COPY_SIZE, 0, LUKS2_COPY_SIZE);
	put(*state, 0, SPAN(header, LUKS2_HEADER_SIZE));
	content_is(*state, DISK_FOREIGN, "'crypto_LUKS'");
}

static void recovery(void **state)
{
	uint8_t secret[RECOVERY_SECRET_SIZE] = {1}, sector[RECOVERY_MEDIUM_SECTOR];

	recovery_medium_encode(secret, sector);
	put(*state, 0, SPAN(sector, sizeof(sector)));
	content_is(*state, DISK_RECOVERY, NULL);
}

static void small(void **state)
{
	struct place *p = *state;

	assert_int_equal(truncate(p->disk.path, 4096), 0);
	p->disk.size = 4096;
	content_is(p, DISK_BLANK, NULL);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(blank), T(stray_bytes), T(known_things), T(marked),
		T(ours),  T(recovery),	  T(small),	   T(word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
