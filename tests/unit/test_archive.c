#include "test.h"

#include <errno.h>

#include "formats/deb822.h"
#include "formats/release.h"
#include "packages/mirror.h"
#include "packages/resolve.h"

static void test_deb822(void **state)
{
	static const char text[] =
		"# comment\n\nPackage: a\nDepends: b,\n c\n# in between\n .\n d\n"
		"\n\nPackage: e";
	struct deb822_reader r = deb822_reader_init(SPAN(text, sizeof text - 1));
	struct deb822_field f;
	struct error *err = NULL;

	(void)state;
	assert_false(deb822_at_end(&r));
	assert_int_equal(deb822_next(&r, &f, &err), 1);
	assert_true(deb822_is(&f, "pACKAGE"));
	assert_true(span_equal(f.value, SPAN_LITERAL("a")));
	assert_int_equal(f.line, 3);
	assert_int_equal(deb822_next(&r, &f, &err), 1);
	assert_true(span_equal(f.value, SPAN_LITERAL("b,\n c\n# in between\n .\n d")));
	assert_int_equal(deb822_next(&r, &f, &err), 0);
	assert_false(deb822_at_end(&r));
	assert_int_equal(deb822_next(&r, &f, &err), 1);
	assert_true(span_equal(f.value, SPAN_LITERAL("e")));
	assert_int_equal(deb822_next(&r, &f, &err), 0);
	assert_true(deb822_at_end(&r));
}

static void test_deb822_refused(void **state)
{
	static const char *const bad[] = {"no colon\n", ": value\n", "-x: y\n", "a b: c\n"};
	struct deb822_field f;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct deb822_reader r = deb822_reader_init(span_string(bad[i]));

		assert_int_equal(deb822_next(&r, &f, NULL), -ERROR_MALFORMED);
	}
}

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_release(void **state)
{
	static const char text[] = "Suite: stable\nCodename: trixie\n"
				   "Date: Sat, 21 Nov 2026 09:15:44 UTC\n"
				   "Valid-Until: Sat, 28 Nov 2026 09:15:44 UTC\n"
				   "Acquire-By-Hash: yes\nSHA256:\n " SHA
				   "  123 main/binary-amd64/Packages.xz\n " SHA " 0 other\n";
	_cleanup_(release_release) struct release r = {0};
	static const char *const no_timestamps[] = {"",
						    "20261121",
						    "20261131T091544Z",
						    "20261121T091544Zx",
						    "2026 121T091544Z",
						    " 20261121T091544Z",
						    "19691121T091544Z"};
	char timestamp[RELEASE_TIMESTAMP_SIZE];
	struct error *err = NULL;
	struct digest d;
	int64_t date;
	uint64_t size;

	(void)state;
	assert_done(release_parse(SPAN(text, sizeof text - 1), &r, &err), &err);
	assert_string_equal(r.codename, "trixie");
	assert_true(r.acquire_by_hash);
	assert_int_equal(r.valid_until - r.date, 7 * 24 * 3600);
	release_timestamp(r.date, timestamp);
	assert_string_equal(timestamp, "20261121T091544Z");
	assert_true(release_parse_timestamp(timestamp, &date));
	assert_int_equal(date, r.date);
	for (size_t i = 0; i < ARRAY_SIZE(no_timestamps); i++)
		assert_false(release_parse_timestamp(no_timestamps[i], &date));
	assert_done(release_find(&r, "main/binary-amd64/Packages.xz", &size, &d, &err), &err);
	assert_int_equal(size, 123);
	assert_failed(release_find(&r, "main/none", &size, &d, &err), ENOENT,
		      "the suite has no 'main/none'", &err);
}

static void test_release_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"", "no field 'Codename'"},
		{"Codename: x\n", "no field 'Date'"},
		{"Codename: x\nDate: yesterday\n", "line 2: Date is not a date"},
		{"Codename: x\nDate: Sat, 21 Nov 2026 09:15:44 CET\n",
		 "line 2: Date is not a date"},
		{"Codename: x\nDate: Sat, 21 Nov 2026 09:15:44 UTC\n", "no field 'SHA256'"},
	};
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct release r = {0};

		assert_failed(release_parse(span_string(cases[i].text), &r, &err), ERROR_MALFORMED,
			      cases[i].message, &err);
	}
}

