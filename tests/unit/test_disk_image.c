/* root.verity, disk.raw and disk.vhd from small synthetic parts; their digests are golden. */
#include "sample_pieces.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "formats/fat.h"
#include "formats/gpt.h"
#include "formats/vhd.h"
#include "image/disk_vhd.h"
#include "image/esp_fat.h"
#include "formats/derived_uuid.h"
#include "image/root_verity.h"
#include "inspect/inspection.h"
#include "sample_pe.h"

#define GOLDEN "tests/golden/disk.sha256"
#define UKI_SIZE 100001u
#define ROOT_SIZE (300u * VERITY_BLOCK_SIZE)

struct parts {
	char *folder, *uki, *root, *verity, *raw, *vhd;
	uint8_t uuid[16];
	struct pieces root_pieces;
	struct root_verity root_verity;
};

static char *place(const struct parts *p, const char *name)
{
	char *path = path_join(p->folder, name);

	assert_non_null(path);
	return path;
}

/* Bytes of a simple generator, with a hole: the middle third is zero. */
static void write_sample(const char *path, size_t size, uint32_t seed)
{
	_cleanup_free_ uint8_t *bytes = calloc(1, size);
	struct error *err = NULL;

	assert_non_null(bytes);
	for (size_t i = 0; i < size; i++) {
		seed = seed * 1664525 + 1013904223;
		if (i < size / 3 || i >= size / 3 * 2)
			bytes[i] = (uint8_t)(seed >> 24);
	}
	assert_done(file_write(path, SPAN(bytes, size), &err), &err);
}

static void make_parts(struct parts *p)
{
	struct error *err = NULL;

	*p = (struct parts){.folder = test_folder()};
	p->uki = place(p, "uki.efi");
	p->root = place(p, "root.erofs");
	p->verity = place(p, "root.verity");
	p->raw = place(p, "disk.raw");
	p->vhd = place(p, "disk.vhd");
	write_sample(p->uki, UKI_SIZE, 1);
	write_sample(p->root, ROOT_SIZE, 2);
	derived_uuid("root", SPAN_LITERAL("sample"), p->uuid);
	assert_done(pieces_of_file(p->root, &p->root_pieces, &err), &err);
	assert_done(root_verity_make(&p->root_pieces, p->uuid, &p->root_verity, &err), &err);
	assert_done(file_write(p->verity, buffer_span(&p->root_verity.bytes), &err), &err);
}

static void release_parts(struct parts *p)
{
	pieces_release(&p->root_pieces);
	root_verity_release(&p->root_verity);
	test_folder_free(p->folder);
	free(p->uki);
	free(p->root);
	free(p->verity);
	free(p->raw);
	free(p->vhd);
}

static void make_disks(const struct parts *p, struct disk_raw *raw, struct disk_vhd *vhd)
{
	struct disk_raw_parts parts = {
		.uki = p->uki,
		.root = &p->root_pieces,
		.verity = buffer_span(&p->root_verity.bytes),
	};
	struct error *err = NULL;

	memcpy(parts.root_hash, p->root_verity.root_hash, sizeof(parts.root_hash));
	assert_done(disk_raw_write(&parts, p->raw, raw, &err), &err);
	assert_done(disk_vhd_write(p->raw, raw, p->vhd, vhd, &err), &err);
}

static void assert_same_bytes(struct span disk, const struct gpt_entry *e, const char *path)
{
	_cleanup_(buffer_release) struct buffer content = BUFFER_INIT(4u << 20);
	struct error *err = NULL;
	uint64_t offset, size;
	struct span partition = {0};

	assert_done(file_read(path, 4u << 20, &content, &err), &err);
	gpt_entry_range(e, &offset, &size);
	assert_int_equal(offset % DISK_ALIGNMENT, 0);
	assert_true(span_slice(disk, offset, size, &partition));
	assert_true(span_equal(partition, buffer_span(&content)));
}

