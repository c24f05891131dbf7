/*
 * QEMU's machine protocol, as far as a clean power-off needs it (QEMU, docs/interop/qmp-spec).
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

/* Waits until QEMU listens at the socket, and negotiates. *ret_fd is the connection. */
_must_check_ int qmp_connect(const char *socket, int *ret_fd, struct error **err);

/* Sends a command without arguments ("system_powerdown", "quit"). Answers are not waited for. */
_must_check_ int qmp_send(int fd, const char *command, struct error **err);

enum qmp_message {
	QMP_GREETING,
	QMP_RETURN,
	QMP_ERROR,
	QMP_EVENT,
	QMP_MALFORMED,
};

/* What one line from QEMU is. */
enum qmp_message qmp_parse(struct span line);
