/*
 * Logs of real boots that were changed in one place: the change is found and named.
 */
#include "test.h"

#include "formats/event_data.h"
#include "log_lab.h"

/* The cases' logs have these banks. */
#define LOG_BANKS 4

/* A log that can be changed: its events, and bytes that they refer to. */
struct editor {
	struct buffer original;
	struct eventlog_event events[128];
	size_t n;
	uint8_t memory[8192]; /* new digests and data */
	size_t used;
	struct buffer result;
};

static void editor_release(struct editor *e)
{
	buffer_release(&e->original);
	buffer_release(&e->result);
}

static void editor_open(const struct lab_case *c, struct editor *ret)
{
	_cleanup_(firmware_log_release) struct firmware_log log = {0};

	memset(ret, 0, sizeof(*ret));
	ret->original = (struct buffer)BUFFER_INIT(LOG_MAX);
	ret->result = (struct buffer)BUFFER_INIT(LOG_MAX);
	read_log(c, &ret->original);
	assert_int_equal(firmware_log_parse(buffer_span(&ret->original), &log, NULL), 0);
	assert_true(log.n < ARRAY_SIZE(ret->events));
	memcpy(ret->events, log.events, log.n * sizeof(*log.events));
	ret->n = log.n;
}

static struct span editor_keep(struct editor *e, struct span s)
{
	uint8_t *p = e->memory + e->used;

	assert_true(e->used + s.n <= sizeof(e->memory));
	memcpy(p, s.p, s.n);
	e->used += s.n;
	return SPAN(p, s.n);
}

static enum digest_algorithm algorithm_of(uint16_t id)
{
	return id == EVENTLOG_SHA1     ? DIGEST_SHA1
	       : id == EVENTLOG_SHA256 ? DIGEST_SHA256
	       : id == EVENTLOG_SHA384 ? DIGEST_SHA384
				       : DIGEST_SHA512;
}

/* The event measures other bytes. */
static void editor_measure(struct editor *e, size_t i, struct span bytes)
{
	for (size_t k = 0; k < e->events[i].n_digests; k++) {
		struct eventlog_digest *d = &e->events[i].digests[k];
		struct digest digest = digest_bytes(algorithm_of(d->algorithm), bytes);

		d->bytes = editor_keep(e, digest_span(&digest));
	}
}

static void editor_insert(struct editor *e, size_t at, uint32_t pcr, uint32_t type,
			  struct span data, struct span measured)
{
	assert_true(e->n < ARRAY_SIZE(e->events));
	memmove(&e->events[at + 1], &e->events[at], (e->n - at) * sizeof(e->events[0]));
	e->n++;
	e->events[at].pcr = pcr;
	e->events[at].type = type;
	e->events[at].data = editor_keep(e, data);
	/* Its algorithms are those of the event that it pushed away, or of the one before. */
	e->events[at].n_digests = LOG_BANKS;
	memcpy(e->events[at].digests, e->events[0].digests, sizeof(e->events[0].digests));
	editor_measure(e, at, measured);
}

static size_t editor_find(const struct editor *e, uint32_t pcr, uint32_t type, const char *part)
{
	for (size_t i = 0; i < e->n; i++) {
		struct span d = e->events[i].data;

		if (e->events[i].pcr == pcr && e->events[i].type == type &&
		    (!part || memmem(d.p, d.n, part, strlen(part))))
			return i;
	}
	fail_msg("no event of type 0x%x for PCR %u", type, pcr);
	return 0;
}

/* The content of a section: its second event. `name` in UTF-16 without the last byte. */
static size_t editor_section(const struct editor *e, const char *name)
{
	for (size_t i = 0; i + 1 < e->n; i++) {
		const struct eventlog_event *x = &e->events[i];
		size_t n = strlen(name);

		if (x->pcr != 11 || x->data.n != 2 * n + 2)
			continue;
		for (size_t k = 0; k < n && x->data.p[2 * k] == (uint8_t)name[k]; k++) {
			if (k + 1 == n)
				return i + 1;
		}
	}
	fail_msg("no section %s", name);
	return 0;
}