static void assert_boots(struct span disk, const struct gpt_entry *esp, const char *uki)
{
	_cleanup_(buffer_release) struct buffer expected = BUFFER_INIT(UKI_SIZE);
	struct error *err = NULL;
	struct span volume = {0}, content = {0};
	uint64_t offset, size;
	struct fat_file file;
	struct digest d;
	uint8_t id[16];
	struct fat fat;

	gpt_entry_range(esp, &offset, &size);
	assert_true(span_slice(disk, offset, size, &volume));
	assert_done(fat_open(volume, &fat, &err), &err);
	assert_int_equal(fat.type, FAT32);
	assert_done(fat_find(&fat, ESP_BOOT_FILE, &file, &err), &err);
	assert_true(fat_map(&fat, &file, &content));
	assert_done(file_read(uki, UKI_SIZE, &expected, &err), &err);
	assert_true(span_equal(content, buffer_span(&expected)));
	/* BS_VolID */
	d = digest_bytes(DIGEST_SHA256, content);
	derived_uuid("esp volume", digest_span(&d), id);
	assert_int_equal(get_le32(volume.p + 67), get_be32(id));
}

/* The GUID's text without dashes. */
static void guid_hex(const struct guid *g, char out[33])
{
	char text[GUID_TEXT_SIZE];
	size_t n = 0;

	guid_format(g, text);
	for (const char *c = text; *c != '\0'; c++)
		if (*c != '-')
			out[n++] = *c;
	out[n] = '\0';
}

static void test_raw(void **state)
{
	_cleanup_(disk_raw_release) struct disk_raw raw = {0};
	_cleanup_(file_map_release) struct file_map map = {0};
	struct error *err = NULL;
	struct disk_vhd vhd;
	struct parts p;
	struct gpt gpt;
	char hex[33];
	struct stat st;

	(void)state;
	make_parts(&p);
	make_disks(&p, &raw, &vhd);
	assert_done(file_map(p.raw, &map, &err), &err);
	assert_int_equal(map.data.n, raw.size);
	assert_int_equal(raw.size % DISK_ALIGNMENT, 0);

	struct digest d = digest_bytes(DIGEST_SHA256, map.data);

	assert_true(digest_equal(&d, &raw.sha256));
	assert_done(gpt_parse_disk(map.data, &gpt, &err), &err);
	assert_int_equal(gpt.n_entries, 3);
	assert_boots(map.data, &gpt.entries[0], p.uki);
	assert_same_bytes(map.data, &gpt.entries[1], p.root);
	assert_same_bytes(map.data, &gpt.entries[2], p.verity);
	guid_hex(&gpt.entries[1].unique_partition_guid, hex);
	assert_memory_equal(hex, p.root_verity.root_hash_hex, 32);
	guid_hex(&gpt.entries[2].unique_partition_guid, hex);
	assert_memory_equal(hex, p.root_verity.root_hash_hex + 32, 32);

	/* 35 MiB, of which the file system stores less than 4. */
	assert_int_equal(stat(p.raw, &st), 0);
	assert_true((uint64_t)st.st_blocks * 512 < 4u << 20);
	assert_int_equal(stat(p.vhd, &st), 0);
	assert_true((uint64_t)st.st_blocks * 512 < 4u << 20);
	release_parts(&p);
}

static void test_vhd(void **state)
{
	_cleanup_(disk_raw_release) struct disk_raw raw = {0};
	_cleanup_(file_map_release) struct file_map raw_map = {0}, map = {0};
	struct error *err = NULL;
	struct vhd_footer footer;
	struct disk_vhd vhd;
	struct span body = {0}, tail = {0};
	struct parts p;

	(void)state;
	make_parts(&p);
	make_disks(&p, &raw, &vhd);
	assert_done(file_map(p.raw, &raw_map, &err), &err);
	assert_done(file_map(p.vhd, &map, &err), &err);
	assert_int_equal(map.data.n, vhd.size);
	assert_int_equal(vhd.size, raw.size + VHD_FOOTER_SIZE);

	struct digest d = digest_bytes(DIGEST_SHA256, map.data);

	assert_true(digest_equal(&d, &vhd.sha256));
	assert_true(span_slice(map.data, 0, raw.size, &body));
	assert_true(span_equal(body, raw_map.data));
	assert_true(span_slice(map.data, raw.size, VHD_FOOTER_SIZE, &tail));
	assert_done(vhd_parse(tail, raw.size, &footer, &err), &err);
	assert_int_equal(footer.time_stamp, 0);
	release_parts(&p);
}

