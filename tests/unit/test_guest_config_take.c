#include "test.h"

#include <sys/stat.h>

#include "base/file.h"
#include "guest/config/node_config.h"

#define KEYS                                                    \
	"[HOSTNAME]\nType=label\nDefault=tdnode\nHelp=a name\n" \
	"[NETWORK]\nType=choice\nChoice=mainnet\nChoice=hoodi\nDefault=hoodi\nHelp=c\n"
#define DEFAULTS "HOSTNAME=tdnode\nNETWORK=hoodi\n"

/* A register, and what happens to the host's text while it is extended. */
struct fake {
	struct buffer extended;
	unsigned extensions;
	bool used, swallows;
	const char *change, *changed_to; /* a file of the host that it changes meanwhile */
	const char *published;		 /* must not be there before the last extension */
};

struct machine {
	char *folder;
	char *source, *problem, *keys, *file, *hostname;
	struct config_places places;
	struct fake fake;
	struct config_register reg;
};

static int check_unused(void *context, struct error **err)
{
	const struct fake *f = context;

	return f->used ? error_set(err, -ERROR_REFUSED, "used") : 0;
}

static int extend(void *context, struct span bytes, struct error **err)
{
	struct fake *f = context;

	assert_false(path_exists(f->published));
	f->extensions++;
	buffer_put(&f->extended, bytes);
	return f->change ? file_write(f->change, span_string(f->changed_to), err) : 0;
}

static int check_extended(void *context, struct error **err)
{
	const struct fake *f = context;

	return f->swallows ? error_set(err, -ERROR_REFUSED, "swallowed") : 0;
}

static void write_text(const char *path, const char *text)
{
	_cleanup_error_ struct error *err = NULL;

	assert_done(file_write(path, span_string(text), &err), &err);
}

static int set_up(void **state)
{
	struct machine *m = calloc(1, sizeof *m);

	m->folder = test_folder();
	m->source = path_join(m->folder, "raw");
	m->problem = path_join(m->folder, "problem");
	m->keys = path_join(m->folder, "config.d");
	m->file = path_join(m->folder, "config");
	m->hostname = path_join(m->folder, "hostname");
	m->places = (struct config_places){
		.source = m->source, .keys = m->keys, .file = m->file, .hostname = m->hostname};
	m->fake.extended = (struct buffer)BUFFER_INIT(CONFIG_MAX);
	m->fake.published = m->file;
	m->reg = (struct config_register){&m->fake, check_unused, extend, check_extended};
	assert_int_equal(directory_make(m->keys, NULL), 0);

	_cleanup_free_ char *path = path_join(m->keys, "10-base.keys");

	write_text(path, KEYS);
	write_text(m->hostname, "");
	*state = m;
	return 0;
}

static int tear_down(void **state)
{
	struct machine *m = *state;

	test_folder_free(m->folder);
	free(m->source);
	free(m->problem);
	free(m->keys);
	free(m->file);
	free(m->hostname);
	buffer_release(&m->fake.extended);
	free(m);
	return 0;
}

static void _printf_(1, 2) say(const char *fmt, ...)
{
	(void)fmt;
}

static int take(struct machine *m, enum confidential confidential, struct error **err)
{
	return node_config_take(&m->places, &m->reg, confidential, say, err);
}

static void assert_file(const char *path, const char *text)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(CONFIG_MAX);
	_cleanup_error_ struct error *err = NULL;

	assert_done(file_read(path, CONFIG_MAX, &b, &err), &err);
	assert_string_equal(buffer_text(&b), text);
}

static void assert_extended(const struct machine *m, unsigned n, struct span bytes)
{
	assert_int_equal(m->fake.extensions, n);
	assert_true(span_equal(buffer_span(&m->fake.extended), bytes));
}

