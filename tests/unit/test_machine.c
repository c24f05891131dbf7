/*
 * What is known of a machine: its event log, Secure Boot's verdict on programs, and RTMR0.
 */
#include "test.h"

#include <errno.h>

#include "base/file.h"
#include "formats/authenticode.h"
#include "measure/pcr.h"
#include "sample_firmware.h"
#include "sample_pe.h"

#define LOG_MAX (1u << 16)
#define SHARED_LOGS "../shared/vectors/attest/logs/"

/* A log of SHA-384 alone, as TDX modules have. */
static void put_log(struct buffer *b)
{
	buffer_put_le32(b, 0);
	buffer_put_le32(b, EV_NO_ACTION);
	buffer_put_zeros(b, 20);
	buffer_put_le32(b, 33);
	buffer_put(b, SPAN("Spec ID Event03", 16));
	buffer_put_zeros(b, 8);
	buffer_put_le32(b, 1);
	buffer_put_le16(b, EVENTLOG_SHA384);
	buffer_put_le16(b, 48);
	buffer_put_u8(b, 0);
}

/* Returns where the digest is. */
static size_t put_event(struct buffer *b, uint32_t pcr, uint32_t type, struct span data)
{
	struct digest d = digest_bytes(DIGEST_SHA384, data);
	size_t at;

	buffer_put_le32(b, pcr);
	buffer_put_le32(b, type);
	buffer_put_le32(b, 1);
	buffer_put_le16(b, EVENTLOG_SHA384);
	at = b->n;
	buffer_put(b, digest_span(&d));
	buffer_put_le32(b, (uint32_t)data.n);
	buffer_put(b, data);
	return at;
}

static size_t put_variable(struct buffer *b, uint32_t pcr, enum eventlog_type type,
			   const struct guid *vendor, const char *name, struct span data)
{
	_cleanup_(buffer_release) struct buffer v = BUFFER_INIT(LOG_MAX);

	buffer_put(&v, SPAN(vendor, sizeof(*vendor)));
	buffer_put_le64(&v, strlen(name));
	buffer_put_le64(&v, data.n);
	for (size_t i = 0; name[i]; i++)
		buffer_put_le16(&v, (uint8_t)name[i]);
	buffer_put(&v, data);
	return put_event(b, pcr, type, buffer_span(&v));
}

/* The log of a boot with Secure Boot on, of a TPM or of a TDX module. */
static void put_boot(struct buffer *b, bool of_tdx, struct span db)
{
	uint32_t variables = of_tdx ? 1 : 7;
	const struct guid *global = &efi_global_guid, *security = &efi_image_security_guid;

	put_log(b);
	if (of_tdx) {
		put_event(b, 1, EV_EFI_HANDOFF_TABLES2, SPAN_LITERAL("\x09TdxTable\0..."));
		put_event(b, 1, EV_EFI_PLATFORM_FIRMWARE_BLOB2, SPAN_LITERAL("volume"));
	}
	put_variable(b, variables, EV_EFI_VARIABLE_DRIVER_CONFIG, global, "SecureBoot",
		     db.n > 0 ? SPAN_LITERAL("\1") : SPAN_LITERAL("\0"));
	put_variable(b, variables, EV_EFI_VARIABLE_DRIVER_CONFIG, global, "PK",
		     SPAN_LITERAL("key"));
	put_variable(b, variables, EV_EFI_VARIABLE_DRIVER_CONFIG, global, "KEK", SPAN_LITERAL(""));
	put_variable(b, variables, EV_EFI_VARIABLE_DRIVER_CONFIG, security, "db", db);
	put_variable(b, variables, EV_EFI_VARIABLE_DRIVER_CONFIG, security, "dbx",
		     SPAN_LITERAL(""));
	put_event(b, variables, EV_SEPARATOR, SPAN_LITERAL("\0\0\0\0"));
	put_event(b, 1, EV_PLATFORM_CONFIG_FLAGS, SPAN_LITERAL("tables"));
	put_variable(b, 1, EV_EFI_VARIABLE_BOOT, global, "BootOrder", SPAN_LITERAL("\0\0"));
	put_event(b, 2, EV_EFI_ACTION, SPAN_LITERAL("of another register"));
	put_event(b, variables, EV_EFI_VARIABLE_AUTHORITY, SPAN_LITERAL("of another image"));
	if (!of_tdx)
		put_event(b, 1, EV_SEPARATOR, SPAN_LITERAL("\0\0\0\0"));
}

