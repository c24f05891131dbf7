#include "cli/connect_serve.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "channel/forward.h"

/* Of what a process says of its end: a code and its message. */
#define REPORT_MAX_ 4096u

/* What the processes share with their parent, and what it knows of them. */
struct serving {
	const struct connect_serve *s;
	pid_t children[CONNECT_MAX];
	size_t n;
	int signal_fd;
	int report_fd, child_report_fd;
	sigset_t old_signals;
};

static void serving_release(struct serving *v)
{
	for (size_t i = 0; i < v->n; i++)
		kill(v->children[i], SIGKILL);
	for (size_t i = 0; i < v->n; i++)
		waitpid(v->children[i], NULL, 0);
	closep(&v->report_fd);
	closep(&v->child_report_fd);
	if (v->signal_fd < 0)
		return;
	closep(&v->signal_fd);
	sigprocmask(SIG_SETMASK, &v->old_signals, NULL);
}

/* When what the verdict rests on expires, by the clock of deadlines. */
static int64_t expiry(const struct verdict *v)
{
	int64_t left = v->until - time(NULL);

	return clock_milliseconds() + (left > 0 ? left * 1000 : 0);
}

int connect_once(struct attest_session *s, const struct address *node, int in_fd, int out_fd,
		 struct error **err)
{
	_cleanup_(channel_release) struct channel channel = CHANNEL_INIT;
	_cleanup_(verdict_release) struct verdict verdict = {0};
	int r = attest_session_require(s, node, &channel, &verdict, err);

	if (r < 0)
		return r;

	const struct forward f = {
		.tls = channel.tls,
		.tls_fd = channel.fd,
		.in_fd = in_fd,
		.out_fd = out_fd,
		.until = expiry(&verdict),
	};

	return forward(&f, err);
}

/* In a process of its own. */
static void serve_one(const struct serving *v, int fd)
{
	_cleanup_error_ struct error *err = NULL;
	const struct linger at_once = {.l_onoff = 1};
	const int on = 1;
	char text[REPORT_MAX_];
	int r;

	/* An answer of two parts does not wait for its first one to be acknowledged. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	r = connect_once(v->s->session, v->s->node, fd, fd, &err);
	/* The user sees that something was cut off, never an end that is none. */
	if (r < 0)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	close(fd);
	/* A user who went away is nothing to tell. */
	if (r < 0 && r != -ECANCELED) {
		memcpy(text, &r, sizeof r);
		snprintf(text + sizeof r, sizeof text - sizeof r, "%s", error_message(err));
		send(v->child_report_fd, text, sizeof r + strlen(text + sizeof r), MSG_NOSIGNAL);
	}
	_exit(0);
}

static int accept_one(struct serving *v, struct error **err)
{
	int fd = accept4(v->s->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	pid_t parent = getpid(), pid;

	/* Somebody who went away again, or a shortage that passes. */
	if (fd < 0)
		return 0;
	pid = fork();
	if (pid < 0) {
		close(fd);
		return error_errno(err, errno, "cannot start a process");
	}
	if (pid == 0) {
		sigprocmask(SIG_SETMASK, &v->old_signals, NULL);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			serve_one(v, fd);
		_exit(0);
	}
	close(fd);
	v->children[v->n++] = pid;
	return 0;
}

static void reap(struct serving *v)
{
	for (size_t i = 0; i < v->n;) {
		if (waitpid(v->children[i], NULL, WNOHANG) == 0)
			i++;
		else
			v->children[i] = v->children[--v->n];
	}
}

/* -ERROR_STOPPED if somebody asks to stop. */
static int take_signals(struct serving *v)
{
	struct signalfd_siginfo info;
	int r = 0;

	while (read(v->signal_fd, &info, sizeof info) == sizeof info)
		if (info.ssi_signo != SIGCHLD)
			r = -ERROR_STOPPED;
	reap(v);
	return r;
}

static int take_reports(const struct serving *v, struct error **err)
{
	char text[REPORT_MAX_ + 1];
	ssize_t n;

	while ((n = recv(v->report_fd, text, REPORT_MAX_, MSG_DONTWAIT)) > (ssize_t)sizeof(int)) {
		int code;

		memcpy(&code, text, sizeof code);
		text[n] = 0;
		if (code == -ERROR_REFUSED)
			return error_set(err, code, "%s", text + sizeof code);
		progress_note(v->s->progress, "a connection ended: %s", text + sizeof code);
	}
	return 0;
}

/* Collateral is got anew in the parent: what a process fetches is gone with it. */
static int renew(const struct serving *v, struct error **err)
{
	_cleanup_(channel_release) struct channel channel = CHANNEL_INIT;
	_cleanup_(verdict_release) struct verdict verdict = {0};
	_cleanup_error_ struct error *why = NULL;
	struct attest_session *s = v->s->session;
	int r;

	if (!s->kept || s->options->collateral || time(NULL) < s->expires)
		return 0;
	r = attest_session_require(s, v->s->node, &channel, &verdict, &why);
	if (r == -ERROR_REFUSED)
		return error_move(err, r, &why);
	/* The connection that is waiting meets the same, and says it. */
	return 0;
}

static int start(struct serving *v, struct error **err)
{
	sigset_t signals;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return error_errno(err, errno, "socketpair");
	v->report_fd = fds[0];
	v->child_report_fd = fds[1];
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, &v->old_signals);
	v->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return v->signal_fd < 0 ? error_errno(err, errno, "signalfd") : 0;
}

int connect_serve(const struct connect_serve *s, struct error **err)
{
	_cleanup_(serving_release) struct serving v = {
		.s = s, .signal_fd = -1, .report_fd = -1, .child_report_fd = -1};
	int r = start(&v, err);

	while (r >= 0) {
		struct pollfd fds[] = {
			{.fd = v.report_fd, .events = POLLIN},
			{.fd = v.signal_fd, .events = POLLIN},
			{.fd = v.n < CONNECT_MAX ? s->listen_fd : -1, .events = POLLIN},
		};

		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return error_errno(err, errno, "poll");
		/* A refusal before the connections that are waiting. */
		if (fds[0].revents)
			r = take_reports(&v, err);
		if (r >= 0 && fds[1].revents)
			r = take_signals(&v);
		if (r >= 0 && fds[2].revents) {
			r = renew(&v, err);
			if (r >= 0)
				r = accept_one(&v, err);
		}
	}
	return r == -ERROR_STOPPED ? 0 : r;
}
