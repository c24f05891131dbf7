/* The status of a guest: written, read back, and read as what anybody may have written. */
#include "test.h"

#include "base/text.h"
#include "vm/console.h"
#include "vm/status.h"

#define LINE                                                                                 \
	"{\"version\":1,\"uptime\":61,\"clock\":{\"time\":1796000000,\"synchronised\":true," \
	"\"error\":900},\"disk\":{\"size\":1000,\"free\":400},\"config\":null,\"memory\":"   \
	"2147483648,\"processors\":2,\"sizing\":\"PEERS=25\",\"roles\":["                    \
	"{\"name\":\"execution\",\"unit\":\"anvil.service\",\"active\":true,\"starts\":1,"   \
	"\"since\":1795999990,\"version\":\"anvil/v1\",\"peers\":0,\"sync\":\"synced\","     \
	"\"head\":5,\"target\":null,\"finalised\":null}]}"

static struct status_line sample(void)
{
	struct status_line s = {
		.uptime = 61,
		.clock = 1796000000,
		.synchronised = true,
		.clock_error = 900,
		.has_disk = true,
		.disk_size = 1000,
		.disk_free = 400,
		.memory = 2147483648,
		.processors = 2,
		.sizing = "PEERS=25",
		.n_roles = 1,
	};
	struct status_role *r = &s.roles[0];

	status_copy_text(span_string("execution"), r->name, sizeof r->name);
	status_copy_text(span_string("anvil.service"), r->unit, sizeof r->unit);
	status_copy_text(span_string("anvil/v1"), r->version, sizeof r->version);
	r->active = true;
	r->starts = 1;
	r->since = (struct status_number){true, 1795999990};
	r->peers = (struct status_number){true, 0};
	r->sync = STATUS_SYNC_DONE;
	r->head = (struct status_number){true, 5};
	return s;
}

static void test_both_ways(void **state)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(4096);
	struct status_line before = sample(), after;
	struct error *err = NULL;

	(void)state;
	assert_done(status_line_encode(&before, &text, &err), &err);
	assert_string_equal(buffer_text(&text), STATUS_LINE_PREFIX LINE "\n");
	assert_done(status_line_parse(SPAN_LITERAL(LINE), &after, &err), &err);
	text.n = 0;
	assert_done(status_line_encode(&after, &text, &err), &err);
	assert_string_equal(buffer_text(&text), STATUS_LINE_PREFIX LINE "\n");
}

/* The longest that a guest can say fits into a line of the console. */
static void test_longest(void **state)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(8192), again = BUFFER_INIT(8192);
	struct status_line s = sample(), after;
	struct error *err = NULL;

	(void)state;
	s.n_roles = STATUS_ROLES_MAX;
	s.has_config = true;
	s.memory = s.processors = STATUS_NUMBER_MAX;
	memset(s.sizing, '"', sizeof s.sizing - 1);
	for (size_t i = 0; i < STATUS_ROLES_MAX; i++) {
		const struct status_number largest = {true, STATUS_NUMBER_MAX};
		struct status_role *r = &s.roles[i];

		*r = (struct status_role){
			.starts = STATUS_NUMBER_MAX,
			.since = largest,
			.peers = largest,
			.sync = STATUS_SYNC_UNKNOWN,
			.head = largest,
			.target = largest,
			.finalised = largest,
		};
		memset(r->name, '"', sizeof r->name - 1);
		memset(r->unit, '\\', sizeof r->unit - 1);
		memset(r->version, '"', sizeof r->version - 1);
	}
	assert_done(status_line_encode(&s, &text, &err), &err);
	assert_true(text.n < CONSOLE_LINE_MAX);
	assert_done(status_line_parse(SPAN(text.p + strlen(STATUS_LINE_PREFIX),
					   text.n - strlen(STATUS_LINE_PREFIX) - 1),
				      &after, &err),
		    &err);
	assert_done(status_line_encode(&after, &again, &err), &err);
	assert_string_equal(buffer_text(&again), buffer_text(&text));
}

/* The sample with one text in place of another. */
static void refuse(const char *from, const char *to, const char *message)
{
	const char *at = strstr(LINE, from);
	_cleanup_free_ char *text = NULL;
	struct error *err = NULL;
	struct status_line s;

	assert_non_null(at);
	text = string_printf("%.*s%s%s", (int)(at - LINE), LINE, to, at + strlen(from));
	assert_non_null(text);
	assert_failed(status_line_parse(span_string(text), &s, &err), ERROR_MALFORMED, message,
		      &err);
}

