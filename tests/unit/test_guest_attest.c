/*
 * The attestation service where no test has the hardware: Azure's paravisor and metadata service are played here with
 * evidence of a machine of theirs. The rest runs in oracle/attest-service and in a VM.
 */
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "formats/base64url.h"
#include "formats/hcl.h"
#include "formats/ratls.h"
#include "formats/tpm_command.h"
#include "guest/attest/attest.h"

#define GOLDEN "tests/golden/azure-evidence.json"

/* A TPM with two indices: the paravisor's report, and user data, which is there once it was made. */
struct paravisor {
	int fd;
	struct span report;
	bool has_user_data;
	uint8_t user_data[ATTEST_DATA_SIZE];
};

static void put_u16(struct buffer *b, size_t v)
{
	buffer_put_u8(b, (uint8_t)(v >> 8));
	buffer_put_u8(b, (uint8_t)v);
}

static void put_index_public(struct buffer *b, uint32_t index, size_t size)
{
	put_u16(b, 14);
	buffer_put_be32(b, index);
	put_u16(b, 0x000b);
	buffer_put_be32(b, 1u << 17 | 1u << 1);
	put_u16(b, 0);
	put_u16(b, size);
	put_u16(b, 0);
}

/* Parameters of the response, or a code. Offsets are those of the commands' bytes (test_tpm_command.c). */
static uint32_t obey(struct paravisor *p, const uint8_t *command, size_t n, struct buffer *b)
{
	switch (get_be32(command + 6)) {
	case 0x169: { /* NV_ReadPublic */
		uint32_t index = get_be32(command + 10);

		if (index == AZURE_INDEX_USER_DATA && !p->has_user_data)
			return TPM_RESPONSE_HANDLE;
		put_index_public(b, index,
				 index == AZURE_INDEX_REPORT ? p->report.n : ATTEST_DATA_SIZE);
		return 0;
	}
	case 0x12a: /* NV_DefineSpace */
		p->has_user_data = true;
		return 0;
	case 0x137: /* NV_Write */
		assert_int_equal(n, 33 + ATTEST_DATA_SIZE + 2);
		memcpy(p->user_data, command + 33, ATTEST_DATA_SIZE);
		return 0;
	case 0x14e: { /* NV_Read */
		size_t size = get_be16(command + 31), offset = get_be16(command + 33);

		put_u16(b, size);
		buffer_put(b, SPAN(p->report.p + offset, size));
		return 0;
	}
	default:
		return 0x143; /* no such command */
	}
}

static void *play_paravisor(void *context)
{
	struct paravisor *p = context;
	uint8_t command[TPM_COMMAND_MAX];
	ssize_t n;

	while ((n = recv(p->fd, command, sizeof command, 0)) > 0) {
		_cleanup_(buffer_release) struct buffer parameters = BUFFER_INIT(2048),
							response = BUFFER_INIT(4096);
		bool sessions = command[1] == 2;
		uint32_t code = obey(p, command, (size_t)n, &parameters);

		put_u16(&response, sessions && !code ? 0x8002 : 0x8001);
		buffer_put_be32(&response, 0);
		buffer_put_be32(&response, code);
		if (sessions && !code)
			buffer_put_be32(&response, (uint32_t)parameters.n);
		buffer_put(&response, buffer_span(&parameters));
		if (sessions && !code)
			buffer_put(&response, SPAN_LITERAL("\0\0\1\0\0"));
		put_be32(response.p + 2, (uint32_t)response.n);
		/* in two pieces, as sockets may give it */
		assert_int_equal(write_full(p->fd, SPAN(response.p, 7)), 0);
		assert_int_equal(write_full(p->fd, SPAN(response.p + 7, response.n - 7)), 0);
	}
	return NULL;
}

/* The metadata service: one request, whose TD report must be that of the paravisor's report. */
struct metadata {
	int listener;
	struct span td_report;
	const char *status;
	struct span quote;
};

static void *play_metadata(void *context)
{
	struct metadata *m = context;
	_cleanup_close_ int fd = accept(m->listener, NULL, NULL);
	_cleanup_(buffer_release) struct buffer request = BUFFER_INIT(8192),
						answer = BUFFER_INIT(64u << 10);
	_cleanup_free_ char *report = base64url_string(m->td_report);
	_cleanup_free_ char *quote = base64url_string(m->quote);
	_cleanup_free_ char *body = string_printf("{\"quote\":\"%s\"}", quote);
	_cleanup_free_ char *wanted = string_printf("\r\n\r\n{\"report\":\"%s\"}", report);

	while (!string_ends(buffer_text(&request), "\"}")) {
		uint8_t part[1024];
		ssize_t n = recv(fd, part, sizeof part, 0);

		if (n <= 0)
			return NULL;
		buffer_put(&request, SPAN(part, (size_t)n));
	}
	if (string_starts(buffer_text(&request), "POST /acc/tdquote HTTP/1.1\r\n") &&
	    string_ends(buffer_text(&request), wanted))
		buffer_printf(&answer, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", m->status,
			      strlen(body), body);
	assert_int_equal(write_full(fd, buffer_span(&answer)), 0);
	return NULL;
}

