/* Command lines: what options fill, what is refused, and how help is laid out. */
#include "tests/unit/test.h"

#include "cli/help.h"

enum colour { COLOUR_NONE, COLOUR_RED, COLOUR_GREEN, COLOUR_BLUE };

struct inner {
	const char *text;
};

struct arguments {
	const char *a, *b;
	bool flag;
	const char *text;
	struct string_list list;
	uint16_t port;
	unsigned count;
	uint64_t days;
	uint64_t size;
	enum colour colour;
	struct inner inner;
	size_t custom;
};

static void arguments_release(struct arguments *a)
{
	string_list_release(&a->list);
}

static const char *colour_name(unsigned value)
{
	static const char *const names[] = {"none", "red", "green", "blue"};

	return names[value];
}

static int take_length(void *place, const char *value, struct error **err)
{
	if (value && value[0] == '-')
		return error_set(err, -ERROR_USAGE, "no length");
	*(size_t *)place = value ? strlen(value) : 99;
	return 0;
}

static const struct option_spec inner_options[] = {
	OPTION_TEXT("inner", "FILE", struct inner, text, "a member of a member"),
	OPTIONS_END,
};

static const struct option_spec options[] = {
	OPTION_FLAG("flag", struct arguments, flag, "a flag", .letter = 'f'),
	OPTION_TEXT("text", "TEXT", struct arguments, text, "a text", .preset = "as ever"),
	OPTION_LIST("list", "ITEM", struct arguments, list, "a list"),
	OPTION_NUMBER("port", "PORT", struct arguments, port, 1, UINT16_MAX, "a port", "16 bits",
		      .preset = "80"),
	OPTION_NUMBER("count", "N", struct arguments, count, 2, 9, NULL, "32 bits", .letter = 'n'),
	OPTION_NUMBER("days", "N", struct arguments, days, 0, UINT64_MAX, NULL, "64 bits"),
	OPTION_SIZE("size", "SIZE", struct arguments, size, 4096, 1 << 30, "a size of pages",
		    "bytes", .step = 4096),
	OPTION_CHOICE("colour", "NAME", struct arguments, colour, enum colour, COLOUR_RED,
		      COLOUR_BLUE, colour_name, "colour", "a choice"),
	OPTION_GROUP("Inside", struct arguments, inner, inner, inner_options),
	OPTION_CUSTOM("length", "TEXT", struct arguments, custom, take_length, "its length"),
	OPTION_CUSTOM("longest", NULL, struct arguments, custom, take_length, "ninety-nine"),
	OPTIONS_END,
};

static const struct command plain = {
	.name = "plain",
	.forms = {{.operands = {OPERAND("A", struct arguments, a),
				OPERAND_OPTIONAL("B", struct arguments, b)}}},
	.about = "About it.",
	.options = options,
	.example = "tdnode plain x",
};

static const struct option_spec verb_options[] = {
	OPTION_TEXT("key", "KEY", struct arguments, text, "the key", .verb = "open",
		    .required = true),
	OPTION_FLAG("dry-run", struct arguments, flag, "change nothing", .verb = "clean"),
	OPTIONS_END,
};

static const struct command verbs = {
	.name = "verbs",
	.forms = {{.verb = "open", .operands = {OPERAND("A", struct arguments, a)}},
		  {.verb = "clean"}},
	.about = "One line that is so long that it does not fit into the eighty columns of a "
		 "terminal.\n"
		 "\n"
		 "  as it stands:   untouched\n"
		 "Another.",
	.options = verb_options,
	.notes = "Behind them.",
	.example = "tdnode verbs clean\ntdnode verbs open x --key k",
};

/* A command line of words with one blank between. */
static int parse(const struct command *c, const char *line, struct arguments *ret,
		 struct error **err)
{
	static char text[512];
	char *argv[32] = {0};
	int argc = 0;

	snprintf(text, sizeof text, "%s", line);
	for (char *rest = text; rest;)
		argv[argc++] = strsep(&rest, " ");
	return command_parse(c, argc, argv, ret, err);
}

static void takes(const char *line, struct arguments *ret)
{
	*ret = (struct arguments){0};
	assert_int_equal(parse(&plain, line, ret, NULL), 0);
}

static void refuses(const struct command *c, const char *line, const char *message)
{
	_cleanup_(arguments_release) struct arguments a = {0};
	_cleanup_error_ struct error *e = NULL;

	assert_int_equal(parse(c, line, &a, &e), -ERROR_USAGE);
	assert_string_equal(error_message(e), message);
}

static void test_presets(void **state _unused_)
{
	struct arguments a;

	takes("plain x", &a);
	assert_string_equal(a.a, "x");
	assert_null(a.b);
	assert_false(a.flag);
	assert_string_equal(a.text, "as ever");
	assert_int_equal(a.port, 80);
	assert_int_equal(a.count, 0);
	assert_int_equal(a.colour, COLOUR_NONE);
	assert_int_equal(a.list.n, 0);
}

static void test_values(void **state _unused_)
{
	_cleanup_(arguments_release) struct arguments a;

	takes("plain --flag x --text t --list 1 --list=2 y --port 65535 --count 9 --colour blue "
	      "--inner i",
	      &a);
	assert_string_equal(a.b, "y");
	assert_true(a.flag);
	assert_string_equal(a.text, "t");
	assert_int_equal(a.list.n, 2);
	assert_string_equal(a.list.items[1], "2");
	assert_int_equal(a.port, 65535);
	assert_int_equal(a.count, 9);
	assert_int_equal(a.colour, COLOUR_BLUE);
	assert_string_equal(a.inner.text, "i");
}