static void reads_logs(void **state)
{
	(void)state;
	for (int of_tdx = 0; of_tdx < 2; of_tdx++) {
		_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(LOG_MAX);
		_cleanup_(machine_events_release) struct machine_events l = {0};
		_cleanup_error_ struct error *err = NULL;
		size_t before = of_tdx ? 2 : 0;
		struct digest d;

		put_boot(&b, of_tdx, SPAN_LITERAL("list"));
		assert_done(machine_events_read(buffer_span(&b), &l, &err), &err);
		assert_int_equal(l.of_tdx, of_tdx);
		assert_int_equal(l.n, before + 8);
		assert_int_equal(l.separators, 1);
		assert_int_equal(l.boot_options, before + 7);
		assert_false(l.more_in_pcr_7);
		assert_true(l.variables.on);
		assert_true(span_equal(l.variables.variables[SECURE_VARIABLE_DB],
				       SPAN_LITERAL("list")));
		if (of_tdx) {
			assert_int_equal(l.items[0].kind, MACHINE_HOB);
			assert_int_equal(l.items[1].kind, MACHINE_CFV);
		}
		for (size_t i = 0; i < 5; i++)
			assert_int_equal(l.items[before + i].kind, MACHINE_VARIABLE);
		assert_int_equal(l.items[before + 6].kind, MACHINE_OTHER);
		assert_true(machine_event_digest(&l.items[before + 6], &d));
	}
}

static void expect_refused(const struct buffer *b, const char *message)
{
	_cleanup_error_ struct error *err = NULL;
	struct machine_events l;

	assert_failed(machine_events_read(buffer_span(b), &l, &err), ERROR_MALFORMED, message,
		      &err);
}

static void refuses_bad_logs(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(LOG_MAX);
	size_t digest, header;

	put_log(&b);
	header = b.n;
	expect_refused(&b, "event log: no variable SecureBoot in it: not of a UEFI boot");
	digest = put_variable(&b, 7, EV_EFI_VARIABLE_DRIVER_CONFIG, &efi_global_guid, "SecureBoot",
			      SPAN_LITERAL(""));
	b.p[digest] ^= 1;
	expect_refused(&b, "event log: event at 0x41: the digest is not that of the variable "
			   "SecureBoot");
	b.p[digest] ^= 1;
	buffer_put_u8(&b, 1);
	expect_refused(&b, "event log: the event at 0xb7 is cut off");
	b.n = header;
	put_variable(&b, 3, EV_EFI_VARIABLE_DRIVER_CONFIG, &efi_global_guid, "SecureBoot",
		     SPAN_LITERAL(""));
	expect_refused(&b,
		       "event log: variable SecureBoot is in register 3, neither PCR 7 nor that "
		       "of RTMR0");
}

static void notices_what_it_does_not_know(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(LOG_MAX);
	_cleanup_(machine_events_release) struct machine_events l = {0};

	put_boot(&b, false, SPAN_LITERAL("list"));
	put_event(&b, 7, EV_EFI_ACTION, SPAN_LITERAL("UEFI Debug Mode"));
	assert_int_equal(machine_events_read(buffer_span(&b), &l, NULL), 0);
	assert_true(l.more_in_pcr_7);
}

struct sample {
	struct buffer image;
	struct uki uki;
	struct digest digest;
	struct buffer db; /* a list with the image's digest */
};

static void sample_release(struct sample *s)
{
	buffer_release(&s->image);
	buffer_release(&s->db);
}

static void put_hashes(struct buffer *b, const struct digest *d)
{
	sample_guid(b, "c1c41626-504c-4092-aca9-41f936934328");
	buffer_put_le32(b, 28 + 2 * 48);
	buffer_put_le32(b, 0);
	buffer_put_le32(b, 48);
	buffer_put_zeros(b, 48);
	buffer_put_zeros(b, 15);
	buffer_put_u8(b, 1);
	buffer_put(b, digest_span(d));
}

