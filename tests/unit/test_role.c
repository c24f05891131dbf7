#include "test.h"

#include <errno.h>

#include "base/buffer.h"
#include "formats/config_text.h"
#include "formats/role.h"

#define MINIMAL "[Client]\nName=c\nProgram=/usr/bin/c\nReady=8551\n"

static void parse(const char *text, const char *configuration, struct role *ret)
{
	struct error *err = NULL;

	assert_done(role_parse("r", span_string(text), span_string(configuration), ret, &err),
		    &err);
}

/* The arguments of one line, joined by "|". */
static void assert_arguments(const char *line, const char *configuration, const char *expected)
{
	_cleanup_free_ char *text = string_printf(MINIMAL "%s\n", line);
	_cleanup_free_ char *joined = strdup("");
	_cleanup_(role_release) struct role role = {0};

	parse(text, configuration, &role);
	for (size_t i = 0; i < role.arguments.n; i++) {
		char *more = string_printf("%s%s|", joined, role.arguments.items[i]);

		free(joined);
		joined = more;
	}
	assert_string_equal(joined, expected);
}

static void a_client(void **state)
{
	_cleanup_(role_release) struct role role = {0};

	(void)state;
	parse("# one\n"
	      "[Client]\n"
	      "Name=lighthouse\n"
	      "Program=/usr/bin/lighthouse\n"
	      "Ready=5052\n"
	      "Environment=RUST_LOG=info,a=b\n"
	      "Argument=bn\n"
	      "Argument=--network={NETWORK}\n",
	      "NETWORK=hoodi\n", &role);
	assert_string_equal(role.client, "lighthouse");
	assert_string_equal(role.program, "/usr/bin/lighthouse");
	assert_int_equal(role.ready_port, 5052);
	assert_int_equal(role.environment.n, 1);
	assert_string_equal(role.environment.items[0], "RUST_LOG=info,a=b");
	assert_int_equal(role.arguments.n, 2);
	assert_string_equal(role.arguments.items[0], "bn");
	assert_string_equal(role.arguments.items[1], "--network=hoodi");
}

static void values_stay_inside_their_argument(void **state)
{
	(void)state;
	assert_arguments("Argument=--a={A}", "A=x --jwt-secret /etc/shadow\n",
			 "--a=x --jwt-secret /etc/shadow|");
	assert_arguments("Argument={A}{B}", "A={B}\nB=1\n", "{B}1|");
	assert_arguments("Argument={A}", "A=\n", "|");
	assert_arguments("Argument={{A}}", "A=1\n", "{A}|");
}

static void conditions(void **state)
{
	static const char on[] = "RPC=public\nEMPTY=\nRPC_MODULES=eth\n";

	(void)state;
	assert_arguments("ArgumentIf=RPC=public --rpc", on, "--rpc|");
	assert_arguments("ArgumentIf=RPC=publi --rpc", on, "");
	assert_arguments("ArgumentIf=RPC=publicly --rpc", on, "");
	assert_arguments("ArgumentIf=RPC!=public --rpc", on, "");
	assert_arguments("ArgumentIf=RPC!=off --rpc", on, "--rpc|");
	assert_arguments("ArgumentIf=RPC a b", on, "a b|");
	assert_arguments("ArgumentIf=EMPTY a", on, "");
	assert_arguments("ArgumentIf=EMPTY= a", on, "a|");
	assert_arguments("ArgumentIf=RPC=public&EMPTY= a", on, "a|");
	assert_arguments("ArgumentIf=RPC=off&EMPTY= a", on, "");
	assert_arguments("ArgumentIf=RPC=public&EMPTY a", on, "");
	/* What is not wanted is not looked up. */
	assert_arguments("ArgumentIf=RPC=off {NONE}", on, "");
}

static void words(void **state)
{
	static const char list[] = "X=eth  net web3 \nEMPTY=\n";

	(void)state;
	assert_arguments("Argument=[{X.commas}]", list, "[eth,net,web3]|");
	assert_arguments("Argument={X.first}", list, "eth|");
	assert_arguments("Argument=[{EMPTY.commas}{EMPTY.first}]", list, "[]|");
	assert_arguments("Words={X}", "X=--a  --b=c \n", "--a|--b=c|");
	assert_arguments("Words={X}", "X=\n", "");
	assert_arguments("Words=-x {X}", "X=1 2\n", "-x|1|2|");
}

