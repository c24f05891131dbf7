#include "test.h"

#include <errno.h>

#include "base/file.h"
#include "formats/cpio.h"
#include "formats/gpt.h"
#include "measure/compare.h"
#include "measure/disk.h"
#include "measure/pcr.h"
#include "measure/measurement_report.h"
#include "sample_pe.h"

#define ZERO_DIGEST "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE_DIGEST "0101010101010101010101010101010101010101010101010101010101010101"

static void assert_register(const struct bank *b, unsigned pcr, const char *expected)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(&b->registers[pcr], hex);
	assert_string_equal(hex, expected);
}

static void extend_hex(struct bank *b, unsigned pcr, const char *hex)
{
	struct digest d;

	assert_true(digest_parse(DIGEST_SHA256, hex, &d));
	bank_extend(b, pcr, &d);
}

static void extend_bytes(struct bank *b, unsigned pcr, struct span s)
{
	struct digest d = digest_bytes(b->algorithm, s);

	bank_extend(b, pcr, &d);
}

static void extends_registers(void **state)
{
	(void)state;
	struct bank b;

	bank_init(&b, DIGEST_SHA256);
	assert_false(b.known[4]);
	extend_bytes(&b, 4, SPAN_LITERAL("Calling EFI Application from Boot Option"));
	extend_bytes(&b, 4, SPAN_LITERAL("\0\0\0\0"));
	assert_true(b.known[4]);
	extend_hex(&b, 4, ZERO_DIGEST);
	extend_hex(&b, 4, ONE_DIGEST);
	assert_register(&b, 4, "22116dee861aa6b44242ac469eab24cead344d52c77131f54ac1cac9d6a2408e");
	extend_bytes(&b, 5, SPAN_LITERAL("\0\0\0\0"));
	assert_register(&b, 5, "3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969");
}

/* An image of bare sections, for the registers that do not look into them. */
static void make_image(const struct sample_section *s, size_t n, struct buffer *b, struct uki *ret)
{
	_cleanup_error_ struct error *err = NULL;

	sample_pe(b, s, n);
	assert_done(uki_parse(buffer_span(b), ret, &err), &err);
}

/* Values that systemd-measure gives for these sections. */
static void measures_sections(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);
	_cleanup_(event_list_release) struct event_list events = {0};
	const struct sample_section sections[] = {
		SAMPLE_SECTION(".sdmagic", "#### LoaderInfo: systemd-stub 257.13 ####"),
		SAMPLE_SECTION(".initrd", "foobar\n"),
		SAMPLE_SECTION(".pcrsig", "not measured"),
		SAMPLE_SECTION(".linux", "HALLO\n"),
	};
	struct bank banks[EVENT_BANKS];
	struct uki uki;

	make_image(sections, ARRAY_SIZE(sections), &b, &uki);

	const struct boot boot = {.uki = &uki};

	pcr_11_sections(&boot, &events);
	assert_int_equal(event_list_digest(&events, EVENT_BANKS_ALL, NULL, 0, NULL), 0);
	assert_int_equal(events.n, 4);
	for (size_t i = 0; i < EVENT_BANKS; i++)
		bank_init(&banks[i], event_banks[i]);
	event_list_replay(&events, banks);
	assert_register(&banks[EVENT_SHA256], 11,
			"37b48bd0b222394dbe3cceff2fca4660c4b0a90ae9369ec90b42f14489989c13");
	assert_register(&banks[EVENT_SHA1], 11, "5177e4ad69db92192c10e5f80402bf81bfec8a81");
}

/* Values that Python's hashlib gives. */
static void measures_the_configuration(void **state)
{
	(void)state;
	_cleanup_(event_list_release) struct event_list events = {0};
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(SAMPLE_MAX);
	struct boot boot = {.files.configuration = &text};
	struct bank banks[EVENT_BANKS];
	struct digest rtmr, none = {.algorithm = DIGEST_SHA384};

	buffer_put_string(&text, "HOSTNAME=tdnode\n");
	pcr_08_configuration(&boot, &events);
	assert_int_equal(event_list_digest(&events, EVENT_BANKS_ALL, NULL, 0, NULL), 0);
	for (size_t i = 0; i < EVENT_BANKS; i++)
		bank_init(&banks[i], event_banks[i]);
	event_list_replay(&events, banks);
	assert_register(&banks[EVENT_SHA256], 8,
			"7c0a094f31ddcfd4ecf2447299c868e70c79f3354cab59de96254a1be6e8bbbc");
	/* No register of a TDX module gets it. */
	assert_true(event_list_replay_rtmr(&events, 2, &rtmr));
	assert_true(digest_equal(&rtmr, &none));
	/* An empty configuration is measured, too; an image that takes none measures nothing. */
	buffer_release(&text);
	event_list_release(&events);
	events = (struct event_list){0};
	pcr_08_configuration(&boot, &events);
	assert_int_equal(events.n, 2);
	boot.files.configuration = NULL;
	pcr_08_configuration(&boot, &events);
	assert_int_equal(events.n, 2);
}

