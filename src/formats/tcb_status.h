/*
 * What Intel says about a security version: text in signed documents, a set of findings here.
 *
 * Statuses of several parts are merged by uniting their findings: that is Intel's rule (an outdated
 * quoting enclave makes of ConfigurationNeeded OutOfDateConfigurationNeeded), and nothing that one part
 * says can be lost.
 */
#pragma once

#include "base/compiler.h"

/* No finding: UpToDate. */
enum {
	TCB_SW_HARDENING = 1 << 0,  /* the platform is patched; programs have to do their part */
	TCB_CONFIGURATION = 1 << 1, /* a setting of the platform is to be changed */
	TCB_OUT_OF_DATE = 1 << 2,
	TCB_REVOKED = 1 << 3,
	/* The TDX module was brought up to date under a running TD, whose launch was before. */
	TCB_RELAUNCH = 1 << 4,
};

/* "UpToDate", "SWHardeningNeeded", ...: the worst that can be said of the findings. */
const char *tcb_status_name(unsigned findings);
/* The same back, of Intel's nine names. */
_must_check_ bool tcb_status_from_name(const char *name, unsigned *ret);