static void test_letters(void **state _unused_)
{
	struct arguments a;

	takes("plain x -f", &a);
	assert_true(a.flag);
	assert_int_equal(a.count, 0);
	takes("plain -n 7 x", &a);
	assert_false(a.flag);
	assert_int_equal(a.count, 7);
	assert_string_equal(a.a, "x");
	takes("plain -fn8 x", &a);
	assert_true(a.flag);
	assert_int_equal(a.count, 8);
	/* What is left of a group that was refused is none of the next command line. */
	refuses(&plain, "plain x -gf", "unknown option '-g'");
	takes("plain x", &a);
	assert_false(a.flag);
	takes("plain -- -f", &a);
	assert_false(a.flag);
	assert_string_equal(a.a, "-f");
}

/* A number fills its member and nothing beside it. */
static void test_widths(void **state _unused_)
{
	struct arguments a;

	takes("plain x --days 18446744073709551615 --size 8K --length four", &a);
	assert_true(a.days == UINT64_MAX);
	assert_int_equal(a.size, 8192);
	assert_int_equal(a.custom, 4);
	assert_int_equal(a.count, 0);
	assert_int_equal(a.colour, COLOUR_NONE);
	takes("plain x --count 7 --port 1 --longest", &a);
	assert_int_equal(a.port, 1);
	assert_int_equal(a.count, 7);
	assert_int_equal(a.custom, 99);
}

static void test_bounds(void **state _unused_)
{
	refuses(&plain, "plain x --port 0", "--port '0' is not a port");
	refuses(&plain, "plain x --port 65536", "--port '65536' is not a port");
	refuses(&plain, "plain x --port 8K", "--port '8K' is not a port");
	refuses(&plain, "plain x --count 1", "--count '1' is not a number from 2 to 9");
	refuses(&plain, "plain x --count 10", "--count '10' is not a number from 2 to 9");
	refuses(&plain, "plain x --size 0", "--size '0' is not a size of pages");
	refuses(&plain, "plain x --size 6K", "--size '6K' is not a size of pages");
	refuses(&plain, "plain x --size 2G", "--size '2G' is not a size of pages");
	refuses(&plain, "plain x --colour none", "unknown colour 'none': use red, green or blue");
	refuses(&plain, "plain x --length=-", "no length");
}

static void test_options(void **state _unused_)
{
	refuses(&plain, "plain x --flags", "unknown option '--flags'");
	refuses(&plain, "plain x --flag=1", "option '--flag=1' takes no value");
	refuses(&plain, "plain x --text", "option '--text' needs a value");
	refuses(&plain, "plain x -g", "unknown option '-g'");
	refuses(&plain, "plain x -fg", "unknown option '-g'");
	refuses(&plain, "plain x -n", "option '-n' needs a value");
	refuses(&plain, "plain x -n 1", "--count '1' is not a number from 2 to 9");
	refuses(&plain, "plain", "usage: tdnode plain A [B] [options]");
	refuses(&plain, "plain x y z", "usage: tdnode plain A [B] [options]");
}

static void test_verbs(void **state _unused_)
{
	static const char usage[] =
		"usage: tdnode verbs open A --key KEY, or tdnode verbs clean [--dry-run]";
	struct arguments a = {0};

	assert_int_equal(parse(&verbs, "verbs open x --key k", &a, NULL), 0);
	assert_string_equal(a.a, "x");
	assert_int_equal(parse(&verbs, "verbs clean", &a, NULL), 1);
	refuses(&verbs, "verbs", usage);
	refuses(&verbs, "verbs mend", usage);
	refuses(&verbs, "verbs open", usage);
	refuses(&verbs, "verbs clean x", usage);
	refuses(&verbs, "verbs open x", "which key? Give --key KEY");
	refuses(&verbs, "verbs clean --key k", "--key is for 'tdnode verbs open'");
}

static void has_help(const struct command *c, const char *text)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(HELP_MAX);

	assert_int_equal(help_text(c, &b, NULL), 0);
	assert_string_equal(buffer_text(&b), text);
}

static void test_help(void **state _unused_)
{
	has_help(&plain, "usage: tdnode plain A [B] [options]\n"
			 "\n"
			 "About it.\n"
			 "\n"
			 "  -f, --flag     a flag\n"
			 "  --text TEXT    a text (as ever)\n"
			 "  --list ITEM    a list; may be given several times\n"
			 "  --port PORT    16 bits (80)\n"
			 "  -n, --count N  32 bits\n"
			 "  --days N       64 bits\n"
			 "  --size SIZE    bytes\n"
			 "  --colour NAME  a choice\n"
			 "\n"
			 "Inside:\n"
			 "  --inner FILE   a member of a member\n"
			 "  --length TEXT  its length\n"
			 "  --longest      ninety-nine\n"
			 "\n"
			 "example: tdnode plain x\n");
	has_help(&verbs,
		 "usage: tdnode verbs open A --key KEY\n"
		 "       tdnode verbs clean [--dry-run]\n"
		 "\n"
		 "One line that is so long that it does not fit into the eighty columns of a\n"
		 "terminal.\n"
		 "\n"
		 "  as it stands:   untouched\n"
		 "Another.\n"
		 "\n"
		 "  --key KEY  open: the key\n"
		 "  --dry-run  clean: change nothing\n"
		 "\n"
		 "Behind them.\n"
		 "\n"
		 "example: tdnode verbs clean\n"
		 "         tdnode verbs open x --key k\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_presets), cmocka_unit_test(test_values),
		cmocka_unit_test(test_widths),	cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_options), cmocka_unit_test(test_verbs),
		cmocka_unit_test(test_help),	cmocka_unit_test(test_letters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
