/*
 * The system calls of commands in the build root: a seccomp program (seccomp(2), bpf of the kernel's
 * linux/filter.h) for bubblewrap's --seccomp. Compilers and tools need files, memory and processes; what
 * reaches further into the kernel answers as if it were not there or not allowed:
 *
 *	- namespaces, mounts, changes of root
 *	- sockets but those between processes of the sandbox (a VM socket knows no network namespace)
 *	- tracing and memory of other processes, keyrings, BPF, performance counters, io_uring, userfaultfd
 *	- modules, kexec, clocks, swap, accounting, and calls newer than this list
 *
 * A call of another architecture (32 bit) ends the process.
 */
#pragma once

#include "base/error.h"

/* *ret_fd is a file in memory with the program, to be read from its beginning; the caller closes it. */
_must_check_ int build_root_filter(int *ret_fd, struct error **err);
