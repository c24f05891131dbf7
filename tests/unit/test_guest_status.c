#include "test.h"

#include <pthread.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "guest/status/status.h"

static void test_clients(void **state)
{
	struct error *err = NULL;
	struct clients c;

	(void)state;
	assert_done(
		clients_parse("status.conf",
			      SPAN_LITERAL("# two\n[Role execution]\nUnit=a.service\nPort=8545\n"
					   "[Role consensus]\nUnit=b.service\nPort=5052\n"),
			      &c, &err),
		&err);
	assert_int_equal(c.n, 2);
	assert_string_equal(c.items[0].name, "execution");
	assert_string_equal(c.items[1].unit, "b.service");
	assert_int_equal(c.items[1].kind, CLIENT_CONSENSUS);
	assert_int_equal(c.items[1].port, 5052);
	assert_done(clients_parse("status.conf", SPAN_LITERAL(""), &c, &err), &err);
	assert_int_equal(c.n, 0);
	assert_failed(clients_parse("s", SPAN_LITERAL("[Role validator]\n"), &c, &err),
		      ERROR_MALFORMED, "s:1: neither 'execution' nor 'consensus'", &err);
	assert_failed(clients_parse("s", SPAN_LITERAL("[Role execution]\nPort=0\n"), &c, &err),
		      ERROR_MALFORMED, "s:2: neither Unit=NAME nor Port=1 to 65535", &err);
	assert_failed(clients_parse("s", SPAN_LITERAL("[Role execution]\nUnit=../x\n"), &c, &err),
		      ERROR_MALFORMED, "s:2: neither Unit=NAME nor Port=1 to 65535", &err);
	assert_failed(clients_parse("s", SPAN_LITERAL("[Role execution]\nPort=1\n"), &c, &err),
		      ERROR_MALFORMED, "s: role 'execution' without unit or port", &err);
	assert_failed(clients_parse("s", SPAN_LITERAL("[Other]\n"), &c, &err), ERROR_MALFORMED,
		      "s:1: unknown section", &err);
}

static void test_execution(void **state)
{
	struct status_role r = {0};

	(void)state;
	execution_take("web3_clientVersion", SPAN_LITERAL("{\"result\":\"anvil/v1\\u001b\"}"), &r);
	execution_take("net_peerCount", SPAN_LITERAL("{\"result\":\"0x1f\"}"), &r);
	execution_take("eth_blockNumber", SPAN_LITERAL("{\"result\":\"0x10\"}"), &r);
	execution_take("eth_syncing",
		       SPAN_LITERAL("{\"result\":{\"highestBlock\":\"0x20\",\"stages\":[]}}"), &r);
	assert_string_equal(r.version, "anvil/v1");
	assert_int_equal(r.peers.value, 31);
	assert_int_equal(r.head.value, 16);
	assert_int_equal(r.sync, STATUS_SYNC_RUNNING);
	assert_int_equal(r.target.value, 32);
	execution_take("eth_syncing", SPAN_LITERAL("{\"result\":false}"), &r);
	assert_int_equal(r.sync, STATUS_SYNC_DONE);
	/* Neither errors nor nonsense say anything. */
	execution_take("eth_blockNumber", SPAN_LITERAL("{\"error\":{\"code\":-32603}}"), &r);
	execution_take("eth_blockNumber", SPAN_LITERAL("{\"result\":\"0xzz\"}"), &r);
	execution_take("eth_blockNumber", SPAN_LITERAL("{\"result\":\"0xffffffffffffff\"}"), &r);
	execution_take("eth_blockNumber", SPAN_LITERAL("[["), &r);
	execution_take("eth_blockNumber", SPAN_LITERAL("7"), &r);
	assert_int_equal(r.head.value, 16);
}

static void test_consensus(void **state)
{
	struct status_role r = {0};

	(void)state;
	consensus_take("/eth/v1/node/version",
		       SPAN_LITERAL("{\"data\":{\"version\":\"Lighthouse/v8\"}}"), &r);
	consensus_take("/eth/v1/node/peer_count", SPAN_LITERAL("{\"data\":{\"connected\":\"56\"}}"),
		       &r);
	consensus_take("/eth/v1/node/syncing",
		       SPAN_LITERAL("{\"data\":{\"head_slot\":\"100\",\"sync_distance\":\"28\","
				    "\"is_syncing\":true}}"),
		       &r);
	consensus_take("/eth/v1/beacon/states/head/finality_checkpoints",
		       SPAN_LITERAL("{\"data\":{\"finalized\":{\"epoch\":\"2\"}}}"), &r);
	assert_string_equal(r.version, "Lighthouse/v8");
	assert_int_equal(r.peers.value, 56);
	assert_int_equal(r.head.value, 100);
	assert_int_equal(r.target.value, 128);
	assert_int_equal(r.sync, STATUS_SYNC_RUNNING);
	assert_int_equal(r.finalised.value, 2);
	consensus_take("/eth/v1/node/syncing", SPAN_LITERAL("{\"data\":{\"head_slot\":-1}}"), &r);
	assert_int_equal(r.head.value, 100);
}

static void set_invocation(const char *folder, const char *unit, const char *id)
{
	_cleanup_free_ char *path = string_printf("%s/invocation:%s", folder, unit);

	assert_non_null(path);
	unlink(path);
	if (id)
		assert_int_equal(symlink(id, path), 0);
}

