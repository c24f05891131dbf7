#include "test.h"

#include <errno.h>

#include "base/buffer.h"
#include "base/text.h"
#include "formats/verity.h"

static const uint8_t uuid[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
				 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};

static struct verity_parameters parameters(uint64_t data_blocks, size_t salt_size)
{
	struct verity_parameters p = {.data_blocks = data_blocks, .salt_size = salt_size};

	memcpy(p.uuid, uuid, sizeof(uuid));
	for (size_t i = 0; i < salt_size; i++)
		p.salt[i] = (uint8_t)(0xa0 + i);
	return p;
}

/* Data block i: its number, repeated. */
static void fill_block(uint64_t i, uint8_t block[VERITY_BLOCK_SIZE])
{
	for (size_t at = 0; at < VERITY_BLOCK_SIZE; at += 8)
		put_le64(block + at, i + 1);
}

struct hash_device {
	struct buffer bytes;
	size_t written;
};

static int write_block(void *context, uint64_t offset, struct span block, struct error **err)
{
	struct hash_device *d = context;

	(void)err;
	assert_int_equal(block.n, VERITY_BLOCK_SIZE);
	assert_int_equal(offset % VERITY_BLOCK_SIZE, 0);
	assert_true(offset + block.n <= d->bytes.n);
	memcpy(d->bytes.p + offset, block.p, block.n);
	d->written++;
	return 0;
}

static int add_block(struct verity_builder *b, const struct verity_parameters *p,
		     const uint8_t block[VERITY_BLOCK_SIZE], struct error **err)
{
	uint8_t digest[VERITY_DIGEST_SIZE];
	int r = verity_hash_blocks(p, SPAN(block, VERITY_BLOCK_SIZE), digest, err);

	return r < 0 ? r : verity_builder_add_digests(b, digest, 1, err);
}

/* The whole hash device; *ret_root_hash and the buffer are the results. */
static void build(const struct verity_parameters *p, struct hash_device *d,
		  uint8_t ret_root_hash[VERITY_DIGEST_SIZE])
{
	_cleanup_(verity_builder_freep) struct verity_builder *b = NULL;
	struct error *err = NULL;

	d->bytes = (struct buffer)BUFFER_INIT(64u << 20);
	assert_non_null(buffer_extend(&d->bytes, verity_size(p->data_blocks)));
	verity_encode_superblock(p, d->bytes.p);
	assert_done(verity_builder_new(p, write_block, d, &b, &err), &err);
	for (uint64_t i = 0; i < p->data_blocks; i++) {
		uint8_t block[VERITY_BLOCK_SIZE];

		fill_block(i, block);
		assert_done(add_block(b, p, block, &err), &err);
	}
	assert_done(verity_builder_end(b, ret_root_hash, &err), &err);
	assert_int_equal(d->written, verity_size(p->data_blocks) / VERITY_BLOCK_SIZE - 1);
}

/* Made by "veritysetup format --salt=... --uuid=01234567-89ab-cdef-0123-456789abcdef" of cryptsetup
 * 2.6.1: root hashes, and SHA-256 of the whole hash device. */
static const struct {
	uint64_t data_blocks;
	size_t salt_size;
	const char *root_hash;
	const char *device_sha256;
} vectors[] = {
	{1, 0, "8a472efbc41a4502e6da085422880bc742625c1187f2d36ed39e669d736ac113",
	 "a80d0391b4c368599a3c43fd73f9c04eaee71c7916a83193b1a4fd3c78c4562f"},
	{1, 32, "07e12f412fc034833cd7e0948a4ca45b8e7ea076c2381f4b7afe1d9f7305e7bc",
	 "46aa977010abf0709994dcfe6165fa665b094585d967f162ba8ad62b7d6f28e2"},
	{2, 32, "3a219972e375bd5cb57e3d8095a4579e9701b4580919d23cc10fe299613da4b9",
	 "bf8bb08d8dd38fc47de85503c86569982cc0799ff186b1c9457a93ef0f1fc1a1"},
	{127, 32, "55b217e7c01fa2238c13748906e5447fa37f9d42e0075873ce154f49f614cff0",
	 "e423cd0396736bc94529cea7ad96260055d72a10b7d5ebb77be63033e595c3c4"},
	{128, 32, "891486f6f4f6a505d8c80b269bdc5c7759167c2f2eff129b02824b39a2fbcf2a",
	 "6410b29edd4c7a57532d8f9b976a4e5b6034bd10a7377500a432acc3f20244b0"},
	{129, 0, "ceeb0c581a8287ac14fb5b8cab87b94be07eff5ef2cf286a6d8973b08e459adb",
	 "46367d8c4833fcf28251b6164635add0a122ca1f98335ced2696a7c83af9e315"},
	{129, 256, "22d9927756fb038ea8eadcb247c00442e8737a38e01d1324b10f0cbf4d2cf888",
	 "fd004af2ac46f2ea6ebc3462b99a5589f7b0869b4a3f8610df317e618eb0d528"},
	{16384, 32, "1cfd1ad19bb1dd69b7006dd863ae2c078b3fb3cb95b694413bb4e7d8140df401",
	 "c82ac0191d965af2536f3117050d0d2a165483557b34f22c11daef51d07fcbee"},
	{16385, 32, "8087b60b68142b3960642ef7c936742bc8a00a7d08441a5e902fd74b8f5df85c",
	 "e8a92074237e21835e28d2a2f48426c9b900fe0f9b33266f4b7471943ece74e3"},
};

