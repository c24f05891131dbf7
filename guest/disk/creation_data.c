#include "guest/disk/creation_data.h"

#include <tss2/tss2_mu.h>

int creation_data_parse(const struct luks2_tpm *t, struct creation_data *ret, struct error **err)
{
	TPM2B_CREATION_DATA data = {0};
	TPMT_TK_CREATION ticket = {0};
	size_t data_end = 0, ticket_end = 0;

	if (Tss2_MU_TPM2B_CREATION_DATA_Unmarshal(t->creation, t->creation_size, &data_end,
						  &data) != TSS2_RC_SUCCESS ||
	    Tss2_MU_TPMT_TK_CREATION_Unmarshal(t->ticket, t->ticket_size, &ticket_end, &ticket) !=
		    TSS2_RC_SUCCESS ||
	    data_end != t->creation_size || ticket_end != t->ticket_size || data.size == 0)
		return error_set(err, -ERROR_MALFORMED, "what the TPM noted is damaged");
	*ret = (struct creation_data){
		.data = data.creationData,
		.ticket = ticket,
		/* Behind the size: the digest is that of the structure alone. */
		.digest = digest_bytes(DIGEST_SHA256, SPAN(t->creation + 2, t->creation_size - 2)),
	};
	return 0;
}

/* One selection, of these registers in the SHA-256 bank. */
static bool is_selection(const TPML_PCR_SELECTION *l, uint32_t registers)
{
	const TPMS_PCR_SELECTION *s = &l->pcrSelections[0];

	return l->count == 1 && s->hash == TPM2_ALG_SHA256 && s->sizeofSelect == 3 &&
	       s->pcrSelect[0] == (registers & 0xff) &&
	       s->pcrSelect[1] == (registers >> 8 & 0xff) && s->pcrSelect[2] == registers >> 16;
}

int creation_data_check(const struct creation_data *c, uint32_t registers,
			const struct tpm_pcrs *pcrs, struct error **err)
{
	struct digest values = tpm_pcrs_digest(pcrs, registers);

	if (!is_selection(&c->data.pcrSelect, registers))
		return error_set(err, -ERROR_REFUSED, "the TPM noted other registers");
	if (c->data.pcrDigest.size != TPM_DIGEST_SIZE ||
	    memcmp(c->data.pcrDigest.buffer, values.bytes, TPM_DIGEST_SIZE) != 0)
		return error_set(err, -ERROR_REFUSED,
				 "the TPM noted other values of the registers");
	return 0;
}