static void test_units(void **state)
{
	char *folder = test_folder();
	struct clients c = {.n = 1, .items = {{.name = "execution", .unit = "a.service"}}};
	struct status_line s = {0};

	(void)state;
	units_look(folder, 10, &c, &s);
	assert_int_equal(s.n_roles, 1);
	assert_false(s.roles[0].active);
	assert_false(s.roles[0].since.known);
	set_invocation(folder, "a.service", "aaaa");
	units_look(folder, 20, &c, &s);
	units_look(folder, 30, &c, &s);
	assert_true(s.roles[0].active);
	assert_int_equal(s.roles[0].starts, 1);
	assert_int_equal(s.roles[0].since.value, 20);
	set_invocation(folder, "a.service", "bbbb");
	units_look(folder, 40, &c, &s);
	assert_int_equal(s.roles[0].starts, 2);
	assert_int_equal(s.roles[0].since.value, 40);
	set_invocation(folder, "a.service", NULL);
	units_look(folder, 50, &c, &s);
	assert_false(s.roles[0].active);
	assert_int_equal(s.roles[0].starts, 2);
	test_folder_free(folder);
}

struct server {
	int fd;
	unsigned asked;
	const char *answer;
};

/* Answers each connection, with whatever it is asked, until the socket is closed. */
static void *serve(void *context)
{
	struct server *s = context;

	for (;;) {
		char request[4096];
		int fd = accept(s->fd, NULL, NULL);

		if (fd < 0)
			return NULL;
		if (read(fd, request, sizeof request) > 0)
			s->asked++;
		assert_int_equal(write_full(fd, span_string(s->answer)), 0);
		close(fd);
	}
}

static unsigned ask_server(const char *answer, struct status_role *r)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct server s = {.fd = socket(AF_INET, SOCK_STREAM, 0), .answer = answer};
	struct client c = {.kind = CLIENT_EXECUTION};
	socklen_t n = sizeof address;
	pthread_t thread;

	assert_int_equal(bind(s.fd, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(s.fd, 4), 0);
	assert_int_equal(getsockname(s.fd, (struct sockaddr *)&address, &n), 0);
	c.port = ntohs(address.sin_port);
	assert_int_equal(pthread_create(&thread, NULL, serve, &s), 0);
	client_ask(&c, r);
	shutdown(s.fd, SHUT_RDWR);
	pthread_join(thread, NULL);
	close(s.fd);
	return s.asked;
}

static void test_ask(void **state)
{
	struct client nobody = {.kind = CLIENT_CONSENSUS, .port = 1};
	struct status_role r = {0};

	(void)state;
	assert_int_equal(ask_server("HTTP/1.0 200 OK\r\n\r\n{\"result\":\"0x5\"}", &r), 4);
	assert_int_equal(r.head.value, 5);
	assert_int_equal(r.peers.value, 5);
	assert_string_equal(r.version, "0x5");
	assert_int_equal(ask_server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
				    "b\r\n{\"result\":\"\r\n5\r\n0x6\"}\r\n0\r\n\r\n",
				    &r),
			 4);
	assert_int_equal(r.head.value, 6);
	/* Who refuses is not asked on. */
	assert_int_equal(ask_server("HTTP/1.0 403 Forbidden\r\n\r\n", &r), 1);
	client_ask(&nobody, &r);
}

/* What is no name, or could be read as more than one, is none. */
static void identities(void **state)
{
	static const struct {
		enum client_kind kind;
		const char *body, *name;
	} cases[] = {
		{CLIENT_CONSENSUS, "{\"data\":{\"peer_id\":\"16Uiu2HAm\",\"enr\":\"\"}}",
		 "16Uiu2HAm"},
		{CLIENT_EXECUTION, "{\"result\":{\"enode\":\"enode://ab@[::]:30303\"}}",
		 "enode://ab@[::]:30303"},
		{CLIENT_EXECUTION, "{\"data\":{\"peer_id\":\"16Uiu2HAm\"}}", NULL},
		{CLIENT_EXECUTION, "{\"error\":{\"code\":-32601}}", NULL},
		{CLIENT_CONSENSUS, "{\"data\":{\"peer_id\":\"a\\nb\"}}", NULL},
		{CLIENT_CONSENSUS, "{\"data\":{\"peer_id\":\"a b\"}}", NULL},
		{CLIENT_CONSENSUS, "{\"data\":{\"peer_id\":\"\"}}", NULL},
		{CLIENT_CONSENSUS, "{\"data\":{\"peer_id\":7}}", NULL},
		{CLIENT_CONSENSUS, "none", NULL},
	};
	_cleanup_free_ char *x = string_printf("%0512d", 7);
	_cleanup_free_ char *body = string_printf("{\"data\":{\"peer_id\":\"%s\"}}", x);
	char name[STATUS_IDENTITY_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool taken = identity_take(cases[i].kind, span_string(cases[i].body), name);

		assert_int_equal(taken, cases[i].name != NULL);
		if (taken)
			assert_string_equal(name, cases[i].name);
	}
	assert_false(identity_take(CLIENT_CONSENSUS, span_string(body), name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identities),	  cmocka_unit_test(test_clients),
		cmocka_unit_test(test_execution), cmocka_unit_test(test_consensus),
		cmocka_unit_test(test_units),	  cmocka_unit_test(test_ask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
