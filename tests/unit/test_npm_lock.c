#include "test.h"

#include <errno.h>

#include "formats/json.h"
#include "formats/npm_lock_parts.h"

/* Of nothing, and of "a". */
#define EMPTY                                                                                 \
	"sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGl" \
	"ODJ6+SfaPg=="
#define A                                                                                     \
	"sha512-H0D8krpCQKaBc3VG9ghm/7HhoJtOD2Vh2Twm+xRk4TIFuMqyUd8Q89ubsXPzY80zQJ6GSKgzQ1RS" \
	"pwVSMlUe3Q=="

#define DOCUMENT(packages)                                                           \
	"{\"lockfileVersion\":3,\"packages\":{\"\":{\"dependencies\":{\"a\":\"1\"}}" \
	"" packages "}}"
#define ENTRY(location, more)                                                  \
	",\"" location "\":{\"version\":\"1.2.3\",\"integrity\":\"" EMPTY "\"" \
	"" more "}"

static const struct npm_platform here = {"linux", "x64", "glibc"};

static void parse(const char *text, struct npm_lock *l)
{
	struct error *err = NULL;

	assert_done(npm_lock_parse(span_string(text), &here, l, &err), &err);
}

static void test_tree(void **state)
{
	static const char text[] = DOCUMENT(
		ENTRY("node_modules/b", ",\"resolved\":\"https://r.example/npm/b/-/b-1.2.3.tgz\"")
			ENTRY("node_modules/@s/c/node_modules/d",
			      ",\"name\":\"real\",\"license\":\"MIT\"") ENTRY("node_modules/a", "")
				ENTRY("node_modules/@s/c", ""));
	_cleanup_(npm_lock_release) struct npm_lock l = {0};

	(void)state;
	parse(text, &l);
	assert_int_equal(l.n, 4);
	assert_string_equal(l.items[0].location, "node_modules/@s/c");
	assert_string_equal(l.items[0].source, "@s/c/-/c-1.2.3.tgz");
	assert_null(l.items[0].licence);
	assert_false(l.items[0].direct);
	assert_string_equal(l.items[1].location, "node_modules/@s/c/node_modules/d");
	assert_string_equal(l.items[1].name, "real");
	assert_string_equal(l.items[1].source, "real/-/real-1.2.3.tgz");
	assert_string_equal(l.items[1].licence, "MIT");
	assert_true(l.items[2].direct);
	assert_int_equal(l.items[2].integrity.bytes[0], 0xcf);
	/* Whatever registry it was, the path below it counts. */
	assert_string_equal(l.items[3].source, "b/-/b-1.2.3.tgz");
}

