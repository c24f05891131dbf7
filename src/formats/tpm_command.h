/*
 * The commands by which a TPM gives evidence, and their responses: TPM 2.0 Library, part 3. All numbers are
 * big-endian. Handles that need authorisation are used with an empty password, as their makers define them.
 *
 * What a TPM answers is read as strictly as anything else from outside: it may be the host's.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

/* TPM2_MAX_RESPONSE_SIZE of the reference code. */
#define TPM_RESPONSE_MAX 4096u
#define TPM_COMMAND_MAX 1024u
#define TPM_RESPONSE_HEADER_SIZE 10u
#define TPM_PCR_SIZE 32u
#define TPM_PCR_COUNT 24u
/* Of one index: more than TPMs take (2 KiB), and what Azure's has (4 KiB). */
#define TPM_INDEX_MAX (8u << 10)
/* What one command reads or writes of an index: every TPM takes this many. */
#define TPM_INDEX_PART 512u

/* Response codes that callers decide by (part 2, 6.6). */
enum {
	TPM_RESPONSE_RETRY = 0x922,
	TPM_RESPONSE_HANDLE = 0x18b, /* of the first handle: nothing is there */
};

void tpm_put_pcr_read(struct buffer *b, uint32_t registers);
/* RSASSA with SHA-256, of the registers of the SHA-256 bank. `data` has 64 bytes at most. */
void tpm_put_quote(struct buffer *b, uint32_t key, struct span data, uint32_t registers);
void tpm_put_read_public(struct buffer *b, uint32_t handle);
void tpm_put_index_read_public(struct buffer *b, uint32_t index);
/* At most TPM_INDEX_PART bytes. By the owner's authorisation, else by that of the index. */
void tpm_put_index_read(struct buffer *b, uint32_t index, bool by_owner, uint16_t size,
			uint16_t offset);
/* An ordinary index of `size` bytes that the owner reads and writes. */
void tpm_put_index_define(struct buffer *b, uint32_t index, uint16_t size);
/* By the owner, from the beginning; at most TPM_INDEX_PART bytes. */
void tpm_put_index_write(struct buffer *b, uint32_t index, struct span bytes);

/* How long a response is by its header. -ERROR_MALFORMED beyond TPM_RESPONSE_MAX, or below a header. */
_must_check_ int tpm_response_size(const uint8_t header[TPM_RESPONSE_HEADER_SIZE], size_t *ret,
				   struct error **err);

struct tpm_response {
	uint32_t code;		/* 0: done */
	struct span parameters; /* in the bytes that were parsed; empty unless done */
};

/* The whole of `bytes`. */
_must_check_ int tpm_response_parse(struct span bytes, struct tpm_response *ret,
				    struct error **err);

/* Values in ascending order of registers. A TPM gives as many as it likes of those asked for. */
struct tpm_pcr_values {
	uint32_t registers;
	uint8_t values[TPM_PCR_COUNT][TPM_PCR_SIZE]; /* by the number of the register */
};

_must_check_ int tpm_pcr_read_parse(struct span parameters, struct tpm_pcr_values *ret,
				    struct error **err);
/* TPMS_ATTEST, and the signature's bytes. */
_must_check_ int tpm_quote_parse(struct span parameters, struct span *ret_message,
				 struct span *ret_signature, struct error **err);
/* TPMT_PUBLIC. */
_must_check_ int tpm_read_public_parse(struct span parameters, struct span *ret,
				       struct error **err);

struct tpm_index {
	uint16_t size;
	bool by_owner; /* the owner may read it */
};

_must_check_ int tpm_index_read_public_parse(struct span parameters, struct tpm_index *ret,
					     struct error **err);
_must_check_ int tpm_index_read_parse(struct span parameters, struct span *ret, struct error **err);
