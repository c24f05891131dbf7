#include "test.h"

#include "formats/device_path.h"
#include "formats/event_data.h"
#include "formats/printable.h"

static void expect_text(uint32_t type, struct span data, const char *text)
{
	const struct eventlog_event e = {.type = type, .data = data};
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(EVENT_TEXT_MAX);

	event_data_text(&e, &b);
	assert_true(buffer_ok(&b));
	assert_string_equal(buffer_text(&b), text);
}

#define EXPECT_TEXT(type, literal, text) expect_text(type, SPAN_LITERAL(literal), text)

/* The event of a real boot from a disk. */
static const char disk_image[] =
	"\x18\x40\x31\x1e\0\0\0\0\0\x4a\x17\0\0\0\0\0\0\0\xf9\x4d\1\0\0\0\x70\0\0\0\0\0\0\0"
	"\2\1\x0c\0\xd0\x41\3\x0a\0\0\0\0"
	"\1\1\6\0\0\1"
	"\4\1\x2a\0\1\0\0\0\0\x08\0\0\0\0\0\0\xdf\xf7\1\0\0\0\0\0"
	"\x21\x43\x65\x87\x21\x43\x65\x87\x43\x21\x87\x65\x43\x21\x87\x65\2\2"
	"\4\4\x30\0\\\0E\0F\0I\0\\\0B\0O\0O\0T\0\\\0B\0O\0O\0T\0X\0006\0004\0.\0E\0F\0I\0\0\0"
	"\x7f\xff\4";

static void shows_programs(void **state)
{
	struct event_image image;
	_cleanup_(buffer_release) struct buffer file = BUFFER_INIT(100);
	struct guid guid;

	(void)state;
	expect_text(EV_EFI_BOOT_SERVICES_APPLICATION, SPAN(disk_image, sizeof(disk_image)),
		    "PciRoot(0x0)/Pci(0x1,0x0)/"
		    "HD(1,GPT,87654321-4321-8765-4321-876543218765,0x800,0x1f7df)/"
		    "\\EFI\\BOOT\\BOOTX64.EFI, 1526272 bytes");
	/* Cut off: no program at all, shown as bytes. */
	expect_text(EV_EFI_BOOT_SERVICES_APPLICATION, SPAN(disk_image, 40),
		    "1840311e00000000004a170000000000...");
	assert_true(event_image_parse(SPAN(disk_image, sizeof(disk_image)), &image));
	assert_int_equal(image.length_in_memory, 1526272);
	device_path_file(image.device_path, &file);
	assert_string_equal(buffer_text(&file), "\\EFI\\BOOT\\BOOTX64.EFI");
	assert_false(device_path_vendor_media(image.device_path, &guid));
	assert_false(device_path_is_firmware(image.device_path));
	assert_true(device_path_is_firmware(SPAN_LITERAL(
		"\4\7\x14\0\xc9\xbd\xb8\x7c\xeb\xf8\x34\x4f\xaa\xea\x3e\xe4\xaf\x65\x16\xa1"
		"\x7f\xff\4\0")));
}

static void expect_path(struct span path, const char *text)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(64 << 10);

	device_path_text(path, &b);
	assert_string_equal(buffer_text(&b), text);
}

#define END "\x7f\xff\4\0"