/*
 * A register of TDX takes what goes into PCR 11 and 9: here the value that an independent
 * implementation gives for this image.
 */
static void measures_what_the_stub_adds_to_the_initrd(void **state)
{
	(void)state;
	static const char initrd[] = {[0 ... 255] = '\xff'};
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);
	_cleanup_(event_list_release) struct event_list events = {0};
	const struct sample_section sections[] = {
		SAMPLE_SECTION(".sdmagic", "#### LoaderInfo: systemd-stub 257.13 ####"),
		SAMPLE_SECTION(".linux", "\xde\xad\xbe\xef"),
		SAMPLE_SECTION(".osrel", "NAME=TestOS\nVERSION=1.0\n"),
		SAMPLE_SECTION(".cmdline", "root=/dev/vda1 quiet\n"),
		{.name = ".initrd", .data = initrd, .size = sizeof(initrd)},
	};
	struct boot boot = {.command_line.whole = BUFFER_INIT(SAMPLE_MAX)};
	struct digest rtmr;
	char hex[DIGEST_HEX_MAX];
	struct uki uki;

	make_image(sections, ARRAY_SIZE(sections), &b, &uki);
	boot.uki = &uki;
	assert_int_equal(uki_command_line(uki.stub, SPAN_LITERAL("root=/dev/vda1 quiet\n"),
					  &boot.command_line.whole, NULL),
			 0);
	assert_int_equal(boot_take_initrd(&boot, NULL), 0);
	pcr_11_sections(&boot, &events);
	pcr_09_kernel(&boot, &events);
	assert_int_equal(events.n, 10);
	assert_int_equal(event_list_digest(&events, 1u << EVENT_SHA384, NULL, 0, NULL), 0);

	assert_true(event_list_replay_rtmr(&events, 2, &rtmr));
	digest_hex(&rtmr, hex);
	assert_string_equal(hex, "8d54b4f3ed7c7ce69d82712021a91c685ac892d0e86d3a96fc12e862ef8b560f"
				 "00fbc2285f6a21dd7ea89e30e310b69c");
	boot_release(&boot);
}

/* The digest of the only event of PCR 9 for these sections. */
static struct digest initrd_digest(const struct sample_section *sections, size_t n)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);
	_cleanup_(event_list_release) struct event_list events = {0};
	struct uki uki;

	make_image(sections, n, &b, &uki);

	_cleanup_(boot_release) struct boot boot = {.uki = &uki};

	assert_int_equal(boot_take_initrd(&boot, NULL), 0);
	pcr_09_kernel(&boot, &events);
	assert_int_equal(events.n, 1);
	assert_int_equal(event_list_digest(&events, 1u << EVENT_SHA256, NULL, 0, NULL), 0);
	return events.items[0].digests[EVENT_SHA256];
}

static void pads_the_parts_of_an_initrd(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer padded = BUFFER_INIT(SAMPLE_MAX);
	const struct sample_section sections[] = {
		SAMPLE_SECTION(".sdmagic", "#### LoaderInfo: systemd-stub 257.13 ####"),
		SAMPLE_SECTION(".linux", "kernel"),
		SAMPLE_SECTION(".initrd", "five5"),
		SAMPLE_SECTION(".osrel", "ID=sample\n"),
	};
	const struct uki_archive_file osrel = {"os-release", SPAN_LITERAL("ID=sample\n"), 10};
	struct digest alone = digest_bytes(DIGEST_SHA256, SPAN_LITERAL("five5"));
	struct digest digest = initrd_digest(sections, 3);

	assert_true(digest_equal(&digest, &alone));

	buffer_put(&padded, SPAN_LITERAL("five5\0\0\0"));
	uki_archive(".extra", 0555, 0444, &osrel, 1, &padded);

	struct digest both = digest_bytes(DIGEST_SHA256, buffer_span(&padded));

	digest = initrd_digest(sections, 4);
	assert_true(digest_equal(&digest, &both));
}