static void test_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		const struct verity_parameters p =
			parameters(vectors[i].data_blocks, vectors[i].salt_size);
		uint8_t root_hash[VERITY_DIGEST_SIZE];
		char hex[DIGEST_HEX_MAX];
		struct hash_device d = {0};

		build(&p, &d, root_hash);
		hex_encode(SPAN(root_hash, sizeof(root_hash)), hex);
		assert_string_equal(hex, vectors[i].root_hash);

		struct digest all = digest_bytes(DIGEST_SHA256, buffer_span(&d.bytes));

		digest_hex(&all, hex);
		assert_string_equal(hex, vectors[i].device_sha256);
		buffer_release(&d.bytes);
	}
}

/* Digests that come from elsewhere give the same tree. */
static void test_ready_digests(void **state)
{
	const struct verity_parameters p = parameters(300, 32);
	_cleanup_(verity_builder_freep) struct verity_builder *b = NULL;
	_cleanup_free_ uint8_t *data = malloc(300 * (size_t)VERITY_BLOCK_SIZE);
	uint8_t digests[300 * VERITY_DIGEST_SIZE], one[VERITY_DIGEST_SIZE],
		other[VERITY_DIGEST_SIZE];
	struct hash_device d = {0}, e = {0};
	struct error *err = NULL;

	(void)state;
	assert_non_null(data);
	for (uint64_t i = 0; i < 300; i++)
		fill_block(i, data + i * VERITY_BLOCK_SIZE);
	assert_done(
		verity_hash_blocks(&p, SPAN(data, 300 * (size_t)VERITY_BLOCK_SIZE), digests, &err),
		&err);
	build(&p, &d, one);
	e.bytes = (struct buffer)BUFFER_INIT(64u << 20);
	assert_non_null(buffer_extend(&e.bytes, verity_size(300)));
	verity_encode_superblock(&p, e.bytes.p);
	assert_done(verity_builder_new(&p, write_block, &e, &b, &err), &err);
	assert_done(verity_builder_add_digests(b, digests, 1, &err), &err);
	assert_done(verity_builder_add_digests(b, digests + VERITY_DIGEST_SIZE, 299, &err), &err);
	assert_done(verity_builder_end(b, other, &err), &err);
	assert_memory_equal(one, other, sizeof(one));
	assert_true(span_equal(buffer_span(&d.bytes), buffer_span(&e.bytes)));
	buffer_release(&d.bytes);
	buffer_release(&e.bytes);
}

static void test_sizes(void **state)
{
	(void)state;
	assert_int_equal(verity_size(1), 4096);
	assert_int_equal(verity_size(2), 2 * 4096);
	assert_int_equal(verity_size(128), 2 * 4096);
	assert_int_equal(verity_size(129), 4 * 4096);
	assert_int_equal(verity_size(128 * 128), (1 + 128 + 1) * 4096);
	assert_int_equal(verity_size(128 * 128 + 1), (1 + 129 + 2 + 1) * 4096);
}

