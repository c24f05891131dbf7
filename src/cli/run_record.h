/*
 * What `tdnode run` keeps of a boot: last-run.json of the instance (vm/last_run.h), and the picture of --timeline.
 */
#pragma once

#include "base/progress.h"
#include "vm/last_run.h"

struct run_record {
	const struct instance *instance;
	const char *image;
	int64_t started;
	const char *accelerator;
	const char *sha256;    /* NULL: not known */
	const char *registers; /* NULL: not checked */
	int result;	       /* of boot and check: 0, or a negative code */
	const char *message;   /* of a negative code */
	const struct boot_timeline *timeline;
};

/* Fails if nothing could be written at `svg`, which is better said before the boot. */
_must_check_ int run_record_check(const char *svg, struct error **err);

/* Fails only if `svg` was asked for (not NULL) and cannot be written; a record that is lost is said. */
_must_check_ int run_record_keep(const struct run_record *r, const char *svg,
				 struct progress *progress, struct error **err);
