#include "image/build_root_filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "base/file.h"

#ifndef __x86_64__
#error "build roots are of amd64"
#endif

/* The highest call that was looked at: mseal, of Linux 6.10. Headers of Debian 12 end earlier. */
#define LAST_KNOWN 462
#define X32_BIT 0x40000000u
#define NAMESPACES                                                                     \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
	 CLONE_NEWPID | CLONE_NEWNET)

static const uint32_t denied[] = {
	/* Namespaces and mounts. */
	SYS_unshare,
	SYS_setns,
	SYS_mount,
	SYS_umount2,
	SYS_pivot_root,
	SYS_chroot,
	SYS_move_mount,
	SYS_open_tree,
	SYS_fsopen,
	SYS_fsconfig,
	SYS_fsmount,
	SYS_fspick,
	SYS_mount_setattr,
	/* Other processes, and files by handles. */
	SYS_ptrace,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_pidfd_getfd,
	SYS_kcmp,
	SYS_process_madvise,
	SYS_open_by_handle_at,
	SYS_name_to_handle_at,
	/* Large parts of the kernel that no tool here needs. */
	SYS_bpf,
	SYS_perf_event_open,
	SYS_userfaultfd,
	SYS_io_uring_setup,
	SYS_io_uring_enter,
	SYS_io_uring_register,
	SYS_keyctl,
	SYS_add_key,
	SYS_request_key,
	SYS_fanotify_init,
	SYS_vmsplice,
	SYS_memfd_secret,
	SYS_modify_ldt,
	/* The machine. */
	SYS_init_module,
	SYS_finit_module,
	SYS_delete_module,
	SYS_kexec_load,
	SYS_kexec_file_load,
	SYS_reboot,
	SYS_swapon,
	SYS_swapoff,
	SYS_acct,
	SYS_quotactl,
	SYS_quotactl_fd,
	SYS_syslog,
	SYS_iopl,
	SYS_ioperm,
	SYS_settimeofday,
	SYS_clock_settime,
	SYS_adjtimex,
	SYS_clock_adjtime,
	SYS_sethostname,
	SYS_setdomainname,
	SYS_vhangup,
	SYS_uselib,
	SYS_lookup_dcookie,
};

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
/* The next `n` instructions are skipped unless the loaded value is as said. */
#define UNLESS_EQUAL(value, n) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (n))
#define UNLESS_ABOVE(value, n) BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, (value), 0, (n))
#define UNLESS_ANY_BIT(mask, n) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (mask), 0, (n))
#define ANSWER(value) BPF_STMT(BPF_RET | BPF_K, (value))
#define FAIL(code) ANSWER(SECCOMP_RET_ERRNO | (code))

static const struct sock_filter head[] = {
	LOAD(arch),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
	ANSWER(SECCOMP_RET_KILL_PROCESS),
	LOAD(nr),
	/* Calls of the x32 ABI lie above, too. */
	UNLESS_ABOVE(LAST_KNOWN, 1),
	FAIL(ENOSYS),
	/* Its flags are in memory, where no filter sees them; the C library then uses clone(). */
	UNLESS_EQUAL(SYS_clone3, 1),
	FAIL(ENOSYS),
	UNLESS_EQUAL(SYS_clone, 4),
	LOAD(args[0]),
	UNLESS_ANY_BIT(NAMESPACES, 1),
	FAIL(EPERM),
	ANSWER(SECCOMP_RET_ALLOW),
	UNLESS_EQUAL(SYS_socket, 4),
	LOAD(args[0]),
	UNLESS_EQUAL(AF_UNIX, 1),
	ANSWER(SECCOMP_RET_ALLOW),
	FAIL(EAFNOSUPPORT),
};

_Static_assert(LAST_KNOWN < X32_BIT, "x32 calls are unknown ones");

int build_root_filter(int *ret_fd, struct error **err)
{
	struct sock_filter program[ARRAY_SIZE(head) + 2 * ARRAY_SIZE(denied) + 1];
	_cleanup_close_ int fd = memfd_create("seccomp", MFD_CLOEXEC);
	size_t n = ARRAY_SIZE(head);
	int r;

	memcpy(program, head, sizeof head);
	for (size_t i = 0; i < ARRAY_SIZE(denied); i++) {
		program[n++] = (struct sock_filter)UNLESS_EQUAL(denied[i], 1);
		program[n++] = (struct sock_filter)FAIL(EPERM);
	}
	program[n++] = (struct sock_filter)ANSWER(SECCOMP_RET_ALLOW);
	r = fd < 0 ? -errno : write_full(fd, SPAN(program, n * sizeof *program));
	if (r >= 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r < 0)
		return error_errno(err, -r, "cannot make the filter of system calls");
	*ret_fd = TAKE_FD(fd);
	return 0;
}