static int verify(const char *path, struct error **err)
{
	_cleanup_(inspection_release) struct inspection in = {0};
	int r = inspection_open(path, NULL, &in, err);

	return r < 0 ? r : inspection_verify(&in, err);
}

/* Changes a byte of a partition's block, and back. */
static void flip(const struct parts *p, unsigned partition, uint64_t block)
{
	_cleanup_(file_map_release) struct file_map map = {0};
	struct error *err = NULL;
	uint64_t offset, size;
	struct gpt gpt;

	assert_done(file_map(p->raw, &map, &err), &err);
	assert_done(gpt_parse_disk(map.data, &gpt, &err), &err);
	gpt_entry_range(&gpt.entries[partition - 1], &offset, &size);
	offset += block * VERITY_BLOCK_SIZE + 7;

	uint8_t changed = map.data.p[offset] ^ 1;
	_cleanup_close_ int fd = open(p->raw, O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite_full(fd, SPAN(&changed, 1), (off_t)offset), 0);
}

/* Data, tree and root hash, by the code that reads disks of others. */
static void test_verify(void **state)
{
	_cleanup_(disk_raw_release) struct disk_raw raw = {0};
	struct error *err = NULL;
	struct disk_vhd vhd;
	struct parts p;

	(void)state;
	make_parts(&p);
	make_disks(&p, &raw, &vhd);
	assert_done(verify(p.raw, &err), &err);
	flip(&p, 2, 299);
	assert_failed(verify(p.raw, &err), ERROR_REFUSED,
		      "disk.raw: partition 2 is not what its hash tree in partition 3 says: block "
		      "299 of the data, hash at 17760",
		      &err);
	flip(&p, 2, 299);
	flip(&p, 3, 1);
	assert_failed(verify(p.raw, &err), ERROR_REFUSED,
		      "disk.raw: partition 3 does not have its root hash: the hash block at 4096 "
		      "is not that of the blocks below it",
		      &err);
	flip(&p, 3, 1);
	assert_done(verify(p.raw, &err), &err);
	release_parts(&p);
}

/* An image for another root. */
static void test_verify_program(void **state)
{
	static const char hash[] =
		"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
	_cleanup_(buffer_release) struct buffer kernel = BUFFER_INIT(SAMPLE_MAX),
						image = BUFFER_INIT(SAMPLE_MAX);
	_cleanup_(disk_raw_release) struct disk_raw raw = {0};
	_cleanup_free_ char *own = NULL, *other = string_printf("roothash=%s", hash);
	struct error *err = NULL;
	struct disk_vhd vhd;
	struct parts p;

	(void)state;
	make_parts(&p);
	own = string_printf("roothash=%s", p.root_verity.root_hash_hex);
	sample_kernel(&kernel, "6.12.0-sample");
	for (int i = 0; i < 2; i++) {
		const char *text = i == 0 ? own : other;
		const struct sample_section sections[] = {
			SAMPLE_SECTION(".sdmagic", "#### LoaderInfo: systemd-stub 257.13 ####"),
			{.name = ".linux", .data = (const char *)kernel.p, .size = kernel.n},
			{.name = ".cmdline", .data = text, .size = strlen(text)},
		};

		image.n = 0;
		sample_pe(&image, sections, ARRAY_SIZE(sections));
		assert_done(file_write(p.uki, buffer_span(&image), &err), &err);
		make_disks(&p, &raw, &vhd);
		disk_raw_release(&raw);
		if (i == 0)
			assert_done(verify(p.raw, &err), &err);
		else
			assert_failed(
				verify(p.raw, &err), ERROR_REFUSED,
				"disk.raw: EFI/BOOT/BOOTX64.EFI: no hash tree of the disk has "
				"the root hash 00112233445566778899aabbccddeeff"
				"00112233445566778899aabbccddeeff",
				&err);
	}
	release_parts(&p);
}

