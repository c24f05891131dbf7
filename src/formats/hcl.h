/*
 * The report of Azure's paravisor (OpenHCL): what it says about its machine and the virtual TPM's key, and
 * the TD report whose report data binds it. openhcl_attestation_protocol, igvm_attest.
 */
#pragma once

#include "crypto/rsa.h"

/* Reads of the TPM's NV index 0x01400001 give 2600 bytes. */
#define HCL_MAX (32u << 10)
#define HCL_USER_DATA_SIZE 64u
#define HCL_TEXT_SIZE 64u

struct hcl_report {
	struct span
		claims; /* the JSON whose digest the TD report binds, in the bytes that were parsed */
};

/* Zeros may follow. -ERROR_UNSUPPORTED for reports of SEV-SNP and other digests than SHA-256. */
_must_check_ int hcl_report_parse(struct span bytes, struct hcl_report *ret, struct error **err);

/* What the claims say. */
struct hcl_claims {
	struct rsa_public attestation_key; /* "HCLAkPub": of the virtual TPM */
	bool secure_boot;
	bool tpm_enabled;
	bool tpm_persisted; /* its state outlives the machine: the host keeps it */
	char vm_id[HCL_TEXT_SIZE];
	bool has_user_data;
	uint8_t user_data[HCL_USER_DATA_SIZE];
};

/* The caller has checked the digest of the bytes. */
_must_check_ int hcl_claims_parse(struct span json, struct hcl_claims *ret, struct error **err);