static void shows_device_paths(void **state)
{
	struct guid guid;
	char text[GUID_TEXT_SIZE];
	uint8_t long_path[70 * 4];

	(void)state;
	expect_path(SPAN_LITERAL(END), "");
	expect_path(SPAN_LITERAL(""), "?");
	expect_path(SPAN_LITERAL("\1\1\6\0\2\3"), "Pci(0x3,0x2)/?");
	expect_path(SPAN_LITERAL("\1\1\3\0"), "?");
	expect_path(SPAN_LITERAL("\1\1\5\0\2" END), "Pci(0x0,0x2)?");
	expect_path(SPAN_LITERAL("\3\x12\x0a\0\1\0\xff\xff\0\0"
				 "\x7f\1\4\0"
				 "\3\2\x08\0\1\0\2\0" END),
		    "Sata(0x1,0xffff,0x0),Scsi(0x1,0x2)");
	expect_path(SPAN_LITERAL("\3\x18\x0c\0http://h" END), "Uri(http://h)");
	expect_path(SPAN_LITERAL("\3\x17\x10\0\1\0\0\0\1\2\3\4\5\6\7\x08" END),
		    "NVMe(0x1,0102030405060708)");
	expect_path(
		SPAN_LITERAL("\4\1\x2a\0\2\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\x78\x56\x34\x12"
			     "\0\0\0\0\0\0\0\0\0\0\0\0\1\1" END),
		"HD(2,MBR,0x12345678,0x1,0x2)");
	expect_path(SPAN_LITERAL("\x09\x01\x06\0\xab\xcd" END), "Path(9,1,abcd)");
	assert_true(
		device_path_vendor_media(SPAN_LITERAL("\4\3\x14\0\x72\xf7\x28\x14\x4a\xb6\x1e\x44"
						      "\xb8\xc3\x9e\xbd\xd7\xf8\x93\xc7" END),
					 &guid));
	guid_format(&guid, text);
	assert_string_equal(text, "1428f772-b64a-441e-b8c3-9ebdd7f893c7");

	/* As many nodes as are read, and more. */
	for (size_t i = 0; i < sizeof(long_path); i += 4)
		memcpy(long_path + i, "\x09\0\4", 4);

	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(64 << 10);

	device_path_text(SPAN(long_path, sizeof(long_path)), &b);
	assert_true(b.n > 4 && memcmp(b.p + b.n - 4, "/...", 4) == 0);
}

#define GLOBAL "\x61\xdf\xe4\x8b\xca\x93\xd2\x11\xaa\x0d\0\xe0\x98\3\x2b\x8c"
#define NUMBER(n) n "\0\0\0\0\0\0\0"

static void shows_variables(void **state)
{
	(void)state;
	EXPECT_TEXT(EV_EFI_VARIABLE_DRIVER_CONFIG,
		    GLOBAL NUMBER("\x0a") NUMBER("\1") "S\0e\0c\0u\0r\0e\0B\0o\0o\0t\0\1",
		    "SecureBoot: on");
	EXPECT_TEXT(EV_EFI_VARIABLE_DRIVER_CONFIG,
		    GLOBAL NUMBER("\x0a") NUMBER("\0") "S\0e\0c\0u\0r\0e\0B\0o\0o\0t\0",
		    "SecureBoot: empty");
	EXPECT_TEXT(EV_EFI_VARIABLE_DRIVER_CONFIG, GLOBAL NUMBER("\2") NUMBER("\3") "P\0K\0abc",
		    "PK: 616263 (3 bytes)");
	EXPECT_TEXT(EV_EFI_VARIABLE_BOOT,
		    GLOBAL NUMBER("\x09") NUMBER("\4") "B\0o\0o\0t\0O\0r\0d\0e\0r\0\1\0\x0a\0",
		    "BootOrder: 0001,000A");
	EXPECT_TEXT(
		EV_EFI_VARIABLE_BOOT,
		GLOBAL NUMBER("\x08") NUMBER(
			"\x12") "B\0o\0o\0t\0000\0000\0000\0001\0\1\0\0\0\4\0d\0i\0s\0k\0\0\0" END,
		"Boot0001: 0100000004006400690073006b000000... (18 bytes)");
	EXPECT_TEXT(
		EV_EFI_VARIABLE_BOOT,
		GLOBAL NUMBER("\x08") NUMBER(
			"\x14") "B\0o\0o\0t\0000\0000\0000\0001\0\1\0\0\0\4\0d\0i\0s\0k\0\0\0" END,
		"Boot0001: disk, ");
	/* Lengths that lie. */
	EXPECT_TEXT(EV_EFI_VARIABLE_BOOT, GLOBAL NUMBER("\x08") NUMBER("\1") "B\0",
		    "61dfe48bca93d211aa0d00e098032b8c...");
	EXPECT_TEXT(EV_EFI_VARIABLE_BOOT,
		    GLOBAL "\xff\xff\xff\xff\xff\xff\xff\x7f" NUMBER("\1") "B\0",
		    "61dfe48bca93d211aa0d00e098032b8c...");
}

