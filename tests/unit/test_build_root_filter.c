/* What a process can do under the filter of a build: calls of the kernel itself, without a build root. */
#include "test.h"

#include <errno.h>
#include <linux/audit.h>
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

/* Into program->filter, which has room for INSTRUCTIONS_MAX. */
static bool read_filter(struct sock_fprog *program)
{
	_cleanup_close_ int fd = -1;
	ssize_t n;

	if (build_root_filter(&fd, NULL) < 0)
		return false;
	n = read(fd, program->filter, INSTRUCTIONS_MAX * sizeof *program->filter);
	if (n <= 0)
		return false;
	program->len = (unsigned short)((size_t)n / sizeof *program->filter);
	return true;
}

/* In a child: from here on the filter holds. */
static void apply(void)
{
	static struct sock_filter instructions[INSTRUCTIONS_MAX];
	struct sock_fprog program = {.filter = instructions};

	if (!read_filter(&program))
		_exit(100);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
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

/* What the filter answers to a call, by the instructions that it has: bpf of the kernel's linux/filter.h. */
static uint32_t answer_to(const struct sock_fprog *program, const struct seccomp_data *call)
{
	uint32_t loaded = 0;

	for (size_t i = 0; i < program->len; i++) {
		const struct sock_filter *in = &program->filter[i];

		switch (in->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy(&loaded, (const uint8_t *)call + in->k, sizeof loaded);
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			i += loaded == in->k ? in->jt : in->jf;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			i += loaded > in->k ? in->jt : in->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			i += loaded & in->k ? in->jt : in->jf;
			break;
		case BPF_RET | BPF_K:
			return in->k;
		default:
			fail_msg("instruction %zu: code 0x%x", i, in->code);
		}
	}
	fail_msg("no answer");
	return 0;
}

/*
 * Another architecture has other numbers: none of its calls is made. Not every kernel has such calls, so
 * the filter is asked here, not the kernel.
 */
static void kills_other_architectures(void **state)
{
	struct sock_filter instructions[INSTRUCTIONS_MAX];
	struct sock_fprog program = {.filter = instructions};
	struct seccomp_data getpid = {.nr = 20, .arch = AUDIT_ARCH_I386};

	(void)state;
	assert_true(read_filter(&program));
	assert_int_equal(answer_to(&program, &getpid), SECCOMP_RET_KILL_PROCESS);
	getpid = (struct seccomp_data){.nr = SYS_getpid, .arch = AUDIT_ARCH_X86_64};
	assert_int_equal(answer_to(&program, &getpid), SECCOMP_RET_ALLOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(kills_other_architectures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
