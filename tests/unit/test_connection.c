#include "test.h"

#include "attest/connection.h"
#include "channel/address.h"
#include "formats/binding.h"

static void test_host(void **state)
{
	static const struct {
		const char *text, *host;
		uint16_t port;
	} cases[] = {
		{"node.example", "node.example", 8745},	   {"node.example:1", "node.example", 1},
		{"127.0.0.1:65535", "127.0.0.1", 65535},   {"[::1]", "::1", 8745},
		{"[fe80::1%eth0]:80", "fe80::1%eth0", 80},
	};
	static const char *const bad[] = {"",	"::1",	  "a:",	 "a:0", "a:65536", "[a",
					  "[]", "[a]b:1", "a b", "a\n", "a:+1",	   ":1"};
	struct error *err = NULL;
	struct address a;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_done(address_parse(cases[i].text, 8745, &a, &err), &err);
		assert_string_equal(a.host, cases[i].host);
		assert_int_equal(a.port, cases[i].port);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(address_parse(bad[i], 8745, &a, NULL), -ERROR_USAGE);
}

static void test_listen(void **state)
{
	static const struct {
		const char *text, *host;
		uint16_t port;
	} cases[] = {
		{"8545", "127.0.0.1", 8545},
		{"0", "127.0.0.1", 0},
		{"192.0.2.1:8545", "192.0.2.1", 8545},
		{"[::1]:0", "::1", 0},
	};
	static const char *const bad[] = {"", "65536", "localhost:1", "::1", "127.0.0.1", "[::1]"};
	struct error *err = NULL;
	struct address a;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_done(address_parse_listen(cases[i].text, &a, &err), &err);
		assert_string_equal(a.host, cases[i].host);
		assert_int_equal(a.port, cases[i].port);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(address_parse_listen(bad[i], &a, NULL), -ERROR_USAGE);
}

/* Whoever is refused gets the verdict, as text and for programs. */
static void check_shown(const struct verdict *v)
{
	static const char start[] = "evidence that was not looked at\njudged for ";
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(VERDICT_TEXT_MAX),
						json = BUFFER_INIT(VERDICT_TEXT_MAX);
	struct error *err = NULL;

	verdict_text(v, &text);
	assert_memory_equal(buffer_text(&text), start, sizeof start - 1);
	assert_done(verdict_json(v, &json, &err), &err);
	assert_non_null(strstr(buffer_text(&json), "\"accepted\": false"));
	assert_non_null(strstr(buffer_text(&json), "\"name\": \"channel\""));
}

/* What a document says of its own binding is held against the connection before anything else. */
static void test_answer(void **state)
{
	static const struct {
		bool given, file, nonce, key;
		const char *text;
	} cases[] = {
		{.text = "the evidence is not for a connection: it says nothing of what it is for"},
		{.given = true,
		 .file = true,
		 .nonce = true,
		 .key = true,
		 .text = "the evidence is not for a connection: it is for a file"},
		{.given = true,
		 .key = true,
		 .text = "the evidence answers another question: it was given to somebody else, or "
			 "before"},
		{.given = true,
		 .nonce = true,
		 .text = "the evidence is of another TLS key than that of this connection"},
	};
	const struct connection c = {.nonce = {1}, .exporter = {2}, .key = {3}};
	const struct pins pins = {0};
	const struct policy p = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(verdict_release) struct verdict v = {0};
		struct evidence e = {.kind = EVIDENCE_TPM};
		struct error *err = NULL;

		e.binding.given = cases[i].given;
		e.binding.purpose = cases[i].file ? BINDING_EVIDENCE : BINDING_CHANNEL;
		e.binding.nonce[0] = cases[i].nonce ? 1 : 9;
		e.binding.key[0] = cases[i].key ? 3 : 9;
		assert_done(attest_judge_connection(&e, &c, &pins, NULL, &p, &v, &err), &err);
		assert_int_equal(v.n, 1);
		assert_string_equal(v.items[0].name, "channel");
		assert_string_equal(v.items[0].text, cases[i].text);
		assert_int_equal(verdict_require(&v, NULL), -ERROR_REFUSED);
		assert_null(v.facts);
		check_shown(&v);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_listen),
		cmocka_unit_test(test_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
