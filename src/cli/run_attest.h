/*
 * The last question of a checked run: an attested connection to the node, judged by what its build predicted, as
 * somebody far away would.
 */
#pragma once

#include "attest/verdict.h"
#include "measure/measure.h"
#include "vm/machine.h"

struct run_attestation {
	bool judged; /* false: the image has no attestation service, or its TPM no certificate */
	struct verdict verdict;
};

void run_attestation_release(struct run_attestation *a);

/* `folder` holds measurements.json; PCR 8 is that of `prediction`, the configuration of this run. */
_must_check_ int run_attest(struct machine *m, const char *state, const char *folder,
			    const struct measurement *prediction, struct run_attestation *ret,
			    struct error **err);

/* 0 unless there is a verdict that refuses: -ERROR_REFUSED. */
_must_check_ int run_attestation_require(const struct run_attestation *a, struct error **err);

void run_attestation_text(const struct run_attestation *a, struct buffer *b);
/* NULL without memory. */
json_t *run_attestation_json(const struct run_attestation *a);
