/*
 * What Intel signs about the security versions of a platform and of its TDX modules ("TCB info", version 3)
 * and of its quoting enclave ("enclave identity", version 2): Intel's Provisioning Certification Service
 * API, version 4.
 *
 * Parsers take the very bytes that are signed. Members that are not known are passed over, as Intel adds
 * some from time to time.
 */
#pragma once

#include "base/error.h"
#include "base/text.h"
#include "formats/tcb_status.h"

/* Intel's have 15 to 40 KiB. */
#define TCB_INFO_MAX (256u << 10)
/* Of a platform's levels, and of a module's or an enclave's: Intel's have some twenty. */
#define TCB_LEVELS_MAX 256u
/* Modules of the major versions; they are two bytes of text. */
#define TCB_MODULES_MAX 64u
#define TCB_ADVISORIES_MAX 256u
#define TCB_COMPONENTS 16u

/* A security version and what is to be said of it. */
struct tcb_level {
	/* of a platform */
	uint16_t sgx[TCB_COMPONENTS]; /* platforms have bytes: more than 255 fits none */
	uint16_t tdx[TCB_COMPONENTS];
	uint16_t pce_svn;
	/* of a module or an enclave */
	uint16_t isv_svn;

	unsigned findings; /* tcb_status.h */
	int64_t date;
	struct string_list advisories;
};

struct tcb_levels {
	struct tcb_level *items; /* the newest first; none is there twice */
	size_t n;
};

struct tdx_module {
	char *id; /* "TDX_01"; NULL: of version 0 of modules, which have no identity of their own */
	uint8_t mr_signer[48];
	uint8_t attributes[8];
	uint8_t attributes_mask[8];
	struct tcb_levels levels;
};

struct tcb_info {
	int64_t issue_date, next_update;
	uint32_t evaluation_number;
	uint8_t fmspc[6];
	uint8_t pce_id[2];
	struct tdx_module base; /* without levels */
	struct tdx_module *modules;
	size_t n_modules;
	struct tcb_levels levels;
};

_must_check_ int tcb_info_parse(struct span json, struct tcb_info *ret, struct error **err);
void tcb_info_release(struct tcb_info *i);

struct qe_identity {
	int64_t issue_date, next_update;
	uint32_t evaluation_number;
	uint8_t misc_select
		[4]; /* as in a report: the text is a number, most significant digit first */
	uint8_t misc_select_mask[4];
	uint8_t attributes[16];
	uint8_t attributes_mask[16];
	uint8_t mr_signer[32];
	uint16_t isv_prod_id;
	struct tcb_levels levels;
};

_must_check_ int qe_identity_parse(struct span json, struct qe_identity *ret, struct error **err);
void qe_identity_release(struct qe_identity *i);