static void test_misuse(void **state)
{
	_cleanup_(verity_builder_freep) struct verity_builder *b = NULL;
	struct verity_parameters p = parameters(2, 0);
	uint8_t block[VERITY_BLOCK_SIZE] = {0}, root_hash[VERITY_DIGEST_SIZE];
	struct hash_device d = {.bytes = BUFFER_INIT(2 * VERITY_BLOCK_SIZE)};
	struct error *err = NULL;

	(void)state;
	assert_non_null(buffer_extend(&d.bytes, 2 * (size_t)VERITY_BLOCK_SIZE));
	assert_done(verity_builder_new(&p, write_block, &d, &b, &err), &err);
	assert_failed(verity_hash_blocks(&p, SPAN(block, 100), root_hash, &err), EINVAL,
		      "verity: 100 bytes are not whole blocks", &err);
	assert_done(add_block(b, &p, block, &err), &err);
	assert_failed(verity_builder_end(b, root_hash, &err), EINVAL,
		      "verity: 1 of 2 data blocks came", &err);
	assert_done(add_block(b, &p, block, &err), &err);
	assert_failed(add_block(b, &p, block, &err), EINVAL, "verity: more than 2 data blocks",
		      &err);
	buffer_release(&d.bytes);

	verity_builder_free(TAKE_PTR(b));
	p.data_blocks = 0;
	assert_failed(verity_builder_new(&p, write_block, &d, &b, &err), EINVAL,
		      "verity: 0 data blocks", &err);
	p.data_blocks = 1;
	p.salt_size = 257;
	assert_failed(verity_builder_new(&p, write_block, &d, &b, &err), EINVAL,
		      "verity: a salt of 257 bytes", &err);
}

static int fail_to_write(void *context, uint64_t offset, struct span block, struct error **err)
{
	(void)context;
	(void)block;
	return error_set(err, -ENOSPC, "no space at %llu", (unsigned long long)offset);
}

static void test_write_error(void **state)
{
	_cleanup_(verity_builder_freep) struct verity_builder *b = NULL;
	const struct verity_parameters p = parameters(2, 0);
	uint8_t block[VERITY_BLOCK_SIZE] = {0}, root_hash[VERITY_DIGEST_SIZE];
	struct error *err = NULL;

	(void)state;
	assert_done(verity_builder_new(&p, fail_to_write, NULL, &b, &err), &err);
	assert_done(add_block(b, &p, block, &err), &err);
	assert_done(add_block(b, &p, block, &err), &err);
	assert_failed(verity_builder_end(b, root_hash, &err), ENOSPC, "no space at 4096", &err);
}

static void test_superblock(void **state)
{
	const struct verity_parameters p = parameters(77, 256);
	uint8_t superblock[VERITY_BLOCK_SIZE];
	struct verity_parameters got;
	struct error *err = NULL;

	(void)state;
	verity_encode_superblock(&p, superblock);
	assert_done(verity_parse_superblock(SPAN(superblock, 512), &got, &err), &err);
	assert_memory_equal(&got, &p, sizeof(p));
}

static void test_bad_superblocks(void **state)
{
	static const struct {
		size_t offset;
		uint8_t value;
		const char *message;
	} cases[] = {
		{0, 'V', "verity: the signature is not 'verity'"},
		{7, 1, "verity: the signature is not 'verity'"},
		{8, 2, "verity: version 2, not 1"},
		{12, 0, "verity: hash type 0, not 1"},
		{35, '5', "verity: the algorithm is not 'sha256'"},
		{38, 'x', "verity: the algorithm is not 'sha256'"},
		{65, 2, "verity: blocks of 512 and 4096 bytes, not 4096"},
		{69, 4, "verity: blocks of 4096 and 1024 bytes, not 4096"},
		{72, 0, "verity: 0 data blocks"},
		{79, 1, "verity: 72057594037927937 data blocks"},
		{81, 2, "verity: a salt of 512 bytes"},
	};
	const struct verity_parameters p = parameters(1, 0);
	uint8_t superblock[VERITY_BLOCK_SIZE];
	struct verity_parameters got;
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		verity_encode_superblock(&p, superblock);
		superblock[cases[i].offset] = cases[i].value;
		assert_failed(verity_parse_superblock(SPAN(superblock, 512), &got, &err),
			      ERROR_MALFORMED, cases[i].message, &err);
	}
	assert_failed(verity_parse_superblock(SPAN(superblock, 511), &got, &err), ERROR_MALFORMED,
		      "verity: 511 bytes are too few for a superblock", &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),		cmocka_unit_test(test_ready_digests),
		cmocka_unit_test(test_sizes),		cmocka_unit_test(test_misuse),
		cmocka_unit_test(test_write_error),	cmocka_unit_test(test_superblock),
		cmocka_unit_test(test_bad_superblocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
