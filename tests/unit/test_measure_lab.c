/*
 * Predictions against the registers of real boots: each case has the image that was booted, the
 * firmware's event log, and the registers as the TPM reported them.
 */
#include "test.h"

#include <jansson.h>

#include "lab.h"
#include "formats/gpt.h"
#include "measure/compare.h"

#define IMAGE_MAX (16u << 20)
#define LOG_MAX (1u << 20)
/* The TPMs had two: the first two of event_banks. */
#define LAB_BANKS 2

struct lab_case {
	const char *name;
	struct boot_options options;
	const char *beside; /* a file beside the image */
};

static const struct lab_case cases[] = {
	{"s252", {.kind = BOOT_DISK}, NULL},
	{"s252-pcrpkey", {.kind = BOOT_DISK}, NULL},
	{"s257", {.kind = BOOT_DISK}, NULL},
	{"s257-pcrpkey", {.kind = BOOT_DISK}, NULL},
	{"s257-cred", {.kind = BOOT_DISK}, "foo.cred"},
	{"s257-sb", {.kind = BOOT_DISK, .secure_boot = true}, NULL},
	{"s257-direct", {.kind = BOOT_QEMU_KERNEL}, NULL},
	{"s257-direct-append",
	 {.kind = BOOT_QEMU_KERNEL, .load_options = "console=ttyS0 appended=1"},
	 NULL},
	{"s262-direct", {.kind = BOOT_QEMU_KERNEL}, NULL},
};

struct lab {
	char *folder; /* with the unpacked images */
};

static int set_up(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));

	assert_non_null(lab);
	*state = lab;
	if (!path_exists(LAB "/ukis.tar.xz")) {
		print_message("skipped: no vectors\n");
		return 0;
	}
	lab->folder = test_folder();
	return lab_unpack(lab->folder);
}

static int tear_down(void **state)
{
	struct lab *lab = *state;

	if (lab->folder)
		test_folder_free(lab->folder);
	free(lab);
	return 0;
}

static json_t *load_case(const char *name)
{
	_cleanup_free_ char *path = string_printf(LAB "/%s/case.json", name);
	json_t *c = json_load_file(path, 0, NULL);

	assert_non_null(c);
	return c;
}

static void read_log(const char *name, struct buffer *ret)
{
	_cleanup_free_ char *path = string_printf(LAB "/%s/eventlog.bin", name);

	assert_int_equal(file_read(path, LOG_MAX, ret, NULL), 0);
}

/* The registers that the TPM reported. */
static void load_bank(json_t *c, enum digest_algorithm a, struct bank *ret)
{
	char key[32];
	const char *number, *hex;
	json_t *value;

	bank_init(ret, a);
	snprintf(key, sizeof(key), "pcr_%s", digest_name(a));
	json_object_foreach(json_object_get(c, key), number, value)
	{
		struct digest d;
		uint64_t pcr;

		hex = json_string_value(value);
		assert_true(hex && digest_parse(a, hex, &d));
		assert_true(parse_u64(span_string(number), BANK_REGISTERS - 1, &pcr));
		bank_set(ret, (unsigned)pcr, &d);
	}
	assert_true(ret->known[4]);
}

static void expect_registers(const struct measurement *m, json_t *c)
{
	for (size_t i = 0; i < LAB_BANKS; i++) {
		_cleanup_error_ struct error *err = NULL;
		struct comparison comparison;
		struct bank read;

		load_bank(c, event_banks[i], &read);
		assert_int_equal(measurement_compare(m, &read, &comparison, NULL), 0);
		assert_done(comparison_judge(&comparison, &err), &err);
	}
}

static int measure_case(const struct lab_case *c, const struct lab *lab, const char *path,
			struct measurement *ret, struct error **err)
{
	_cleanup_(string_list_release) struct string_list beside = {0};
	_cleanup_free_ char *companion = path_join(lab->folder, c->beside ? c->beside : "");
	_cleanup_free_ char *log = string_printf(LAB "/%s/eventlog.bin", c->name);
	struct measure_options options = {.boot = c->options};

	/* With Secure Boot its variables are in the log, besides those digests that are to be predicted. */
	if (c->options.secure_boot)
		options.inputs.machine.log = log;
	if (c->beside) {
		assert_int_equal(string_list_add(&beside, companion), 0);
		options.inputs.beside = &beside;
	}
	return measure_file(path, &options, ret, err);
}

static void predicts_what_the_tpm_reported(void **state)
{
	const struct lab *lab = *state;

	if (!lab->folder)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *path = string_printf("%s/%s.efi", lab->folder, cases[i].name);
		_cleanup_(measurement_release) struct measurement m = {0};
		_cleanup_error_ struct error *err = NULL;
		json_t *c = load_case(cases[i].name);

		print_message("%s\n", cases[i].name);
		assert_done(measure_case(&cases[i], lab, path, &m, &err), &err);
		expect_registers(&m, c);
		json_decref(c);
	}
}

static void expect_replay(const char *name)
{
	_cleanup_(buffer_release) struct buffer log = BUFFER_INIT(LOG_MAX);
	json_t *c = load_case(name);

	print_message("%s\n", name);
	read_log(name, &log);
	for (size_t i = 0; i < LAB_BANKS; i++) {
		_cleanup_error_ struct error *err = NULL;
		struct bank read, replayed;

		load_bank(c, event_banks[i], &read);
		assert_done(bank_replay(buffer_span(&log), event_banks[i], &replayed, &err), &err);
		for (unsigned pcr = 0; pcr < BANK_REGISTERS; pcr++) {
			if (read.known[pcr])
				assert_true(digest_equal(&read.registers[pcr],
							 &replayed.registers[pcr]));
		}
	}
	json_decref(c);
}

