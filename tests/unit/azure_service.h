/*
 * A service of Azure's host, for tests of guest/azure: a process that gives one answer after the other, the last again
 * and again, and keeps what it was asked.
 */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "guest/azure/azure.h"

/* In place of an answer: it says nothing; it never stops. */
#define SILENT NULL
#define ENDLESS "endless"

struct service {
	const char *const *answers;
	size_t n;
	pid_t pid;
	int requests_fd;
	struct azure_service options;
};

/* Headers, and as many bytes after them as they say. */
static bool request_is_whole(const char *request)
{
	const char *body = strstr(request, "\r\n\r\n"),
		   *length = strstr(request, "\r\nContent-Length: ");

	return body &&
	       (!length || length > body || strlen(body + 4) >= strtoul(length + 18, NULL, 10));
}

static void service_answer(const char *answer, int fd)
{
	char endless[4096];

	if (!answer)
		pause();
	if (!string_equal(answer, ENDLESS)) {
		/* Whoever has heard enough closes the connection. */
		if (write_full(fd, span_string(answer)) < 0)
			errno = 0;
		return;
	}
	memset(endless, 'A', sizeof endless);
	if (write_full(fd, SPAN_LITERAL("HTTP/1.1 200 OK\r\n\r\n")) < 0)
		return;
	while (write_full(fd, SPAN(endless, sizeof endless)) >= 0)
		;
}

static void service_serve(const struct service *s, int listener, int requests_fd)
{
	for (size_t i = 0;; i++) {
		int fd = accept(listener, NULL, NULL);
		char request[16384] = "";
		size_t n = 0;

		while (!request_is_whole(request)) {
			ssize_t got = read(fd, request + n, sizeof request - 1 - n);

			if (got <= 0)
				break;
			n += (size_t)got;
			request[n] = 0;
		}
		if (write_full(requests_fd, SPAN(request, n)) < 0)
			_exit(1);
		service_answer(s->answers[MIN(i, s->n - 1)], fd);
		close(fd);
	}
}

static void service_start(struct service *s)
{
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof s->options.address;
	int fds[2];

	s->options = (struct azure_service){
		.address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}},
		.attempt_milliseconds = 10000,
		.total_milliseconds = 60000,
		.pause_milliseconds = 1,
		.absent_milliseconds = 1,
	};
	assert_int_equal(bind(listener, (struct sockaddr *)&s->options.address, size), 0);
	assert_int_equal(listen(listener, 8), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&s->options.address, &size), 0);
	assert_int_equal(pipe(fds), 0);
	s->pid = fork();
	if (s->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_IGN);
		service_serve(s, listener, fds[1]);
	}
	close(listener);
	close(fds[1]);
	s->requests_fd = fds[0];
}

/* All that it was asked: the caller's. */
static char *service_stop(struct service *s)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(1u << 20);
	char bytes[4096];
	ssize_t n;

	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	while ((n = read(s->requests_fd, bytes, sizeof bytes)) > 0)
		buffer_put(&b, SPAN(bytes, (size_t)n));
	close(s->requests_fd);
	return buffer_steal_text(&b);
}
