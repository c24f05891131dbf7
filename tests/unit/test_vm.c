#include "test.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <errno.h>

#include "base/file.h"
#include "base/guest_failed.h"
#include "formats/eventlog_lines.h"
#include "vm/accelerator.h"
#include "vm/console.h"
#include "vm/instance.h"
#include "vm/json_rpc.h"
#include "vm/qmp.h"

static void test_cpuinfo(void **state)
{
	static const struct {
		const char *text;
		bool can;
	} cases[] = {
		{"processor\t: 0\nflags\t\t: fpu vme svm sse\n", true},
		{"flags\t\t: fpu vmx\n", true},
		{"flags\t\t: fpu svm_lock xvmx\nvmx flags\t: vnmi\n", false},
		{"model name\t: vmx svm\nflags\t\t: fpu\n", false},
		{"", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(cpuinfo_can_virtualise(span_string(cases[i].text)), cases[i].can);
}

static void test_no_kvm(void **state)
{
	static const struct {
		int errno_value;
		const char *reason;
	} cases[] = {
		{EACCES,
		 "/dev/kvm: Permission denied: become a member of the group 'kvm' ('adduser "
		 "USER kvm', then log in anew)"},
		{ENOENT,
		 "/dev/kvm: No such file or directory: load the module ('modprobe kvm_intel' or "
		 "'modprobe kvm_amd'), or hand the device to this container"},
		{EIO, "/dev/kvm: Input/output error"},
	};
	char reason[ACCELERATOR_REASON_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		accelerator_explain(cases[i].errno_value, reason);
		assert_string_equal(reason, cases[i].reason);
	}
}

static const char report[] = "BdsDxe: starting Boot0001\r\n"
			     "EFI stub: Measured initrd data into PCR 9\r\n"
			     "[    1.0] tdnode-report: begin\r\n"
			     "tdnode-report: pcr sha256 4 "
			     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\r\n"
			     "tdnode-report: pcr sha256 16 00\r\n"
			     "tdnode-report: pcr sha256 5 zz\r\n"
			     "tdnode-report: pcr md5 5 00\r\n"
			     "tdnode-report: end\r\n";

static void test_console_attest(void **state)
{
	static const char log[] =
		"tdnode-attest: port 8745, key "
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e\r\n"
		"[   14.1] attest[301]: tdnode-attest: port 8745, key "
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\r\n";
	struct console c = {0};

	(void)state;
	/* A digit too few is no key. */
	console_take(&c, SPAN(log, sizeof log / 2 - 10));
	assert_false(c.attests);
	console_take(&c, SPAN(log + sizeof log / 2 - 10, sizeof log / 2 + 9));
	assert_true(c.attests);
	for (unsigned i = 0; i < sizeof c.attest_key; i++)
		assert_int_equal(c.attest_key[i], i);
	console_release(&c);
}

static void test_console_disk(void **state)
{
	static const char log[] =
		"[   10.7] disk[206]: tdnode-disk: '/dev/vdb' is blank: \033[1minitialising it\r\n"
		"[   11.1] disk[206]: tdnode-disk: cannot be initialised: no signed policy\r\n"
		"[FAILED] Failed to start tdnode-disk.service - Encrypted persistent disk.\r\n";
	struct console c = {0};

	(void)state;
	console_take(&c, SPAN(log, 90));
	assert_false(c.disk_failed);
	assert_string_equal(c.guest_said, "'/dev/vdb' is blank: [1minitialising it");
	console_take(&c, SPAN(log + 90, sizeof log - 1 - 90));
	assert_true(c.disk_failed);
	assert_string_equal(c.guest_said, "cannot be initialised: no signed policy");
}

/* The line of the program alone, for systemd's may be dropped; only a reason that begins with the word. */
static void test_console_disk_alone(void **state)
{
	static const char *const failing[] = {
		"tdnode-disk: " GUEST_FAILED "'/dev/vdb' stays locked: it says: failed: twice\n",
		"[   11.1] persistent[207]: tdnode-persistent: " GUEST_FAILED "cannot mount\r\n",
	};
	static const char *const said[] = {"'/dev/vdb' stays locked: it says: failed: twice",
					   "cannot mount"};
	static const char other[] = "tdnode-disk: e2fsck failed: but not this\n"
				    "tdnode-node: failed: nor that\n";
	struct console c = {0};

	(void)state;
	console_take(&c, SPAN(other, sizeof other - 1));
	assert_false(c.disk_failed);
	assert_string_equal(c.guest_said, "e2fsck failed: but not this");
	for (size_t i = 0; i < ARRAY_SIZE(failing); i++) {
		c = (struct console){0};
		console_take(&c, span_string(failing[i]));
		assert_true(c.disk_failed);
		assert_string_equal(c.guest_said, said[i]);
	}
}

static void test_console_configuration(void **state)
{
	static const char log[] =
		"[    9.8] config[190]: tdnode-config: failed: configuration:2: unknown key 'X'\r\n"
		"[FAILED] Failed to start tdnode-config.service - Configuration of the node.\r\n"
		"[DEPEND] Dependency failed for tdnode-disk.service - Encrypted persistent "
		"disk.\r\n";
	struct console c = {0};

	(void)state;
	console_take(&c, SPAN(log, sizeof log - 1));
	assert_true(c.config_failed);
	assert_false(c.disk_failed);
	assert_string_equal(c.guest_said, "configuration:2: unknown key 'X'");
}

static void test_console(void **state)
{
	/* Whole, and a byte at a time. */
	static const size_t pieces[] = {sizeof report, 1, 7};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		struct console c = {0};
		struct span rest = SPAN(report, sizeof report - 1);

		while (rest.n) {
			size_t n = MIN(pieces[i], rest.n);

			console_take(&c, SPAN(rest.p, n));
			rest = SPAN(rest.p + n, rest.n - n);
		}
		assert_int_equal(c.stage, STAGE_REPORT);
		assert_true(c.report_complete);
		assert_false(c.no_tpm);
		assert_true(c.banks[0].known[4]);
		assert_int_equal(c.banks[0].value[4][31], 0x1f);
		assert_false(c.banks[0].known[5]);
		assert_false(c.banks[1].known[5]);
	}
}

/* As the guest sends it: nothing but a whole log is taken, and only the first. */
static void test_console_eventlog(void **state)
{
	static uint8_t log[2 * EVENTLOG_LINES_BYTES + 5];
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(64 << 10);
	_cleanup_(buffer_release) struct buffer tail = BUFFER_INIT(64 << 10);
	_cleanup_(console_release) struct console c = {0};

	(void)state;
	for (size_t i = 0; i < sizeof log; i++)
		log[i] = (uint8_t)(i * 7);
	eventlog_lines_encode(SPAN(log, sizeof log), &text);
	assert_true(buffer_ok(&text));

	/* Without its last line. */
	console_take(&c, SPAN(text.p, text.n - 4));
	console_take(&c, SPAN_LITERAL("\n"));
	assert_false(c.eventlog.complete);
	/* With a line of the kernel in one of its lines. */
	console_take(&c, SPAN(text.p, 200));
	console_take(&c, SPAN_LITERAL("[   13.1] a warning\n"));
	console_take(&c, span_skip(buffer_span(&text), 200));
	assert_false(c.eventlog.complete);
	/* Between others' lines. */
	console_take(&c, SPAN_LITERAL("Welcome to Debian\r\n[   12.0] "));
	console_take(&c, buffer_span(&text));
	assert_true(c.eventlog.complete);
	assert_true(span_equal(buffer_span(&c.eventlog.bytes), SPAN(log, sizeof log)));
	/* Once more: the first stays. */
	console_take(&c, SPAN_LITERAL("tdnode-eventlog: begin 0 00000000\ntdnode-eventlog: end\n"));
	assert_int_equal(c.eventlog.bytes.n, sizeof log);
	assert_int_equal(c.stage, STAGE_SYSTEMD);

	console_tail(buffer_span(&text), 3, &tail);
	assert_string_equal(buffer_text(&tail), "");
	buffer_put_string(&text, "a\ntdnode-eventlog: end\nb\ntdnode-eventlog: begin\n");
	console_tail(buffer_span(&text), 3, &tail);
	assert_string_equal(buffer_text(&tail), "a\nb");
}

/* Sizes and lines that lie. */
static void test_console_eventlog_refused(void **state)
{
	static const char *const cases[] = {
		"tdnode-eventlog: begin 262145 00000000\ntdnode-eventlog: end\n",
		"tdnode-eventlog: begin 0 0\ntdnode-eventlog: end\n",
		"tdnode-eventlog: begin 0 00000001\ntdnode-eventlog: end\n",
		"tdnode-eventlog: begin 1 00000000\ntdnode-eventlog: end\n",
		"tdnode-eventlog: begin 1 00000000\ntdnode-eventlog: AAAA\ntdnode-eventlog: end\n",
		"tdnode-eventlog: begin\ntdnode-eventlog: end\n",
		"tdnode-eventlog: begin 0\ntdnode-eventlog: end\n",
		"tdnode-eventlog: begin -1 00000000\ntdnode-eventlog: end\n",
		"tdnode-eventlog: end\n",
		"tdnode-eventlog: AAAA\ntdnode-eventlog: end\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(console_release) struct console c = {0};

		console_take(&c, span_string(cases[i]));
		assert_false(c.eventlog.complete);
	}

	_cleanup_(console_release) struct console c = {0};

	console_take(&c, SPAN_LITERAL("tdnode-eventlog: begin 0 00000000\ntdnode-eventlog: end\n"));
	assert_true(c.eventlog.complete);
}

static void test_console_failure(void **state)
{
	struct console c = {0};

	(void)state;
	console_take(&c, SPAN_LITERAL("tdnode-init: no partitions: powering off\n"));
	assert_int_equal(c.stage, STAGE_FAILED);
}

static void test_console_panic(void **state)
{
	static const struct {
		const char *log, *text;
	} cases[] = {
		{"[    1.2] device-mapper: verity: 254:2: data block 11 is corrupted\r\n"
		 "[    1.2] Kernel panic - not syncing: dm-verity device corrupted\r\n"
		 "[    1.2] Kernel panic - not syncing: something else\r\n",
		 "its root file system is damaged: dm-verity found a block that is not as it was "
		 "built (254:2: data block 11 is corrupted)"},
		{"[    1.2] Kernel panic - not syncing: dm-verity device has I/O error\r\n",
		 "its root file system is damaged: dm-verity could not read a block of it"},
		{"[    1.2] Kernel panic - not syncing: Fatal \033[1mexception\r\n",
		 "its kernel stopped: Fatal [1mexception"},
	};
	_cleanup_(buffer_release) struct buffer none = BUFFER_INIT(4096);
	struct console silent = {0};

	(void)state;
	console_take(&silent, SPAN_LITERAL("device-mapper: verity: sha256 using ni\n"));
	assert_false(console_explain_panic(&silent, &none));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(4096);
		struct console c = {0};

		console_take(&c, span_string(cases[i].log));
		assert_true(console_explain_panic(&c, &text));
		assert_string_equal(buffer_text(&text), cases[i].text);
	}
}

