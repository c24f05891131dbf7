#include "test.h"

#include <errno.h>

#include "base/text.h"
#include "guest/firewall/firewall.h"

static struct firewall parse(const char *policy)
{
	struct firewall f = {0};
	struct error *err = NULL;

	assert_done(firewall_parse("p", span_string(policy), &f, &err), &err);
	return f;
}

static struct firewall configure(const char *policy, const char *configuration)
{
	struct firewall f = parse(policy);
	struct error *err = NULL;

	assert_done(firewall_configure(&f, span_string(configuration), &err), &err);
	return f;
}

/* The lines of a chain behind its fixed ones, each ended by ";". */
static char *chain(const struct firewall *f, const char *name, const char *last_fixed)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(FIREWALL_TEXT_MAX);
	_cleanup_(buffer_release) struct buffer lines = BUFFER_INIT(FIREWALL_TEXT_MAX);
	_cleanup_free_ char *begin = string_printf("chain %s {", name);
	bool in_chain = false, in_lines = false;
	struct span line;

	firewall_ruleset(f, &text);
	assert_true(buffer_ok(&text));

	struct reader reader = reader_init(buffer_span(&text));

	while (reader_line(&reader, &line)) {
		struct span trimmed = span_trim(line);
		size_t at;

		if (span_equal(trimmed, span_string(begin)))
			in_chain = true;
		else if (in_chain && span_equal(trimmed, SPAN_LITERAL("}")))
			in_chain = in_lines = false;
		else if (in_lines)
			buffer_printf(&lines, "%.*s;", (int)trimmed.n, (const char *)trimmed.p);
		else if (in_chain && span_find(trimmed, span_string(last_fixed), &at))
			in_lines = true;
	}
	return buffer_steal_text(&lines);
}

static void assert_chain(const struct firewall *f, const char *name, const char *last_fixed,
			 const char *expected)
{
	_cleanup_free_ char *found = chain(f, name, last_fixed);

	assert_string_equal(found ? found : "", expected);
}

static void test_closed(void **state)
{
	struct firewall f = {0};

	(void)state;
	assert_chain(&f, "input", "ct state invalid drop", "");
	assert_chain(&f, "output", "icmpv6", "");
	assert_chain(&f, "forward", "policy drop", "");
	assert_chain(&f, "prerouting_untracked", "priority raw", "");
}

static void test_listen(void **state)
{
	struct firewall f = parse("[Listen]\nTcp=30303\nUdp=30303\nUdp=30304\n[Listen]\nTcp=1\n");

	(void)state;
	assert_chain(&f, "input", "ct state invalid drop",
		     "tcp dport { 30303 } accept;udp dport { 30303, 30304 } accept;"
		     "tcp dport { 1 } accept;");
	assert_chain(&f, "output", "icmpv6", "udp sport { 30303, 30304 } accept;");
	assert_chain(&f, "prerouting_untracked", "priority raw",
		     "udp dport { 30303, 30304 } notrack;");
	assert_chain(&f, "output_untracked", "priority raw", "udp sport { 30303, 30304 } notrack;");
}

static void test_connect(void **state)
{
	struct firewall f = parse("[Connect]\nUser=a\nTcp=53\nUdp=53\n"
				  "[Connect]\nUser=b\n"
				  "[Connect]\nUser=c\nAddress=169.254.169.254\nTcp=80\n"
				  "[Connect]\nUser=c\nAddress=2001:DB8:0::1\n");

	(void)state;
	for (size_t i = 0; i < f.n; i++)
		f.rules[i].uid = 10 + (uid_t)i;
	assert_chain(&f, "input", "ct state invalid drop", "");
	assert_chain(&f, "output", "icmpv6",
		     "meta skuid 10 tcp dport { 53 } accept;meta skuid 10 udp dport { 53 } accept;"
		     "meta skuid 11 accept;"
		     "meta skuid 12 ip daddr 169.254.169.254 tcp dport { 80 } accept;"
		     "meta skuid 13 ip6 daddr 2001:db8::1 accept;");
}

