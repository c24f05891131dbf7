/*
 * The folder with the state of a software TPM, before swtpm opens it.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

/* Refused (-EBUSY), with the process, if a swtpm has the state in use. */
_must_check_ int swtpm_state_check_unused(const char *folder, struct error **err);

/* A path as swtpm's options take it: they have no way to write a comma. A folder with one in its name is named
 * by a descriptor. */
struct swtpm_path {
	int folder_fd; /* -1: not needed */
	char *text;
};

#define SWTPM_PATH_INIT         \
	{                       \
		.folder_fd = -1 \
	}

/* `inherited`: `text` is for a process that gets the descriptor, as long as that lives. Otherwise it is for any
 * process, until swtpm_path_release(). */
_must_check_ int swtpm_path_open(const char *path, bool inherited, struct swtpm_path *ret,
				 struct error **err);
void swtpm_path_release(struct swtpm_path *p);

/*
 * Why QEMU ended, if its messages say that the TPM did not start: the error that names the state in `folder`
 * (NULL: that of a TPM that was running) and what to do. 0 if they say nothing of it.
 */
_must_check_ int swtpm_state_explain(struct span messages, const char *folder, struct error **err);

/* The same error, with what swtpm said of it (" (swtpm: 0x101)"; "": nothing). */
int swtpm_state_error(const char *folder, const char *said, struct error **err);