static void test_console_long_line(void **state)
{
	struct console c = {0};

	(void)state;
	for (unsigned i = 0; i < 3 * CONSOLE_LINE_MAX; i++)
		console_take(&c, SPAN_LITERAL("x"));
	console_take(&c, SPAN_LITERAL("\ntdnode-report: no tpm\n"));
	assert_true(c.no_tpm);
}

static void test_tail(void **state)
{
	static const struct {
		const char *log;
		unsigned lines;
		const char *tail;
	} cases[] = {
		{"one\r\ntwo\r\nthree\r\n", 2, "two\nthree"},
		{"one\n", 5, "one"},
		{"", 5, ""},
		{"a\n\033[2Jb\n", 1, "[2Jb"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(1000);

		console_tail(span_string(cases[i].log), cases[i].lines, &b);
		assert_string_equal(buffer_text(&b), cases[i].tail);
	}
}

static void test_json_rpc(void **state)
{
	static const struct {
		const char *answer;
		int result;
		const char *body;
	} cases[] = {
		{"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{\"result\":1}", 1,
		 "{\"result\":1}"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nx: y\r\n\r\n{\"result\":1}more", 1,
		 "{\"result\":1}"},
		{"HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n{\"result\":1}", 0, NULL},
		{"HTTP/1.1 200 OK\r\ncontent-le", 0, NULL},
		{"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n", -ERROR_MALFORMED, NULL},
		{"HTTP/1.1 200 OK\r\n\r\n", 0, NULL},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		 "4\r\n{\"re\r\n8\r\nsult\":1}\r\n0\r\n\r\n",
		 1, "{\"result\":1}"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nc\r\n{\"result\":1}\r\n", 0,
		 NULL},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n",
		 -ERROR_MALFORMED, NULL},
		{"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", -ERROR_MALFORMED, NULL},
		{"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n", -ERROR_MALFORMED, NULL},
		{"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"error\":1}", -ERROR_MALFORMED,
		 NULL},
		{"HTTP/1.1 200 OK\r\ncontent-length: 18\r\n\r\n{\"e\":\"\\\"result\\\"\"}",
		 -ERROR_MALFORMED, NULL},
		{"HTTP/1.1 200 OK\r\ncontent-length: 18\r\n\r\n{\"e\":{\"result\":1}}",
		 -ERROR_MALFORMED, NULL},
		{"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"result\":1", -ERROR_MALFORMED,
		 NULL},
		{"HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\n[{\"result\":1}]", -ERROR_MALFORMED,
		 NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_release) struct buffer answer = BUFFER_INIT(1000);
		struct span body = {0};

		buffer_put_string(&answer, cases[i].answer);
		assert_int_equal(json_rpc_take(&answer, false, &body), cases[i].result);
		if (cases[i].body)
			assert_true(span_equal(body, span_string(cases[i].body)));
	}
}

static void test_qmp(void **state)
{
	static const struct {
		const char *line;
		enum qmp_message type;
	} cases[] = {
		{"{\"QMP\": {\"version\": {}}}", QMP_GREETING},
		{"{\"return\": {}}", QMP_RETURN},
		{"{\"error\": {\"class\": \"GenericError\"}}", QMP_ERROR},
		{"{\"event\": \"POWERDOWN\"}", QMP_EVENT},
		{"{}", QMP_MALFORMED},
		{"", QMP_MALFORMED},
		{"[1]", QMP_MALFORMED},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(qmp_parse(span_string(cases[i].line)), cases[i].type);
}

static void test_instance(void **state)
{
	char *folder = test_folder();
	_cleanup_(instance_release) struct instance one = INSTANCE_INIT, two = INSTANCE_INIT;
	_cleanup_(instance_record_release) struct instance_record back = {0};
	_cleanup_(string_list_release) struct string_list names = {0};
	char image[] = "devnet", accelerator[] = "TCG", registers[] = "equal";
	const struct instance_record record = {.image = image,
					       .pid = 42,
					       .started = 1000,
					       .rpc_port = 8545,
					       .attest_port = 8745,
					       .accelerator = accelerator,
					       .registers = registers};
	struct error *err = NULL;

	(void)state;
	assert_done(instance_open(folder, "devnet", &one, &err), &err);
	assert_done(instance_open(folder, "devnet", &two, &err), &err);
	assert_false(instance_is_running(&one));
	assert_done(instance_lock(&one, &err), &err);
	assert_true(instance_is_running(&two));
	assert_failed(
		instance_lock(&two, &err), EBUSY,
		"instance 'devnet' is already running: stop it with 'tdnode stop devnet', or give "
		"another name with --instance",
		&err);
	assert_done(instance_write_record(&one, &record, &err), &err);
	assert_done(instance_read_record(&two, &back, &err), &err);
	assert_string_equal(back.image, "devnet");
	assert_int_equal(back.pid, 42);
	assert_int_equal(back.rpc_port, 8545);
	assert_int_equal(back.attest_port, 8745);
	assert_null(back.sha256);
	assert_string_equal(back.registers, "equal");
	assert_done(instance_list(folder, &names, &err), &err);
	assert_int_equal(names.n, 1);
	instance_remove_record(&one);
	assert_int_equal(instance_read_record(&two, &back, NULL), -ENOENT);
	test_folder_free(folder);
}

static unsigned mode_of(const char *folder, const char *name)
{
	_cleanup_free_ char *path = path_join(folder, name);
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void put_file(const char *folder, const char *name, mode_t mode)
{
	_cleanup_free_ char *path = path_join(folder, name);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, mode), 0);
}

/* What an instance holds is for its owner, however it came there. */
static void test_instance_is_private(void **state)
{
	char *folder = test_folder();
	_cleanup_(instance_release) struct instance i = INSTANCE_INIT;
	_cleanup_free_ char *outside = path_join(folder, "outside"), *link = NULL, *tpm = NULL;
	_cleanup_free_ char *made = NULL;
	mode_t mask = umask(0);
	struct error *err = NULL;

	(void)state;
	put_file(folder, "outside", 0644);
	assert_done(instance_open(folder, "devnet", &i, &err), &err);
	assert_int_equal(mode_of(i.path, ""), 0700);
	put_file(i.path, "disk.qcow2", 0666);
	tpm = path_join(i.path, "tpm");
	assert_int_equal(mkdir(tpm, 0777), 0);
	put_file(tpm, "tpm2-00.permall", 0644);
	link = path_join(i.path, "link");
	assert_int_equal(symlink(outside, link), 0);
	assert_done(instance_lock(&i, &err), &err);
	assert_int_equal(mode_of(i.path, "disk.qcow2"), 0600);
	assert_int_equal(mode_of(i.path, "lock"), 0600);
	assert_int_equal(mode_of(i.path, "tpm"), 0700);
	assert_int_equal(mode_of(tpm, "tpm2-00.permall"), 0600);
	assert_int_equal(mode_of(folder, "outside"), 0644);
	made = path_join(i.path, "made");
	umask(0);
	assert_done(file_write_private(made, SPAN_LITERAL("x"), &err), &err);
	assert_int_equal(mode_of(i.path, "made"), 0600);
	umask(mask);
	test_folder_free(folder);
}

static void test_instance_names(void **state)
{
	static const char *const bad[] = {"", ".", "..", ".x", "a/b", "a b", "a\n"};

	(void)state;
	assert_true(instance_name_is_valid("devnet-debug_2.1"));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(instance_name_is_valid(bad[i]));
}

/* As systemd says it: one client after the other. */
static void test_console_stopping(void **state)
{
	_cleanup_(console_release) struct console c = {0};

	(void)state;
	console_take(&c, SPAN_LITERAL("[  OK  ] Stopped target tdnode.target - tdnode.\r\n"));
	assert_null(c.stopping);
	console_take(&c,
		     SPAN_LITERAL("         Stopping consensus.service - Consensus client...\r\n"));
	assert_string_equal(c.stopping, "consensus client");
	console_take(&c, SPAN_LITERAL("[  OK  ] Stopped systemd-networkd.service - Network.\r\n"));
	assert_string_equal(c.stopping, "consensus client");
	console_take(&c,
		     SPAN_LITERAL("         Stopping execution.service - Execution client...\r\n"
				  "[  OK  ] Stopped consensus.service - Consensus client.\r\n"));
	assert_string_equal(c.stopping, "execution client");
	console_take(&c,
		     SPAN_LITERAL("[  OK  ] Stopped execution.service - Execution client.\r\n"));
	assert_null(c.stopping);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpuinfo),
		cmocka_unit_test(test_console_configuration),
		cmocka_unit_test(test_console),
		cmocka_unit_test(test_no_kvm),
		cmocka_unit_test(test_console_eventlog),
		cmocka_unit_test(test_console_eventlog_refused),
		cmocka_unit_test(test_console_attest),
		cmocka_unit_test(test_console_disk),
		cmocka_unit_test(test_console_disk_alone),
		cmocka_unit_test(test_console_failure),
		cmocka_unit_test(test_console_panic),
		cmocka_unit_test(test_console_long_line),
		cmocka_unit_test(test_tail),
		cmocka_unit_test(test_json_rpc),
		cmocka_unit_test(test_qmp),
		cmocka_unit_test(test_instance),
		cmocka_unit_test(test_instance_names),
		cmocka_unit_test(test_console_stopping),
		cmocka_unit_test(test_instance_is_private),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