static void hashes_zeros_up_to_the_virtual_size(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);
	_cleanup_(event_list_release) struct event_list events = {0};
	uint8_t content[5000] = "kernel";
	const struct sample_section sections[] = {
		SAMPLE_SECTION(".sdmagic", "#### LoaderInfo: systemd-stub 254 ####"),
		{.name = ".linux", .data = "kernel", .size = 6, .extra = 4994},
	};
	struct digest expected = digest_bytes(DIGEST_SHA256, SPAN(content, sizeof(content)));
	struct uki uki;

	make_image(sections, ARRAY_SIZE(sections), &b, &uki);

	const struct boot boot = {.uki = &uki};

	pcr_11_sections(&boot, &events);
	assert_int_equal(events.n, 2);
	assert_int_equal(event_list_digest(&events, 1u << EVENT_SHA256, NULL, 0, NULL), 0);
	assert_true(digest_equal(&events.items[1].digests[0], &expected));
}

static int describe(const struct buffer *image, const struct boot_options *options,
		    struct boot *ret, struct error **err)
{
	static struct uki uki;
	const struct boot_files files = {.image = buffer_span(image)};

	assert_int_equal(uki_parse(buffer_span(image), &uki, NULL), 0);
	return boot_describe(&uki, &files, options, ret, err);
}

/* The image is described, and `pcr` is unpredictable for the reason given. */
static void expect_reason(const char *version, const char *kernel_version,
			  const struct sample_section *more, const struct boot_options *options,
			  unsigned pcr, const char *message)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);
	_cleanup_(boot_release) struct boot boot = {0};
	_cleanup_error_ struct error *err = NULL;

	sample_bootable(version, kernel_version, more, more ? 1 : 0, &b);
	assert_done(describe(&b, options, &boot, &err), &err);
	assert_false(boot_predicts(&boot, pcr));
	assert_string_equal(boot.reasons.items[pcr].text, message);
	assert_true(boot.reasons.items[pcr].unpredictable);
}

static void says_what_it_cannot_predict(void **state)
{
	(void)state;
	const struct boot_options disk = {.kind = BOOT_DISK};
	const struct sample_section dtbauto = SAMPLE_SECTION(".dtbauto", "tree");
	const struct sample_section blank = SAMPLE_SECTION(".cmdline", " \n");
	static const unsigned of_stub[] = {4, 9, 11, 12, 13, REGISTER_RTMR1, REGISTER_RTMR2};

	for (size_t i = 0; i < ARRAY_SIZE(of_stub); i++)
		expect_reason("259.1", "6.12.0", NULL, &disk, of_stub[i],
			      "what systemd's stub 259.1 measures is not known (that of 252 to 257 "
			      "and 262 is)");
	expect_reason("262.1", "6.12.0", NULL, &disk, 9,
		      "systemd's stub 262 adds a random secret to the initrd when it starts from a "
		      "disk");
	expect_reason("257.13", "6.0.9", NULL, &disk, 9,
		      "kernel 6.0 does not measure its command line: only those from 6.1 on are "
		      "predicted");
	expect_reason("257.13", "6.8.1", NULL, &disk, REGISTER_RTMR2,
		      "kernel 6.8 does not measure through a TDX module: those from 6.9 on do");
	expect_reason("257.13", "next", NULL, &disk, 9,
		      "section '.linux' is not an x86 kernel that states its version");
	expect_reason("257.13", "6.12.0", &dtbauto, &disk, 11,
		      "section '.dtbauto': whether it is measured depends on the machine");
	expect_reason("257.13", "6.12.0", &blank, &disk, 9,
		      "the command line is blank: what is measured for it is not known");
}

static void expect_refused(const struct sample_section *more, const struct boot_options *options,
			   const char *message)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);
	_cleanup_error_ struct error *err = NULL;
	struct boot boot;

	sample_bootable("257.13", "6.12.0", more, more ? 1 : 0, &b);
	assert_failed(describe(&b, options, &boot, &err), ERROR_UNPREDICTABLE, message, &err);
}

static void refuses_what_does_not_boot(void **state)
{
	(void)state;
	const struct boot_options disk = {.kind = BOOT_DISK};
	const struct boot_options profile = {.load_options = "@2 quiet"};
	const struct sample_section large = {
		.name = ".initrd", .data = "initrd", .size = 6, .extra = (16u << 20) + 507};

	expect_refused(NULL, &profile, "the image has no profile 2: it does not boot");
	expect_refused(&large, &disk,
		       "section '.initrd' has 16777729 bytes in memory, but 512 in the file");
}

