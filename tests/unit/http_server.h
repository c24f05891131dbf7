/*
 * An HTTP server of a test's own on loopback: a process that answers one connection after the other, as the test
 * says by its path.
 */
#pragma once

#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/file.h"

struct server {
	pid_t pid;
	uint16_t port;
	char *folder;
};

/* Reads the request of one connection and answers it. `count` is the test's own, 0 at first. */
typedef void serve_one(int fd, unsigned *count);

_Noreturn static void server_run(int listener, serve_one *one)
{
	unsigned count = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			_exit(1);
		one(fd, &count);
		close(fd);
	}
}

static int server_start(void **state, serve_one *one)
{
	struct server *s = calloc(1, sizeof *s);
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	unsetenv("http_proxy");
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(listener, 16), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &n), 0);
	s->port = ntohs(address.sin_port);
	s->folder = test_folder();
	s->pid = fork();
	if (s->pid == 0)
		server_run(listener, one);
	close(listener);
	*state = s;
	return 0;
}

static void server_kill(struct server *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
}

static int server_stop(void **state)
{
	struct server *s = *state;

	server_kill(s);
	test_folder_free(s->folder);
	free(s);
	return 0;
}

static char *server_url(const struct server *s, const char *path)
{
	return string_printf("http://127.0.0.1:%u/%s", s->port, path);
}

/* "STATUS REASON", and lines of headers that end with "\r\n". */
static void server_answer(int fd, const char *status, const char *headers, const char *body,
			  size_t length)
{
	_cleanup_free_ char *text =
		string_printf("HTTP/1.1 %s\r\n%sContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
			      status, headers, length, body);

	if (write_full(fd, span_string(text)) < 0)
		_exit(1);
}
