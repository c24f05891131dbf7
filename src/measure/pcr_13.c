/*
 * PCR 13: system extensions beside the image, which are laid over its file system.
 */
#include "measure/pcr.h"

void pcr_13_sysexts(const struct boot *b, struct event_list *l)
{
	if (!boot_predicts(b, PCR_SYSEXTS) || b->archives[ARCHIVE_SYSEXTS].n == 0)
		return;
	event_begin(l, PCR_SYSEXTS, EV_IPL, EVENT_KIND_SYSTEM_EXTENSION,
		    "archive of system extensions");
	event_bytes(l, buffer_span(&b->archives[ARCHIVE_SYSEXTS]));
	boot_stub_event(b, l);
}
