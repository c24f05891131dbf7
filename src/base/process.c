#include "base/process.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* How much of a failed child's standard error goes into the message. */
#define STDERR_TAIL_MAX 2000

static const char default_path[] =
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
static const char *const default_environment[] = {default_path, "LANG=C.UTF-8", NULL};

/* Between fork() and exec only async-signal-safe calls are made. */
struct child_setup {
	const char *program;
	const struct process_options *options;
	int fds[3];
	int report_fd; /* close-on-exec: carries errno if exec fails */
	pid_t parent;
};

_Noreturn static void child_fail(const struct child_setup *c)
{
	int saved = errno;
	ssize_t ignored = write(c->report_fd, &saved, sizeof saved);

	(void)ignored;
	_exit(127);
}

_Noreturn static void child_run(const struct child_setup *c)
{
	const struct process_options *o = c->options;
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);

	if (o->outlive ? setsid() < 0 : prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		child_fail(c);
	if (!o->outlive && getppid() != c->parent)
		_exit(127);
	if (o->own_group && !o->outlive && setpgid(0, 0) < 0)
		child_fail(c);

	/* Above 2 first, so that no dup2() below overwrites one that is still needed. */
	int sources[3];

	for (int i = 0; i < 3; i++) {
		sources[i] = fcntl(c->fds[i], F_DUPFD_CLOEXEC, 3);
		if (sources[i] < 0)
			child_fail(c);
	}
	for (int i = 0; i < 3; i++) {
		if (dup2(sources[i], i) < 0)
			child_fail(c);
	}
	if (syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC) < 0)
		child_fail(c);
	for (const int *fd = o->keep_fds; fd && *fd >= 0; fd++) {
		if (fcntl(*fd, F_SETFD, 0) < 0)
			child_fail(c);
	}
	execve(c->program, (char *const *)(uintptr_t)o->argv,
	       (char *const *)(uintptr_t)(o->environment ? o->environment : default_environment));
	child_fail(c);
}

/* The executable for a name, looked up in this process's PATH. NULL if there is none. */
static char *find_program(const char *name)
{
	const char *path = getenv("PATH");

	if (strchr(name, '/'))
		return access(name, X_OK) == 0 ? strdup(name) : NULL;
	if (!path)
		path = default_path + strlen("PATH=");
	while (*path) {
		size_t n = strcspn(path, ":");
		_cleanup_free_ char *candidate = string_printf("%.*s/%s", (int)n, path, name);

		if (candidate && n && access(candidate, X_OK) == 0)
			return TAKE_PTR(candidate);
		path += n + (path[n] == ':');
	}
	/* Administrators' programs are not in an ordinary user's PATH. */
	static const char *const more[] = {"/usr/sbin", "/sbin"};

	for (size_t i = 0; i < ARRAY_SIZE(more); i++) {
		_cleanup_free_ char *candidate = path_join(more[i], name);

		if (candidate && access(candidate, X_OK) == 0)
			return TAKE_PTR(candidate);
	}
	return NULL;
}

bool process_available(const char *program)
{
	_cleanup_free_ char *path = find_program(program);

	return path != NULL;
}

int process_start(const struct process_options *options, pid_t *ret, struct error **err)
{
	const char *name = path_basename(options->argv[0]);
	_cleanup_free_ char *program = find_program(options->argv[0]);
	_cleanup_close_ int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	_cleanup_close_ int report_read = -1, report_write = -1;
	int pipe_fds[2];
	int child_errno;

	if (!program)
		return error_set(err, -ENOENT, "program '%s' is not installed", options->argv[0]);
	if (null_fd < 0)
		return error_errno(err, errno, "/dev/null");
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return error_errno(err, errno, "cannot start '%s'", name);
	report_read = pipe_fds[0];
	report_write = pipe_fds[1];

	struct child_setup setup = {
		.program = program,
		.options = options,
		.fds = {options->stdin_fd >= 0 ? options->stdin_fd : null_fd,
			options->stdout_fd >= 0 ? options->stdout_fd : null_fd,
			options->stderr_fd >= 0 ? options->stderr_fd : null_fd},
		.report_fd = report_write,
		.parent = getpid(),
	};
	pid_t pid = fork();

	if (pid < 0)
		return error_errno(err, errno, "cannot start '%s'", name);
	if (pid == 0)
		child_run(&setup);

	closep(&report_write);
	report_write = -1;
	if (read_full(report_read, &child_errno, sizeof child_errno) == 0) {
		waitpid(pid, NULL, 0);
		return error_errno(err, child_errno, "cannot execute '%s'", program);
	}
	*ret = pid;
	return 0;
}

