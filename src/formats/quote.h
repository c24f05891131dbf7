/*
 * Quotes of Intel TDX: "Intel TDX DCAP Quoting Library API", appendix A.3; versions 4 and 5.
 *
 * A struct quote says what the bytes say, nothing of whether it is true: attest/quote_verify.h makes a
 * struct verified_quote of one. All numbers in quotes are little-endian.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

/* A quote has 5 KiB; buffers of Linux 8 KiB, in which zeros follow. */
#define QUOTE_MAX (64u << 10)
/* Certification data with a chain of three certificates has 4 KiB. */
#define QUOTE_CERTIFICATION_MAX (32u << 10)

#define TD_REGISTER_SIZE 48u

/* What the TDX module says about a TD. The body types are beginnings of it. */
struct td_report {
	uint8_t tee_tcb_svn[16];
	uint8_t mr_seam[48];
	uint8_t mr_signer_seam[48];
	uint8_t seam_attributes[8];
	uint8_t td_attributes[8];
	uint8_t xfam[8];
	uint8_t mr_td[48];
	uint8_t mr_config_id[48];
	uint8_t mr_owner[48];
	uint8_t mr_owner_config[48];
	uint8_t rtmr[4][48];
	uint8_t report_data[64];
	/* from TD_REPORT_1_5 on: state of now, where tee_tcb_svn is that of the TD's launch */
	uint8_t tee_tcb_svn_2[16];
	uint8_t mr_service_td[48];
	/* TD_REPORT_1_5_EX */
	uint8_t vm_id;
	uint8_t td_id[32];
	uint8_t device_info[48];
	uint8_t init_service_td_hash[48];
	uint8_t init_service_td_attributes[8];
	uint8_t init_cpu_svn[16];
	uint8_t init_tee_tcb_svn[16];
	uint8_t init_tee_fmspc[12];
	uint8_t current_service_td_hash[48];
	uint8_t current_service_td_attributes[8];
};

enum td_report_type {
	TD_REPORT_1_0 = 2,
	TD_REPORT_1_5 = 3,
	TD_REPORT_1_5_EX = 4,
};

#define TD_REPORT_1_0_SIZE 584u
#define TD_REPORT_1_5_SIZE 648u
#define TD_REPORT_1_5_EX_SIZE 885u

#define TD_ATTRIBUTE_DEBUG 0x1u
#define TD_ATTRIBUTE_SEPT_VE_DISABLE 0x10000000u

/* What the processor says about an enclave: the quoting enclave's. */
struct sgx_report {
	uint8_t cpu_svn[16];
	uint8_t misc_select[4];
	uint8_t reserved_1[28];
	uint8_t attributes[16];
	uint8_t mr_enclave[32];
	uint8_t reserved_2[32];
	uint8_t mr_signer[32];
	uint8_t reserved_3[96];
	uint8_t isv_prod_id[2];
	uint8_t isv_svn[2];
	uint8_t reserved_4[60];
	uint8_t report_data[64];
};

#define SGX_REPORT_SIZE 384u

enum {
	QUOTE_CERTIFICATION_PCK_CHAIN = 5, /* PEM, leaf first */
	QUOTE_CERTIFICATION_QE_REPORT = 6,
};

struct quote {
	unsigned version; /* 4 or 5 */
	enum td_report_type type;
	struct td_report td; /* zeros where the type has no more */
	struct sgx_report qe;

	/* In the bytes that were parsed. */
	struct span signed_bytes;
	const uint8_t *signature;	/* 64 */
	const uint8_t *attestation_key; /* 64 */
	struct span qe_report;
	const uint8_t *qe_signature; /* 64, of qe_report */
	struct span qe_auth;
	unsigned certification_type; /* 5, or one of 1 to 4 that names no certificate */
	struct span certification;
};

/* Whether the bytes begin as a quote of TDX does, of whatever version. */
bool quote_is(struct span bytes);

/* Behind the quote zeros are accepted. -ERROR_UNSUPPORTED for other versions and kinds of quotes. */
_must_check_ int quote_parse(struct span bytes, struct quote *ret, struct error **err);
