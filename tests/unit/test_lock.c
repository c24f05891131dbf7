#include "test.h"

#include <errno.h>

#include "packages/lock.h"

#define SHA "0000000000000000000000000000000000000000000000000000000000000001"
#define PACKAGE(name, path)                                                                \
	"{\"name\":\"" name "\",\"version\":\"1\",\"architecture\":\"amd64\",\"archive\":" \
	"\"debian\",\"path\":\"" path "\",\"size\":5,\"sha256\":\"" SHA "\"}"
#define COMPONENT(name, more)                                                            \
	"{\"name\":\"" name "\",\"kind\":\"npm\",\"version\":\"1\",\"source\":\"@x/y\"," \
	"\"size\":7,\"sha256\":\"" SHA "\",\"licence\":\"MIT\"" more "}"
#define NPM(location)                                                                  \
	"{\"location\":\"" location "\",\"version\":\"1\",\"source\":\"a/-/a-1.tgz\"," \
	"\"size\":7,\"sha256\":\"" SHA "\",\"licence\":\"MIT\"}"
#define TREE(packages)                                                                      \
	"{\"name\":\"tree\",\"kind\":\"npm-lock\",\"version\":\"1\",\"source\":\"p.json\"," \
	"\"size\":7,\"sha256\":\"" SHA "\",\"licence\":\"MIT\",\"packages\":[" packages "]}"
#define LOCK(image_set, components)                                                         \
	"{\"version\":1,\"image\":\"x\",\"request\":\"" SHA "\",\"archives\":[{\"name\":"   \
	"\"debian\",\"timestamp\":\"20261121T091544Z\"}],\"sets\":{\"image\":[" image_set   \
	"],\"debug\":[],\"build-root\":[],\"firmware\":[]},\"components\":[" components "]" \
	"}"
#define DATE "20261121T091544Z"
#define SUITE(archive, suite, date) \
	"{\"archive\":\"" archive "\",\"suite\":\"" suite "\",\"date\":\"" date "\"}"
#define SUITES(suites)                                                                            \
	"{\"version\":1,\"image\":\"x\",\"request\":\"" SHA "\",\"archives\":[{\"name\":"         \
	"\"debian\",\"timestamp\":\"" DATE "\"}],\"suites\":[" suites "],\"sets\":{\"image\":[]," \
	"\"debug\":[],\"build-root\":[],\"firmware\":[]},\"components\":[]}"

static void test_round_trip(void **state)
{
	static const char text[] =
		LOCK(PACKAGE("a", "pool/a") "," PACKAGE("b", "pool/b"),
		     COMPONENT("anvil", "") "," COMPONENT("reth", ",\"signer\":\"0123\""));
	_cleanup_(lock_release) struct lock l = {0}, again = {0};
	_cleanup_(buffer_release) struct buffer one = BUFFER_INIT(LOCK_MAX),
						two = BUFFER_INIT(LOCK_MAX);
	struct error *err = NULL;

	(void)state;
	assert_done(lock_parse(span_string(text), &l, &err), &err);
	assert_int_equal(l.sets[LOCK_IMAGE].n, 2);
	assert_string_equal(l.components[0].source, "@x/y");
	/* Order in memory does not reach the file. */
	struct lock_package first = l.sets[LOCK_IMAGE].items[0];

	l.sets[LOCK_IMAGE].items[0] = l.sets[LOCK_IMAGE].items[1];
	l.sets[LOCK_IMAGE].items[1] = first;

	struct lock_component component = l.components[0];

	l.components[0] = l.components[1];
	l.components[1] = component;
	assert_done(lock_format(&l, &one, &err), &err);
	assert_done(lock_parse(buffer_span(&one), &again, &err), &err);
	assert_done(lock_format(&again, &two, &err), &err);
	assert_true(span_equal(buffer_span(&one), buffer_span(&two)));
	assert_null(again.components[0].signer);
	assert_string_equal(again.components[1].signer, "0123");
}

static void test_npm_tree(void **state)
{
	static const char text[] = LOCK("", TREE(NPM("node_modules/a") "," NPM("node_modules/b")));
	_cleanup_(lock_release) struct lock l = {0}, again = {0};
	_cleanup_(buffer_release) struct buffer one = BUFFER_INIT(LOCK_MAX);
	struct error *err = NULL;

	(void)state;
	assert_done(lock_parse(span_string(text), &l, &err), &err);
	assert_int_equal(lock_component_blobs(&l.components[0]), 2);
	assert_ptr_equal(lock_component_blob(&l.components[0], 1),
			 &l.components[0].packages[1].sha256);
	/* Order in memory does not reach the file. */
	struct lock_npm_package first = l.components[0].packages[0];

	l.components[0].packages[0] = l.components[0].packages[1];
	l.components[0].packages[1] = first;
	assert_done(lock_format(&l, &one, &err), &err);
	assert_done(lock_parse(buffer_span(&one), &again, &err), &err);
	assert_string_equal(again.components[0].packages[1].location, "node_modules/b");
}