static void refuses(void **state)
{
	static const struct {
		const char *line;
		const char *message;
	} cases[] = {
		{"Argument={NONE}", "r:5: Argument: the configuration has no key 'NONE'"},
		/* A key that begins as another one does. */
		{"Argument={KE}", "r:5: Argument: the configuration has no key 'KE'"},
		{"Argument={KEYS}", "r:5: Argument: the configuration has no key 'KEYS'"},
		{"Argument={key}", "r:5: Argument: 'key' is not the name of a key"},
		{"Argument={}", "r:5: Argument: '' is not the name of a key"},
		{"Argument={KEY", "r:5: Argument: '{' without '}'"},
		{"Argument=KEY}", "r:5: Argument: '}' without '{'"},
		{"ArgumentIf=NONE=1 a", "r:5: ArgumentIf: the configuration has no key 'NONE'"},
		{"ArgumentIf=KEY=1", "r:5: ArgumentIf: no argument after the condition"},
		{"ArgumentIf=", "r:5: ArgumentIf: no argument after the condition"},
		{"ArgumentIf=!=1 a", "r:5: ArgumentIf: '' is not the name of a key"},
		{"Environment=PATH", "r:5: Environment: 'PATH' is not NAME=value"},
		{"Environment==x", "r:5: Environment: '=x' is not NAME=value"},
		{"Name=d", "r:5: Name: given twice"},
		{"Program=/d", "r:5: Program: given twice"},
		{"Program=d", "r:5: Program: the program's path is not absolute"},
		{"Ready=1", "r:5: Ready: given twice"},
		{"Argumnt=x", "r:5: unknown key 'Argumnt'"},
		{"[Server]", "r:5: unknown section 'Server'"},
		{"[Client b]", "r:5: unknown section 'Client'"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *text = string_printf(MINIMAL "%s\n", cases[i].line);
		struct role role = {0};
		struct error *err = NULL;
		int r = role_parse("r", span_string(text), span_string("KEY=1\n"), &role, &err);

		assert_true(r < 0);
		assert_string_equal(error_message(err), cases[i].message);
		assert_null(role.program);
		error_free(err);
	}
}

static void needs_name_program_and_port(void **state)
{
	static const struct {
		const char *text;
		const char *message;
	} cases[] = {
		{"", "r: no 'Name'"},
		{"[Client]\nName=c\nReady=1\n", "r: no 'Program'"},
		{"[Client]\nName=c\nProgram=/c\n", "r: no 'Ready'"},
		{"[Client]\nReady=0\n", "r:2: Ready: '0' is not a port"},
		{"[Client]\nReady=65536\n", "r:2: Ready: '65536' is not a port"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct role role = {0};
		struct error *err = NULL;

		assert_failed(role_parse("r", span_string(cases[i].text), SPAN("", 0), &role, &err),
			      ERROR_MALFORMED, cases[i].message, &err);
	}
}

static void has_limits(void **state)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(ROLE_TEXT_MAX);
	_cleanup_(buffer_release) struct buffer configuration = BUFFER_INIT(CONFIG_TEXT_MAX);
	_cleanup_(role_release) struct role most = {0};
	struct role role = {0};
	struct error *err = NULL;

	(void)state;
	buffer_put_string(&text, MINIMAL);
	for (unsigned i = 0; i < ROLE_ARGUMENTS_MAX; i++)
		buffer_put_string(&text, "Argument=x\n");
	parse(buffer_text(&text), "", &most);
	assert_int_equal(most.arguments.n, ROLE_ARGUMENTS_MAX);
	buffer_put_string(&text, "Argument=x\n");
	assert_failed(role_parse("r", buffer_span(&text), SPAN("", 0), &role, &err), E2BIG,
		      "r:261: Argument: more than 256 arguments", &err);

	buffer_put_string(&configuration, "A=");
	while (configuration.n < 40000)
		buffer_put_u8(&configuration, 'x');
	assert_failed(role_parse("r", span_string(MINIMAL "Argument={A}{A}\n"),
				 buffer_span(&configuration), &role, &err),
		      E2BIG, "r:5: Argument: more than 65536 bytes", &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client),   cmocka_unit_test(values_stay_inside_their_argument),
		cmocka_unit_test(conditions), cmocka_unit_test(words),
		cmocka_unit_test(refuses),    cmocka_unit_test(needs_name_program_and_port),
		cmocka_unit_test(has_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