static void takes_defaults(void **state)
{
	struct machine *m = *state;
	_cleanup_error_ struct error *err = NULL;
	struct stat st;

	assert_done(take(m, CONFIDENTIAL_PARAVISOR, &err), &err);
	assert_extended(m, 2, SPAN_LITERAL(DEFAULTS "\0\0\0\0"));
	assert_file(m->file, DEFAULTS);
	assert_int_equal(stat(m->file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0444);
	assert_file(m->hostname, "tdnode");
}

/* What was measured is what is published, whatever the host does meanwhile. */
static void takes_one_text(void **state)
{
	struct machine *m = *state;
	_cleanup_error_ struct error *err = NULL;

	write_text(m->source, "# mine\nNETWORK=mainnet\nHOSTNAME=one\n");
	m->fake.change = m->source;
	m->fake.changed_to = "NETWORK=hoodi\nHOSTNAME=two\n";
	assert_done(take(m, CONFIDENTIAL_NOT, &err), &err);
	assert_extended(m, 2, SPAN_LITERAL("HOSTNAME=one\nNETWORK=mainnet\n\0\0\0\0"));
	assert_file(m->file, "HOSTNAME=one\nNETWORK=mainnet\n");
	assert_file(m->hostname, "one");
}

/* Refused: the register is closed, and there is nothing to read. */
static void assert_refused(struct machine *m, enum confidential confidential, const char *message)
{
	_cleanup_error_ struct error *err = NULL;

	assert_true(take(m, confidential, &err) < 0);
	assert_string_equal(error_message(err), message);
	assert_extended(m, 1, SPAN_LITERAL("\1\0\0\0"));
	assert_false(path_exists(m->file));
	assert_file(m->hostname, "");
}

static void refuses_errors(void **state)
{
	struct machine *m = *state;

	write_text(m->source, "NETWORK=hoodi\nNETWROK=mainnet\n");
	assert_refused(m, CONFIDENTIAL_NOT, "configuration:2: unknown key 'NETWROK'");
}

static void refuses_bad_keys(void **state)
{
	struct machine *m = *state;
	_cleanup_free_ char *path = path_join(m->keys, "20-x.key");

	write_text(path, "");
	assert_refused(m, CONFIDENTIAL_NOT, "20-x.key: not named NN-NAME.keys");
}

static void refuses_used_register(void **state)
{
	struct machine *m = *state;

	m->fake.used = true;
	assert_refused(m, CONFIDENTIAL_NOT, "used");
}

static void refuses_too_much(void **state)
{
	struct machine *m = *state;
	_cleanup_free_ char *text = malloc(CONFIG_MAX + 2);

	memset(text, '#', CONFIG_MAX + 1);
	text[CONFIG_MAX + 1] = 0;
	write_text(m->source, text);
	assert_refused(m, CONFIDENTIAL_NOT, "configuration: more than the 65536 bytes allowed");
}

static void takes_the_most(void **state)
{
	struct machine *m = *state;
	_cleanup_free_ char *text = malloc(CONFIG_MAX + 1);
	_cleanup_error_ struct error *err = NULL;

	memset(text, '#', CONFIG_MAX);
	memcpy(text, "HOSTNAME=a\n", 11);
	text[CONFIG_MAX] = 0;
	write_text(m->source, text);
	assert_done(take(m, CONFIDENTIAL_NOT, &err), &err);
	assert_file(m->file, "HOSTNAME=a\nNETWORK=hoodi\n");
}

static void refuses_a_register_that_swallows(void **state)
{
	struct machine *m = *state;
	_cleanup_error_ struct error *err = NULL;

	m->fake.swallows = true;
	assert_true(take(m, CONFIDENTIAL_NOT, &err) < 0);
	assert_string_equal(error_message(err), "swallowed");
	assert_false(path_exists(m->file));
}

/* A TPM of the host proves nothing. */
static void takes_defaults_alone_from_hosts_tpm(void **state)
{
	struct machine *m = *state;

	write_text(m->source, "NETWORK=mainnet\n");
	assert_refused(
		m, CONFIDENTIAL_HOST_TPM,
		"only the defaults are taken: in this confidential VM the TPM is the host's, "
		"so nobody could prove another configuration");
}

static void takes_defaults_alone_without_tpm(void **state)
{
	struct machine *m = *state;
	_cleanup_error_ struct error *err = NULL;

	write_text(m->source, "NETWORK=mainnet\n");
	assert_true(node_config_take(&m->places, NULL, CONFIDENTIAL_NOT, say, &err) < 0);
	assert_string_equal(error_message(err),
			    "only the defaults are taken: there is no TPM, so nobody could prove "
			    "another configuration");
	error_free(TAKE_PTR(err));
	assert_false(path_exists(m->file));
	write_text(m->source, "NETWORK=hoodi\n");
	assert_done(node_config_take(&m->places, NULL, CONFIDENTIAL_NOT, say, &err), &err);
	assert_file(m->file, DEFAULTS);
	/* Once. */
	assert_true(node_config_take(&m->places, NULL, CONFIDENTIAL_NOT, say, &err) < 0);
	assert_file(m->file, DEFAULTS);
}

/* On Azure a text is owed: where there is none, nobody said that it is to be the defaults. */
static void takes_the_text_that_is_owed(void **state)
{
	struct machine *m = *state;
	_cleanup_error_ struct error *err = NULL;

	m->places.problem = m->problem;
	write_text(m->source, "");
	assert_done(take(m, CONFIDENTIAL_NOT, &err), &err);
	assert_file(m->file, DEFAULTS);
}

static void refuses_no_text_where_one_is_owed(void **state)
{
	struct machine *m = *state;

	m->places.problem = m->problem;
	assert_refused(m, CONFIDENTIAL_NOT, "user data: nobody asked for it");
}

static void says_why_there_is_no_text(void **state)
{
	struct machine *m = *state;

	m->places.problem = m->problem;
	write_text(m->problem, "user data: status 400\x1b[m");
	assert_refused(m, CONFIDENTIAL_NOT, "user data: status 400?[m");
}

static void knows_azure(void **state)
{
	static const struct {
		const char *tag;
		bool azure;
	} cases[] = {
		{"7783-7084-3265-9085-8269-3286-77\n", true},
		{"7783-7084-3265-9085-8269-3286-77", true},
		{"7783-7084-3265-9085-8269-3286-777\n", false},
		{"\n7783-7084-3265-9085-8269-3286-77\n", false},
		{"Google\n", false},
		{"", false},
	};
	struct machine *m = *state;

	char page[4097] = "7783-7084-3265-9085-8269-3286-77\n";

	assert_false(config_on_azure(m->problem, m->source));
	/* Of whatever size sysfs says that it is. */
	memset(page + strlen(page), ' ', 4096 - strlen(page));
	write_text(m->problem, page);
	assert_true(config_on_azure(m->problem, m->source));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		write_text(m->problem, cases[i].tag);
		assert_true(config_on_azure(m->problem, m->source) == cases[i].azure);
	}
	assert_int_equal(directory_make(m->source, NULL), 0);
	assert_true(config_on_azure(m->problem, m->source));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(takes_defaults),
		TEST(takes_one_text),
		TEST(refuses_errors),
		TEST(refuses_bad_keys),
		TEST(refuses_used_register),
		TEST(refuses_too_much),
		TEST(takes_the_most),
		TEST(refuses_a_register_that_swallows),
		TEST(takes_defaults_alone_from_hosts_tpm),
		TEST(takes_defaults_alone_without_tpm),
		TEST(takes_the_text_that_is_owed),
		TEST(refuses_no_text_where_one_is_owed),
		TEST(says_why_there_is_no_text),
		TEST(knows_azure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
