#include "test.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "container/image_expand.h"
#include "formats/qcow2.h"

#define CLUSTER 512u
#define L1 (1 * CLUSTER)
#define L2 (2 * CLUSTER)
#define DATA (3 * CLUSTER)
#define COMPRESSED (4 * CLUSTER)
#define FILE_SIZE (4 * CLUSTER + 100)
/* 64 clusters have one L2 table; the disk has one more, and ends within it. */
#define DISK_SIZE (64 * CLUSTER + 100)

/* 512 letters 'z', deflated without a header: one literal, then copies of what came before it. */
static const uint8_t deflated[] = {0xab, 0xaa, 0x1a, 0x05, 0x23, 0x19, 0x00, 0x00};

/*
 * An image in a file of FILE_SIZE bytes. Cluster 0 of the disk is DATA, 1 is marked zero, 2 is
 * compressed, the others have no entry.
 */
static void make(uint8_t *file)
{
	memset(file, 0, FILE_SIZE);
	put_be32(file, QCOW2_MAGIC);
	put_be32(file + 4, 3);
	put_be32(file + 20, 9);
	put_be64(file + 24, DISK_SIZE);
	put_be32(file + 36, 2);
	put_be64(file + 40, L1);
	put_be32(file + 96, 4);
	put_be32(file + 100, 104);
	put_be64(file + L1, L2 | 1ull << 63);
	put_be64(file + L2, DATA | 1ull << 63);
	put_be64(file + L2 + 8, DATA | 1);
	put_be64(file + L2 + 16, COMPRESSED | 1ull << 62);
	memset(file + DATA, 'd', CLUSTER);
	memcpy(file + COMPRESSED, deflated, sizeof(deflated));
}

static void reads_clusters(void **state)
{
	uint8_t file[FILE_SIZE], scratch[CLUSTER], expected[CLUSTER];
	struct error *err = NULL;
	struct span content;
	struct qcow2 q;

	(void)state;
	make(file);
	assert_true(qcow2_recognise(SPAN(file, FILE_SIZE)));
	assert_done(qcow2_open(SPAN(file, FILE_SIZE), &q, &err), &err);
	assert_int_equal(q.size, DISK_SIZE);
	assert_int_equal(q.clusters, 65);
	assert_int_equal(qcow2_cluster_size(&q, 63), CLUSTER);
	assert_int_equal(qcow2_cluster_size(&q, 64), 100);

	assert_done(qcow2_cluster(&q, 0, scratch, &content, &err), &err);
	assert_ptr_equal(content.p, file + DATA);
	assert_int_equal(content.n, CLUSTER);
	assert_done(qcow2_cluster(&q, 1, scratch, &content, &err), &err);
	assert_int_equal(content.n, 0);
	assert_done(qcow2_cluster(&q, 2, scratch, &content, &err), &err);
	memset(expected, 'z', sizeof(expected));
	assert_true(span_equal(content, SPAN(expected, CLUSTER)));
	for (uint64_t i = 3; i < q.clusters; i++) {
		assert_done(qcow2_cluster(&q, i, scratch, &content, &err), &err);
		assert_int_equal(content.n, 0);
	}
}

/* The bytes [offset, offset + 8) of the image become `value`. */
struct change {
	size_t offset;
	uint64_t value;
	int code;
	const char *message;
};