/* npm's own rules for what is not installed here. */
static void test_left_out(void **state)
{
	static const struct {
		const char *mark;
		bool installed;
	} cases[] = {
		{"\"dev\":true", false},
		{"\"dev\":false", true},
		{"\"devOptional\":true", true},
		{"\"peer\":true", true},
		{"\"inBundle\":true", false},
		{"\"optional\":true", true},
		{"\"optional\":true,\"os\":[\"darwin\"]", false},
		{"\"optional\":true,\"os\":[\"darwin\",\"linux\"]", true},
		{"\"optional\":true,\"os\":[\"!win32\"]", true},
		{"\"optional\":true,\"os\":[\"!win32\",\"!linux\"]", false},
		{"\"optional\":true,\"os\":\"any\"", true},
		{"\"optional\":true,\"cpu\":[\"arm64\"]", false},
		{"\"optional\":true,\"cpu\":[\"x64\"],\"libc\":[\"musl\"]", false},
		{"\"optional\":true,\"cpu\":[\"x64\"],\"libc\":[\"glibc\"]", true},
		{"\"devOptional\":true,\"cpu\":[\"arm\"]", false},
		{"\"os\":[\"linux\"]", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *text = string_printf(
			DOCUMENT(ENTRY("node_modules/a", "") ENTRY("node_modules/b", ",%s")),
			cases[i].mark);
		_cleanup_(npm_lock_release) struct npm_lock l = {0};

		parse(text, &l);
		if (l.n != 1u + cases[i].installed)
			fail_msg("%s: %zu packages", cases[i].mark, l.n);
	}
}

/* What is optional takes with it who needs it, and what nobody else asks for. */
static void test_optional_sets(void **state)
{
	static const char set[] =
		"{\"lockfileVersion\":3,\"packages\":{\"\":{\"dependencies\":{"
		"\"a\":\"1\",\"shared\":\"1\"}}" ENTRY("node_modules/a",
						       ",\"optionalDependencies\":{\"wrap\":\"1\"}")
			ENTRY("node_modules/wrap",
			      ",\"optional\":true,\"dependencies\":{\"wasm\":\"1\",\"only\":\"1\"}")
				ENTRY("node_modules/wasm",
				      ",\"optional\":true,\"cpu\":[\"wasm32\"],"
				      "\"dependencies\":{\"runtime\":\"1\","
				      "\"shared\":\"1\"}")
					ENTRY("node_modules/runtime", ",\"optional\":true")
						ENTRY("node_modules/only", ",\"optional\":true")
							ENTRY("node_modules/shared", "") "}}";
	_cleanup_(npm_lock_release) struct npm_lock l = {0};

	(void)state;
	parse(set, &l);
	assert_int_equal(l.n, 2);
	assert_string_equal(l.items[0].location, "node_modules/a");
	assert_string_equal(l.items[1].location, "node_modules/shared");
}

/* The nearest package of a name is asked for, as Node.js finds it. */
static void test_nearest(void **state)
{
	static const char text[] =
		"{\"\":{\"dependencies\":{\"a\":\"1\",\"b\":\"1\"}},"
		"\"node_modules/a\":{\"optionalDependencies\":{\"b\":\"2\"}},"
		"\"node_modules/b\":{},"
		"\"node_modules/a/node_modules/b\":{\"optional\":true,\"os\":[\"aix\"],"
		"\"dependencies\":{\"c\":\"1\"}},"
		"\"node_modules/c\":{\"optional\":true}}";
	static const bool left_out[] = {true, false, true, false, true};
	_cleanup_json_ json_t *packages = json_loads(text, 0, NULL);
	struct npm_nodes nodes = {0};
	struct error *err = NULL;

	(void)state;
	assert_done(npm_nodes_choose(packages, &here, &nodes, &err), &err);
	assert_int_equal(nodes.n, ARRAY_SIZE(left_out));
	assert_string_equal(nodes.items[0].location, "");
	for (size_t i = 0; i < nodes.n; i++)
		assert_int_equal(nodes.items[i].left_out, left_out[i]);
	free(nodes.items);
}

static void test_integrity(void **state)
{
	_cleanup_(npm_lock_release) struct npm_lock l = {0};

	(void)state;
	parse("{\"lockfileVersion\":2,\"packages\":{\"\":{},\"node_modules/a\":{\"version\":\"1\","
	      "\"integrity\":\"sha1-x " A "\"}}}",
	      &l);
	assert_int_equal(l.items[0].integrity.bytes[0], 0x1f);
	assert_false(l.items[0].direct);
}

static void test_refused(void **state)
{
#define PLACE(location) "package '" location "': not a place below 'node_modules/'"
	static const struct {
		const char *text;
		int code;
		const char *message;
	} cases[] = {
		{"", ERROR_MALFORMED, "empty"},
		{"[]", ERROR_MALFORMED, "not an object"},
		{"{\"lockfileVersion\":1,\"packages\":{\"\":{}}}", ERROR_UNSUPPORTED,
		 "'lockfileVersion' is not 2 or 3: make it anew with npm 7 or later"},
		{"{\"lockfileVersion\":3,\"packages\":{}}", ERROR_MALFORMED,
		 "no 'packages' with a root in it"},
		{DOCUMENT(""), ERROR_MALFORMED, "nothing to install in it"},
		{DOCUMENT(ENTRY("node_modules/a", "") ENTRY("node_modules/a", "")), ERROR_MALFORMED,
		 "line 1: duplicate object key near '\"node_modules/a\"'"},
		{DOCUMENT(",\"node_modules/a\":7"), ERROR_MALFORMED,
		 "package 'node_modules/a': not an object"},
		{DOCUMENT(ENTRY("packages/a", "")), ERROR_REFUSED, PLACE("packages/a")},
		{DOCUMENT(ENTRY("node_modules/../a", "")), ERROR_REFUSED,
		 PLACE("node_modules/../a")},
		{DOCUMENT(ENTRY("node_modules/a/../b", "")), ERROR_REFUSED,
		 PLACE("node_modules/a/../b")},
		{DOCUMENT(ENTRY("node_modules/a/b", "")), ERROR_REFUSED, PLACE("node_modules/a/b")},
		{DOCUMENT(ENTRY("node_modules/a/node_modules", "")), ERROR_REFUSED,
		 PLACE("node_modules/a/node_modules")},
		{DOCUMENT(ENTRY("node_modules/a/", "")), ERROR_REFUSED, PLACE("node_modules/a/")},
		{DOCUMENT(ENTRY("node_modules/@s", "")), ERROR_REFUSED, PLACE("node_modules/@s")},
		{DOCUMENT(ENTRY("node_modules/.bin", "")), ERROR_REFUSED,
		 PLACE("node_modules/.bin")},
		{DOCUMENT(ENTRY("/node_modules/a", "")), ERROR_REFUSED, PLACE("/node_modules/a")},
		{DOCUMENT(",\"node_modules/a\":{\"resolved\":\"../a\",\"link\":true}"),
		 ERROR_REFUSED,
		 "package 'node_modules/a': a link to a folder: only packages of a registry can be "
		 "locked"},
		{DOCUMENT(",\"node_modules/a\":{}"), ERROR_MALFORMED,
		 "package 'node_modules/a': no version"},
		{DOCUMENT(",\"node_modules/a\":{\"version\":\"1/../..\"}"), ERROR_MALFORMED,
		 "package 'node_modules/a': no version"},
		{DOCUMENT(ENTRY("node_modules/a", ",\"name\":\"../x\"")), ERROR_REFUSED,
		 "package 'node_modules/a': '../x' is not the name of a package"},
		{DOCUMENT(ENTRY("node_modules/a", ",\"resolved\":\"git+ssh://git@x.example/a#1\"")),
		 ERROR_REFUSED,
		 "package 'node_modules/a': 'git+ssh://git@x.example/a#1' is not the tarball of a "
		 "registry: what comes from git, a file or elsewhere cannot be locked"},
		{DOCUMENT(ENTRY("node_modules/a", ",\"resolved\":\"file:a.tgz\"")), ERROR_REFUSED,
		 "package 'node_modules/a': 'file:a.tgz' is not the tarball of a registry: what "
		 "comes from git, a file or elsewhere cannot be locked"},
		{DOCUMENT(ENTRY("node_modules/a",
				",\"resolved\":\"https://x.example/a/-/../a.tgz\"")),
		 ERROR_REFUSED,
		 "package 'node_modules/a': 'https://x.example/a/-/../a.tgz' is not the tarball of "
		 "a registry: what comes from git, a file or elsewhere cannot be locked"},
		{DOCUMENT(",\"node_modules/a\":{\"version\":\"1\"}"), ERROR_REFUSED,
		 "package 'node_modules/a': no 'integrity'"},
		{DOCUMENT(",\"node_modules/a\":{\"version\":\"1\",\"integrity\":\"sha1-YQ==\"}"),
		 ERROR_REFUSED, "package 'node_modules/a': 'integrity' has no SHA-512"},
		{DOCUMENT(",\"node_modules/a\":{\"version\":\"1\",\"integrity\":\"sha512-YQ==\"}"),
		 ERROR_REFUSED, "package 'node_modules/a': 'integrity' has no SHA-512"},
		{DOCUMENT(ENTRY("node_modules/a", ",\"os\":[\"darwin\"]")), ERROR_REFUSED,
		 "package 'node_modules/a': it is needed, but does not run on linux, x64, glibc"},
		{DOCUMENT(ENTRY("node_modules/a", ",\"dependencies\":{\"b\":\"1\"}") ENTRY(
			 "node_modules/b", ",\"optional\":true,\"os\":[\"darwin\"]")),
		 ERROR_REFUSED,
		 "package 'node_modules/b': 'node_modules/a' needs it, but it does not run here"},
	};
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct npm_lock l = {0};

		assert_failed(npm_lock_parse(span_string(cases[i].text), &here, &l, &err),
			      cases[i].code, cases[i].message, &err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree),	      cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_optional_sets), cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_integrity),     cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