struct azure {
	struct evidence golden;
	struct hcl_claims claims;
	struct attest_places places;
	struct paravisor paravisor;
	struct metadata metadata;
	pthread_t threads[2];
	int tpm;
};

static void azure_start(struct azure *a, const char *status)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(EVIDENCE_MAX);
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof address;
	struct hcl_report report;
	struct error *err = NULL;
	int pair[2];

	assert_done(file_read(GOLDEN, EVIDENCE_MAX, &text, &err), &err);
	assert_done(evidence_parse(buffer_span(&text), &a->golden, &err), &err);
	assert_done(hcl_report_parse(buffer_span(&a->golden.hcl_report), &report, &err), &err);
	assert_done(hcl_claims_parse(report.claims, &a->claims, &err), &err);
	assert_true(a->claims.has_user_data);

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	a->tpm = pair[0];
	a->paravisor =
		(struct paravisor){.fd = pair[1], .report = buffer_span(&a->golden.hcl_report)};
	a->metadata = (struct metadata){
		.listener = socket(AF_INET, SOCK_STREAM, 0),
		.td_report = SPAN(a->golden.hcl_report.p + 32, 1024),
		.status = status,
		.quote = buffer_span(&a->golden.quote),
	};
	assert_int_equal(bind(a->metadata.listener, (void *)&address, size), 0);
	assert_int_equal(listen(a->metadata.listener, 1), 0);
	assert_int_equal(getsockname(a->metadata.listener, (void *)&address, &size), 0);
	a->places = attest_places_defaults();
	a->places.metadata = address;
	a->places.paravisor_milliseconds = 1;
	assert_int_equal(pthread_create(&a->threads[0], NULL, play_paravisor, &a->paravisor), 0);
	assert_int_equal(pthread_create(&a->threads[1], NULL, play_metadata, &a->metadata), 0);
}

static void azure_stop(struct azure *a)
{
	close(a->tpm);
	pthread_join(a->threads[0], NULL);
	shutdown(a->metadata.listener, SHUT_RDWR);
	pthread_join(a->threads[1], NULL);
	close(a->metadata.listener);
	close(a->paravisor.fd);
	evidence_release(&a->golden);
}

static void test_azure(void **state)
{
	_cleanup_(evidence_release) struct evidence e = {.kind = EVIDENCE_AZURE};
	struct error *err = NULL;
	struct azure a = {0};

	(void)state;
	azure_start(&a, "200 OK");
	assert_done(azure_report(&a.places, a.tpm, a.claims.user_data, &e, &err), &err);
	assert_memory_equal(a.paravisor.user_data, a.claims.user_data, ATTEST_DATA_SIZE);
	assert_true(span_equal(buffer_span(&e.hcl_report), buffer_span(&a.golden.hcl_report)));
	assert_true(span_equal(buffer_span(&e.quote), buffer_span(&a.golden.quote)));
	azure_stop(&a);
}

static void test_azure_other_data(void **state)
{
	_cleanup_(evidence_release) struct evidence e = {.kind = EVIDENCE_AZURE};
	uint8_t data[ATTEST_DATA_SIZE] = {1};
	struct error *err = NULL;
	struct azure a = {0};

	(void)state;
	azure_start(&a, "200 OK");
	assert_failed(azure_report(&a.places, a.tpm, data, &e, &err), EIO,
		      "the paravisor's report does not get the data", &err);
	azure_stop(&a);
}

static void test_azure_no_quote(void **state)
{
	_cleanup_(evidence_release) struct evidence e = {.kind = EVIDENCE_AZURE};
	struct error *err = NULL;
	struct azure a = {0};

	(void)state;
	azure_start(&a, "503 Busy");
	assert_failed(azure_report(&a.places, a.tpm, a.claims.user_data, &e, &err), EIO,
		      "the metadata service: status 503", &err);
	azure_stop(&a);
}

static void test_azure_answers(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"{}", "no 'quote'"},
		{"{\"quote\":\"*\"}", "'quote' is no TDX quote"},
		{"{\"quote\":\"AAAA\"}", "'quote' is no TDX quote"},
	};
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(1024);
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_failed(azure_read_quote(span_string(cases[i].text), &b, &err),
			      ERROR_MALFORMED, cases[i].message, &err);
}

static void test_certificates(void **state)
{
	uint8_t bytes[] = {0x30, 0x82, 0, 1, 0xaa, 0x30, 0x82, 0, 0, 0, 0, 0};
	struct span rest = SPAN(bytes, sizeof bytes), der;

	(void)state;
	assert_true(certificate_next(&rest, &der));
	assert_int_equal(der.n, 5);
	assert_true(certificate_next(&rest, &der));
	assert_int_equal(der.n, 4);
	assert_false(certificate_next(&rest, &der));
	/* one that says that it is longer than it is */
	rest = SPAN(bytes, 4);
	assert_false(certificate_next(&rest, &der));
}