static void refuses_headers(void **state)
{
	static const struct change cases[] = {
		{0, 0x514649fa00000003, ERROR_MALFORMED, "qcow2: the magic is missing"},
		{0, 0x514649fb00000001, ERROR_UNSUPPORTED, "qcow2: version 1, not 2 or 3"},
		{0, 0x514649fb00000004, ERROR_UNSUPPORTED, "qcow2: version 4, not 2 or 3"},
		{8, 112, ERROR_UNSUPPORTED,
		 "qcow2: the image needs a backing file: convert it with 'qemu-img convert'"},
		{16, 8, ERROR_MALFORMED, "qcow2: clusters of 2^8 bytes, not 2^9 to 2^21"},
		{16, 22, ERROR_MALFORMED, "qcow2: clusters of 2^22 bytes, not 2^9 to 2^21"},
		{16, 16, ERROR_MALFORMED, "qcow2: the file ends within its first cluster"},
		{24, 0, EFBIG, "qcow2: a disk of 0 bytes, not 1 to 70368744177664"},
		{24, UINT64_MAX, EFBIG,
		 "qcow2: a disk of 18446744073709551615 bytes, not 1 to 70368744177664"},
		{32, 0x200000002, ERROR_UNSUPPORTED, "qcow2: the image is encrypted"},
		{32, 1, ERROR_MALFORMED, "qcow2: the L1 table has 1 entries, but the disk needs 2"},
		{32, UINT32_MAX, ERROR_MALFORMED,
		 "qcow2: the L1 table at 0x200 with 4294967295 entries is misplaced or outside the "
		 "file"},
		{40, L1 + 8, ERROR_MALFORMED,
		 "qcow2: the L1 table at 0x208 with 2 entries is misplaced or outside the file"},
		{40, 1ull << 63, ERROR_MALFORMED,
		 "qcow2: the L1 table at 0x8000000000000000 with 2 entries is misplaced or outside "
		 "the file"},
		{72, 1, ERROR_UNSUPPORTED,
		 "qcow2: the image is marked dirty: it was not closed; 'qemu-img check -r all' "
		 "mends it"},
		{72, 2, ERROR_UNSUPPORTED, "qcow2: the image is marked corrupt"},
		{72, 4, ERROR_UNSUPPORTED, "qcow2: the image keeps its data in an external file"},
		{72, 8, ERROR_MALFORMED, "qcow2: compression type 0 contradicts the features"},
		{72, 16, ERROR_UNSUPPORTED,
		 "qcow2: the image has extended L2 entries: convert it with 'qemu-img convert'"},
		{72, 1ull << 40, ERROR_UNSUPPORTED,
		 "qcow2: unknown incompatible features 0x10000000000"},
		{96, 0x400000048, ERROR_MALFORMED, "qcow2: header length 72 is not plausible"},
		{96, 0x4fffffff8, ERROR_MALFORMED,
		 "qcow2: header length 4294967288 is not plausible"},
		{104, 0x0537be7700000000, ERROR_UNSUPPORTED, "qcow2: the image is encrypted"},
		{104, 0x4441544100000000, ERROR_UNSUPPORTED,
		 "qcow2: the image keeps its data in an external file"},
		{104, 0x6803f857fffffff8, ERROR_MALFORMED,
		 "qcow2: header extension 0x6803f857 of 4294967288 bytes does not fit in the first "
		 "cluster"},
	};
	uint8_t file[FILE_SIZE];
	struct error *err = NULL;
	struct qcow2 q;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		make(file);
		put_be64(file + cases[i].offset, cases[i].value);
		assert_failed(qcow2_open(SPAN(file, FILE_SIZE), &q, &err), cases[i].code,
			      cases[i].message, &err);
	}
	make(file);
	assert_failed(qcow2_open(SPAN(file, 71), &q, &err), ERROR_MALFORMED,
		      "qcow2: 71 bytes are not a header", &err);
	assert_failed(qcow2_open(SPAN(file, 103), &q, &err), ERROR_MALFORMED,
		      "qcow2: 103 bytes are not a header", &err);
	put_be64(file + 72, 8);
	put_be32(file + 100, 112);
	file[104] = 1;
	assert_failed(qcow2_open(SPAN(file, FILE_SIZE), &q, &err), ERROR_UNSUPPORTED,
		      "qcow2: compression type 1 is not deflate (0): convert it with 'qemu-img "
		      "convert'",
		      &err);
}

