/*
 * A guest program ends, and with it the way to a node: the reason, for whoever watches the console, and for guest/azure,
 * which tells it to the host.
 */
#pragma once

#include "base/error.h"

/* What guest programs say on the console before the reason; `tdnode run` reads it there. systemd says that a unit
 * failed, too, but drops lines of its own while the console is full of others. */
#define GUEST_FAILED "failed: "

/* Of the program that failed first: "tdnode-disk: '/dev/vdb' stays locked: ...". Its folder is made for
 * tdnode-config.service. */
#define GUEST_FAILED_FILE "/run/tdnode/failed"
#define GUEST_FAILED_MAX 4096u

/* Says on standard error that the program ("tdnode-disk") failed, and writes it to the file, unless another has. */
void guest_failed(const char *program, const char *reason);
