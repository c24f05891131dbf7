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

int creation_data_check(const struct creation_data *c, const TPML_PCR_SELECTION *wanted,
			const struct tpm_pcrs *pcrs, struct error **err)
{
	const TPML_PCR_SELECTION *noted = &c->data.pcrSelect;
	const TPMS_PCR_SELECTION *w = &wanted->pcrSelections[0], *n = &noted->pcrSelections[0];
	struct digest values =
		digest_bytes(DIGEST_SHA256, SPAN(pcrs->values, sizeof(pcrs->values)));

	if (noted->count != 1 || n->hash != w->hash || n->sizeofSelect != w->sizeofSelect ||
	    memcmp(n->pcrSelect, w->pcrSelect, w->sizeofSelect) != 0)
		return error_set(err, -ERROR_REFUSED, "the TPM noted other registers");
	if (c->data.pcrDigest.size != TPM_DIGEST_SIZE ||
	    memcmp(c->data.pcrDigest.buffer, values.bytes, TPM_DIGEST_SIZE) != 0)
		return error_set(err, -ERROR_REFUSED,
				 "the TPM noted other values of the registers");
	return 0;
}
