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
 *
 * Older versions sealed to PolicyAuthorize(name of the key, TPM_POLICY_REF_FEW), and what the key approved
 * under that reference named the registers TPM_PCRS_FEW alone. Such a disk opens under a policy that
 * names all registers and the sealed secret of this one disk:
 *
 *	approved  = PolicyPCR(values), PolicyNV(counter, epoch, 0, UNSIGNED_LE), PolicyNameHash(secret)
 *	signature = of approved || TPM_POLICY_REF_FEW
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
/* All of them, and those of older versions: bits 1 << register. */
#define TPM_PCRS_ALL 0x1a9fu
#define TPM_PCRS_FEW 0x1a10u

#define TPM_DIGEST_SIZE 32u
/* Algorithm identifier, digest. */
#define TPM_NAME_SIZE (2 + TPM_DIGEST_SIZE)

/* Another one than that of signatures over fewer registers: those open nothing that is sealed to it. */
#define TPM_POLICY_REF "tdnode-disk-2"
#define TPM_POLICY_REF_FEW "tdnode-disk"
#define TPM_EPOCH_MAX 65535u
/*
 * How far an epoch may lie above the counter. The counter only goes up, by one write of the TPM's memory
 * for each step: a signature of the epoch 65535, made by mistake or by a thief of the key, would leave no
 * epoch to take it back by, and wear the memory.
 */
#define TPM_EPOCH_STEPS_MAX 64u

/* TPM_ALG_ID */
#define TPM_ALG_ID_RSA 0x0001u
#define TPM_ALG_ID_KEYEDHASH 0x0008u
#define TPM_ALG_ID_SHA256 0x000bu
#define TPM_ALG_ID_NULL 0x0010u
/* TPM_EO_UNSIGNED_LE: what is in the index is at most the operand. */
#define TPM_EO_UNSIGNED_LESS_OR_EQUAL 0x0009u

/* TPMA_OBJECT of the policy key: userWithAuth, decrypt, sign. */
#define TPM_POLICY_KEY_ATTRIBUTES 0x00060040u
/* Of a sealed secret: fixedTPM, fixedParent, adminWithPolicy, noDA. Without userWithAuth nothing but the policy
 * opens it. */
#define TPM_SEALED_ATTRIBUTES 0x00000492u
/* Its TPM2B_PUBLIC: size, type, algorithm, attributes, policy, scheme, unique digest. */
#define TPM_SEALED_PUBLIC_SIZE (2u + 2 + 2 + 4 + 2 + TPM_DIGEST_SIZE + 2 + 2 + TPM_DIGEST_SIZE)

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

/* SHA-256 of the values of `registers` (TPM_PCRS_...), as PolicyPCR and a creation ticket have it. */
struct digest tpm_pcrs_digest(const struct tpm_pcrs *pcrs, uint32_t registers);

/* What each command makes of a session's policy. */
void tpm_policy_pcr(struct digest *policy, const struct tpm_pcrs *pcrs, uint32_t registers);
void tpm_policy_nv(struct digest *policy, const struct tpm_name *index, struct span operand,
		   uint16_t offset, uint16_t operation);
void tpm_policy_authorize(struct digest *policy, const struct tpm_name *key,
			  struct span policy_ref);
/* The command that the policy authorises has this object as its only handle. */
struct digest tpm_name_hash(const struct tpm_name *object);
void tpm_policy_name_hash(struct digest *policy, const struct tpm_name *object);

/* TPMT_PUBLIC of the policy key, and its name. Appending to a buffer can fail: buffer_ok(). */
void tpm_policy_key_public(const struct rsa_public *key, struct buffer *ret);
_must_check_ int tpm_policy_key_name(const struct rsa_public *key, struct tpm_name *ret,
				     struct error **err);

/* The name of the counter once it was incremented. */
struct tpm_name tpm_counter_name(void);

/*
 * The name of a sealed secret by its TPM2B_PUBLIC, which is the host's. -ERROR_MALFORMED if that is not one of
 * an object that guest/disk seals under `policy`.
 */
_must_check_ int tpm_sealed_name(struct span public, const struct digest *policy,
				 struct tpm_name *ret, struct error **err);

/* The whole: the policy that a signature of the epoch approves for the registers; `object` (NULL: any) is the
 * one secret that it opens. */
struct digest tpm_disk_approved_policy(const struct tpm_pcrs *pcrs, uint32_t registers,
				       uint16_t epoch, const struct tpm_name *object);
/* The policies to which the secret is sealed: with and without a policy key. */
struct digest tpm_disk_authorize_policy(const struct tpm_name *key, struct span policy_ref);
struct digest tpm_disk_pcr_policy(const struct tpm_pcrs *pcrs);
