/*
 * LUKS2 headers as tdnode makes them: "LUKS2 On-Disk Format Specification" 1.1.
 *
 * The header of a disk is the host's to write. What is accepted here is therefore not LUKS2, but the
 * one shape of it that the guest's disk program makes: the whole disk, two copies of 64 KiB, key slots
 * up to 4 MiB, one encrypted segment after them, and as token 0 either the TPM's (with that of recovery, if any, as
 * token 1) or the one that says that the key comes from outside. Every member of the metadata is known and has the
 * one value that it may have; anything else is refused.
 *
 *	0       binary header (4 KiB) and JSON of copy 0
 *	64 KiB  the same of copy 1
 *	128 KiB key slot areas
 *	4 MiB   the encrypted segment, to the end of the disk
 */
#pragma once

#include "crypto/box.h"
#include "formats/tpm_policy.h"

/* Header, both copies and the key slot areas; the encrypted data start here. */
#define LUKS2_HEADER_SIZE (4u << 20)
/* One copy: binary header and JSON. */
#define LUKS2_COPY_SIZE (64u << 10)
#define LUKS2_COPIES 2u
#define LUKS2_BINARY_SIZE 4096u
#define LUKS2_JSON_SIZE (LUKS2_COPY_SIZE - LUKS2_BINARY_SIZE)
#define LUKS2_KEYSLOTS_SIZE (LUKS2_HEADER_SIZE - LUKS2_COPIES * LUKS2_COPY_SIZE)

#define LUKS2_LABEL "tdnode"
#define LUKS2_SUBSYSTEM "tdnode-persistent"
#define LUKS2_CIPHER "aes"
#define LUKS2_CIPHER_MODE "xts-plain64"
#define LUKS2_KEY_SIZE 64u
#define LUKS2_HASH "sha256"
/* The secrets of the slots are 256 random bits: stretching them is for passwords. */
#define LUKS2_ITERATIONS 1000u
#define LUKS2_STRIPES 4000u
/* 4000 stripes of 64 bytes, up to a multiple of 4 KiB. */
#define LUKS2_AREA_SIZE 258048u

/*
 * The TPM's secret has slot 0 or 2, that of recovery slot 1. Sealing anew takes the other of 0 and 2,
 * so that the old secret opens the disk until the new one does.
 */
#define LUKS2_SLOTS 3u
#define LUKS2_RECOVERY_SLOT 1u
#define LUKS2_KEY_SLOT 1u

#define LUKS2_TPM_TOKEN "tdnode-tpm2"
#define LUKS2_RECOVERY_TOKEN "tdnode-recovery"
/* Of a disk whose secret its owner hands over at each boot (formats/disk_key.h), in slot 1. */
#define LUKS2_KEY_TOKEN "tdnode-key"
#define LUKS2_TOKEN_VERSION 1 /* of the latter two */
#define LUKS2_TPM_TOKEN_VERSION 2
/* Sealed by an older version to TPM_PCRS_FEW: opened once, by recovery or where the policy key names it, and sealed
 * anew. */
#define LUKS2_TPM_TOKEN_VERSION_FEW 1

/* Far above a sealed object of 32 bytes under an elliptic-curve key, and what the TPM says about it. */
#define LUKS2_SEALED_MAX 512u
#define LUKS2_UUID_SIZE 37u

enum luks2_binding {
	LUKS2_BINDING_PCR,	 /* the values of PCRs when sealed */
	LUKS2_BINDING_AUTHORIZE, /* values that the policy key signed */
};

struct luks2_slot {
	bool used;
	uint32_t area_offset; /* from the start of the disk; LUKS2_AREA_SIZE bytes */
};

struct luks2_tpm {
	unsigned slot;
	unsigned version;
	enum luks2_binding binding;
	struct tpm_pcrs pcrs;		  /* when sealed */
	struct tpm_name srk;		  /* name of the storage root key */
	uint8_t public[LUKS2_SEALED_MAX]; /* TPM2B_PUBLIC */
	size_t public_size;
	uint8_t private[LUKS2_SEALED_MAX]; /* TPM2B_PRIVATE */
	size_t private_size;
	/* The TPM's statement that the secret was sealed while the registers had the values above. */
	uint8_t creation[LUKS2_SEALED_MAX]; /* TPM2B_CREATION_DATA */
	size_t creation_size;
	uint8_t ticket[LUKS2_SEALED_MAX]; /* TPMT_TK_CREATION */
	size_t ticket_size;
	/* And that of the policy key that such registers may seal; empty without a policy key. */
	uint16_t epoch;
	uint8_t signature[RSA_SIZE_MAX];
	size_t signature_size;
};

struct luks2_recovery {
	struct x25519_public recipient;
	uint8_t box[BOX_SIZE];
};

struct luks2 {
	unsigned copy; /* the copy that this is: the newer valid one */
	bool valid[LUKS2_COPIES];
	uint64_t seqid;
	char uuid[LUKS2_UUID_SIZE];
	uint32_t sector_size; /* 512 or 4096 */
	struct luks2_slot slots[LUKS2_SLOTS];
	bool has_key; /* the owner hands over its secret; there is neither the TPM's nor that of recovery */
	struct luks2_tpm tpm;
	bool has_recovery;
	struct luks2_recovery recovery;
};

/* True if the first bytes of a disk carry our label, valid or not. */
bool luks2_is_ours(struct span header);

/*
 * Checks the first LUKS2_HEADER_SIZE bytes of a disk. A copy whose checksum is wrong counts as torn
 * and is passed over; at least one must be whole, and every whole one must be acceptable. The reason
 * of a refusal names copy and member.
 */
_must_check_ int luks2_check(struct span header, struct luks2 *ret, struct error **err);

/* Makes the other copy of a checked header (in place) the one that was taken, if it is torn or older, so
 * that no other reader finds anything that was not checked. */
void luks2_mend(uint8_t header[LUKS2_HEADER_SIZE], const struct luks2 *checked);

/* Makes the checksum of a copy right: for luks2_mend() and for tests. */
void luks2_seal_copy(uint8_t copy[LUKS2_COPY_SIZE]);

/* luks2_json.c: reads the metadata of one copy into *ret (slots, tokens, sector_size). */
_must_check_ int luks2_parse_json(struct span area, struct luks2 *ret, struct error **err);
