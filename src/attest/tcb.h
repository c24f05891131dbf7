/*
 * The security versions of a platform held against what Intel says of them: the rule of Intel's quote
 * verification library of 2026, and stricter where it loses something.
 *
 *  - One level has to fit the platform's components, its PCESVN and the TDX components together. With a
 *    module of version 1 or later the first two TDX components are judged by the module's identity.
 *  - A TD of TDX 1.5 is judged twice, by the versions at its launch and by those of now. If only its launch
 *    was out of date, a relaunch is advised. Else both count: Intel drops what is said of now.
 *  - What is said of platform, module and quoting enclave is united.
 */
#pragma once

#include "formats/pck.h"
#include "formats/quote.h"
#include "formats/tcb_info.h"

/* The earliest date and all advisories of what fitted. */
struct tcb_judgement {
	unsigned findings; /* of all; the others are shown for people */
	unsigned platform, module, qe;
	int64_t date;
	struct string_list advisories; /* sorted, none twice */
};

void tcb_judgement_release(struct tcb_judgement *j);

/*
 * -ERROR_REFUSED if no level fits or the module is not one that Intel knows; *ret_name is then the name of the
 * check that failed.
 */
_must_check_ int tcb_judge(const struct quote *q, const struct pck_extension *pck,
			   const struct tcb_info *info, const struct qe_identity *qe,
			   struct tcb_judgement *ret, const char **ret_name, struct error **err);