static void test_apt_sources(void **state)
{
	_cleanup_(string_list_release) struct string_list l = {0};
	struct error *err = NULL;

	(void)state;
	assert_done(mirror_parse_list(
			    SPAN_LITERAL("# deb http://no/debian x main\n"
					 "deb [arch=amd64 signed-by=/x] http://a/debian/ s m\n"
					 "deb-src http://src/debian s m\n"
					 "deb mirror+file:/etc/apt/m.list s m\n"
					 "deb http://a/debian t m\n"),
			    &l, &err),
		    &err);
	assert_done(
		mirror_parse_sources(SPAN_LITERAL("Types: deb deb-src\n"
						  "URIs: http://b/debian https://c/debian\n"
						  "Suites: s\n\nTypes: deb-src\nURIs: http://d\n\n"
						  "Enabled: no\nTypes: deb\nURIs: http://e\n"),
				     &l, &err),
		&err);
	assert_int_equal(l.n, 3);
	assert_string_equal(l.items[0], "http://a/debian");
	assert_string_equal(l.items[1], "http://b/debian");
	assert_string_equal(l.items[2], "https://c/debian");
}

static void test_npmrc(void **state)
{
	_cleanup_free_ char *registry = mirror_parse_npmrc(
		SPAN_LITERAL("; x\nfund=false\n registry = https://r.example/npm/ \n"));
	_cleanup_free_ char *none = mirror_parse_npmrc(SPAN_LITERAL("@scope:registry=https://x\n"));

	(void)state;
	assert_string_equal(registry, "https://r.example/npm/");
	assert_null(none);
}

static void test_candidates(void **state)
{
	_cleanup_(mirrors_release) struct mirrors m = {0};
	_cleanup_(string_list_release) struct string_list l = {0};
	static const char *const expected[] = {
		"http://given/debian-security",
		"http://apt/debian-security",
		"https://snapshot.debian.org/archive/debian-security/20261121T091544Z",
	};
	struct error *err = NULL;

	(void)state;
	assert_int_equal(string_list_add(&m.given, "http://given/debian"), 0);
	assert_int_equal(string_list_add(&m.apt, "http://apt/debian"), 0);
	assert_int_equal(string_list_add(&m.apt, "https://apt.example/nodesource"), 0);
	assert_done(mirrors_for_archive(&m, "debian-security", "20261121T091544Z", &l, &err), &err);
	assert_int_equal(l.n, ARRAY_SIZE(expected));
	for (size_t i = 0; i < l.n; i++)
		assert_string_equal(l.items[i], expected[i]);
}

/* A line for each package: name version relations. */
struct case_package {
	const char *name, *version, *fields;
};

struct solver_case {
	const char *what;
	struct case_package packages[8];
	const char *install; /* blank-separated */
	const char *without;
	const char *expected; /* names=versions in order, or the message */
	bool fails;
};

