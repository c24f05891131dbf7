/*
 * The extension of a provisioning certification key's certificate: "Intel SGX PCK Certificate and
 * Certificate Revocation List Profile Specification", 1.3.5.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

#define PCK_EXTENSION_OID "1.2.840.113741.1.13.1"
#define PCK_SVNS 16u

enum pck_flag {
	PCK_FLAG_UNKNOWN, /* the certificate does not say */
	PCK_FLAG_NO,
	PCK_FLAG_YES,
};

struct pck_extension {
	uint8_t ppid[16];
	uint8_t svn[PCK_SVNS]; /* of the platform's components */
	uint16_t pce_svn;
	uint8_t cpu_svn[16];
	uint8_t pce_id[2];
	uint8_t fmspc[6]; /* family, model, stepping and more of the platform */
	/* Of platforms with several processors. */
	enum pck_flag dynamic_platform, cached_keys, smt_enabled;
};

/* By what Intel's service knows a platform. */
struct pck_platform {
	uint8_t fmspc[6];
	const char *ca; /* "platform" or "processor" */
};

/* Of the chain of a PCK certificate (PEM, leaf first), of which nothing is verified. */
_must_check_ int pck_platform_read(struct span chain, struct pck_platform *ret, struct error **err);

/* The content of the extension, in DER. Unknown members are passed over, those twice are an error. */
_must_check_ int pck_extension_parse(struct span der, struct pck_extension *ret,
				     struct error **err);
