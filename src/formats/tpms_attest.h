/*
 * What a TPM signs when it quotes registers, and the public part of the key: TPM 2.0 Library, part 2,
 * TPMS_ATTEST (10.12.12), TPMT_PUBLIC (12.2.4). All numbers are big-endian.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"
#include "crypto/rsa.h"

#define TPMS_ATTEST_MAX 1024u
#define TPMT_PUBLIC_MAX 1024u
/* Of a selection: 24 registers, and room for those that a TPM may have beyond. */
#define TPM_SELECTIONS_MAX 5u

/* TPMI_ALG_HASH */
enum {
	TPM_ALGORITHM_SHA1 = 0x0004,
	TPM_ALGORITHM_SHA256 = 0x000b,
	TPM_ALGORITHM_SHA384 = 0x000c,
};

struct tpm_quote {
	struct span qualified_signer; /* the name of the key that signed */
	struct span extra_data;	      /* what the caller of TPM2_Quote gave */
	uint64_t clock;
	uint32_t reset_count, restart_count;
	bool clock_is_safe;
	uint64_t firmware_version;
	struct {
		uint16_t algorithm;
		uint32_t registers; /* a bit for each */
	} selections[TPM_SELECTIONS_MAX];
	size_t n_selections;
	struct span pcr_digest;
};

/* The whole of `bytes`. Other structures than that of a quote are refused as malformed. */
_must_check_ int tpms_attest_parse(struct span bytes, struct tpm_quote *ret, struct error **err);

/* TPMA_OBJECT */
enum {
	TPM_OBJECT_FIXED_TPM = 1 << 1,
	TPM_OBJECT_FIXED_PARENT = 1 << 4,
	TPM_OBJECT_SENSITIVE_ORIGIN = 1 << 5,
	TPM_OBJECT_RESTRICTED = 1 << 16,
	TPM_OBJECT_DECRYPT = 1 << 17,
	TPM_OBJECT_SIGN = 1 << 18,
};

struct tpm_public {
	uint32_t attributes;
	struct rsa_public key;
};

/* An RSA key of 2048 or 3072 bits that signs by RSASSA with SHA-256. */
_must_check_ int tpmt_public_parse(struct span bytes, struct tpm_public *ret, struct error **err);
