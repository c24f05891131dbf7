/*
 * Child processes: an argument vector, a fixed small environment, no shell.
 *
 * A child gets only the environment given (NULL means PATH, LANG=C.UTF-8 and nothing else), no
 * descriptor but 0, 1, 2 and those listed, default signals, and dies with its parent.
 */
#pragma once

#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"

struct process_options {
	const char *const *argv;	/* NULL-terminated; argv[0] is looked up in PATH */
	const char *const *environment; /* NULL-terminated "NAME=value", or NULL: see above */
	int stdin_fd;			/* -1: /dev/null */
	int stdout_fd;			/* -1: /dev/null (process_start), captured (process_run) */
	int stderr_fd;			/* likewise */
	const int *keep_fds; /* passed on with the same number, ended by -1; may be NULL */
	bool own_group;	     /* new process group, so that a terminal's Ctrl-C misses it */
	bool outlive;	     /* new session and no death with the parent: for --detach */
};

#define PROCESS_OPTIONS(argument_vector)                                                    \
	(struct process_options)                                                            \
	{                                                                                   \
		.argv = (argument_vector), .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1 \
	}

/* Starts a child. A program that cannot be executed is an error here, not an exit status. */
_must_check_ int process_start(const struct process_options *options, pid_t *ret,
			       struct error **err);

/* Waits; exit status 0 is success. Otherwise an error: "<name> exited with status 2" or "... was
 * killed by signal 9". */
_must_check_ int process_wait(pid_t pid, const char *name, struct error **err);

/* Limit of captured output per stream; what is beyond is an error. */
#define PROCESS_OUTPUT_MAX (64u << 20)

/*
 * Runs to the end. Standard output goes to `ret_output` (may be NULL: dropped) unless stdout_fd is
 * set; of standard error the last lines become part of the error message on failure unless stderr_fd
 * is set.
 */
_must_check_ int process_run(const struct process_options *options, struct buffer *ret_output,
			     struct error **err);

/* True if `program` is found in PATH (or is an executable path). */
bool process_available(const char *program);