static struct span editor_encode(struct editor *e)
{
	size_t head = e->events[0].offset;

	/* Offsets of events are those of the original. */
	for (size_t i = 0; i < e->n; i++)
		head = MIN(head, e->events[i].offset ? e->events[i].offset : head);
	buffer_put(&e->result, SPAN(e->original.p, head));
	for (size_t i = 0; i < e->n; i++) {
		const struct eventlog_event *x = &e->events[i];

		buffer_put_le32(&e->result, x->pcr);
		buffer_put_le32(&e->result, x->type);
		buffer_put_le32(&e->result, (uint32_t)x->n_digests);
		for (size_t k = 0; k < x->n_digests; k++) {
			buffer_put_le16(&e->result, x->digests[k].algorithm);
			buffer_put(&e->result, x->digests[k].bytes);
		}
		buffer_put_le32(&e->result, (uint32_t)x->data.n);
		buffer_put(&e->result, x->data);
	}
	assert_true(buffer_ok(&e->result));
	return buffer_span(&e->result);
}

/* UTF-16LE with NUL. */
static struct span wide(const char *text, uint8_t *memory)
{
	size_t n = strlen(text) + 1;

	for (size_t i = 0; i < n; i++)
		put_le16(memory + 2 * i, (uint8_t)text[i]);
	return SPAN(memory, 2 * n);
}

/* The data of a program's event: UEFI_IMAGE_LOAD_EVENT with a path of one file. */
static struct span program_data(const char *file, uint8_t *memory)
{
	uint8_t name[256];
	struct span text = wide(file, name);

	memset(memory, 0, 32);
	put_le64(memory + 8, 4096);
	put_le64(memory + 24, 4 + text.n + 4);
	memory[32] = 4;
	memory[33] = 4;
	put_le16(memory + 34, (uint16_t)(4 + text.n));
	memcpy(memory + 36, text.p, text.n);
	memcpy(memory + 36 + text.n, "\x7f\xff\x04", 4);
	return SPAN(memory, 36 + text.n + 4);
}

/* Judges the changed log: these causes, and the first of them says this. */
static void expect(struct editor *e, const struct lab_case *c, const char *claimed, uint32_t causes,
		   const char *text)
{
	_cleanup_(predicted_release) struct predicted p;
	_cleanup_(firmware_log_release) struct firmware_log log = {0};
	_cleanup_(log_judgement_release) struct log_judgement j = {0};

	predict(c, false, &p);
	judge(&p, editor_encode(e), claimed, &log, &j);
	if (causes_of(&j) != causes || !strstr(j.findings.items[0].text, text))
		show(&j);
	assert_int_equal(causes_of(&j), causes);
	assert_non_null(strstr(j.findings.items[0].text, text));
	assert_false(j.explained);
	editor_release(e);
}

