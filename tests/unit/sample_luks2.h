/*
 * A LUKS2 header as the guest makes it, for tests to change: text of the metadata, binary header,
 * both copies. The key slot areas are zeros.
 */
#pragma once

#include "base/text.h"
#include "formats/luks2.h"

#define SAMPLE_UUID "b556ef69-218f-4484-9d50-113cc0e7616b"
#define SAMPLE_SALT "ROegYf4FJ+UJaWcKtDULiuOINqe8WmkBNVvyQRy0XCU="

#define SAMPLE_SLOT(offset)                                                                \
	"{\"type\":\"luks2\",\"key_size\":64,\"af\":{\"type\":\"luks1\",\"stripes\":4000," \
	"\"hash\":\"sha256\"},\"area\":{\"type\":\"raw\",\"offset\":\"" offset             \
	"\",\"size\":\"258048\",\"encryption\":\"aes-xts-plain64\",\"key_size\":64},"      \
	"\"kdf\":{\"type\":\"pbkdf2\",\"hash\":\"sha256\",\"iterations\":1000,"            \
	"\"salt\":\"" SAMPLE_SALT "\"}}"

#define SAMPLE_HEX16 "000102030405060708090a0b0c0d0e0f"
#define SAMPLE_HEX32 SAMPLE_HEX16 "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"

/* The members of 'pcrs'. */
#define SAMPLE_PCRS                                                                      \
	"\"0\":\"" SAMPLE_HEX32 "\",\"1\":\"" SAMPLE_HEX32 "\",\"2\":\"" SAMPLE_HEX32    \
	"\",\"3\":\"" SAMPLE_HEX32 "\",\"4\":\"" SAMPLE_HEX32 "\",\"7\":\"" SAMPLE_HEX32 \
	"\"," SAMPLE_PCRS_LAST
#define SAMPLE_PCRS_LAST \
	"\"9\":\"" SAMPLE_HEX32 "\",\"11\":\"" SAMPLE_HEX32 "\",\"12\":\"" SAMPLE_HEX32 "\""

#define SAMPLE_TPM_TOKEN                                                                         \
	"{\"type\":\"tdnode-tpm2\",\"keyslots\":[\"0\"],\"version\":2,\"binding\":\"pcr\","      \
	"\"pcrs\":{" SAMPLE_PCRS "},\"srk\":\"000b" SAMPLE_HEX32 "\",\"public\":\"" SAMPLE_HEX32 \
	"\",\"private\":\"" SAMPLE_HEX32 SAMPLE_HEX16 "\",\"creation\":\"" SAMPLE_HEX32          \
	"\",\"ticket\":\"" SAMPLE_HEX16 "\",\"epoch\":0,\"signature\":\"\"}"

#define SAMPLE_RECOVERY_TOKEN                                                             \
	"{\"type\":\"tdnode-recovery\",\"keyslots\":[\"1\"],\"version\":1,\"recipient\":" \
	"\"" SAMPLE_HEX32 "\",\"box\":\"" SAMPLE_HEX32 SAMPLE_HEX32                       \
	"aabbccddeeff00112233445566778899aabbccddeeff001122334455\"}"

#define SAMPLE_SEGMENT                                                                        \
	"{\"type\":\"crypt\",\"offset\":\"4194304\",\"size\":\"dynamic\",\"iv_tweak\":\"0\"," \
	"\"encryption\":\"aes-xts-plain64\",\"sector_size\":4096}"

#define SAMPLE_DIGEST(slots)                                                                      \
	"{\"type\":\"pbkdf2\",\"keyslots\":[" slots "],\"segments\":[\"0\"],\"hash\":\"sha256\"," \
	"\"iterations\":1000,\"salt\":\"" SAMPLE_SALT "\",\"digest\":\"" SAMPLE_SALT "\"}"

#define SAMPLE_CONFIG "{\"json_size\":\"61440\",\"keyslots_size\":\"4063232\"}"

/* With recovery; with the TPM alone. */
#define SAMPLE_JSON                                                                             \
	"{\"keyslots\":{\"0\":" SAMPLE_SLOT("131072") ",\"1\":" SAMPLE_SLOT(                    \
		"389120") "},"                                                                  \
			  "\"tokens\":{\"0\":" SAMPLE_TPM_TOKEN ",\"1\":" SAMPLE_RECOVERY_TOKEN \
			  "},"                                                                  \
			  "\"segments\":{\"0\":" SAMPLE_SEGMENT "},"                            \
			  "\"digests\":{\"0\":" SAMPLE_DIGEST(                                  \
				  "\"0\",\"1\"") "},\"config\":" SAMPLE_CONFIG "}"
#define SAMPLE_JSON_TPM                                                \
	"{\"keyslots\":{\"0\":" SAMPLE_SLOT(                           \
		"131072") "},\"tokens\":{\"0\":" SAMPLE_TPM_TOKEN "}," \
			  "\"segments\":{\"0\":" SAMPLE_SEGMENT        \
			  "},\"digests\":{\"0\":" SAMPLE_DIGEST(       \
				  "\"0\"") "},\"config\":" SAMPLE_CONFIG "}"

/* Of a disk whose owner hands over its key. */
#define SAMPLE_KEY_TOKEN "{\"type\":\"tdnode-key\",\"keyslots\":[\"1\"],\"version\":1}"
#define SAMPLE_JSON_KEY                                                \
	"{\"keyslots\":{\"1\":" SAMPLE_SLOT(                           \
		"131072") "},\"tokens\":{\"0\":" SAMPLE_KEY_TOKEN "}," \
			  "\"segments\":{\"0\":" SAMPLE_SEGMENT        \
			  "},\"digests\":{\"0\":" SAMPLE_DIGEST(       \
				  "\"1\"") "},\"config\":" SAMPLE_CONFIG "}"

/* Writes one copy with a right checksum. The text is cut at the end of its area. */
static inline void sample_copy(uint8_t *header, unsigned copy, uint64_t seqid, const char *json)
{
	uint8_t *p = header + copy * LUKS2_COPY_SIZE;
	size_t n = MIN(strlen(json), LUKS2_JSON_SIZE);

	memset(p, 0, LUKS2_COPY_SIZE);
	memcpy(p, copy ? "SKUL\xba\xbe" : "LUKS\xba\xbe", 6);
	put_be16(p + 6, 2);
	put_be64(p + 8, LUKS2_COPY_SIZE);
	put_be64(p + 16, seqid);
	memcpy(p + 24, LUKS2_LABEL, strlen(LUKS2_LABEL));
	memcpy(p + 72, "sha256", 6);
	memset(p + 104, 0x5a, 64);
	memcpy(p + 168, SAMPLE_UUID, strlen(SAMPLE_UUID));
	memcpy(p + 208, LUKS2_SUBSYSTEM, strlen(LUKS2_SUBSYSTEM));
	put_be64(p + 256, copy * LUKS2_COPY_SIZE);
	memcpy(p + LUKS2_BINARY_SIZE, json, n);
	luks2_seal_copy(p);
}

/* A header of both copies; free() it. */
static inline uint8_t *sample_header(const char *json)
{
	uint8_t *header = calloc(1, LUKS2_HEADER_SIZE);

	if (!header)
		abort();
	sample_copy(header, 0, 7, json);
	sample_copy(header, 1, 7, json);
	return header;
}