int process_wait(pid_t pid, const char *name, struct error **err)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return error_errno(err, errno, "cannot wait for '%s'", name);
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status))
		return error_set(err, -ECHILD, "'%s' exited with status %d", name,
				 WEXITSTATUS(status));
	return error_set(err, -ECHILD, "'%s' was killed by signal %d", name, WTERMSIG(status));
}

/* One captured stream of a child. */
struct capture {
	int fd;
	struct buffer *buffer; /* NULL: dropped */
	bool tail_only;	       /* keeps the end instead of failing when full */
};

static int capture_some(struct capture *c)
{
	uint8_t chunk[65536];
	ssize_t got = read(c->fd, chunk, sizeof chunk);

	if (got < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -errno;
	if (got == 0) {
		closep(&c->fd);
		c->fd = -1;
		return 0;
	}
	if (!c->buffer)
		return 0;
	if (c->tail_only && c->buffer->n + (size_t)got > c->buffer->max) {
		/* Only the end of the chatter matters. */
		buffer_release(c->buffer);
		if ((size_t)got > c->buffer->max)
			return 0;
	}
	buffer_put(c->buffer, SPAN(chunk, (size_t)got));
	return buffer_ok(c->buffer) ? 0 : -EFBIG;
}

static int capture_all(struct capture *captures, size_t n)
{
	for (;;) {
		struct pollfd fds[2];
		size_t open_fds = 0;

		for (size_t i = 0; i < n; i++) {
			fds[i] = (struct pollfd){.fd = captures[i].fd, .events = POLLIN};
			open_fds += captures[i].fd >= 0;
		}
		if (open_fds == 0)
			return 0;
		if (poll(fds, (nfds_t)n, -1) < 0 && errno != EINTR)
			return -errno;
		for (size_t i = 0; i < n; i++) {
			int r = captures[i].fd >= 0 && fds[i].revents ? capture_some(&captures[i])
								      : 0;

			if (r < 0)
				return r;
		}
	}
}

/* Adds the last lines of the child's standard error to the message. */
static int explain_failure(int r, const struct buffer *chatter, struct error **err)
{
	struct span s = buffer_span(chatter);

	while (s.n && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == ' '))
		s.n--;
	if (s.n > STDERR_TAIL_MAX) {
		s.p += s.n - STDERR_TAIL_MAX;
		s.n = STDERR_TAIL_MAX;
	}
	if (s.n == 0 || !err || !*err)
		return r;

	_cleanup_free_ char *status = strdup(error_message(*err));

	return error_set(err, r, "%s: %.*s", status ? status : "", (int)s.n, (const char *)s.p);
}

/* A pipe if the caller gave no descriptor for the stream; *use is what the child writes to. */
static int capture_pipe(int given, int *ret_read, int *ret_write, int *use, struct error **err)
{
	int fds[2];

	*use = given;
	if (given >= 0)
		return 0;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_errno(err, errno, "cannot make a pipe");
	*ret_read = fds[0];
	*ret_write = *use = fds[1];
	return 0;
}

int process_run(const struct process_options *options, struct buffer *ret_output,
		struct error **err)
{
	_cleanup_(buffer_release) struct buffer chatter = BUFFER_INIT(1u << 20);
	_cleanup_close_ int out_read = -1, out_write = -1, err_read = -1, err_write = -1;
	const char *name = path_basename(options->argv[0]);
	struct process_options o = *options;
	pid_t pid;
	int r = capture_pipe(options->stdout_fd, &out_read, &out_write, &o.stdout_fd, err);

	if (r < 0)
		return r;
	r = capture_pipe(options->stderr_fd, &err_read, &err_write, &o.stderr_fd, err);
	if (r < 0)
		return r;
	r = process_start(&o, &pid, err);
	if (r < 0)
		return r;
	closep(&out_write);
	closep(&err_write);
	out_write = err_write = -1;

	struct capture captures[2] = {
		{.fd = TAKE_FD(out_read), .buffer = ret_output},
		{.fd = TAKE_FD(err_read), .buffer = &chatter, .tail_only = true},
	};
	int captured = capture_all(captures, 2);

	closep(&captures[0].fd);
	closep(&captures[1].fd);
	if (captured < 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return error_errno(err, -captured, "cannot read the output of '%s'", name);
	}
	r = process_wait(pid, name, err);
	return r < 0 ? explain_failure(r, &chatter, err) : 0;
}
