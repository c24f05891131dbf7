/*
 * The roles of the node (docs/node.md): what scripts would do elsewhere, for an image without a shell.
 *
 * Each role has a description of its client in NODE_ROLES/ROLE.conf (formats/role.h).
 */
#pragma once

#include <sys/types.h>

#include "base/error.h"
#include "formats/role.h"

#define NODE_ROLES "/usr/lib/tdnode/roles"
/* The configuration of this boot, in its canonical form; absent in an image without keys. */
#define NODE_CONFIGURATION "/run/tdnode/config"
/* Where a consensus client starts (guest/checkpoint): more lines of the same form, if a layer asks for them. */
#define NODE_CHECKPOINT "/run/checkpoint/result"

/* Whose size counts. */
#define NODE_DISK "/persistent"

/*
 * Reads and expands the description of a role's client, over the configuration and what follows from the machine
 * (formats/sizing.h).
 */
_must_check_ int node_role_read(const char *role, struct role *ret, struct error **err);

/* Becomes the role's client; returns only if it cannot. */
_must_check_ int node_launch(const char *role, struct error **err);

/*
 * Makes the secret of the Engine API, NODE_SECRET_SIZE random bytes in hexadecimal, as a new file that its
 * group may read and nobody else.
 */
#define NODE_SECRET_SIZE 32
_must_check_ int node_secret_make(const char *path, struct error **err);

/* True if the bytes begin like an answer of HTTP, whatever its status. */
bool probe_is_answer(struct span bytes);

/* 1 if who listens on this port of loopback answers HTTP, 0 if nobody does so yet. */
_must_check_ int probe_port(uint16_t port, struct error **err);

/*
 * Asks again and again until the port answers. If `client` (a process, 0: none) ends before, that is an
 * error: -ESRCH.
 */
_must_check_ int probe_wait(uint16_t port, pid_t client, struct error **err);
