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
 * A section for each set of registers: one for each platform that may run the image. The text is not secret and not trusted: a TPM checks the
 * signature over the policy that follows from registers and epoch (tpm_policy.h).
 */
#pragma once

#include "base/buffer.h"
#include "formats/tpm_policy.h"

#define SIGNED_POLICY_PATH "EFI/BOOT/tdnode.policy"
/* 16 sections of a key of 3072 bits have 20 KiB. */
#define SIGNED_POLICY_MAX (32u << 10)
#define SIGNED_POLICIES_MAX 16

struct signed_policy {
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
 * versions, two sections for the same registers, no section at all. */
_must_check_ int signed_policy_parse(const char *name, struct span text,
				     struct signed_policies *ret, struct error **err);
/* Appends the text. */
void signed_policy_write(const struct signed_policies *l, struct buffer *ret);

/* The one for these registers, NULL if there is none. */
const struct signed_policy *signed_policy_find(const struct signed_policies *l,
					       const struct tpm_pcrs *pcrs);

_must_check_ int signed_policy_sign(const struct tpm_pcrs *pcrs, uint16_t epoch,
				    const struct rsa_private *key, struct signed_policy *ret,
				    struct error **err);
/* -ERROR_REFUSED if it names another key or the signature is wrong. */
_must_check_ int signed_policy_verify(const struct signed_policy *p, const struct rsa_public *key,
				      struct error **err);