static void refuses_shared_memory(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);
	_cleanup_error_ struct error *err = NULL;
	const struct boot_options disk = {.kind = BOOT_DISK};
	struct boot boot;

	sample_bootable("257.13", "6.12.0", NULL, 0, &b);
	put_le32(sample_section_header(&b, 0) + 12, 0x2000);
	assert_failed(
		describe(&b, &disk, &boot, &err), ERROR_UNPREDICTABLE,
		"section '.linux' shares memory with '.sdmagic': what is measured is not what "
		"is in the file",
		&err);
}

/* The description of the n-th event of a register, NULL if there is none. */
static const char *event_text(const struct event_list *l, unsigned pcr, size_t n)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->items[i].pcr == pcr && n-- == 0)
			return l->items[i].description;
	}
	return NULL;
}

static void orders_the_programs_by_boot_kind(void **state)
{
	(void)state;
	static const char image[] = "unified kernel image: Authenticode digest";
	static const char kernel[] = "kernel in section '.linux': Authenticode digest";
	struct boot_options options = {.kind = BOOT_DISK};
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);
	struct boot boot;

	sample_bootable("257.13", "6.12.0", NULL, 0, &b);
	for (int i = 0; i < 3; i++) {
		_cleanup_(event_list_release) struct event_list l = {0};

		options.kind = i == 1 ? BOOT_QEMU_KERNEL : BOOT_DISK;
		options.secure_boot = i == 2;
		assert_int_equal(describe(&b, &options, &boot, NULL), 0);
		assert_int_equal(boot_events(&boot, &l, NULL), 0);
		assert_string_equal(event_text(&l, 4, i == 1 ? 0 : 2), image);
		if (i == 2)
			assert_null(event_text(&l, 4, 3));
		else
			assert_string_equal(event_text(&l, 4, 3), kernel);
		boot_release(&boot);
	}
}

/* Firmware is given all of VirtualSize to start: the kernel's digest is over the zeros too. */
static void measures_the_kernel_as_it_is_in_memory(void **state)
{
	(void)state;
	const struct boot_options disk = {.kind = BOOT_DISK};
	_cleanup_(buffer_release) struct buffer kernel = BUFFER_INIT(SAMPLE_MAX);
	_cleanup_(buffer_release) struct buffer hashed = BUFFER_INIT(SAMPLE_MAX);
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);
	_cleanup_(event_list_release) struct event_list l = {0};
	_cleanup_(boot_release) struct boot boot = {0};
	_cleanup_error_ struct error *err = NULL;

	sample_kernel(&kernel, "6.12.0");

	const struct sample_section sections[] = {
		SAMPLE_SECTION(".sdmagic", "#### LoaderInfo: systemd-stub 257.13 ####"),
		{".linux", (const char *)kernel.p, kernel.n, 5001},
	};

	sample_pe(&b, sections, ARRAY_SIZE(sections));
	assert_done(describe(&b, &disk, &boot, &err), &err);
	assert_done(boot_events(&boot, &l, &err), &err);
	assert_int_equal(event_list_digest(&l, 1u << EVENT_SHA256, NULL, 0, NULL), 0);

	/* All but CheckSum and the certificate table's entry. */
	size_t check_sum = SAMPLE_OPTIONAL_HEADER + 64, entry = SAMPLE_OPTIONAL_HEADER + 112 + 32;

	buffer_put(&hashed, SPAN(kernel.p, check_sum));
	buffer_put(&hashed, SPAN(kernel.p + check_sum + 4, entry - check_sum - 4));
	buffer_put(&hashed, SPAN(kernel.p + entry + 8, kernel.n - entry - 8));
	buffer_put_zeros(&hashed, 5001);

	struct digest expected = digest_bytes(DIGEST_SHA256, buffer_span(&hashed));
	const struct event *event = NULL;

	for (size_t i = 0; i < l.n; i++)
		event = l.items[i].pcr == 4 ? &l.items[i] : event;
	assert_string_equal(event->description, "kernel in section '.linux': Authenticode digest");
	assert_true(digest_equal(&event->digests[EVENT_SHA256], &expected));
}