static const struct solver_case solver_cases[] = {
	{"dependencies are followed, recommends are not",
	 {{"a", "1", "Depends: b\nRecommends: c\n"}, {"b", "1", ""}, {"c", "1", ""}},
	 "a",
	 "",
	 "a=1 b=1 ",
	 false},
	{"the highest version of all suites wins",
	 {{"a", "1.9", ""}, {"a", "1.10", ""}, {"a", "1.10~rc1", ""}},
	 "a",
	 "",
	 "a=1.10 ",
	 false},
	{"epochs count", {{"a", "2", ""}, {"a", "1:1", ""}}, "a", "", "a=1:1 ", false},
	{"a dependency in Without is not followed",
	 {{"a", "1", "Depends: b (>= 2), c\n"}, {"c", "1", ""}},
	 "a",
	 "b",
	 "a=1 c=1 ",
	 false},
	{"an alternative in Without is enough",
	 {{"a", "1", "Depends: x | b\n"}, {"x", "1", ""}},
	 "a",
	 "b",
	 "a=1 ",
	 false},
	{"pre-dependencies count",
	 {{"a", "1", "Pre-Depends: b\n"}, {"b", "1", ""}},
	 "a",
	 "",
	 "a=1 b=1 ",
	 false},
	{"a virtual package is provided",
	 {{"a", "1", "Depends: mail\n"}, {"b", "1", "Provides: mail\n"}},
	 "a",
	 "",
	 "a=1 b=1 ",
	 false},
	{"the first alternative is taken",
	 {{"a", "1", "Depends: b | c\n"}, {"b", "1", ""}, {"c", "1", ""}},
	 "a",
	 "",
	 "a=1 b=1 ",
	 false},
	{"what is missing is named with who wants it",
	 {{"a", "1", "Depends: b\n"}},
	 "a",
	 "",
	 "cannot resolve: nothing provides b needed by a-1.amd64",
	 true},
	{"a version that is not there",
	 {{"a", "1", "Depends: b (>= 2)\n"}, {"b", "1", ""}},
	 "a",
	 "",
	 "cannot resolve: nothing provides b >= 2 needed by a-1.amd64",
	 true},
	{"a conflict names both",
	 {{"a", "1", "Depends: b\n"}, {"b", "1", "Conflicts: c\n"}, {"c", "1", ""}},
	 "a c",
	 "",
	 "cannot resolve: package b-1.amd64 conflicts with c provided by c-1.amd64",
	 true},
	{"a package that is not there",
	 {{"a", "1", ""}},
	 "none",
	 "",
	 "no package 'none' in the components of the archive that are read ([Archive] Component=)",
	 true},
	{"a virtual package that is asked for",
	 {{"b", "1", "Provides: mail\n"},
	  {"a", "1", "Provides: mail\n"},
	  {"c", "1", "Depends: mail\n"}},
	 "c mail",
	 "",
	 "'mail' is a virtual package: name one that provides it (a, b)",
	 true},
};

static void split(const char *words, struct string_list *ret)
{
	struct span rest = span_string(words), word;

	while (deb822_word(&rest, &word))
		assert_int_equal(string_list_take(ret, span_to_string(word)), 0);
}

static void run_case(const struct solver_case *c)
{
	_cleanup_(resolver_freep) struct resolver *r = NULL;
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(65536), got = BUFFER_INIT(4096);
	_cleanup_(string_list_release) struct string_list install = {0}, without = {0};
	_cleanup_(lock_release) struct lock l = {0};
	struct error *err = NULL;

	for (size_t i = 0; c->packages[i].name; i++)
		buffer_printf(
			&text,
			"Package: %s\nVersion: %s\nArchitecture: amd64\n%sFilename: pool/%s_%zu\n"
			"Size: 1\nSHA256: " SHA "\n\n",
			c->packages[i].name, c->packages[i].version, c->packages[i].fields,
			c->packages[i].name, i);

	const struct resolve_list list = {"debian", buffer_span(&text)};

	split(c->install, &install);
	split(c->without, &without);
	assert_done(resolver_new("amd64", &r, &err), &err);
	assert_done(resolver_add_list(r, &list, &err), &err);
	resolver_set_without(r, &without);

	int result = resolver_solve(r, &install, NULL, &l.sets[LOCK_IMAGE], &err);

	if (c->fails) {
		assert_true(result < 0);
		assert_string_equal(error_message(err), c->expected);
		error_free(err);
		return;
	}
	assert_done(result, &err);

	_cleanup_(buffer_release) struct buffer ignored = BUFFER_INIT(LOCK_MAX);
	char name[] = "x";

	/* Formatting sorts the set. */
	l.image = strdup(name);
	assert_done(lock_format(&l, &ignored, &err), &err);
	for (size_t i = 0; i < l.sets[LOCK_IMAGE].n; i++)
		buffer_printf(&got, "%s=%s ", l.sets[LOCK_IMAGE].items[i].name,
			      l.sets[LOCK_IMAGE].items[i].version);
	assert_string_equal(buffer_text(&got), c->expected);
}

static void test_solver(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(solver_cases); i++) {
		print_message("%s\n", solver_cases[i].what);
		run_case(&solver_cases[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deb822),	    cmocka_unit_test(test_deb822_refused),
		cmocka_unit_test(test_release),	    cmocka_unit_test(test_release_refused),
		cmocka_unit_test(test_apt_sources), cmocka_unit_test(test_npmrc),
		cmocka_unit_test(test_candidates),  cmocka_unit_test(test_solver),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