static void tells_other_programs(void **state)
{
	uint8_t data[512];
	struct editor e;

	(void)state;
	if (!lab_folder)
		skip();

	editor_open(S257, &e);
	size_t image = editor_find(&e, 4, EV_EFI_BOOT_SERVICES_APPLICATION, NULL);

	editor_insert(&e, image, 4, EV_EFI_BOOT_SERVICES_APPLICATION,
		      program_data("\\EFI\\tool.efi", data), SPAN_LITERAL("tool"));
	expect(&e, S257, NULL, CAUSE(OTHER_PROGRAM),
	       "another program was started before the image: \\EFI\\tool.efi");

	editor_open(S257, &e);
	editor_insert(&e, image, 4, EV_EFI_BOOT_SERVICES_APPLICATION,
		      program_data("\\EFI\\systemd\\systemd-bootx64.efi", data), SPAN_LITERAL("x"));
	expect(&e, S257, NULL, CAUSE(LOADER), "systemd-boot is in between");

	/* The usual places tell it as well. */
	editor_open(S257, &e);
	e.events[image].data = editor_keep(&e, program_data("\\EFI\\Linux\\node.efi", data));
	editor_insert(&e, image, 4, EV_EFI_BOOT_SERVICES_APPLICATION,
		      program_data("\\EFI\\BOOT\\BOOTX64.EFI", data), SPAN_LITERAL("x"));
	expect(&e, S257, NULL, CAUSE(LOADER), "a boot loader (systemd-boot, by the places");

	/* The firmware's own setup: its path leads into the firmware's volume. */
	static const uint8_t setup[] = {4,    7,    20,	  0,	0xc9, 0xbd, 0xb8, 0x7c,
					0xeb, 0xf8, 0x34, 0x4f, 0xaa, 0xea, 0x3e, 0xe4,
					0xaf, 0x65, 0x16, 0xa1, 0x7f, 0xff, 4,	  0};

	editor_open(S257, &e);
	memset(data, 0, 32);
	data[24] = sizeof(setup);
	memcpy(data + 32, setup, sizeof(setup));
	editor_insert(&e, image, 4, EV_EFI_BOOT_SERVICES_APPLICATION,
		      SPAN(data, 32 + sizeof(setup)), SPAN_LITERAL("setup"));
	expect(&e, S257, NULL, CAUSE(OTHER_PROGRAM),
	       "another program was started before the image: "
	       "Fv(7cb8bdc9-f8eb-4f34-aaea-3ee4af6516a1)");

	/* A boot entry that failed. */
	editor_open(S257, &e);
	editor_insert(&e, image, 4, EV_EFI_ACTION,
		      SPAN_LITERAL("Calling EFI Application from Boot Option"),
		      SPAN_LITERAL("Calling EFI Application from Boot Option"));
	expect(&e, S257, NULL, CAUSE(BOOT_RETRIED), "another boot entry was tried before");

	editor_open(S257, &e);
	editor_insert(&e, image, 4, EV_EFI_ACTION,
		      SPAN_LITERAL("Returning from EFI Application from Boot Option"),
		      SPAN_LITERAL("Returning from EFI Application from Boot Option"));
	expect(&e, S257, NULL, CAUSE(BOOT_RETRIED), "a boot entry came back");

	/* Firmware that measures programs elsewhere. */
	editor_open(S257, &e);
	for (size_t i = 0; i < e.n; i++) {
		if (e.events[i].type == EV_EFI_BOOT_SERVICES_APPLICATION)
			e.events[i].pcr = 2;
	}
	expect(&e, S257, NULL, CAUSE(FIRMWARE), "other firmware: it measures programs into PCR 2");
}

static void editor_remove(struct editor *e, size_t first, size_t end)
{
	memmove(&e->events[first], &e->events[end], (e->n - end) * sizeof(e->events[0]));
	e->n -= end - first;
}

/* What SeaBIOS leaves: no program, and nothing of what programs measure. */
static void tells_a_boot_that_nobody_measured(void **state)
{
	struct editor e;

	(void)state;
	if (!lab_folder)
		skip();
	editor_open(S257, &e);
	size_t image = editor_find(&e, 4, EV_EFI_BOOT_SERVICES_APPLICATION, NULL);

	editor_remove(&e, image, editor_section(&e, ".sbat") + 2);
	for (size_t i = e.n; i > 0; i--) {
		if (e.events[i - 1].type == EV_EFI_BOOT_SERVICES_APPLICATION ||
		    e.events[i - 1].pcr == 9)
			editor_remove(&e, i - 1, i);
	}
	expect(&e, S257, NULL, CAUSE(UNMEASURED),
	       "nobody measured what was started: the log names no program");
}

/* GRUB starts a kernel without systemd's stub: nothing is said of a stub, and one thing of all that
 * GRUB and shim measure. */