static void shows_texts(void **state)
{
	(void)state;
	EXPECT_TEXT(EV_EFI_ACTION, "Exit Boot Services Invocation",
		    "Exit Boot Services Invocation");
	EXPECT_TEXT(EV_SEPARATOR, "\0\0\0\0", "separator");
	EXPECT_TEXT(EV_SEPARATOR, "\1\0\0\0", "01000000");
	EXPECT_TEXT(EV_IPL, ".\0l\0i\0n\0u\0x\0\0\0", ".linux");
	EXPECT_TEXT(EV_S_CRTM_VERSION, "1\0.\0002\0\0\0", "1.2");
	EXPECT_TEXT(EV_EVENT_TAG, "\xed\x22\x3b\x8f\x05\0\0\0abcd\0", "abcd");
	EXPECT_TEXT(EV_EVENT_TAG, "\xdb\xd6\xae\x13\x04\0\0\0001\0\0\0", "profile 1");
	EXPECT_TEXT(EV_EVENT_TAG, "\1\0\0\0\x02\0\0\0ab", "tag 0x00000001 ab");
	EXPECT_TEXT(EV_EVENT_TAG,
		    "\1\0\0\0\xff\xff\xff\xff"
		    "ab",
		    "01000000ffffffff6162");
	EXPECT_TEXT(EV_EFI_PLATFORM_FIRMWARE_BLOB, "\0\0\x82\0\0\0\0\0\0\0\x0e\0\0\0\0\0",
		    "at 0x820000, 917504 bytes");
	EXPECT_TEXT(EV_EFI_PLATFORM_FIRMWARE_BLOB2, "\2Fv\0\0\x82\0\0\0\0\0\0\0\x0e\0\0\0\0\0",
		    "Fv at 0x820000, 917504 bytes");
	EXPECT_TEXT(EV_EFI_HANDOFF_TABLES2, "\x08TdxTable\1", "TdxTable");
	/* What a terminal would obey is not shown. */
	EXPECT_TEXT(EV_IPL, "a\x1b[2Jb\n", "a?[2Jb?");
	EXPECT_TEXT(EV_IPL,
		    "a\0\x2e\x20"
		    "b\0\0\0",
		    "a?b");
	EXPECT_TEXT(0x12345678, "\1\2", "0102");
}

static void cuts_long_texts(void **state)
{
	static char text[2 * EVENT_TEXT_MAX];
	const struct eventlog_event e = {.type = EV_IPL, .data = SPAN(text, sizeof(text))};
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(EVENT_TEXT_MAX);

	(void)state;
	/* Three bytes of UTF-8 each: a cut must not divide one. */
	text[0] = 'a';
	for (size_t i = 2; i < sizeof(text); i += 2)
		put_le16((uint8_t *)text + i, 0x20ac);
	event_data_text(&e, &b);
	assert_true(buffer_ok(&b) && b.n <= EVENT_TEXT_MAX && b.n > EVENT_TEXT_MAX - 6);
	assert_memory_equal(b.p + b.n - 6, "\xe2\x82\xac...", 6);
}

static void put_table(uint8_t *p, uint64_t sectors, uint64_t entries)
{
	memset(p, 0, 92 + 8 + 2 * 128);
	memcpy(p, "EFI PART", 8);
	put_le64(p + 32, sectors - 1);
	put_le64(p + 92, entries);
	for (size_t i = 0; i < entries; i++) {
		put_le64(p + 100 + 128 * i + 32, 2048 * (i + 1));
		put_le64(p + 100 + 128 * i + 40, 2048 * (i + 1) + 99);
		put_le16(p + 100 + 128 * i + 56, (uint16_t)('a' + i));
	}
}