static void takes_load_options(void **state)
{
	(void)state;
	const struct sample_section cmdline = SAMPLE_SECTION(".cmdline", "own");
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);
	struct boot_options options = {.kind = BOOT_QEMU_KERNEL, .load_options = "@0 other "};
	struct boot boot;

	sample_bootable("257.13", "6.12.0", &cmdline, 1, &b);
	assert_int_equal(describe(&b, &options, &boot, NULL), 0);
	assert_true(boot.command_line.passed.n > 0);
	assert_true(
		span_equal(buffer_span(&boot.command_line.whole), SPAN_LITERAL("o\0t\0h\0e\0r\0")));
	boot_release(&boot);

	options.secure_boot = true;
	assert_int_equal(describe(&b, &options, &boot, NULL), 0);
	assert_int_equal(boot.command_line.passed.n, 0);
	assert_true(span_equal(buffer_span(&boot.command_line.whole), SPAN_LITERAL("o\0w\0n\0")));
	boot_release(&boot);
}

static void folder_release(char **path)
{
	test_folder_free(*path);
}

static void write_bootable(const char *path)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);
	const struct sample_section sections[] = {
		SAMPLE_SECTION(".osrel", "ID=sample\nVARIANT_ID=debug\n"),
		SAMPLE_SECTION(".cmdline", "quiet \xc3\xa4"),
		SAMPLE_SECTION(".initrd", "initrd"),
	};

	sample_bootable("257.13-1", "6.12.0-sample", sections, ARRAY_SIZE(sections), &b);
	assert_int_equal(file_write(path, buffer_span(&b), NULL), 0);
}

/* A condition of PCR 11 where the initrd would extend it, unless the phases are named. */
static void sees_who_extends_the_register_of_the_image(void **state)
{
	_cleanup_(buffer_release) struct buffer initrd = BUFFER_INIT(4096);
	struct cpio_writer w = {.out = &initrd};
	const char *const phases[] = {NULL, "", "enter-initrd"};
	const char *const wanted[] = {
		"before user space runs: the initrd has systemd-pcrphase, which extends it further "
		"(--phase)",
		NULL,
		"after the phases 'enter-initrd' of systemd-pcrphase and before the next",
	};

	(void)state;
	cpio_add(&w, CPIO_FILE | 0755, "usr/lib/systemd/systemd-pcrextend", SPAN_LITERAL("x"));
	cpio_end(&w);
	for (size_t i = 0; i < ARRAY_SIZE(phases); i++) {
		_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(SAMPLE_MAX);
		_cleanup_(boot_release) struct boot boot = {0};
		_cleanup_error_ struct error *err = NULL;
		const struct boot_options options = {
			.kind = BOOT_DISK, .phases = phases[i], .look_into_initrd = true};
		const struct sample_section section = {
			.name = ".initrd", .data = (const char *)initrd.p, .size = initrd.n};

		sample_bootable("257.13", "6.12.0", &section, 1, &b);
		assert_done(describe(&b, &options, &boot, &err), &err);

		const char *text = boot.conditions.items[PCR_KERNEL_BOOT].text;

		assert_true(!text == !wanted[i]);
		if (text)
			assert_string_equal(text, wanted[i]);
	}
}

static void compares_registers(void **state)
{
	(void)state;
	_cleanup_(folder_release) char *folder = test_folder();
	_cleanup_free_ char *path = path_join(folder, "sample.efi");
	_cleanup_(measurement_release) struct measurement m = {0};
	_cleanup_error_ struct error *err = NULL;
	const struct measure_options options = {.banks = 1u << EVENT_SHA256};
	struct comparison c;
	struct bank actual;

	write_bootable(path);
	assert_done(measure_file(path, &options, &m, &err), &err);
	assert_string_equal(m.command_line, "quiet \xc3\xa4");
	assert_string_equal(m.stub_version, "257.13-1");
	assert_string_equal(m.kernel_version, "6.12.0-sample");
	assert_true(m.debug);
	assert_false(m.banks[0].known[5]);

	actual = m.banks[0];
	assert_int_equal(measurement_compare(&m, &actual, &c, NULL), 0);
	assert_int_equal(c.n, 10);
	assert_int_equal(comparison_judge(&c, NULL), 0);

	struct digest other = m.banks[0].registers[8];

	bank_set(&actual, 13, &m.banks[0].registers[4]);
	bank_set(&actual, 4, &other);
	actual.known[9] = false;
	assert_int_equal(measurement_compare(&m, &actual, &c, NULL), 0);

	char predicted[DIGEST_HEX_MAX];
	_cleanup_free_ char *message = NULL;

	digest_hex(&m.banks[0].registers[4], predicted);
	message =
		string_printf("PCR 4 is " ZERO_DIGEST ", not %s; PCR 9 was not read; PCR 13 is %s, "
			      "not " ZERO_DIGEST,
			      predicted, predicted);
	assert_failed(comparison_judge(&c, &err), ERROR_REFUSED, message, &err);

	actual.algorithm = DIGEST_SHA1;
	assert_failed(measurement_compare(&m, &actual, &c, &err), EINVAL,
		      "no registers of bank sha1 are predicted", &err);
}

