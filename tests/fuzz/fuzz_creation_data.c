/* What a TPM is said to have noted: 16 bits of size, that many bytes of creation data, the ticket. */
#include "fuzz.h"

#include <tss2/tss2_mu.h>

#include "guest/disk/creation_data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader input = reader_init(SPAN(data, size));
	struct span creation = reader_bytes(&input, reader_le16(&input)), ticket = input.rest;
	_cleanup_error_ struct error *err = NULL;
	uint8_t back[LUKS2_SEALED_MAX];
	struct creation_data c;
	struct luks2_tpm t = {0};
	size_t n = 0;

	/* As formats/luks2.h hands them over. */
	if (input.failed || creation.n < 2 || ticket.n < 2 || creation.n > LUKS2_SEALED_MAX ||
	    ticket.n > LUKS2_SEALED_MAX)
		return 0;
	memcpy(t.creation, creation.p, creation.n);
	memcpy(t.ticket, ticket.p, ticket.n);
	t.creation_size = creation.n;
	t.ticket_size = ticket.n;
	if (creation_data_parse(&t, &c, &err) < 0) {
		if (!err)
			abort();
		return 0;
	}
	/* What was taken is all that there was. */
	if (Tss2_MU_TPMT_TK_CREATION_Marshal(&c.ticket, back, sizeof(back), &n) !=
		    TSS2_RC_SUCCESS ||
	    n != ticket.n || memcmp(back, ticket.p, n) != 0)
		abort();
	n = 0;
	if (Tss2_MU_TPMS_CREATION_DATA_Marshal(&c.data, back, sizeof(back), &n) !=
		    TSS2_RC_SUCCESS ||
	    n != creation.n - 2 || memcmp(back, creation.p + 2, n) != 0)
		abort();
	(void)!creation_data_check(&c, TPM_PCRS_FEW, &t.pcrs, &err);
	return 0;
}
