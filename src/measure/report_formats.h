/*
 * A measurement in the formats that other programs read.
 *
 *	measured-boot	flashbots/measured-boot's output: the SHA-256 registers of a TPM and the events
 *			that lead to them
 *	attested-tls	the policy of attested-tls and cvm-reverse-proxy: an entry for each kind of
 *			machine, with `expected_any`
 *	dstack-mr	that of dstack-mr for Google Cloud: the registers of a TDX module
 */
#pragma once

#include "measure/measure.h"

enum report_format {
	REPORT_TEXT,
	REPORT_JSON,
	REPORT_MEASURED_BOOT,
	REPORT_ATTESTED_TLS,
	REPORT_DSTACK_MR,
};

/* "text", "json", "measured-boot", "attested-tls", "dstack-mr" */
const char *report_format_name(enum report_format format);

/*
 * Appends the document in one of the formats of others. They have no place for what is not known: a
 * measurement that lacks a register that the format is about is an error.
 */
_must_check_ int measurement_format(const struct measurement *m, enum report_format format,
				    struct buffer *b, struct error **err);
