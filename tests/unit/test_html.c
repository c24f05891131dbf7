#include "test.h"

#include "report/html.h"

static void check_text(struct span text, const char *expected)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(4096);

	html_text(&b, text);
	assert_true(buffer_ok(&b));
	assert_string_equal(buffer_text(&b), expected);
}

static void markup_is_escaped(void **state)
{
	(void)state;
	check_text(SPAN_LITERAL("<script>alert('x')</script>"),
		   "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
	check_text(SPAN_LITERAL("\" onload=\"x"), "&quot; onload=&quot;x");
	check_text(SPAN_LITERAL("a && b &lt;"), "a &amp;&amp; b &amp;lt;");
	check_text(SPAN_LITERAL("]]>-->"), "]]&gt;--&gt;");
	check_text(SPAN_LITERAL(""), "");
}

static void what_cannot_be_printed_is_shown(void **state)
{
	(void)state;
	check_text(SPAN_LITERAL("a\x1b[2Jb"), "a\\x1b[2Jb");
	check_text(SPAN_LITERAL("a\0b"), "a\\x00b");
	/* turns the direction of writing */
	check_text(SPAN_LITERAL("a\xe2\x80\xaez"), "a\\xe2\\x80\\xaez");
	/* the start of a character without its end would swallow the next byte */
	check_text(SPAN_LITERAL("\xc3<b>"), "\\xc3&lt;b&gt;");
	check_text(SPAN_LITERAL("\xc3\xa9t\xc3\xa9"), "\xc3\xa9t\xc3\xa9");
}

/* Of which the compiler does not know that it is NULL. */
struct texts {
	const char *text;
};

static void arguments_are_escaped_and_formats_are_not(void **state)
{
	volatile const struct texts empty = {NULL};
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(4096);

	(void)state;
	html_put(&b, "<a title=\"%s\">%s</a> %u %zu %lu %.1f %d%% %c", "\"", "<b>", 7u, (size_t)8,
		 (uint64_t)1 << 40, 2.25, -3, 'x');
	html_put(&b, "%s|", empty.text);
	assert_true(buffer_ok(&b));
	assert_string_equal(buffer_text(&b),
			    "<a title=\"&quot;\">&lt;b&gt;</a> 7 8 1099511627776 2.2 -3% x|");
}

static void sizes_have_three_digits_or_so(void **state)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(4096);

	(void)state;
	html_size(&b, 0);
	html_put(&b, " ");
	html_size(&b, 1023);
	html_put(&b, " ");
	html_size(&b, 1536);
	html_put(&b, " ");
	html_size(&b, 800ull << 20);
	html_put(&b, " ");
	html_size(&b, UINT64_MAX);
	assert_string_equal(buffer_text(&b), "0 B 1023 B 1.5 KiB 800 MiB 16777216 TiB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(markup_is_escaped),
		cmocka_unit_test(what_cannot_be_printed_is_shown),
		cmocka_unit_test(arguments_are_escaped_and_formats_are_not),
		cmocka_unit_test(sizes_have_three_digits_or_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
