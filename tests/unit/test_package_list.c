#include "test.h"

#include <errno.h>

#include "base/text.h"
#include "formats/package_list.h"

#define SHA256_A "00000000000000000000000000000000000000000000000000000000000000aa"

static void round_trip(void **state)
{
	struct package_list_item items[] = {
		{"libc6", "2.41-12", "amd64", "glibc", SHA256_A, "GPL-2", "", NULL, NULL},
		{"anvil", "1.7.1", NULL, "a/-/a.tgz", SHA256_A, "MIT", NULL, "npm", NULL},
	};
	struct package_list_item parts[] = {
		{"undici", "6.0.0", NULL, NULL, SHA256_A, "MIT", NULL, NULL, "anvil"},
	};
	const struct package_list l = {
		.image = "devnet",
		.debug = true,
		.suite = "trixie",
		.date = "2026-11-26T21:03:36Z",
		.items = items,
		.n = 2,
		.parts = parts,
		.n_parts = 1,
	};
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(PACKAGE_LIST_MAX);
	_cleanup_(package_list_release) struct package_list again = {0};
	struct error *err = NULL;

	(void)state;
	assert_done(package_list_format(&l, &text, &err), &err);
	assert_string_equal(
		buffer_text(&text),
		"{\"version\": 3, \"image\": \"devnet\", \"debug\": true, \"suite\": \"trixie\", "
		"\"date\": \"2026-11-26T21:03:36Z\",\n"
		"\"packages\": [\n"
		"{\"name\": \"libc6\", \"version\": \"2.41-12\", \"architecture\": \"amd64\", "
		"\"source\": \"glibc\", \"sha256\": \"" SHA256_A
		"\", \"licence\": \"GPL-2\", \"concluded\": \"\"}\n"
		"],\n"
		"\"components\": [\n"
		"{\"name\": \"anvil\", \"version\": \"1.7.1\", \"kind\": \"npm\", "
		"\"source\": \"a/-/a.tgz\", \"sha256\": \"" SHA256_A "\", \"licence\": \"MIT\"}\n"
		"],\n"
		"\"parts\": [\n"
		"{\"name\": \"undici\", \"version\": \"6.0.0\", \"component\": \"anvil\", "
		"\"sha256\": \"" SHA256_A "\", \"licence\": \"MIT\"}\n"
		"]}\n");
	assert_done(package_list_parse(buffer_span(&text), &again, &err), &err);
	assert_int_equal(again.n, 2);
	assert_true(again.debug);
	assert_string_equal(again.image, "devnet");
	assert_string_equal(again.suite, "trixie");
	assert_string_equal(again.items[0].architecture, "amd64");
	assert_string_equal(again.items[0].source, "glibc");
	assert_string_equal(again.items[1].name, "anvil");
	assert_string_equal(again.items[1].kind, "npm");
	assert_null(again.items[1].architecture);
	assert_int_equal(again.n_parts, 1);
	assert_string_equal(again.parts[0].component, "anvil");
}

/* As images of tdnode before 0.2 have it. */
static void reads_version_1(void **state)
{
	static const char text[] =
		"{\"version\": 1, \"image\": \"devnet\", \"debug\": true,\n"
		"\"packages\": [\n"
		"{\"name\": \"libc6\", \"version\": \"2.41-12\", \"architecture\": \"amd64\"}\n"
		"],\n\"components\": [\n{\"name\": \"anvil\", \"version\": \"1.7.1\"}\n]}\n";
	_cleanup_(package_list_release) struct package_list l = {0};
	struct error *err = NULL;

	(void)state;
	assert_done(package_list_parse(SPAN_LITERAL(text), &l, &err), &err);
	assert_int_equal(l.n, 2);
	assert_int_equal(l.n_parts, 0);
	assert_null(l.date);
	assert_null(l.items[0].sha256);
	assert_string_equal(l.items[1].version, "1.7.1");
}

static void refuses(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *message;
	} cases[] = {
		{"{", ERROR_MALFORMED,
		 "list of packages: line 1: string or '}' expected near end of file"},
		{"[]", ERROR_MALFORMED, "list of packages: Expected object, got array"},
		{"{\"version\": 4, \"image\": \"x\", \"debug\": true, \"packages\": [], "
		 "\"components\": []}",
		 ERROR_UNSUPPORTED, "list of packages: version 4, not 3"},
		{"{\"version\": 2, \"image\": \"x\", \"debug\": true, \"packages\": [], "
		 "\"components\": [], \"parts\": []}",
		 ERROR_MALFORMED, "list of packages: Object item not found: suite"},
		{"{\"version\": 2, \"image\": \"x\", \"debug\": true, \"suite\": \"\", \"date\": "
		 "\"\", \"components\": [], \"parts\": [], \"packages\": [{\"name\": \"a\", "
		 "\"version\": \"1\", \"architecture\": \"all\", \"source\": \"a\", \"licence\": "
		 "\"\", \"sha256\": \"00\"}]}",
		 ERROR_MALFORMED, "list of packages: packages[0]: 'sha256' is no digest"},
		{"{\"version\": 1, \"image\": \"x\", \"debug\": true, \"packages\": {}, "
		 "\"components\": []}",
		 ERROR_MALFORMED,
		 "list of packages: 'packages', 'components' or 'parts' is not an array"},
		{"{\"version\": 1, \"image\": \"x\", \"debug\": true, \"packages\": [], "
		 "\"components\": [{\"name\": \"a\"}]}",
		 ERROR_MALFORMED,
		 "list of packages: components[0]: Object item not found: version"},
		{"{\"version\": 1, \"image\": \"x\", \"debug\": true, \"packages\": [], "
		 "\"components\": [], \"more\": 1}",
		 ERROR_MALFORMED, "list of packages: 1 object item(s) left unpacked: more"},
		{"", ERROR_MALFORMED, "list of packages: empty"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct package_list l = {0};
		struct error *err = NULL;

		assert_failed(package_list_parse(span_string(cases[i].text), &l, &err),
			      cases[i].code, cases[i].message, &err);
	}
}

static void refuses_long_lists(void **state)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(2 * PACKAGE_LIST_MAX);
	struct package_list l = {0};
	struct error *err = NULL;

	(void)state;
	buffer_put_string(&text, "{\"version\": 1, \"image\": \"x\", \"debug\": true, "
				 "\"components\": [], \"packages\": [1");
	for (size_t i = 0; i < PACKAGE_LIST_ITEMS_MAX; i++)
		buffer_put_string(&text, ",1");
	buffer_put_string(&text, "]}");
	assert_failed(package_list_parse(buffer_span(&text), &l, &err), EFBIG,
		      "list of packages: more than 8192 packages", &err);
	buffer_put_zeros(&text, PACKAGE_LIST_MAX);
	assert_int_equal(package_list_parse(buffer_span(&text), &l, NULL), -EFBIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(reads_version_1),
		cmocka_unit_test(refuses),
		cmocka_unit_test(refuses_long_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
