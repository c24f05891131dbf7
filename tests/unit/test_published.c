#include "test.h"

#include "formats/checksum_list.h"
#include "formats/published.h"
#include "formats/release_answer.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES "1111111111111111111111111111111111111111111111111111111111111111"
#define MANIFEST(image, debug, disk)                                                              \
	"{\"image\": \"" image "\", \"debug\": " debug ", \"artefacts\": [{\"name\": \"x.raw\", " \
	"\"size\": 5, \"sha256\": \"" disk "\"}], \"packages\": [{\"name\": \"a\", \"version\": " \
	"\"1\", \"architecture\": \"all\", \"sha256\": \"" ZEROS                                  \
	"\"}], \"components\": [{\"name\": "                                                      \
	"\"c\", \"version\": \"2\", \"sha256\": \"" ONES "\"}]}"
#define MEASUREMENTS(file, debug, disk)                                                          \
	"{\"banks\": {}, \"image\": {\"debug\": " debug "}, \"file\": {\"name\": \"" file "\", " \
	"\"size\": 5, \"sha256\": \"" disk "\"}}"

static void parse(const char *text, struct published *ret)
{
	struct error *err = NULL;

	assert_done(published_parse(span_string(text), ret, &err), &err);
}

static void reads_manifests(void **state)
{
	_cleanup_(published_release) struct published p = {0};

	(void)state;
	parse(MANIFEST("x", "false", ONES), &p);
	assert_true(p.is_manifest);
	assert_string_equal(p.image, "x");
	assert_int_equal(p.n_artefacts, 1);
	assert_int_equal(published_find(&p, "x.raw")->size, 5);
	assert_null(published_find(&p, "y.raw"));
	assert_int_equal(p.n_packages, 2);
	assert_string_equal(p.packages[0].architecture, "all");
	assert_null(p.packages[1].architecture);
	assert_false(p.has_lock);
}

static void reads_measurements(void **state)
{
	_cleanup_(published_release) struct published p = {0};

	(void)state;
	parse(MEASUREMENTS("x.raw", "true", ONES), &p);
	assert_false(p.is_manifest);
	assert_true(p.debug);
	assert_string_equal(p.image, "x");
	assert_string_equal(p.artefacts[0].name, "x.raw");
}

static void pairs(void **state)
{
	static const struct {
		const char *manifest, *measurements;
		int code;
	} cases[] = {
		{MANIFEST("x", "false", ONES), MEASUREMENTS("x.raw", "false", ONES), 0},
		{MANIFEST("x", "false", ONES), MEASUREMENTS("x.raw", "false", ZEROS),
		 ERROR_REFUSED},
		{MANIFEST("x", "false", ONES), MEASUREMENTS("x.raw", "true", ONES), ERROR_REFUSED},
		{MANIFEST("y", "false", ONES), MEASUREMENTS("x.raw", "false", ONES), ERROR_REFUSED},
		{MANIFEST("x", "false", ONES), MEASUREMENTS("y.raw", "false", ONES), ERROR_REFUSED},
		{MANIFEST("x", "false", ONES), MANIFEST("x", "false", ONES), ERROR_REFUSED},
		{MEASUREMENTS("x.raw", "false", ONES), MEASUREMENTS("x.raw", "false", ONES),
		 ERROR_REFUSED},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(published_release) struct published a = {0}, b = {0};

		parse(cases[i].manifest, &a);
		parse(cases[i].measurements, &b);
		assert_int_equal(published_check_pair(&a, &b, NULL), -cases[i].code);
	}
}

static void refuses(void **state)
{
	static const char *const texts[] = {
		"[]",
		"{}",
		MANIFEST("../x", "false", ONES),
		MANIFEST("x", "1", ONES),
		MANIFEST("x", "false", "00"),
		MEASUREMENTS("x.vhd", "false", ONES),
		MEASUREMENTS(".raw", "false", ONES),
		MEASUREMENTS("a/x.raw", "false", ONES),
		MEASUREMENTS("x.raw", "false", "zz"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct published p = {0};

		assert_true(published_parse(span_string(texts[i]), &p, NULL) < 0);
	}
}

static void checksum_lists(void **state)
{
	static const struct {
		const char *text;
		int code;
		size_t n;
	} cases[] = {
		{"", 0, 0},
		{ZEROS "  a\n" ONES "  b c\n", 0, 2},
		{ZEROS "  a", 0, 1},
		{ZEROS "  a\n" ONES "  a\n", ERROR_MALFORMED, 0},
		{ZEROS " *a\n", ERROR_MALFORMED, 0},
		{ZEROS "  \n", ERROR_MALFORMED, 0},
		{ZEROS "  a/b\n", ERROR_MALFORMED, 0},
		{ZEROS "  .a\n", ERROR_MALFORMED, 0},
		{"0  a\n", ERROR_MALFORMED, 0},
		{ZEROS "  a\n\n", ERROR_MALFORMED, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(checksum_list_release) struct checksum_list l = {0};

		assert_int_equal(checksum_list_parse(span_string(cases[i].text), &l, NULL),
				 -cases[i].code);
		assert_int_equal(l.n, cases[i].n);
	}
}

static void answers(void **state)
{
	char text[RELEASE_VERSION_MAX];
	struct release_npm npm;
	struct error *err = NULL;

	(void)state;
	assert_done(release_answer_npm(SPAN_LITERAL("{\"version\": \"1.2.3\", \"dist\": "
						    "{\"signatures\": [{}]}}"),
				       &npm, &err),
		    &err);
	assert_string_equal(npm.version, "1.2.3");
	assert_true(npm.is_signed);
	assert_string_equal(npm.deprecated, "");
	assert_done(release_answer_npm(SPAN_LITERAL("{\"version\": \"1\", \"dist\": {}, "
						    "\"deprecated\": \"gone\\n\\u001b[2J\"}"),
				       &npm, &err),
		    &err);
	assert_false(npm.is_signed);
	assert_string_equal(npm.deprecated, "gone??[2J");
	/* Null and false are what registries say of a version that is not. */
	assert_done(
		release_answer_npm(
			SPAN_LITERAL("{\"version\": \"1\", \"dist\": {}, \"deprecated\": null}"),
			&npm, &err),
		&err);
	assert_string_equal(npm.deprecated, "");
	assert_done(
		release_answer_npm(
			SPAN_LITERAL("{\"version\": \"1\", \"dist\": {}, \"deprecated\": true}"),
			&npm, &err),
		&err);
	assert_string_equal(npm.deprecated, "no reason is given");
	assert_done(release_answer_github(SPAN_LITERAL("{\"tag_name\": \"v1\"}"), text, &err),
		    &err);
	assert_string_equal(text, "v1");
	/* Nothing that a terminal would obey. */
	assert_failed(
		release_answer_github(SPAN_LITERAL("{\"tag_name\": \"v\\u001b[2J\"}"), text, &err),
		ERROR_MALFORMED, "'tag_name' is no word", &err);
	assert_failed(release_answer_github(SPAN_LITERAL("{\"tag_name\": \"\"}"), text, &err),
		      ERROR_MALFORMED, "'tag_name' is empty or too long", &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_manifests), cmocka_unit_test(reads_measurements),
		cmocka_unit_test(pairs),	   cmocka_unit_test(refuses),
		cmocka_unit_test(checksum_lists),  cmocka_unit_test(answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