/* Dates of suites come back; a lock without them stays one without them. */
static void test_dates(void **state)
{
	_cleanup_(lock_release) struct lock l = {0}, without = {0}, again = {0};
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(LOCK_MAX),
						plain = BUFFER_INIT(LOCK_MAX);
	struct error *err = NULL;
	size_t at;

	(void)state;
	assert_done(lock_parse(span_string(SUITES(SUITE("debian", "trixie", DATE))), &l, &err),
		    &err);
	assert_int_equal(lock_date(&l), 1795252544);
	assert_int_equal(lock_suite_date(&l, "debian", "trixie"), 1795252544);
	assert_int_equal(lock_suite_date(&l, "debian", "sid"), 0);
	assert_done(lock_format(&l, &text, &err), &err);
	assert_done(lock_parse(buffer_span(&text), &again, &err), &err);
	assert_int_equal(lock_suite_date(&again, "debian", "trixie"), 1795252544);
	assert_done(lock_parse(span_string(LOCK("", "")), &without, &err), &err);
	assert_int_equal(lock_date(&without), 1795252544);
	assert_done(lock_format(&without, &plain, &err), &err);
	assert_false(span_find(buffer_span(&plain), SPAN_LITERAL("suites"), &at));
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"", "empty"},
		{" ", "line 1: '[' or '{' expected near end of file"},
		{"[]", "not an object"},
		{"{\"a\":1,\"a\":2}", "line 1: duplicate object key near '\"a\"'"},
		{"{\"extra\":1}", "extra: unknown key"},
		{"{\"version\":2}", "version: missing, or of another version of tdnode"},
		{"{\"version\":1}", "image: missing"},
		{"{\"version\":1,\"image\":\"x\",\"request\":\"12\"}",
		 "request: not a SHA-256 in hexadecimal"},
		{LOCK(PACKAGE("a", "/etc/passwd"), ""),
		 "sets.image[0].path: not a path below a mirror"},
		{LOCK(PACKAGE("a", "pool/../x"), ""),
		 "sets.image[0].path: not a path below a mirror"},
		{LOCK(PACKAGE("b", "p") "," PACKAGE("a", "p"), ""),
		 "sets.image[1]: not in order of name"},
		{LOCK(PACKAGE("a", "p") "," PACKAGE("a", "p"), ""),
		 "sets.image[1]: not in order of name"},
		{LOCK("{\"name\":\"a\"}", ""), "sets.image[0].version: missing"},
		{SUITES("{}"), "suites[0].archive: missing"},
		{SUITES(SUITE("x", "trixie", DATE)), "suites[0].archive: not among 'archives'"},
		{SUITES(SUITE("debian", "trixie", "20261131T091544Z")),
		 "suites[0].date: not a time stamp"},
		{SUITES(SUITE("debian", "b", DATE) "," SUITE("debian", "a", DATE)),
		 "suites[1]: not in order of name"},
		{SUITES(SUITE("debian", "a", DATE) "," SUITE("debian", "a", DATE)),
		 "suites[1]: not in order of name"},
		{LOCK("7", ""), "sets.image[0]: not an object"},
		{LOCK("", COMPONENT("b", "") "," COMPONENT("a", "")),
		 "components[1]: not in order of name"},
		{LOCK("", COMPONENT("a", "") "," COMPONENT("a", "")),
		 "components[1]: not in order of name"},
		{LOCK("", "{\"name\":\"a\",\"kind\":\"git\",\"version\":\"1\",\"source\":\"s\","
			  "\"size\":1,\"sha256\":\"" SHA "\",\"licence\":\"MIT\"}"),
		 "components[0].kind: not 'npm', 'npm-lock', 'url' or 'file'"},
		{LOCK("", "{\"name\":\"a\",\"kind\":\"url\",\"version\":\"1\",\"source\":\"s\","
			  "\"size\":-1,\"sha256\":\"" SHA "\",\"licence\":\"MIT\"}"),
		 "components[0].size: not a size in bytes"},
		{LOCK("", TREE("")), "components[0].packages: none"},
		{LOCK("", COMPONENT("a", ",\"packages\":[]")),
		 "components[0].packages: unknown key"},
		{LOCK("", TREE(NPM("node_modules/../a"))),
		 "components[0].packages[0].location: not a path below a mirror"},
		{LOCK("", TREE(NPM("node_modules/b") "," NPM("node_modules/a"))),
		 "components[0].packages[1]: not in order of location"},
		{LOCK("", TREE("{\"location\":\"node_modules/a\"}")),
		 "components[0].packages[0].version: missing"},
	};
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct lock l = {0};

		assert_failed(lock_parse(span_string(cases[i].text), &l, &err), ERROR_MALFORMED,
			      cases[i].message, &err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_npm_tree),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