static void expect_difference(const uint8_t *a, const uint8_t *b, const char *text)
{
	_cleanup_(buffer_release) struct buffer t = BUFFER_INIT(4096);
	struct event_gpt x, y;

	assert_true(event_gpt_parse(SPAN(a, 92 + 8 + 2 * 128), &x));
	assert_true(event_gpt_parse(SPAN(b, 92 + 8 + 2 * 128), &y));
	assert_int_equal(event_gpt_difference(&x, &y, &t), text[0] != 0);
	assert_string_equal(buffer_text(&t), text);
}

static void tells_partition_tables_apart(void **state)
{
	uint8_t a[92 + 8 + 2 * 128], b[92 + 8 + 2 * 128];
	struct event_gpt g;

	(void)state;
	put_table(a, 1000, 2);
	put_table(b, 1000, 2);
	expect_text(
		EV_EFI_GPT_EVENT, SPAN(a, sizeof(a)),
		"disk 00000000-0000-0000-0000-000000000000 of 1000 sectors; 1: 'a' 2048-2147; 2: "
		"'b' 4096-4195");
	expect_difference(a, b, "");
	put_table(b, 2000, 2);
	expect_difference(a, b, "header: AlternateLBA (the size of the disk) is 1999, not 999");
	put_table(b, 1000, 2);
	b[56] = 1;
	expect_difference(a, b,
			  "header: DiskGUID is 00000001-0000-0000-0000-000000000000, not "
			  "00000000-0000-0000-0000-000000000000");
	put_table(b, 1000, 1);
	expect_difference(a, b, "1 partitions, not 2");
	put_table(b, 1000, 2);
	put_le64(b + 100 + 128 + 40, 5000);
	b[88] = 1; /* checksums follow */
	expect_difference(a, b, "partition 2: EndingLBA is 5000, not 4195");
	put_table(b, 1000, 2);
	b[100 + 56] = 'c';
	expect_difference(a, b, "partition 1: PartitionName is 'c', not 'a'");
	put_table(b, 1000, 2);
	b[16] = 9;
	expect_difference(a, b, "header: HeaderCRC32 is 9, not 0");
	put_le64(b + 92, 3);
	assert_false(event_gpt_parse(SPAN(b, sizeof(b)), &g));
	put_le64(b + 92, UINT64_MAX / 128 + 1);
	assert_false(event_gpt_parse(SPAN(b, sizeof(b)), &g));
}

/* What a console prints is shown, not obeyed. */
static void lines_for_terminals(void **state)
{
	static const struct {
		const char *text, *shown;
	} cases[] = {
		{"plain\ttext\n", "plain\ttext\n"},
		{"line\r\n", "line\n"},
		{"over\rwritten\n", "over\\x0dwritten\n"},
		{"\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"},
		{"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80",
		 "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80"},
		/* A C1 control character, one that is too long, one that is cut, a mark that turns text. */
		{"\xc2\x9b", "\\xc2\\x9b"},
		{"\xc0\xaf", "\\xc0\\xaf"},
		{"\xe2\x82", "\\xe2\\x82"},
		{"\xe2\x80\xae", "\\xe2\\x80\\xae"},
		{"\x7f\xff", "\\x7f\\xff"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(256);

		printable_lines(span_string(cases[i].text), &b);
		assert_true(buffer_ok(&b));
		assert_string_equal(buffer_text(&b), cases[i].shown);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_for_terminals),
		cmocka_unit_test(shows_programs),
		cmocka_unit_test(shows_device_paths),
		cmocka_unit_test(shows_variables),
		cmocka_unit_test(shows_texts),
		cmocka_unit_test(cuts_long_texts),
		cmocka_unit_test(tells_partition_tables_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