static void replays_event_logs(void **state)
{
	const struct lab *lab = *state;

	if (!lab->folder)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		expect_replay(cases[i].name);
}

/* The bytes of the partition table that firmware measured. */
static struct span logged_gpt(struct span bytes)
{
	struct eventlog log;
	struct eventlog_event event;

	assert_int_equal(eventlog_open(bytes, &log, NULL), 0);
	while (eventlog_next(&log, &event, NULL) > 0) {
		if (event.type == EV_EFI_GPT_EVENT)
			return event.data;
	}
	return (struct span){0};
}

#define FAT_CLUSTER 2048u
#define FAT_RESERVED 512u
#define FAT_TABLE (128u * 512)
#define FAT_ROOT (512u * 32)
#define FAT_DATA (FAT_RESERVED + FAT_TABLE + FAT_ROOT)

static void fat_put_entry(uint8_t *p, const char *name, uint8_t attributes, unsigned cluster,
			  size_t size)
{
	memcpy(p, name, 11);
	p[11] = attributes;
	put_le16(p + 26, (uint16_t)cluster);
	put_le32(p + 28, (uint32_t)size);
}

/* A FAT16 volume that holds EFI/BOOT/BOOTX64.EFI in one run of clusters. */
static void fat_put(uint8_t *volume, size_t sectors, struct span file)
{
	uint8_t *table = volume + FAT_RESERVED;
	uint8_t *data = volume + FAT_DATA;
	size_t clusters = (file.n + FAT_CLUSTER - 1) / FAT_CLUSTER;

	put_le16(volume + 11, 512);
	volume[13] = FAT_CLUSTER / 512;
	put_le16(volume + 14, FAT_RESERVED / 512);
	volume[16] = 1;
	put_le16(volume + 17, FAT_ROOT / 32);
	volume[21] = 0xf8;
	put_le16(volume + 22, FAT_TABLE / 512);
	put_le32(volume + 32, (uint32_t)sectors);
	put_le16(volume + 510, 0xaa55);

	put_le16(table, 0xfff8);
	put_le16(table + 2, 0xffff);
	put_le16(table + 4, 0xffff);
	put_le16(table + 6, 0xffff);
	for (size_t i = 0; i < clusters; i++)
		put_le16(table + 2 * (4 + i), (uint16_t)(i + 1 == clusters ? 0xffff : 4 + i + 1));
	fat_put_entry(volume + FAT_RESERVED + FAT_TABLE, "EFI        ", 0x10, 2, 0);
	fat_put_entry(data, "BOOT       ", 0x10, 3, 0);
	fat_put_entry(data + FAT_CLUSTER, "BOOTX64 EFI", 0x20, 4, file.n);
	memcpy(data + 2 * FAT_CLUSTER, file.p, file.n);
}

/* The disk that was booted, rebuilt from the logged partition table and the image. */
static void write_disk(const char *path, struct span gpt_event, struct span image)
{
	uint64_t sectors = get_le64(gpt_event.p + 32) + 1; /* AlternateLBA */
	uint64_t entries = get_le64(gpt_event.p + GPT_HEADER_SIZE);
	const uint8_t *first = gpt_event.p + GPT_HEADER_SIZE + 8;
	uint64_t start = get_le64(first + 32), end = get_le64(first + 40);
	_cleanup_free_ uint8_t *disk = calloc(sectors, GPT_SECTOR_SIZE);

	assert_non_null(disk);
	assert_int_equal(entries, 1);
	/* The protective MBR. */
	disk[450] = 0xee;
	put_le32(disk + 454, 1);
	put_le32(disk + 458, (uint32_t)(sectors - 1));
	put_le16(disk + 510, 0xaa55);
	memcpy(disk + GPT_SECTOR_SIZE, gpt_event.p, GPT_HEADER_SIZE);
	memcpy(disk + 2 * GPT_SECTOR_SIZE, first, GPT_ENTRY_SIZE);
	fat_put(disk + start * GPT_SECTOR_SIZE, end - start + 1, image);
	assert_int_equal(file_write(path, SPAN(disk, sectors * GPT_SECTOR_SIZE), NULL), 0);
}

static void predicts_whole_disks(void **state)
{
	const struct lab *lab = *state;

	if (!lab->folder)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *path = string_printf("%s/%s.efi", lab->folder, cases[i].name);
		_cleanup_free_ char *disk = string_printf("%s/disk.raw", lab->folder);
		_cleanup_(buffer_release) struct buffer log = BUFFER_INIT(LOG_MAX);
		_cleanup_(buffer_release) struct buffer image = BUFFER_INIT(IMAGE_MAX);
		_cleanup_(measurement_release) struct measurement m = {0};
		_cleanup_error_ struct error *err = NULL;

		if (cases[i].options.kind != BOOT_DISK || cases[i].beside)
			continue;
		read_log(cases[i].name, &log);
		assert_int_equal(file_read(path, IMAGE_MAX, &image, NULL), 0);
		write_disk(disk, logged_gpt(buffer_span(&log)), buffer_span(&image));

		json_t *c = load_case(cases[i].name);

		assert_done(measure_case(&cases[i], lab, disk, &m, &err), &err);
		assert_true(m.banks[0].known[5]);
		expect_registers(&m, c);
		json_decref(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(predicts_what_the_tpm_reported),
		cmocka_unit_test(replays_event_logs),
		cmocka_unit_test(predicts_whole_disks),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
