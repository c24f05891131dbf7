/*
 * PCR 8: the configuration of the node, which user space extends before anything reads it, and the separator
 * that ends the register. A TDX module gets neither: the kernel gives user space no way to.
 */
#include "formats/config.h"
#include "measure/pcr.h"

void pcr_08_configuration(const struct boot *b, struct event_list *l)
{
	if (!boot_predicts(b, PCR_CONFIGURATION) || !b->files.configuration)
		return;
	event_begin(l, PCR_CONFIGURATION, EV_IPL, EVENT_KIND_CONFIGURATION,
		    "configuration of the node in its canonical form, %zu bytes",
		    b->files.configuration->n);
	event_bytes(l, buffer_span(b->files.configuration));
	event_tpm_only(l);
	event_add(l, PCR_CONFIGURATION, EV_SEPARATOR, EVENT_KIND_CONFIGURATION, CONFIG_SEPARATOR,
		  "separator: four zero bytes");
	event_tpm_only(l);
}
