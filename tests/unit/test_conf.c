#include "test.h"

#include <errno.h>

#include "base/buffer.h"
#include "base/text.h"
#include "formats/conf.h"

/* Writes each entry as "section argument key value|" into a buffer. */
static int note(void *context, const struct conf_entry *e, struct error **err)
{
	struct buffer *b = context;
	const struct span parts[] = {e->section, e->argument, e->key, e->value};

	if (span_equal(e->key, SPAN_LITERAL("Fail")))
		return error_set(err, -EINVAL, "refused");
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		buffer_put(b, parts[i]);
		buffer_put_u8(b, i + 1 < ARRAY_SIZE(parts) ? ',' : '|');
	}
	return 0;
}

static void test_parse(void **state)
{
	static const char text[] = "# comment\n"
				   "; another\n"
				   "[One]\n"
				   "Key=value with = and # inside\n"
				   "  Key \t=  second  \n"
				   "\n"
				   "[Two name]\r\n"
				   "Empty=\n"
				   "Utf=gr\xc3\xbc\xc3\x9f";
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(1000);
	struct error *err = NULL;

	(void)state;
	assert_done(conf_parse("f", SPAN(text, sizeof text - 1), note, &b, &err), &err);
	assert_string_equal(buffer_text(&b), "One,,,|One,,Key,value with = and # inside|"
					     "One,,Key,second|Two,name,,|Two,name,Empty,|"
					     "Two,name,Utf,gr\xc3\xbc\xc3\x9f|");
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"[One]\nnothing\n", "f:2: no '=' in 'nothing'"},
		{"Key=1\n", "f:1: key 'Key' before any section"},
		{"[One\n", "f:1: malformed section '[One'"},
		{"[", "f:1: malformed section '['"},
		{"[]\n", "f:1: malformed section '[]'"},
		{"[One two three]\n", "f:1: malformed section '[One two three]'"},
		{"[One] # x\n", "f:1: malformed section '[One] # x'"},
		{"[One]\n=1\n", "f:2: malformed key ''"},
		{"[One]\nA B=1\n", "f:2: malformed key 'A B'"},
		{"[One]\nA=\x01\n", "f:2: control character, or not UTF-8"},
		{"[One]\nA=\xff\n", "f:2: control character, or not UTF-8"},
		{"[One]\nFail=1\n", "f:2: refused"},
	};
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(1000);

		assert_true(conf_parse("f", span_string(cases[i].text), note, &b, &err) < 0);
		assert_string_equal(error_message(err), cases[i].message);
		error_free(TAKE_PTR(err));
	}
}

static void test_utf8(void **state)
{
	static const char *const good[] = {
		"", "a\tb", "\xc2\x80", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"};
	static const char *const bad[] = {"\x80",
					  "\xc0\xaf",
					  "\xc1\xbf",
					  "\xe0\x80\xaf",
					  "\xed\xa0\x80",
					  "\xf0\x80\x80\x80",
					  "\xf4\x90\x80\x80",
					  "\xf5\x80\x80\x80",
					  "\xe2\x82",
					  "\x7f",
					  "\x1b[2J"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(conf_text_is_clean(span_string(good[i])));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(conf_text_is_clean(span_string(bad[i])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
