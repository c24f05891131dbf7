/*
 * PCR 2 and 3: drivers and option ROMs that firmware starts, and their settings. When none runs, both get
 * the separator alone; so the prediction is that no code came in between firmware and the image.
 */
#include "measure/pcr.h"

void pcr_02_drivers(const struct boot *b, struct event_list *l)
{
	for (unsigned pcr = 2; pcr <= 3; pcr++) {
		if (!boot_predicts(b, pcr))
			continue;
		event_add(l, pcr, EV_SEPARATOR, EVENT_KIND_SEPARATOR, SPAN_LITERAL("\0\0\0\0"),
			  "separator: four zero bytes");
		/* A TDX module gets one separator for the PCRs of a register: that of PCR 4. */
		event_tpm_only(l);
	}
}