static void tells_a_boot_by_grub(void **state)
{
	static const char *const wanted[] = {
		"shim is in between: firmware started \\EFI\\BOOT\\BOOTX64.EFI",
		"shim and GRUB measured what they read and ran: 4 events, the first is 'MokList'",
		"another program was started in place of the image, without systemd's stub",
	};
	_cleanup_(predicted_release) struct predicted p = {0};
	_cleanup_(firmware_log_release) struct firmware_log log = {0};
	_cleanup_(log_judgement_release) struct log_judgement j = {0};
	uint8_t data[512];
	struct editor e;

	(void)state;
	if (!lab_folder)
		skip();

	editor_open(S257, &e);
	size_t image = editor_find(&e, 4, EV_EFI_BOOT_SERVICES_APPLICATION, NULL);

	/* Sections, and the kernel that the stub loads. */
	editor_remove(&e, image + 1, editor_section(&e, ".sbat") + 2);
	e.events[image].data = editor_keep(&e, program_data("\\EFI\\debian\\grubx64.efi", data));
	editor_measure(&e, image, SPAN_LITERAL("grub"));
	editor_insert(&e, image + 1, 8, EV_IPL, SPAN_LITERAL("grub_cmd: insmod part_gpt"),
		      SPAN_LITERAL("insmod part_gpt"));
	editor_insert(&e, image + 2, 9, EV_IPL, SPAN_LITERAL("(hd0,gpt1)/boot/vmlinuz"),
		      SPAN_LITERAL("kernel"));
	editor_insert(&e, image + 3, 8, EV_IPL, SPAN_LITERAL("kernel_cmdline: /boot/vmlinuz"),
		      SPAN_LITERAL("/boot/vmlinuz"));
	editor_insert(&e, image, 14, EV_IPL, SPAN_LITERAL("MokList"), SPAN_LITERAL("keys"));
	editor_insert(&e, image, 4, EV_EFI_BOOT_SERVICES_APPLICATION,
		      program_data("\\EFI\\BOOT\\BOOTX64.EFI", data), SPAN_LITERAL("shim"));

	predict(S257, false, &p);
	judge(&p, editor_encode(&e), NULL, &log, &j);
	if (j.findings.n != ARRAY_SIZE(wanted))
		show(&j);
	assert_int_equal(j.findings.n, ARRAY_SIZE(wanted));
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		assert_non_null(strstr(j.findings.items[i].text, wanted[i]));
	editor_release(&e);
}

