/*
 * PCR 11: the sections of the unified kernel image, by name and by content, in the order that the
 * stub's version fixes.
 */
#include "measure/boot.h"

void pcr_11_events(const struct boot *b, struct event_list *l)
{
	for (const char *const *name = b->uki->stub->measured; *name; name++) {
		const struct pe_section *s = uki_section(b->uki, *name, b->profile);

		if (!s)
			continue;
		event_begin(l, 11, EV_IPL, "name of section '%s' with NUL", *name);
		event_bytes(l, SPAN(*name, strlen(*name) + 1));
		event_end(l);
		event_begin(l, 11, EV_IPL, "content of section '%s', %u bytes", *name,
			    s->virtual_size);
		boot_section_bytes(b, s, l);
		event_end(l);
	}
}