static void test_configuration(void **state)
{
	static const char policy[] = "[Listen]\nTcp=8545\nWhen=RPC public\n[Listen]\nTcp=1\n";
	static const struct {
		const char *configuration, *expected;
	} cases[] = {
		{"", "tcp dport { 1 } accept;"},
		{"RPC=off\n", "tcp dport { 1 } accept;"},
		{"RPC=\n", "tcp dport { 1 } accept;"},
		{"RPC=publicly\n", "tcp dport { 1 } accept;"},
		{"XRPC=public\n", "tcp dport { 1 } accept;"},
		{"RPC2=public\nMETRICS=public\n", "tcp dport { 1 } accept;"},
		{"A=RPC=public\n", "tcp dport { 1 } accept;"},
		{"RPC=public\n", "tcp dport { 8545 } accept;tcp dport { 1 } accept;"},
		{"RPC2=off\nRPC=public\n", "tcp dport { 8545 } accept;tcp dport { 1 } accept;"},
		{"A=\nRPC=public", "tcp dport { 8545 } accept;tcp dport { 1 } accept;"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct firewall f = configure(policy, cases[i].configuration);

		assert_chain(&f, "input", "ct state invalid drop", cases[i].expected);
	}
}

static void test_is_configured(void **state)
{
	struct firewall with = parse("[Listen]\nTcp=1\n[Listen]\nTcp=8545\nWhen=RPC public\n"),
			without = parse("[Listen]\nTcp=1\n[Connect]\nUser=a\n");

	(void)state;
	assert_true(firewall_is_configured(&with));
	assert_false(firewall_is_configured(&without));
}

static void test_bad_configuration(void **state)
{
	struct firewall f = parse("[Listen]\nTcp=1\n");
	struct error *err = NULL;

	(void)state;
	assert_failed(firewall_configure(&f, span_string("A=b\nRPC\n"), &err), ERROR_MALFORMED,
		      "line 2 of the configuration: no '='", &err);
	assert_failed(firewall_configure(&f, span_string("\n"), &err), ERROR_MALFORMED,
		      "line 1 of the configuration: no '='", &err);
}

static void test_bad_policies(void **state)
{
	static const struct {
		const char *policy, *message;
	} cases[] = {
		{"[Open]\n", "p:1: unknown section: [Listen] or [Connect]"},
		{"[Listen a]\n", "p:1: unknown section: [Listen] or [Connect]"},
		{"[Listen]\n", "p: at its end: [Listen] without 'Tcp=' or 'Udp='"},
		{"[Listen]\nWhen=A b\n[Listen]\nTcp=1\n", "p:3: [Listen] without 'Tcp=' or 'Udp='"},
		{"[Connect]\n", "p: at its end: [Connect] without 'User='"},
		{"[Connect]\nTcp=1\n", "p: at its end: [Connect] without 'User='"},
		{"[Listen]\nTcp=0\n", "p:2: '0' is no port"},
		{"[Listen]\nTcp=65536\n", "p:2: '65536' is no port"},
		{"[Listen]\nTcp=1 }\n", "p:2: '1 }' is no port"},
		{"[Listen]\nTcp=\n", "p:2: '' is no port"},
		{"[Listen]\nUser=a\n", "p:2: unknown key 'User' in [Listen]"},
		{"[Connect]\nPort=1\n", "p:2: unknown key 'Port' in [Connect]"},
		{"[Connect]\nUser=a b\n", "p:2: User=: 'a b' is no name"},
		{"[Connect]\nUser=\n", "p:2: User=: '' is no name"},
		{"[Connect]\nUser=a\nUser=b\n", "p:3: User= is given twice"},
		{"[Connect]\nUser=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
		 "p:2: User=: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' is no name"},
		{"[Connect]\nAddress=1.2.3\n", "p:2: '1.2.3' is no address"},
		{"[Connect]\nAddress=1.2.3.4\nAddress=::\n", "p:3: Address= is given twice"},
		{"[Listen]\nWhen=RPC\n", "p:2: When=: '' is no name"},
		{"[Listen]\nWhen=RPC a b\n", "p:2: When=: more than a key and a value"},
		{"[Listen]\nWhen=RPC a\nWhen=RPC b\n", "p:3: When= is given twice"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct firewall f = {0};
		struct error *err = NULL;

		assert_failed(firewall_parse("p", span_string(cases[i].policy), &f, &err),
			      ERROR_MALFORMED, cases[i].message, &err);
	}
}

/* As many as are allowed, and one more; the rule set of the most fits. */
static void test_limits(void **state)
{
	_cleanup_(buffer_release) struct buffer policy = BUFFER_INIT(FIREWALL_TEXT_MAX);
	_cleanup_(buffer_release) struct buffer rules = BUFFER_INIT(FIREWALL_TEXT_MAX);
	struct firewall f = {0};
	struct error *err = NULL;

	(void)state;
	for (unsigned i = 0; i < FIREWALL_RULES_MAX; i++) {
		buffer_put_string(&policy, "[Listen]\n");
		for (unsigned k = 0; k < FIREWALL_PORTS_MAX; k++)
			buffer_put_string(&policy, "Tcp=10000\nUdp=10000\n");
	}
	assert_done(firewall_parse("p", buffer_span(&policy), &f, &err), &err);
	firewall_ruleset(&f, &rules);
	assert_true(buffer_ok(&rules));
	assert_failed(firewall_parse("q", span_string("[Listen]\nTcp=1\n"), &f, &err), E2BIG,
		      "q:1: more than 64 rules", &err);

	struct firewall one = {0};

	buffer_release(&policy);
	policy = (struct buffer)BUFFER_INIT(FIREWALL_TEXT_MAX);
	buffer_put_string(&policy, "[Listen]\n");
	for (unsigned k = 0; k <= FIREWALL_PORTS_MAX; k++)
		buffer_put_string(&policy, "Udp=1\n");
	assert_failed(firewall_parse("p", buffer_span(&policy), &one, &err), E2BIG,
		      "p:18: more than 16 ports", &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_closed),	      cmocka_unit_test(test_listen),
		cmocka_unit_test(test_connect),	      cmocka_unit_test(test_configuration),
		cmocka_unit_test(test_is_configured), cmocka_unit_test(test_bad_configuration),
		cmocka_unit_test(test_bad_policies),  cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