static void tells_what_came_from_outside(void **state)
{
	uint8_t data[512], text[512];
	struct editor e;

	(void)state;
	if (!lab_folder)
		skip();

	editor_open(S257, &e);
	size_t kernel = editor_section(&e, ".sbat") + 1;
	size_t line = kernel + 1;

	editor_insert(&e, kernel, 12, EV_IPL, wide("quiet=no", text), wide("quiet=no", data));
	editor_insert(&e, kernel, 4, EV_EFI_BOOT_SERVICES_APPLICATION,
		      program_data("\\EFI\\BOOT\\BOOTX64.EFI.extra.d\\a.addon.efi", data),
		      SPAN_LITERAL("addon"));
	expect(&e, S257, NULL, CAUSE(COMMAND_LINE_PASSED) | CAUSE(ADDON),
	       "an addon brought a command line to the image: 'quiet=no'");

	/* A text that is not what was measured is not believed. */
	editor_open(S257, &e);
	editor_insert(&e, kernel, 12, EV_IPL, wide("innocent", text), wide("evil", data));
	expect(&e, S257, NULL, CAUSE(COMMAND_LINE_PASSED), "is not what was measured");

	editor_open(S257, &e);
	editor_insert(&e, kernel, 13, EV_IPL, wide("System extension initrd", text),
		      SPAN_LITERAL("archive"));
	expect(&e, S257, NULL, CAUSE(EXTENSION), "a system extension beside the image was taken");

	editor_open(S257, &e);
	editor_insert(&e, kernel, 12, EV_EVENT_TAG,
		      SPAN_LITERAL("\xdb\xd6\xae\x13\x04\0\0\0\x31\0\0\0"),
		      SPAN_LITERAL("1\0\0\0"));
	expect(&e, S257, NULL, CAUSE(PROFILE), "another profile of the image was chosen");

	/* Only the kernel tells of it: which line it was, somebody must say, and is then believed. */
	editor_open(S257, &e);
	editor_measure(&e, line, wide("console=ttyS0,115200 panic=5 init=/bin/sh", text));
	expect(&e, S257, NULL, CAUSE(OTHER_COMMAND_LINE),
	       "the kernel got another command line than 'console=ttyS0,115200 panic=-1 quiet "
	       "lab=s257'");
	editor_open(S257, &e);
	editor_measure(&e, line, wide("console=ttyS0,115200 panic=5 init=/bin/sh", text));
	expect(&e, S257, "console=ttyS0,115200 panic=5 init=/bin/sh", CAUSE(OTHER_COMMAND_LINE),
	       "the kernel got another command line: 'console=ttyS0,115200 panic=5 init=/bin/sh', "
	       "predicted 'console=ttyS0,115200 panic=-1 quiet lab=s257'; the first word that "
	       "differs: 'panic=5', predicted 'panic=-1'");
	editor_open(S257, &e);
	editor_measure(&e, line, wide("console=ttyS0,115200 panic=5 init=/bin/sh", text));
	expect(&e, S257, "a lie", CAUSE(OTHER_COMMAND_LINE),
	       "the kernel got another command line than");
}

/* Data whose digest is another one say nothing of what was measured. */
static void believes_only_measured_data(void **state)
{
	uint8_t data[256];
	struct editor e;

	(void)state;
	if (!lab_folder)
		skip();

	/* It claims that Secure Boot is on. */
	editor_open(S257, &e);
	size_t variable = editor_find(&e, 7, EV_EFI_VARIABLE_DRIVER_CONFIG, "S\0e\0c\0u");
	struct span old = e.events[variable].data;

	memcpy(data, old.p, old.n);
	put_le64(data + 24, 1);
	data[32 + 2 * strlen("SecureBoot")] = 1;
	e.events[variable].data = editor_keep(&e, SPAN(data, 32 + 2 * strlen("SecureBoot") + 1));
	editor_measure(&e, variable, SPAN_LITERAL("another"));
	expect(&e, S257, NULL, CAUSE(FIRMWARE), "PCR 7 has an event that is not predicted");
}

/* A command line that was passed in place of the one that was predicted: told as that, and not once more
 * as one that is missing. */
static void tells_what_was_replaced(void **state)
{
	const struct lab_case *append = &cases[7];
	_cleanup_(predicted_release) struct predicted p = {0};
	_cleanup_(firmware_log_release) struct firmware_log log = {0};
	_cleanup_(log_judgement_release) struct log_judgement j = {0};
	uint8_t text[512], data[512];
	struct editor e;

	(void)state;
	if (!lab_folder)
		skip();
	editor_open(append, &e);

	size_t passed = editor_find(&e, 12, EV_IPL, NULL);
	size_t kernel = editor_find(&e, 9, EV_EVENT_TAG, "LOADED_IMAGE::LoadOptions");

	e.events[passed].data = editor_keep(&e, wide("init=/bin/sh", text));
	editor_measure(&e, passed, wide("init=/bin/sh", data));
	editor_measure(&e, kernel, wide("init=/bin/sh", data));
	predict(append, false, &p);
	judge(&p, editor_encode(&e), NULL, &log, &j);
	assert_int_equal(causes_of(&j), CAUSE(COMMAND_LINE_PASSED));
	assert_true(j.explained);
	editor_release(&e);
}