static void make_sample(struct sample *s)
{
	*s = (struct sample){.image = BUFFER_INIT(SAMPLE_MAX), .db = BUFFER_INIT(4096)};
	sample_bootable("257.13", "6.12.0", NULL, 0, &s->image);
	assert_int_equal(uki_parse(buffer_span(&s->image), &s->uki, NULL), 0);
	assert_int_equal(authenticode_digest(&s->uki.pe, DIGEST_SHA256, &s->digest, NULL), 0);
	put_hashes(&s->db, &s->digest);
}

static void judges_unsigned_images(void **state)
{
	(void)state;
	_cleanup_(sample_release) struct sample s;
	_cleanup_error_ struct error *err = NULL;
	struct secure_boot secure = {.on = true};
	struct span entry;

	make_sample(&s);
	assert_failed(secure_boot_authority(&secure, &s.uki.pe, &entry, &err), EINVAL,
		      "Secure Boot refuses it: it is not signed, and its digest is not in db",
		      &err);
	secure.variables[SECURE_VARIABLE_DB] = buffer_span(&s.db);
	assert_done(secure_boot_authority(&secure, &s.uki.pe, &entry, &err), &err);
	assert_ptr_equal(entry.p, s.db.p + 28 + 48);
	assert_int_equal(entry.n, 48);
	secure.variables[SECURE_VARIABLE_DBX] = buffer_span(&s.db);
	assert_failed(secure_boot_authority(&secure, &s.uki.pe, &entry, &err), EINVAL,
		      "Secure Boot refuses it: its digest is in dbx", &err);
	secure.variables[SECURE_VARIABLE_DBX] = SPAN_LITERAL("no list");
	assert_failed(secure_boot_authority(&secure, &s.uki.pe, &entry, &err), ERROR_MALFORMED,
		      "variable 'dbx': the signature list at 0x0 is cut off", &err);
}

static void refuses_bad_signatures(void **state)
{
	(void)state;
	_cleanup_(sample_release) struct sample s;
	_cleanup_error_ struct error *err = NULL;
	struct secure_boot secure = {.on = true};
	struct span entry;
	struct uki uki;
	size_t at;

	make_sample(&s);
	at = s.image.n;
	put_le32(s.image.p + SAMPLE_OPTIONAL_HEADER + 144, (uint32_t)at);
	put_le32(s.image.p + SAMPLE_OPTIONAL_HEADER + 148, 16);
	buffer_put_le32(&s.image, 16);
	buffer_put_le32(&s.image, 0x00020200);
	buffer_put_string(&s.image, "not DER.");
	assert_int_equal(uki_parse(buffer_span(&s.image), &uki, NULL), 0);
	assert_failed(secure_boot_authority(&secure, &uki.pe, &entry, &err), ERROR_MALFORMED,
		      "signature: not PKCS#7", &err);
	put_le32(s.image.p + at, 17);
	assert_int_equal(secure_boot_authority(&secure, &uki.pe, &entry, &err), -ERROR_MALFORMED);
	assert_non_null(strstr(error_message(err), "does not fit"));
}

static int describe(struct sample *s, const struct machine_facts *m,
		    const struct boot_options *options, struct boot *ret, struct error **err)
{
	const struct boot_files files = {.image = buffer_span(&s->image), .machine = m};

	return boot_describe(&s->uki, &files, options, ret, err);
}

/* RTMR0 is not predicted, for lack of what the reason names; NULL: it is predicted. */
static void expect_missing(struct sample *s, const struct machine_facts *facts, enum boot_kind kind,
			   const char *reason)
{
	const struct boot_options options = {.kind = kind};
	_cleanup_(boot_release) struct boot boot = {0};
	_cleanup_error_ struct error *err = NULL;

	assert_done(describe(s, facts, &options, &boot, &err), &err);

	const struct reason *r = &boot.reasons.items[REGISTER_RTMR0];

	assert_false(r->unpredictable);
	if (reason)
		assert_string_equal(r->text, reason);
	else
		assert_null(r->text);
}

