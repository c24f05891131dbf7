/*
 * Many digests at once: each is of a message given in pieces, and one message is often the start of
 * another (a section, and an initrd that begins with it). Such a part is hashed once; the rest runs
 * on all processors, the longest first.
 */
#pragma once

#include "crypto/digest.h"

struct digest_piece {
	struct span bytes;
	uint64_t zeros; /* that follow the bytes */
};

struct digest_job {
	const struct digest_piece *pieces;
	size_t n;
	enum digest_algorithm algorithm;
	struct digest *result; /* set by digest_jobs_run() */
};

/* Computes all results. The pieces and what they refer to must stay until it returns. */
_must_check_ int digest_jobs_run(const struct digest_job *jobs, size_t n, struct error **err);