static void test_refused(void **state)
{
	static char long_text[STATUS_LINE_MAX + 2];
	struct error *err = NULL;
	struct status_line s;

	(void)state;
	refuse("{\"version\"", "[\"version\"", "status: no JSON");
	refuse("\"uptime\":61", "\"uptime\":-1", "status: no uptime or clock");
	refuse("\"uptime\":61", "\"uptime\":61,\"uptime\":62", "status: no JSON");
	refuse("\"time\":1796000000", "\"time\":1e99", "status: no uptime or clock");
	refuse("\"free\":400", "\"free\":1001", "status: a disk without sizes");
	refuse("\"config\":null", "\"config\":\"00\"", "status: the digest of the configuration");
	refuse("\"processors\":2", "\"processors\":-2", "status: the size of the machine");
	refuse("\"sizing\":\"PEERS=25\"", "\"sizing\":3", "status: the size of the machine");
	refuse("\"roles\":[", "\"roles\":[1,2,3,4,", "status: no list of roles");
	refuse("\"roles\":[", "\"roles\":[1,", "status: a role");
	refuse("\"synced\"", "\"sinking\"", "status: a role");
	refuse("\"head\":5", "\"head\":9007199254740993", "status: a role");
	assert_failed(status_line_parse(SPAN_LITERAL("{\"version\":2}"), &s, &err),
		      ERROR_UNSUPPORTED, "status: version 2: of another version of tdnode", &err);
	memset(long_text, ' ', sizeof long_text - 1);
	assert_failed(status_line_parse(span_string(long_text), &s, &err), ERROR_MALFORMED,
		      "status: too long", &err);
}

/* An image of before has no word of its machine. */
static void test_older(void **state)
{
	const char *from = strstr(LINE, "\"memory\""), *to = strstr(LINE, "\"roles\"");
	_cleanup_free_ char *text = string_printf("%.*s%s", (int)(from - LINE), LINE, to);
	struct error *err = NULL;
	struct status_line s;

	(void)state;
	assert_done(status_line_parse(span_string(text), &s, &err), &err);
	assert_int_equal(s.processors, 0);
	assert_int_equal(s.roles[0].head.value, 5);
}

/* What would tell a terminal to do something does not reach it. */
static void test_hostile_text(void **state)
{
	const char *hostile = "\"anvil\\u001b[2J\\u0000\\u00e9/v1\"";
	const char *at = strstr(LINE, "\"anvil/v1\"");
	_cleanup_free_ char *text =
		string_printf("%.*s%s%s", (int)(at - LINE), LINE, hostile, at + 10);
	struct error *err = NULL;
	struct status_line s;

	(void)state;
	/* A NUL is no text at all for jansson. */
	assert_failed(status_line_parse(span_string(text), &s, &err), ERROR_MALFORMED,
		      "status: no JSON", &err);
	free(TAKE_PTR(text));
	text = string_printf("%.*s%s%s", (int)(at - LINE), LINE, "\"anvil\\u001b[2J\\u00e9/v1\"",
			     at + 10);
	assert_done(status_line_parse(span_string(text), &s, &err), &err);
	assert_string_equal(s.roles[0].version, "anvil[2J/v1");
}

static void test_console(void **state)
{
	static struct console c;
	struct span last;

	(void)state;
	console_take(&c,
		     SPAN_LITERAL("x\r\n" STATUS_LINE_PREFIX "{}\r\n[ 1.0] " STATUS_LINE_PREFIX LINE
				  "\r\n" STATUS_LINE_PREFIX "{\"ver"));
	assert_int_equal(c.statuses, 1);
	assert_int_equal(c.status.uptime, 61);
	assert_true(console_line_is_hidden(SPAN_LITERAL(STATUS_LINE_PREFIX "{}")));
	assert_true(
		status_find_last(SPAN_LITERAL("a\n" STATUS_LINE_PREFIX "one\r\n" STATUS_LINE_PREFIX
					      "two\r\nb\n" STATUS_LINE_PREFIX "thr"),
				 &last));
	assert_true(span_equal(last, SPAN_LITERAL("two")));
	assert_false(status_find_last(SPAN_LITERAL("tdnode-report: end\n"), &last));
}

static void test_summary(void **state)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(4096);
	struct status_line s = sample();

	(void)state;
	s.n_roles = 3;
	s.roles[1] = (struct status_role){
		.name = "consensus",
		.active = true,
		.version = "x",
		.sync = STATUS_SYNC_RUNNING,
		.head = {true, 50},
		.target = {true, 200},
		.finalised = {true, 1},
		.peers = {true, 1},
	};
	s.roles[2] = (struct status_role){.name = "execution", .starts = 2};
	status_summary(&s, &text);
	assert_string_equal(buffer_text(&text),
			    "execution synced, block 5, 0 peers; consensus syncing, slot 50 of 200 "
			    "(25.0 %), epoch 1 final, 1 peer; execution is not running");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ways),    cmocka_unit_test(test_longest),
		cmocka_unit_test(test_older),	     cmocka_unit_test(test_refused),
		cmocka_unit_test(test_hostile_text), cmocka_unit_test(test_console),
		cmocka_unit_test(test_summary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
