/*
 * What is kept of an instance's last run once it is over: last-run.json in its folder (vm/instance.h).
 *
 *	{"version": 1, "image": "devnet", "started": 1795989398, "accelerator": "TCG",
 *	 "sha256": hex or null, "registers": "equal", "different" or null, "outcome": "ready", "stopped" or "failed",
 *	 "message": text or null, "timeline": {...}}	(vm/boot_timeline.h)
 */
#pragma once

#include "vm/boot_timeline.h"
#include "vm/instance.h"

#define LAST_RUN_FILE "last-run.json"
/* 256 units of some 150 bytes, and a message with the end of two logs. */
#define LAST_RUN_MAX (1u << 20)

enum run_outcome {
	RUN_READY,   /* the node answered */
	RUN_STOPPED, /* before that somebody asked to stop */
	RUN_FAILED,
	RUN_OUTCOMES,
};

struct last_run {
	char *instance; /* whose it is; not in the file */
	char *image;
	int64_t started;
	char *accelerator;
	char *sha256;	 /* of the disk image, as it was built; NULL: not known */
	char *registers; /* "equal" or "different"; NULL: not checked */
	enum run_outcome outcome;
	char *message; /* why it failed, or what was refused; NULL */
	struct boot_timeline timeline;
};

void last_run_release(struct last_run *r);

_must_check_ int last_run_format(const struct last_run *r, struct buffer *ret, struct error **err);
_must_check_ int last_run_parse(struct span json, struct last_run *ret, struct error **err);

_must_check_ int last_run_write(const struct instance *i, const struct last_run *r,
				struct error **err);
/* -ENOENT if the instance has none. */
_must_check_ int last_run_read(const struct instance *i, struct last_run *ret, struct error **err);