static void write_text(const char *folder, const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(folder, name);
	struct error *err = NULL;

	assert_done(file_write(path, span_string(text), &err), &err);
}

static void test_prepare(void **state)
{
	char *folder = test_folder();
	_cleanup_free_ char *tpm = path_join(folder, "tpmrm0");
	_cleanup_free_ char *tsm = path_join(folder, "report");
	_cleanup_free_ char *own = path_join(folder, "report/tdnode");
	_cleanup_free_ char *log = path_join(folder, "measurements");
	_cleanup_free_ char *none = path_join(folder, "none");
	_cleanup_free_ char *copy = path_join(folder, "eventlog");
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(64);
	struct prepare_places p = {.folder = folder,
				   .tpm = tpm,
				   .configfs = tsm,
				   .tsm = tsm,
				   .event_logs = {none, log}};
	struct error *err = NULL;
	struct stat st;

	(void)state;
	/* a machine that has none of all that */
	assert_done(prepare(&p, &err), &err);
	assert_false(path_exists(copy));

	write_text(folder, "tpmrm0", "");
	write_text(folder, "measurements", "log");
	assert_done(directory_make(own, &err), &err);
	write_text(own, "inblob", "");
	assert_done(prepare(&p, &err), &err);
	assert_int_equal(stat(tpm, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_done(file_read(copy, 64, &text, &err), &err);
	assert_string_equal(buffer_text(&text), "log");
	test_folder_free(folder);
}

static void test_kinds(void **state)
{
	char *folder = test_folder();
	_cleanup_free_ char *none = path_join(folder, "none");
	struct attest_places p = attest_places_defaults();
	enum evidence_kind kind;
	struct error *err = NULL;

	(void)state;
	p.tpm = p.tsm = p.product = none;
	assert_failed(machine_kind(&p, &kind, &err), ENODEV, "there is neither a TD nor a TPM",
		      &err);
	assert_string_equal(machine_ratls_kind(&p, EVIDENCE_TDX), RATLS_DCAP);
	assert_string_equal(machine_ratls_kind(&p, EVIDENCE_AZURE), RATLS_AZURE);
	assert_string_equal(machine_ratls_kind(&p, EVIDENCE_TPM), RATLS_NONE);
	/* a TD proves more than a TPM beside it */
	p.tsm = folder;
	assert_done(machine_kind(&p, &kind, &err), &err);
	assert_int_equal(kind, EVIDENCE_TDX);
	test_folder_free(folder);
}

/* Where the disk waits for no key its socket is there all the same, and nobody takes connections from it; and who has to
 * wait where it does waits for an answer, not in connect(). */
static void test_disk_key(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char *folder = test_folder();
	_cleanup_free_ char *path = path_join(folder, "disk-key");
	_cleanup_free_ char *waits = path_join(folder, "disk-waits");
	const struct attest_places p = {.disk_key = path, .disk_waits = waits};
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), fds[8], fd = -1, r = 0;
	struct error *err = NULL;
	size_t n = 0;

	(void)state;
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	assert_int_equal(bind(listener, (void *)&address, sizeof address), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_failed(disk_key_connect(&p, &fd, &err), ENOENT, "its disk waits for no key", &err);
	write_text(folder, "disk-waits", "");
	alarm(60); /* of a test that waits for ever */
	while (n < ARRAY_SIZE(fds) && r >= 0) {
		r = disk_key_connect(&p, &fds[n], &err);
		n += r >= 0;
	}
	assert_in_range(n, 1, ARRAY_SIZE(fds) - 1);
	assert_failed(r, EBUSY, "too many speak with its disk", &err);
	alarm(0);
	shutdown(listener, SHUT_RDWR);
	assert_failed(disk_key_connect(&p, &fd, &err), ENOENT, "its disk waits for no key", &err);
	while (n > 0)
		close(fds[--n]);
	close(listener);
	test_folder_free(folder);
}

/* A node that hangs, so that its queue fills up. */
static void test_node(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd;
	in_port_t port;

	(void)state;
	assert_int_equal(bind(listener, (void *)&address, size), 0);
	assert_int_equal(getsockname(listener, (void *)&address, &size), 0);
	port = ntohs(address.sin_port);
	assert_int_equal(node_connect(port, 200), -1);
	assert_int_equal(listen(listener, 0), 0);
	fd = node_connect(port, 200);
	assert_true(fd >= 0);
	alarm(60); /* of a test that waits for minutes */
	assert_int_equal(node_connect(port, 200), -1);
	alarm(0);
	close(fd);
	close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_azure),	       cmocka_unit_test(test_azure_other_data),
		cmocka_unit_test(test_azure_no_quote), cmocka_unit_test(test_azure_answers),
		cmocka_unit_test(test_certificates),   cmocka_unit_test(test_prepare),
		cmocka_unit_test(test_kinds),	       cmocka_unit_test(test_disk_key),
		cmocka_unit_test(test_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
