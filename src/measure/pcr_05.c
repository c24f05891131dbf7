/*
 * PCR 5: the partition table of the disk booted from, and the end of boot services. The latter are
 * constant texts, once for each call of ExitBootServices(): the prediction holds for firmware that
 * lets the kernel leave at the first call.
 */
#include "measure/boot.h"

void pcr_05_events(const struct boot *b, struct event_list *l)
{
	/* Without the disk's table nothing is known of a disk boot's register. */
	if (b->path == BOOT_DISK && b->gpt.n == 0)
		return;
	event_add(l, 5, EV_SEPARATOR, SPAN_LITERAL("\0\0\0\0"), "separator: four zero bytes");
	if (b->path == BOOT_DISK)
		event_add(l, 5, EV_EFI_GPT_EVENT, b->gpt,
			  "partition table: header and used entries");
	event_add(l, 5, EV_EFI_ACTION, SPAN_LITERAL("Exit Boot Services Invocation"),
		  "\"Exit Boot Services Invocation\"");
	event_add(l, 5, EV_EFI_ACTION, SPAN_LITERAL("Exit Boot Services Returned with Success"),
		  "\"Exit Boot Services Returned with Success\"");
}
