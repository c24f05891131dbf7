/*
 * The signed policy of an image, a text beside the image on its EFI system partition (SIGNED_POLICY_PATH):
 * which registers may open the persistent disk, in the name of the owner of the policy key.
 *
 *	[Policy]
 *	Version=2
 *	Pcr0=7d3f...	(64 hexadecimal digits, of the SHA-256 bank)
 *	Pcr1=...
 *	Pcr2=...
 *	Pcr3=...
 *	Pcr4=...
 *	Pcr7=...
 *	Pcr9=...
 *	Pcr11=...
 *	Pcr12=...
 *	Epoch=3
 *	Key=000b...	(name of the key, as a TPM computes it)
 *	Signature=...
 *
 * A section for each set of registers: one for each platform that may run the image. The text is not secret
 * and not trusted: a TPM checks the signature over the policy that follows from registers and epoch
 * (tpm_policy.h).
 *
 * A section [OldDisk] has the same keys and Object=, the name of a sealed secret: that of a disk of an older
 * version, which the registers may open while the TPM's counter is at most Epoch.
 */
#pragma once

#include "base/buffer.h"
#include "formats/tpm_policy.h"

#define SIGNED_POLICY_PATH "EFI/BOOT/tdnode.policy"
/* 16 sections of a key of 3072 bits have 20 KiB. */
#define SIGNED_POLICY_MAX (32u << 10)
#define SIGNED_POLICIES_MAX 16

enum signed_policy_kind {
	SIGNED_POLICY,
	SIGNED_POLICY_OLD_DISK, /* for one disk of an older version */
	SIGNED_POLICY_FEW, /* as older versions signed; in tokens of disks alone, not in this text */
};

struct signed_policy {
	enum signed_policy_kind kind;
	struct tpm_name object; /* of an old disk's secret, else zeros */
	struct tpm_pcrs pcrs;
	uint16_t epoch; /* 1 to 65535 */
	struct tpm_name key;
	uint8_t signature[RSA_SIZE_MAX];
	size_t signature_size; /* 256 or 384 */
};

struct signed_policies {
	struct signed_policy items[SIGNED_POLICIES_MAX];
	size_t n;
};

/* Errors start with `name` and the line. Refused: keys that are missing, unknown or given twice, other
 * versions, two sections for the same registers (and object), no section [Policy] at all. */
_must_check_ int signed_policy_parse(const char *name, struct span text,
				     struct signed_policies *ret, struct error **err);
/* Appends the text. */
void signed_policy_write(const struct signed_policies *l, struct buffer *ret);

/* The one for these registers, NULL if there is none. */
const struct signed_policy *signed_policy_find(const struct signed_policies *l,
					       const struct tpm_pcrs *pcrs);
/* The one that opens the old disk of this secret, too. */
const struct signed_policy *signed_policy_find_old_disk(const struct signed_policies *l,
							const struct tpm_pcrs *pcrs,
							const struct tpm_name *object);

/* What a TPM makes of the policy, and what is signed with that: policyRef of TPM2_PolicyAuthorize. */
struct digest signed_policy_approved(const struct signed_policy *p);
struct span signed_policy_ref(enum signed_policy_kind kind);
#define SIGNED_POLICY_MESSAGE_MAX (TPM_DIGEST_SIZE + 16u)
/* The bytes that are signed. */
size_t signed_policy_message(const struct signed_policy *p, uint8_t ret[SIGNED_POLICY_MESSAGE_MAX]);

/* Fills in key and signature of a policy whose other members are set. */
_must_check_ int signed_policy_sign(struct signed_policy *p, const struct rsa_private *key,
				    struct error **err);
/* -ERROR_REFUSED if it names another key or the signature is wrong. */
_must_check_ int signed_policy_verify(const struct signed_policy *p, const struct rsa_public *key,
				      struct error **err);
