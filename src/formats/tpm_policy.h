/*
 * Names and policy digests of a TPM, computed without one: TPM 2.0 Library Specification, part 1,
 * chapters 16 (names) and 19.7 (policies), part 3, chapter 23 (policy commands). All with SHA-256.
 *
 * The secret of the persistent disk is sealed to the registers TPM_POLICY_PCRS, either to their
 * values (tpm_policy_pcr()), or to whatever the owner of a key approves (tpm_policy_authorize()):
 *
 *	approved  = PolicyPCR(values), then PolicyNV(counter, epoch, 0, UNSIGNED_LE)
 *	signature = RSASSA-PKCS1-v1_5 SHA-256 of approved || TPM_POLICY_REF
 *	sealed to = PolicyAuthorize(name of the key, TPM_POLICY_REF)
 *
 * so that the TPM itself refuses a signature whose epoch is below its counter.
 */
#pragma once

#include "base/buffer.h"
#include "crypto/digest.h"
#include "crypto/rsa.h"

/*
 * Whatever can run before init or beneath the kernel: firmware (0), its settings, the ACPI tables that it
 * passes on and the boot variables (1), drivers and option ROMs (2, 3), Secure Boot (7), boot loader code
 * (4), command line and initrd as the kernel's stub measures them (9), the parts of the unified kernel
 * image (11), what is added to it (12). TCG PC Client Platform Firmware Profile 1.06, 3.3.4.
 */
#define TPM_POLICY_PCRS 9
static const unsigned tpm_policy_pcrs[TPM_POLICY_PCRS] = {0, 1, 2, 3, 4, 7, 9, 11, 12};

#define TPM_DIGEST_SIZE 32u
/* Algorithm identifier, digest. */
#define TPM_NAME_SIZE (2 + TPM_DIGEST_SIZE)

/* Another one than that of signatures over fewer registers: those open nothing that is sealed to it. */
#define TPM_POLICY_REF "tdnode-disk-2"
#define TPM_EPOCH_MAX 65535u
/*
 * How far an epoch may lie above the counter. The counter only goes up, by one write of the TPM's memory
 * for each step: a signature of the epoch 65535, made by mistake or by a thief of the key, would leave no
 * epoch to take it back by, and wear the memory.
 */
#define TPM_EPOCH_STEPS_MAX 64u

/* TPM_ALG_ID */
#define TPM_ALG_ID_RSA 0x0001u
#define TPM_ALG_ID_SHA256 0x000bu
#define TPM_ALG_ID_NULL 0x0010u
/* TPM_EO_UNSIGNED_LE: what is in the index is at most the operand. */
#define TPM_EO_UNSIGNED_LESS_OR_EQUAL 0x0009u

/* TPMA_OBJECT of the policy key: userWithAuth, decrypt, sign. */
#define TPM_POLICY_KEY_ATTRIBUTES 0x00060040u

/* The counter of epochs. */
#define TPM_COUNTER_INDEX 0x0180746eu
#define TPM_COUNTER_SIZE 8u
/* TPMA_NV: OWNERWRITE, AUTHWRITE, TPM_NT_COUNTER, OWNERREAD, AUTHREAD, NO_DA. */
#define TPM_COUNTER_ATTRIBUTES 0x02060016u
/* Exists once a disk was made or opened; holds nothing. TPMA_NV: as above, TPM_NT_ORDINARY. */
#define TPM_FIRST_DISK_INDEX 0x0180746fu
#define TPM_FIRST_DISK_SIZE 1u
#define TPM_FIRST_DISK_ATTRIBUTES 0x02060006u

/* TPMA_NV_WRITTEN, once it was incremented; part of its name. */
#define TPM_NV_WRITTEN 0x20000000u

struct tpm_name {
	uint8_t bytes[TPM_NAME_SIZE];
};

/* Values of the registers tpm_policy_pcrs[]. */
struct tpm_pcrs {
	uint8_t values[TPM_POLICY_PCRS][TPM_DIGEST_SIZE];
};

/* The place of a register in tpm_policy_pcrs[]; TPM_POLICY_PCRS if it is not among them. */
size_t tpm_policy_index(unsigned pcr);

/*
 * The first register that nobody extended at this boot; -1 if there is none. Of a boot that was not
 * measured nothing is known. PCR 12 stays in its reset state when nothing is added to the image.
 */
int tpm_pcrs_unmeasured(const struct tpm_pcrs *pcrs);

/* The policy of a new session: zeros. */
struct digest tpm_policy_new(void);

/* What each command makes of a session's policy. */
void tpm_policy_pcr(struct digest *policy, const struct tpm_pcrs *pcrs);
void tpm_policy_nv(struct digest *policy, const struct tpm_name *index, struct span operand,
		   uint16_t offset, uint16_t operation);
void tpm_policy_authorize(struct digest *policy, const struct tpm_name *key,
			  struct span policy_ref);

/* TPMT_PUBLIC of the policy key, and its name. Appending to a buffer can fail: buffer_ok(). */
void tpm_policy_key_public(const struct rsa_public *key, struct buffer *ret);
_must_check_ int tpm_policy_key_name(const struct rsa_public *key, struct tpm_name *ret,
				     struct error **err);

/* The name of the counter once it was incremented. */
struct tpm_name tpm_counter_name(void);

/* The whole: the policy that a signature of the epoch approves for the registers, and what is signed. */
struct digest tpm_disk_approved_policy(const struct tpm_pcrs *pcrs, uint16_t epoch);
#define TPM_DISK_MESSAGE_SIZE (TPM_DIGEST_SIZE + sizeof(TPM_POLICY_REF) - 1)
void tpm_disk_message(const struct digest *approved, uint8_t ret[TPM_DISK_MESSAGE_SIZE]);
/* The policies to which the secret is sealed: with and without a policy key. */
struct digest tpm_disk_authorize_policy(const struct tpm_name *key);
struct digest tpm_disk_pcr_policy(const struct tpm_pcrs *pcrs);
