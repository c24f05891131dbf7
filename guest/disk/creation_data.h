/*
 * What a TPM noted when a secret was sealed, as the token of a disk has it: bytes of the host, until the TPM
 * says that they are its own (creation.c).
 */
#pragma once

#include <tss2/tss2_tpm2_types.h>

#include "base/error.h"
#include "formats/luks2.h"

struct creation_data {
	TPMS_CREATION_DATA data;
	TPMT_TK_CREATION ticket;
	struct digest digest; /* SHA-256 of the data's bytes: what the ticket is about */
};

/* TPM2B_CREATION_DATA and TPMT_TK_CREATION (TPM 2.0 Library, part 2: 15.1 and 10.7.3), each to its last
 * byte. -ERROR_MALFORMED otherwise. */
_must_check_ int creation_data_parse(const struct luks2_tpm *t, struct creation_data *ret,
				     struct error **err);

/* Whether it is about these registers (TPM_PCRS_...), with these values: -ERROR_REFUSED if not. */
_must_check_ int creation_data_check(const struct creation_data *c, uint32_t registers,
				     const struct tpm_pcrs *pcrs, struct error **err);