static void reports_the_same_bytes_twice(void **state)
{
	(void)state;
	_cleanup_(folder_release) char *folder = test_folder();
	_cleanup_free_ char *path = path_join(folder, "sample.efi");
	_cleanup_(buffer_release) struct buffer first = BUFFER_INIT(REPORT_MAX);
	_cleanup_(buffer_release) struct buffer second = BUFFER_INIT(REPORT_MAX);

	write_bootable(path);
	for (int i = 0; i < 2; i++) {
		_cleanup_(measurement_release) struct measurement m = {0};

		assert_int_equal(measure_file(path, NULL, &m, NULL), 0);
		assert_int_equal(measurement_json(&m, i ? &second : &first, NULL), 0);
	}
	assert_string_equal(buffer_text(&first), buffer_text(&second));
	assert_non_null(strstr(buffer_text(&first),
			       "\"measurements\": {\n    \"3\": {\n      \"expected\": \""));
	assert_non_null(strstr(buffer_text(&first), "\"debug\": true"));
	assert_non_null(strstr(buffer_text(&first), "\"command_line\": \"quiet \xc3\xa4\""));
}

static void refuses_bad_files(void **state)
{
	(void)state;
	_cleanup_(folder_release) char *folder = test_folder();
	_cleanup_free_ char *path = path_join(folder, "bad");
	_cleanup_free_ char *message = NULL;
	_cleanup_(measurement_release) struct measurement m = {0};
	_cleanup_error_ struct error *err = NULL;

	assert_int_equal(file_write(path, SPAN_LITERAL("text"), NULL), 0);
	message = string_printf("%s: no 'MZ' header: not a PE image", path);
	assert_failed(measure_file(path, NULL, &m, &err), ERROR_MALFORMED, message, &err);
}

static void test_banks_of_json(void **state)
{
	static const char good[] =
		"{\"banks\":{\"sha256\":{\"4\":"
		"\"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\"}}}";
	static const struct {
		const char *text, *message;
	} bad[] = {
		{"", "empty"},
		{"{}", "banks: missing or not an object"},
		{"{\"banks\":{\"sha256\":{\"24\":\"00\"}}}", "banks.sha256.24: not a register"},
		{"{\"banks\":{\"sha256\":{\"4\":\"00\"}}}", "banks.sha256.4: not a register"},
		{"{\"banks\":{\"sha384\":{\"4\":7}}}", "banks.sha384.4: not a register"},
	};
	struct measurement m = {0};
	struct error *err = NULL;

	(void)state;
	assert_done(measurement_parse_banks(SPAN(good, sizeof good - 1), &m, &err), &err);
	assert_true(m.banks[0].known[4]);
	assert_false(m.banks[0].known[5]);
	assert_int_equal(m.banks[0].registers[4].bytes[31], 0x1f);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_failed(measurement_parse_banks(span_string(bad[i].text), &m, &err),
			      ERROR_MALFORMED, bad[i].message, &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_banks_of_json),
		cmocka_unit_test(extends_registers),
		cmocka_unit_test(measures_sections),
		cmocka_unit_test(measures_the_configuration),
		cmocka_unit_test(measures_what_the_stub_adds_to_the_initrd),
		cmocka_unit_test(pads_the_parts_of_an_initrd),
		cmocka_unit_test(hashes_zeros_up_to_the_virtual_size),
		cmocka_unit_test(says_what_it_cannot_predict),
		cmocka_unit_test(refuses_what_does_not_boot),
		cmocka_unit_test(refuses_shared_memory),
		cmocka_unit_test(orders_the_programs_by_boot_kind),
		cmocka_unit_test(measures_the_kernel_as_it_is_in_memory),
		cmocka_unit_test(takes_load_options),
		cmocka_unit_test(sees_who_extends_the_register_of_the_image),
		cmocka_unit_test(compares_registers),
		cmocka_unit_test(reports_the_same_bytes_twice),
		cmocka_unit_test(refuses_bad_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