static void tells_other_content(void **state)
{
	static const struct {
		const char *section;
		uint32_t cause;
		const char *text;
	} wanted[] = {
		{".linux", CAUSE(OTHER_KERNEL), "another kernel: section '.linux'"},
		{".initrd", CAUSE(OTHER_INITRD), "another initrd: section '.initrd'"},
		{".cmdline", CAUSE(OTHER_COMMAND_LINE), "another command line in the image"},
		{".osrel", CAUSE(OTHER_SECTION), "section '.osrel' of the image has other bytes"},
		{".uname", CAUSE(OTHER_SECTION), "section '.uname' of the image has other bytes"},
		{".sbat", CAUSE(OTHER_STUB), "another build of systemd's stub"},
	};
	struct editor e;

	(void)state;
	if (!lab_folder)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		editor_open(S257, &e);
		editor_measure(&e, editor_section(&e, wanted[i].section), SPAN_LITERAL("other"));
		editor_measure(&e, editor_find(&e, 4, EV_EFI_BOOT_SERVICES_APPLICATION, NULL),
			       SPAN_LITERAL("other image"));
		expect(&e, S257, NULL, wanted[i].cause, wanted[i].text);
	}

	editor_open(S257, &e);
	editor_measure(&e, editor_find(&e, 9, EV_EVENT_TAG, "Linux initrd"), SPAN_LITERAL("other"));
	expect(&e, S257, NULL, CAUSE(OTHER_INITRD),
	       "the kernel got another initrd than the image's sections give");

	editor_open(S257, &e);
	editor_measure(&e, editor_find(&e, 4, EV_EFI_BOOT_SERVICES_APPLICATION, NULL),
		       SPAN_LITERAL("other image"));
	expect(&e, S257, NULL, CAUSE(OTHER_IMAGE), "another image of the same measured sections");
}

/* The earliest in the log; what is missing comes after all that is there. */
static void finds_the_first_difference(void **state)
{
	for (size_t i = 0; i < 3; i++) {
		_cleanup_(predicted_release) struct predicted p;
		_cleanup_(firmware_log_release) struct firmware_log log = {0};
		_cleanup_(log_judgement_release) struct log_judgement j = {0};
		struct editor e;
		size_t section, initrd;

		(void)state;
		if (!lab_folder)
			skip();
		predict(S257, false, &p);
		editor_open(S257, &e);
		section = editor_section(&e, ".osrel");
		initrd = editor_find(&e, 9, EV_EVENT_TAG, "Linux initrd");
		if (i < 2)
			editor_measure(&e, section, SPAN_LITERAL("other"));
		if (i == 0)
			editor_measure(&e, initrd, SPAN_LITERAL("other"));
		else
			e.n = initrd; /* it and all that follows */
		judge(&p, editor_encode(&e), NULL, &log, &j);
		assert_true(j.comparison.has_first);
		assert_int_equal(j.comparison.first.reg, i < 2 ? 11 : 9);
		assert_int_equal(j.comparison.first.event, i < 2 ? section : LOG_NONE);
		assert_non_null(strstr(p.m.events.items[j.comparison.first.predicted].description,
				       i < 2 ? "content of section '.osrel'" : "Linux initrd"));
		editor_release(&e);
	}
}

static void tells_the_end_of_a_boot(void **state)
{
	struct editor e;

	(void)state;
	if (!lab_folder)
		skip();

	editor_open(S257_DIRECT, &e);
	size_t exit = editor_find(&e, 5, EV_EFI_ACTION, "Invocation");
	struct span again = SPAN_LITERAL("Exit Boot Services Invocation");
	struct span failure = SPAN_LITERAL("Exit Boot Services Returned with Failure");

	editor_insert(&e, exit, 5, EV_EFI_ACTION, failure, failure);
	editor_insert(&e, exit, 5, EV_EFI_ACTION, again, again);
	expect(&e, S257_DIRECT, NULL, CAUSE(EXIT_AGAIN),
	       "the kernel had to leave boot services twice");

	editor_open(S257, &e);
	editor_insert(&e, e.n, 11, EV_IPL, SPAN_LITERAL("enter-initrd"),
		      SPAN_LITERAL("enter-initrd"));
	expect(&e, S257, NULL, CAUSE(PHASES), "user space measured itself after the boot");

	/* All events from the kernel's on are missing. */
	editor_open(S257, &e);
	e.n = editor_section(&e, ".cmdline");
	expect(&e, S257, NULL, CAUSE(INCOMPLETE),
	       "the log ends before the boot did: of its 32 events");
}