static void says_what_is_missing(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer tdx = BUFFER_INIT(LOG_MAX);
	_cleanup_(buffer_release) struct buffer tpm = BUFFER_INIT(LOG_MAX);
	_cleanup_(machine_events_release) struct machine_events tdx_log = {0}, tpm_log = {0};
	_cleanup_(sample_release) struct sample s;
	static const struct digest acpi[ACPI_BLOBS];
	_cleanup_(buffer_release) struct buffer store = BUFFER_INIT(SAMPLE_STORE_SIZE);

	sample_variables(&store, NULL, 0);

	const struct tdvf firmware = {
		.file = buffer_span(&store),
		.n = 2,
		.sections = {{0, SAMPLE_STORE_SIZE, 0xffc00000, 0x10000, TDVF_CFV, 0},
			     {0, 0, 0x809000, 0x2000, TDVF_TD_HOB, 0}},
	};
	/* Its volume begins in the middle of one that would be understood. */
	const struct tdvf other = {
		.file = buffer_span(&store),
		.n = 2,
		.sections = {{16, 0x1000, 0xffc00000, 0x10000, TDVF_CFV, 0},
			     {0, 0, 0x809000, 0x2000, TDVF_TD_HOB, 0}},
	};
	const uint64_t gib = 1ull << 30;
	const struct {
		struct machine_facts facts;
		enum boot_kind kind;
		const char *reason;
	} cases[] = {
		{{PLATFORM_QEMU_TDX, NULL, 0, NULL, NULL, NULL},
		 BOOT_DISK,
		 "firmware, memory size and ACPI tables, which were not given"},
		{{PLATFORM_ANY, &firmware, gib, acpi, NULL, NULL},
		 BOOT_QEMU_KERNEL,
		 "how the host lays out memory: name the platform"},
		{{PLATFORM_QEMU_TDX, &firmware, 0, acpi, NULL, NULL},
		 BOOT_QEMU_KERNEL,
		 "the memory size, which was not given"},
		{{PLATFORM_QEMU_TDX, NULL, 0, acpi, NULL, NULL},
		 BOOT_QEMU_KERNEL,
		 "the firmware, which was not given"},
		{{PLATFORM_QEMU_TDX, &firmware, gib, NULL, NULL, NULL},
		 BOOT_QEMU_KERNEL,
		 "the ACPI tables, which were not given"},
		{{PLATFORM_GCP_TDX, &firmware, gib, acpi, NULL, NULL},
		 BOOT_DISK,
		 "ACPI tables, variables and boot options of a machine of Google's, whose log was "
		 "not given"},
		{{PLATFORM_QEMU_TDX, &firmware, gib, acpi, NULL, NULL},
		 BOOT_DISK,
		 "the boot options of a machine with a disk, whose log was not given"},
		{{PLATFORM_QEMU_TDX, &firmware, gib, acpi, NULL, NULL}, BOOT_QEMU_KERNEL, NULL},
		{{PLATFORM_QEMU_TDX, &other, gib, acpi, NULL, NULL},
		 BOOT_QEMU_KERNEL,
		 "the machine's Secure Boot variables, which were not given"},
		{{PLATFORM_QEMU_TDX, NULL, 0, NULL, &tpm_log, NULL},
		 BOOT_DISK,
		 "the firmware, which was not given"},
		{{PLATFORM_QEMU_TDX, &firmware, gib, NULL, &tpm_log, NULL}, BOOT_DISK, NULL},
		{{PLATFORM_QEMU_TDX, NULL, 0, NULL, &tdx_log, NULL}, BOOT_DISK, NULL},
		{{PLATFORM_GCP_TDX, NULL, 0, NULL, &tdx_log, NULL}, BOOT_DISK, NULL},
	};

	make_sample(&s);
	put_boot(&tdx, true, (struct span){0});
	put_boot(&tpm, false, (struct span){0});
	assert_int_equal(machine_events_read(buffer_span(&tdx), &tdx_log, NULL), 0);
	assert_int_equal(machine_events_read(buffer_span(&tpm), &tpm_log, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		expect_missing(&s, &cases[i].facts, cases[i].kind, cases[i].reason);
}

/* The types of a register's events, as text. */
static void types_of(const struct event_list *l, int rtmr, char *out, size_t size)
{
	size_t n = 0;

	*out = '\0';
	for (size_t i = 0; i < l->n && n < size; i++) {
		if (l->items[i].rtmr == rtmr)
			n += (size_t)snprintf(out + n, size - n, "%s%s", n ? " " : "",
					      event_type_name(l->items[i].type) + 3);
	}
}

#define VARIABLES                                                                           \
	"EFI_VARIABLE_DRIVER_CONFIG EFI_VARIABLE_DRIVER_CONFIG EFI_VARIABLE_DRIVER_CONFIG " \
	"EFI_VARIABLE_DRIVER_CONFIG EFI_VARIABLE_DRIVER_CONFIG SEPARATOR PLATFORM_CONFIG_FLAGS "
#define FROM_HOST "EFI_HANDOFF_TABLES2 EFI_PLATFORM_FIRMWARE_BLOB2 "

/* An image that QEMU passes is started before the boot options are measured, one on a disk after. */
static void orders_rtmr_0(void **state)
{
	(void)state;
	static const char *const expected[] = {
		[BOOT_DISK] = FROM_HOST VARIABLES "EFI_VARIABLE_BOOT EFI_VARIABLE_AUTHORITY",
		[BOOT_QEMU_KERNEL] = FROM_HOST VARIABLES "EFI_VARIABLE_AUTHORITY EFI_VARIABLE_BOOT",
	};
	_cleanup_(sample_release) struct sample s;

	make_sample(&s);
	for (int i = 0; i < 4; i++) {
		bool of_tdx = i < 2;
		_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(LOG_MAX);
		_cleanup_(machine_events_release) struct machine_events l = {0};
		_cleanup_(event_list_release) struct event_list events = {0};
		_cleanup_(boot_release) struct boot boot = {0};
		const struct boot_options options = {.kind = (enum boot_kind)(i % 2)};
		_cleanup_error_ struct error *err = NULL;
		const struct tdvf firmware = {
			.n = 2,
			.sections = {{0, 0, 0xffc00000, 0x1000, TDVF_CFV, 0},
				     {0, 0, 0x809000, 0x2000, TDVF_TD_HOB, 0}},
		};
		char types[512];

		put_boot(&b, of_tdx, buffer_span(&s.db));
		assert_done(machine_events_read(buffer_span(&b), &l, &err), &err);

		const struct machine_facts facts = {
			.platform = PLATFORM_QEMU_TDX,
			.firmware = of_tdx ? NULL : &firmware,
			.memory = of_tdx ? 0 : 1ull << 30,
			.log = &l,
		};

		assert_done(describe(&s, &facts, &options, &boot, &err), &err);
		assert_true(boot.options.secure_boot);
		assert_done(boot_events(&boot, &events, &err), &err);
		types_of(&events, 0, types, sizeof(types));
		assert_string_equal(types, expected[options.kind]);
	}
}

/* Of systemd-boot and an image that the same entry lets start, firmware measures it once. */
static void measures_an_entry_once(void **state)
{
	(void)state;
	const char entry[] = "an entry", same[] = "an entry";

	for (int i = 0; i < 2; i++) {
		_cleanup_(event_list_release) struct event_list l = {0};
		const struct boot boot = {
			.authorities = {SPAN_LITERAL(entry),
					i ? SPAN_LITERAL("another") : SPAN_LITERAL(same)},
		};

		pcr_07_authority(&boot, BOOT_PROGRAM_LOADER, &l);
		pcr_07_authority(&boot, BOOT_PROGRAM_IMAGE, &l);
		assert_int_equal(l.n, 1 + i);
	}
}

static void refuses_contradictions(void **state)
{
	(void)state;
	const struct boot_options on = {.secure_boot = true};
	const struct secure_boot off = {.source = SECURE_FILE};
	const struct machine_facts facts = {.variables = &off};
	_cleanup_(sample_release) struct sample s;
	_cleanup_(boot_release) struct boot boot = {0};
	_cleanup_error_ struct error *err = NULL;

	make_sample(&s);
	assert_failed(describe(&s, &facts, &on, &boot, &err), EINVAL,
		      "Secure Boot is off by the variables that were given", &err);
	assert_done(describe(&s, NULL, &on, &boot, &err), &err);
	assert_string_equal(boot.reasons.items[7].text,
			    "the machine's Secure Boot variables, which were not given");
}

/* Older firmware measures the second separator here: then RTMR1 is not what we say. */
static void refuses_two_separators(void **state)
{
	(void)state;
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(LOG_MAX);
	_cleanup_(machine_events_release) struct machine_events l = {0};
	const struct machine_facts facts = {.platform = PLATFORM_QEMU_TDX, .log = &l};
	const struct boot_options options = {.kind = BOOT_QEMU_KERNEL};
	_cleanup_(sample_release) struct sample s;
	_cleanup_(boot_release) struct boot boot = {0};
	_cleanup_error_ struct error *err = NULL;

	make_sample(&s);
	put_boot(&b, true, (struct span){0});
	put_event(&b, 1, EV_SEPARATOR, SPAN_LITERAL("\0\0\0\0"));
	assert_int_equal(machine_events_read(buffer_span(&b), &l, NULL), 0);
	assert_done(describe(&s, &facts, &options, &boot, &err), &err);
	assert_true(boot.reasons.items[REGISTER_RTMR1].unpredictable);
	assert_string_equal(
		boot.reasons.items[REGISTER_RTMR1].text,
		"the log has 2 separators in RTMR0, not one: what such firmware measures "
		"into RTMR1 is not known");
	assert_null(boot.reasons.items[REGISTER_RTMR0].text);
}

/* Real logs give the RTMR0 of the machines that they are of. */
static void replays_real_logs(void **state)
{
	(void)state;
	static const struct {
		const char *log;
		enum platform platform;
		enum boot_kind kind;
		const char *rtmr0;
	} cases[] = {
		{SHARED_LOGS "ccel.bin", PLATFORM_QEMU_TDX, BOOT_QEMU_KERNEL,
		 "274c2344116db7c663470693b5ba62b8621eac28cb41d2f816ddf188f9f423f900a1c44d32386fd3c"
		 "993dc814e62af9d"},
		{SHARED_LOGS "CCEL_data_gcp", PLATFORM_GCP_TDX, BOOT_DISK,
		 "3300980705adf09d28b707b79699d9874892164280832be2c386a715b6e204e0897fb564a064f8106"
		 "59207ba862b304f"},
	};
	_cleanup_(sample_release) struct sample s;

	if (!path_exists(SHARED_LOGS "ccel.bin")) {
		print_message("skipped: no vectors\n");
		skip();
	}
	make_sample(&s);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(MACHINE_LOG_MAX);
		_cleanup_(machine_events_release) struct machine_events l = {0};
		_cleanup_(event_list_release) struct event_list events = {0};
		_cleanup_(boot_release) struct boot boot = {0};
		const struct machine_facts facts = {.platform = cases[i].platform, .log = &l};
		const struct boot_options options = {.kind = cases[i].kind};
		_cleanup_error_ struct error *err = NULL;
		struct digest rtmr;
		char hex[DIGEST_HEX_MAX];

		assert_done(file_read(cases[i].log, MACHINE_LOG_MAX, &b, &err), &err);
		assert_done(machine_events_read(buffer_span(&b), &l, &err), &err);
		assert_done(describe(&s, &facts, &options, &boot, &err), &err);
		assert_done(boot_events(&boot, &events, &err), &err);
		assert_int_equal(event_list_digest(&events, 1u << EVENT_SHA384, NULL, 0, NULL), 0);
		assert_true(event_list_replay_rtmr(&events, 0, &rtmr));
		digest_hex(&rtmr, hex);
		assert_string_equal(hex, cases[i].rtmr0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_logs),
		cmocka_unit_test(refuses_bad_logs),
		cmocka_unit_test(notices_what_it_does_not_know),
		cmocka_unit_test(judges_unsigned_images),
		cmocka_unit_test(refuses_bad_signatures),
		cmocka_unit_test(says_what_is_missing),
		cmocka_unit_test(orders_rtmr_0),
		cmocka_unit_test(measures_an_entry_once),
		cmocka_unit_test(refuses_contradictions),
		cmocka_unit_test(refuses_two_separators),
		cmocka_unit_test(replays_real_logs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
