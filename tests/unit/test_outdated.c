#include "test.h"

#include "base/file.h"
#include "packages/lock_list.h"
#include "packages/outdated.h"
#include "packages/package_stanza.h"
#include "packages/resolve.h"
#include "sample_compress.h"

static void stanzas(void **state)
{
	static const char text[] = "\n\nPackage: a\nDepends: b,\n c\nVersion: 1\n\nPackage: b\r\n";
	struct reader r = reader_init(SPAN_LITERAL(text));
	struct package_stanza z;

	(void)state;
	assert_true(package_stanza_next(&r, &z));
	assert_int_equal(span_compare_string(z.package, "a"), 0);
	assert_int_equal(span_compare_string(z.depends, "b,"), 0);
	assert_int_equal(span_compare_string(z.version, "1"), 0);
	assert_true(package_stanza_next(&r, &z));
	assert_int_equal(span_compare_string(z.package, "b"), 0);
	assert_int_equal(z.version.n, 0);
	assert_false(package_stanza_next(&r, &z));
	assert_true(span_compare_string(SPAN_LITERAL("a"), "ab") < 0);
	assert_true(span_compare_string(SPAN_LITERAL("ab"), "a") > 0);
	assert_true(span_compare_string(SPAN_LITERAL("b"), "ab") > 0);
}

static void versions(void **state)
{
	_cleanup_(resolver_freep) struct resolver *r = NULL;
	struct error *err = NULL;

	(void)state;
	assert_done(resolver_new("amd64", &r, &err), &err);
	assert_true(resolver_compare_versions(r, "1.10", "1.9") > 0);
	assert_true(resolver_compare_versions(r, "1:1", "2") > 0);
	assert_true(resolver_compare_versions(r, "1~rc1", "1") < 0);
	assert_int_equal(resolver_compare_versions(r, "1-1", "1-1"), 0);
}

#define PACKAGE(name, version)                                                              \
	"Package: " name "\nVersion: " version "\nArchitecture: all\nFilename: p/" name     \
	"\nSize: 1\nSHA256: 00000000000000000000000000000000000000000000000000000000000000" \
	"0a\n\n"

/* The newest of all suites, the newest of the security suite, and what is there no more. */
static void finds(void **state)
{
	static const char *const texts[] = {
		PACKAGE("same", "1") PACKAGE("old", "3"),
		PACKAGE("old", "2") PACKAGE("same", "0.9"),
	};
	static char trixie[] = "trixie", security[] = "trixie-security", debian[] = "debian";
	char *folder = test_folder();
	uint8_t xz[4096];
	struct archive_suite suites[] = {
		{.archive = debian, .suite = trixie},
		{.archive = debian, .suite = security},
	};
	const struct archive_lists lists = {suites, 2};
	struct lock_package packages[] = {
		{.name = (char[]){"gone"},
		 .version = (char[]){"1"},
		 .architecture = (char[]){"all"}},
		{.name = (char[]){"old"},
		 .version = (char[]){"1"},
		 .architecture = (char[]){"all"}},
		{.name = (char[]){"same"},
		 .version = (char[]){"1"},
		 .architecture = (char[]){"all"}},
	};
	const struct lock lock = {.sets = {[LOCK_IMAGE] = {packages, 3, 3}}};
	const struct recipe recipe = {.architecture = (char[]){"amd64"}};
	_cleanup_(outdated_release) struct outdated found = {0};
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char *path = path_join(folder, suites[i].suite);

		size_t n = compress(ARCHIVE_FILTER_XZ, span_string(texts[i]), xz, sizeof xz);

		assert_done(file_write(path, SPAN(xz, n), &err), &err);
		assert_true(string_list_take(&suites[i].packages, path) >= 0);
	}
	assert_done(outdated_find(&lock, &recipe, &lists, &found, &err), &err);
	assert_int_equal(found.n, 3);
	assert_true(found.items[0].gone);
	assert_null(found.items[0].newest.version);
	assert_string_equal(found.items[1].newest.version, "3");
	assert_string_equal(found.items[1].newest.suite, "trixie");
	assert_string_equal(found.items[1].security.version, "2");
	assert_true(found.items[1].gone);
	assert_null(found.items[2].newest.version);
	assert_false(found.items[2].gone);
	for (size_t i = 0; i < 2; i++)
		string_list_release(&suites[i].packages);
	test_folder_free(folder);
}

static void lists_of_locks(void **state)
{
	struct lock_package packages[] = {
		{.name = (char[]){"libc6"},
		 .version = (char[]){"2"},
		 .architecture = (char[]){"amd64"},
		 .path = (char[]){"pool/main/g/glibc/libc6_2_amd64.deb"}},
	};
	struct lock_npm_package parts[] = {
		{(char[]){"node_modules/x"},
		 (char[]){"1"},
		 (char[]){"@s/x/-/x-1.tgz"},
		 1,
		 {0},
		 (char[]){"MIT"}},
		{(char[]){"node_modules/y/node_modules/x"},
		 (char[]){"1"},
		 (char[]){"@s/x/-/x-1.tgz"},
		 1,
		 {0},
		 (char[]){"MIT"}},
	};
	struct lock_component components[] = {
		{.name = (char[]){"c"},
		 .kind = (char[]){"npm-lock"},
		 .version = (char[]){"1"},
		 .source = (char[]){"package-lock.json"},
		 .licence = (char[]){"MIT"},
		 .packages = parts,
		 .n_packages = 2},
	};
	struct lock_suite suites[] = {
		{(char[]){"debian"}, (char[]){"trixie-updates"}, (char[]){"20260101T000000Z"}},
		{(char[]){"debian"}, (char[]){"trixie"}, (char[]){"20260101T000000Z"}},
	};
	const struct lock lock = {
		.image = (char[]){"x"},
		.sets = {[LOCK_IMAGE] = {packages, 1, 1}},
		.components = components,
		.n_components = 1,
		.suites = suites,
		.n_suites = 2,
	};
	const struct lock_set *const sets[] = {&lock.sets[LOCK_IMAGE]};
	const struct licence *licences[] = {NULL};
	_cleanup_(lock_list_release) struct lock_list l = {0};
	struct error *err = NULL;

	(void)state;
	assert_done(lock_list_make(&lock, sets, 1, licences, true, &l, &err), &err);
	assert_int_equal(l.list.n, 2);
	assert_string_equal(l.list.items[0].source, "glibc");
	assert_string_equal(l.list.items[0].licence, "");
	assert_string_equal(l.list.suite, "trixie");
	/* One tarball at two places is one part. */
	assert_int_equal(l.list.n_parts, 1);
	assert_string_equal(l.list.parts[0].name, "@s/x");
	assert_string_equal(l.list.parts[0].component, "c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stanzas),
		cmocka_unit_test(versions),
		cmocka_unit_test(finds),
		cmocka_unit_test(lists_of_locks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
