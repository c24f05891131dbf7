#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file.h"
#include "guest/node/node.h"

static int setup(void **state)
{
	*state = test_folder();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	test_folder_free(*state);
	return 0;
}

static void read_secret(const char *path, uint8_t ret[NODE_SECRET_SIZE])
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(4096);
	struct error *err = NULL;

	assert_done(file_read(path, 4096, &text, &err), &err);
	assert_true(hex_decode(buffer_span(&text), ret, NODE_SECRET_SIZE));
}

static void a_secret_is_random_and_for_its_group(void **state)
{
	_cleanup_free_ char *one = path_join(*state, "one"), *two = path_join(*state, "two");
	uint8_t secrets[2][NODE_SECRET_SIZE] = {0};
	const mode_t old = umask(0);
	struct error *err = NULL;
	struct stat st;

	assert_done(node_secret_make(one, &err), &err);
	umask(0077);
	assert_done(node_secret_make(two, &err), &err);
	umask(old);
	read_secret(one, secrets[0]);
	read_secret(two, secrets[1]);
	assert_memory_not_equal(secrets[0], secrets[1], NODE_SECRET_SIZE);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(stat(i ? two : one, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0640);
	}
}

/* Somebody may have put it there. */
static void a_secret_replaces_nothing(void **state)
{
	_cleanup_free_ char *path = path_join(*state, "jwt");
	_cleanup_free_ char *message = string_printf("%s: File exists", path);
	struct error *err = NULL;

	assert_done(node_secret_make(path, &err), &err);
	assert_failed(node_secret_make(path, &err), EEXIST, message, &err);
}

static void answers_of_http(void **state)
{
	static const struct {
		const char *text;
		bool answer;
	} cases[] = {
		{"HTTP/1.1 401 Unauthorized\r\n", true},
		{"HTTP/1.0 200", true},
		{"HTTP/1.1 20", false},
		{"HTTP/1.1 2x0 ", false},
		{"HTTP/2 200 OK\r\n", false},
		{"SSH-2.0-dropbear", false},
		{"", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(probe_is_answer(span_string(cases[i].text)), cases[i].answer);
}

struct server {
	int fd;
	uint16_t port;
	const char *answer;
	pthread_t thread;
};

/* One connection: reads a little, answers in two pieces. */
static void *serve(void *context)
{
	const struct server *s = context;
	int fd = accept(s->fd, NULL, NULL);
	size_t n = strlen(s->answer), half = n / 2;
	char question[4096];

	if (fd < 0)
		return NULL;
	if (recv(fd, question, sizeof question, 0) > 0 &&
	    send(fd, s->answer, half, MSG_NOSIGNAL) == (ssize_t)half) {
		usleep(20000);
		(void)!send(fd, s->answer + half, n - half, MSG_NOSIGNAL);
	}
	close(fd);
	return NULL;
}

static void server_listen(struct server *s)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;

	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(s->fd >= 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(s->fd, 1), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&address, &size), 0);
	s->port = ntohs(address.sin_port);
}

static void a_port_answers_or_not(void **state)
{
	static const struct {
		const char *answer;
		int result;
	} cases[] = {
		{"HTTP/1.1 401 Unauthorized\r\n\r\n", 1},
		{"HTTP/1.1 4", 0},
		{"220 mail.example.org ESMTP\r\n", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct server s = {.answer = cases[i].answer};
		struct error *err = NULL;

		server_listen(&s);
		assert_int_equal(pthread_create(&s.thread, NULL, serve, &s), 0);
		assert_int_equal(probe_port(s.port, &err), cases[i].result);
		pthread_join(s.thread, NULL);
		close(s.fd);
		/* Nobody listens any more. */
		assert_int_equal(probe_port(s.port, &err), 0);
		assert_null(err);
	}
}

static void waiting_ends_with_the_client(void **state)
{
	struct server s = {0};
	struct error *err = NULL;
	pid_t client = fork();

	(void)state;
	if (client == 0)
		_exit(0);
	assert_true(client > 0);
	assert_int_equal(waitpid(client, NULL, 0), client);
	server_listen(&s);
	close(s.fd);

	_cleanup_free_ char *message =
		string_printf("the client ended before it answered on port %u", s.port);

	assert_failed(probe_wait(s.port, client, &err), ESRCH, message, &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_secret_is_random_and_for_its_group, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_secret_replaces_nothing, setup, teardown),
		cmocka_unit_test(answers_of_http),
		cmocka_unit_test(a_port_answers_or_not),
		cmocka_unit_test(waiting_ends_with_the_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