static void add_line(struct buffer *lines, const char *name, const struct digest *d)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(d, hex);
	buffer_printf(lines, "%s  %s\n", hex, name);
}

/* A change of these bytes changes every image that anybody has measured: it must be meant. */
static void test_golden(void **state)
{
	_cleanup_(buffer_release) struct buffer golden = BUFFER_INIT(4096),
						lines = BUFFER_INIT(4096);
	_cleanup_(disk_raw_release) struct disk_raw raw = {0};
	_cleanup_(file_map_release) struct file_map map = {0};
	struct error *err = NULL;
	struct span esp = {0};
	struct disk_vhd vhd;
	struct digest d;
	struct parts p;

	(void)state;
	make_parts(&p);
	make_disks(&p, &raw, &vhd);
	add_line(&lines, "disk.raw", &raw.sha256);
	add_line(&lines, "disk.vhd", &vhd.sha256);
	assert_done(file_map(p.raw, &map, &err), &err);
	assert_true(span_slice(map.data, DISK_ALIGNMENT, 33u << 20, &esp));
	d = digest_bytes(DIGEST_SHA256, esp);
	add_line(&lines, "esp.fat", &d);
	assert_done(digest_file(p.verity, DIGEST_SHA256, &d, NULL, &err), &err);
	add_line(&lines, "root.verity", &d);
	release_parts(&p);
	assert_done(file_read(GOLDEN, 4096, &golden, &err), &err);
	assert_string_equal(buffer_text(&lines), buffer_text(&golden));
}

static void test_refused(void **state)
{
	_cleanup_(pieces_release) struct pieces odd = {0};
	_cleanup_free_ char *message = NULL;
	struct error *err = NULL;
	struct root_verity v;
	struct disk_raw raw;
	struct parts p;

	(void)state;
	make_parts(&p);

	struct disk_raw_parts parts = {
		.uki = p.uki,
		.root = &p.root_pieces,
		.verity = SPAN(p.uuid, 10),
	};

	assert_failed(disk_raw_write(&parts, p.raw, &raw, &err), EINVAL,
		      "disk image: root verity: 10 bytes are not whole sectors", &err);
	assert_false(path_exists(p.raw));
	assert_done(pieces_of_file(p.uki, &odd, &err), &err);
	parts.root = &odd;
	assert_failed(disk_raw_write(&parts, p.raw, &raw, &err), EINVAL,
		      "disk image: root: 100001 bytes are not whole sectors", &err);
	assert_failed(
		root_verity_make(&odd, p.uuid, &v, &err), EINVAL,
		"verity of root.erofs: 100001 bytes are not 1 to 4194304 blocks of 4096 bytes",
		&err);
	assert_true(asprintf(&message, "%s: No such file or directory", p.raw) > 0);
	assert_failed(pieces_of_file(p.raw, &odd, &err), ENOENT, message, &err);
	release_parts(&p);
}

static void test_identity(void **state)
{
	uint8_t a[16], b[16], c[16];
	char text[GUID_TEXT_SIZE];
	struct guid g;

	(void)state;
	derived_uuid("disk", SPAN_LITERAL("x"), a);
	derived_uuid("disk", SPAN_LITERAL("y"), b);
	derived_uuid("esp", SPAN_LITERAL("x"), c);
	assert_memory_not_equal(a, b, 16);
	assert_memory_not_equal(a, c, 16);
	assert_int_equal(a[6] >> 4, 8);
	assert_int_equal(a[8] >> 6, 2);
	for (uint8_t i = 0; i < 16; i++)
		a[i] = (uint8_t)(i * 0x11);
	uuid_format(a, text);
	assert_string_equal(text, "00112233-4455-6677-8899-aabbccddeeff");
	g = uuid_guid(a);
	assert_int_equal(g.bytes[0], 0x33);
	assert_int_equal(g.bytes[15], 0xff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_raw),
		cmocka_unit_test(test_vhd),
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_verify),
		cmocka_unit_test(test_verify_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