/* A log of a TDX module, made from that of a TPM: the events that firmware passes there. */
static void compares_a_tdx_log(void **state)
{
	_cleanup_(predicted_release) struct predicted p;
	_cleanup_(firmware_log_release) struct firmware_log log = {0};
	_cleanup_(log_judgement_release) struct log_judgement j = {0};
	_cleanup_(buffer_release) struct buffer tdx = BUFFER_INIT(LOG_MAX);
	struct editor e;

	(void)state;
	if (!lab_folder)
		skip();
	editor_open(S257, &e);
	/* TCG_PCClientPCREvent with one algorithm */
	buffer_put_le32(&tdx, 0);
	buffer_put_le32(&tdx, EV_NO_ACTION);
	buffer_put_zeros(&tdx, 20);
	buffer_put_le32(&tdx, 33);
	buffer_put(&tdx, SPAN("Spec ID Event03\0\0\0\0\0\0\2\0\2\1\0\0\0\x0c\0\x30\0\0", 33));
	for (size_t i = 0; i < e.n; i++) {
		const struct eventlog_event *x = &e.events[i];
		int rtmr = event_rtmr(x->pcr);

		if (rtmr < 0 || (x->type == EV_SEPARATOR && x->pcr != 7 && x->pcr != 4))
			continue;
		buffer_put_le32(&tdx, (uint32_t)rtmr + 1);
		buffer_put_le32(&tdx, x->type);
		buffer_put_le32(&tdx, 1);
		buffer_put_le16(&tdx, EVENTLOG_SHA384);
		buffer_put(&tdx, eventlog_digest(x, EVENTLOG_SHA384));
		buffer_put_le32(&tdx, (uint32_t)x->data.n);
		buffer_put(&tdx, x->data);
	}
	buffer_put_zeros(&tdx, 4096);
	assert_true(buffer_ok(&tdx));
	predict(S257, false, &p);
	judge(&p, buffer_span(&tdx), NULL, &log, &j);
	assert_true(log.tdx);
	if (j.comparison.n_different)
		show(&j);
	assert_int_equal(j.comparison.n_different, 0);
	assert_int_equal(j.comparison.registers[0].reg, REGISTER_RTMR2);
	assert_int_equal(j.comparison.n, 2);
	editor_release(&e);

	/* And with the image of another command line. */
	_cleanup_(log_judgement_release) struct log_judgement other = {0};
	_cleanup_(firmware_log_release) struct firmware_log log2 = {0};
	_cleanup_(predicted_release) struct predicted q;

	predict(&cases[3], false, &q);
	judge(&q, buffer_span(&tdx), NULL, &log2, &other);
	assert_int_equal(causes_of(&other), CAUSE(OTHER_COMMAND_LINE) | CAUSE(OTHER_SECTION));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_other_programs),
		cmocka_unit_test(tells_a_boot_that_nobody_measured),
		cmocka_unit_test(tells_a_boot_by_grub),
		cmocka_unit_test(tells_what_came_from_outside),
		cmocka_unit_test(believes_only_measured_data),
		cmocka_unit_test(tells_what_was_replaced),
		cmocka_unit_test(tells_other_content),
		cmocka_unit_test(finds_the_first_difference),
		cmocka_unit_test(tells_the_end_of_a_boot),
		cmocka_unit_test(compares_a_tdx_log),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
