/* What a process can do under the filter of a build: calls of the kernel itself, without a build root. */
#include "test.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/file.h"
#include "image/build_root_filter.h"

#define INSTRUCTIONS_MAX 512u

/* In a child: from here on the filter holds. */
static void apply(void)
{
	static struct sock_filter instructions[INSTRUCTIONS_MAX];
	struct sock_fprog program = {.filter = instructions};
	ssize_t n;
	int fd;

	if (build_root_filter(&fd, NULL) < 0)
		_exit(100);
	n = read(fd, instructions, sizeof instructions);
	program.len = (unsigned short)((size_t)n / sizeof *instructions);
	if (n <= 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		_exit(101);
}

static long call_unshare(void)
{
	return unshare(CLONE_NEWUSER);
}

static long call_clone_user(void)
{
	return syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
}

static long call_clone_net(void)
{
	return syscall(SYS_clone, CLONE_NEWNET | SIGCHLD, 0, 0, 0, 0);
}

static long call_clone(void)
{
	long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	return pid;
}

static long call_clone3(void)
{
	return syscall(SYS_clone3, 0, 0);
}

static long call_x32(void)
{
	return syscall(0x40000000 + 39);
}

static long call_newer(void)
{
	return syscall(463);
}

static long call_mount(void)
{
	return syscall(SYS_mount, 0, 0, 0, 0, 0);
}

static long call_bpf(void)
{
	return syscall(SYS_bpf, 0, 0, 0);
}

static long call_io_uring(void)
{
	return syscall(SYS_io_uring_setup, 1, 0);
}

static long call_keyctl(void)
{
	return syscall(SYS_keyctl, 0, 0, 0);
}

static long call_ptrace(void)
{
	return ptrace(PTRACE_TRACEME, 0, 0, 0);
}

static long call_unix(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static long call_inet(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long call_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}

static long call_getpid(void)
{
	return syscall(SYS_getpid);
}

static long call_32_bit(void)
{
	long r;

	__asm__ volatile("int $0x80" : "=a"(r) : "a"(20L) : "memory");
	return r;
}

/* The wait status of a child that makes the call: exit status 0 if it is done, otherwise its errno. */
static int status_of(long (*call)(void))
{
	int status = -1;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		apply();
		_exit(call() < 0 ? errno : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void answers(void **state)
{
	static const struct {
		long (*call)(void);
		int expected;
	} calls[] = {
		{call_getpid, 0},
		{call_clone, 0},
		{call_unix, 0},
		{call_unshare, EPERM},
		{call_clone_user, EPERM},
		{call_clone_net, EPERM},
		{call_mount, EPERM},
		{call_bpf, EPERM},
		{call_io_uring, EPERM},
		{call_keyctl, EPERM},
		{call_ptrace, EPERM},
		{call_clone3, ENOSYS},
		{call_x32, ENOSYS},
		{call_newer, ENOSYS},
		{call_inet, EAFNOSUPPORT},
		{call_netlink, EAFNOSUPPORT},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		int status = status_of(calls[i].call);

		if (!WIFEXITED(status) || WEXITSTATUS(status) != calls[i].expected)
			fail_msg("call %zu: wait status 0x%x, not exit status %d", i,
				 (unsigned)status, calls[i].expected);
	}
}

/* Another architecture has other numbers: none of its calls is made. */
static void kills_other_architectures(void **state)
{
	(void)state;
	/* By SIGSYS, or by SIGSEGV where the kernel has no such calls in any case. */
	assert_true(WIFSIGNALED(status_of(call_32_bit)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(kills_other_architectures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