/* Version 2 has neither the fields after 72 nor the mark of zeros. */
static void reads_version_2(void **state)
{
	uint8_t file[FILE_SIZE], scratch[CLUSTER];
	struct error *err = NULL;
	struct span content;
	struct qcow2 q;

	(void)state;
	make(file);
	put_be32(file + 4, 2);
	memset(file + 72, 0, 32);
	assert_done(qcow2_open(SPAN(file, FILE_SIZE), &q, &err), &err);
	assert_done(qcow2_cluster(&q, 0, scratch, &content, &err), &err);
	assert_ptr_equal(content.p, file + DATA);
	assert_failed(qcow2_cluster(&q, 1, scratch, &content, &err), ERROR_MALFORMED,
		      "qcow2: cluster 1: entry 0x601 has reserved bits set", &err);
}

static void refuses_clusters(void **state)
{
	static const struct change cases[] = {
		{L1, L2 | 1, ERROR_MALFORMED, "qcow2: L1 entry 0 is 0x401: reserved bits are set"},
		{L1, 16 * CLUSTER, ERROR_MALFORMED,
		 "qcow2: the L2 table of L1 entry 0 at 0x2000 is misplaced or outside the file"},
		{L2, 16 * CLUSTER, ERROR_MALFORMED,
		 "qcow2: cluster 0 at 0x2000 is misplaced or outside the file"},
		{L2, 4 * CLUSTER, ERROR_MALFORMED,
		 "qcow2: cluster 0 at 0x800 is misplaced or outside the file"},
		{L2, DATA | 2, ERROR_MALFORMED,
		 "qcow2: cluster 0: entry 0x602 has reserved bits set"},
		{L2, 1ull << 62, ERROR_MALFORMED,
		 "qcow2: compressed cluster 0 at 0x0 lies outside the file"},
		{L2, 1ull << 62 | FILE_SIZE, ERROR_MALFORMED,
		 "qcow2: compressed cluster 0 at 0x864 lies outside the file"},
		{L2, 1ull << 62 | DATA, ERROR_MALFORMED,
		 "qcow2: compressed cluster 0 at 0x600 is damaged"},
		{L2, 1ull << 62 | (COMPRESSED + 4), ERROR_MALFORMED,
		 "qcow2: compressed cluster 0 at 0x804 is damaged"},
	};
	uint8_t file[FILE_SIZE], scratch[CLUSTER];
	struct error *err = NULL;
	struct span content;
	struct qcow2 q;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		make(file);
		put_be64(file + cases[i].offset, cases[i].value);
		assert_done(qcow2_open(SPAN(file, FILE_SIZE), &q, &err), &err);
		assert_failed(qcow2_cluster(&q, 0, scratch, &content, &err), cases[i].code,
			      cases[i].message, &err);
	}
}

/* As a disk in a file: what has no content is a hole, and the file cannot be larger than what it maps. */
static void expands_to_a_disk(void **state)
{
	uint8_t file[FILE_SIZE], disk[2 * CLUSTER];
	_cleanup_close_ int fd = memfd_create("disk", MFD_CLOEXEC);
	struct error *err = NULL;
	struct stat st;

	(void)state;
	make(file);
	assert_done(image_expand_qcow2(SPAN(file, FILE_SIZE), fd, NULL, &err), &err);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, DISK_SIZE);
	assert_int_equal(pread(fd, disk, sizeof(disk), 0), sizeof(disk));
	assert_memory_equal(disk, file + DATA, CLUSTER);
	assert_true(span_is_zero(SPAN(disk + CLUSTER, CLUSTER)));
	/* A cluster of the file for every cluster of the disk. */
	for (size_t i = 0; i < 64; i++)
		put_be64(file + L2 + 8 * i, DATA | 1ull << 63);
	assert_failed(image_expand_qcow2(SPAN(file, FILE_SIZE), fd, NULL, &err), ERROR_MALFORMED,
		      "qcow2: clusters of the disk share one place in the file", &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_clusters),    cmocka_unit_test(refuses_headers),
		cmocka_unit_test(reads_version_2),   cmocka_unit_test(refuses_clusters),
		cmocka_unit_test(expands_to_a_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
