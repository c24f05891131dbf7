/*
 * Those who bring keys: everybody who reaches the machine may connect, and only one of them is the owner. So they are
 * heard side by side, each for a while: who says nothing, or a byte now and then, keeps nobody waiting.
 */
#pragma once

#include "base/error.h"
#include "formats/disk_key.h"

/* As many as the service of attestation lets in (guest/attest): the next one waits until one is gone. */
#define CALLERS_MAX 64u
/* From the offer to the last byte of the message: the owner's program answers at once. */
#define CALLERS_MILLISECONDS 30000

struct callers;

/* `listener`, a socket of AF_UNIX that listens, stays the caller's. */
_must_check_ int callers_new(int listener, const struct disk_key_offer *o, int milliseconds,
			     struct callers **ret, struct error **err);
/* Whoever is still there is hung up on. */
void callers_free(struct callers *c);
DEFINE_FREEP(struct callers *, callers_free)

/* Waits for the next whole message, which is a secret, and for as long as it takes. *ret_fd, which does not block, is
 * its sender's connection. */
_must_check_ int callers_next(struct callers *c, uint8_t ret[DISK_KEY_MESSAGE_SIZE], int *ret_fd,
			      struct error **err);

/* From now on nobody comes in, and who has not been let in is hung up on. systemd keeps the socket open. */
void callers_refuse(int listener);
