/*
 * PCR 11: the sections of the unified kernel image, by name and by content, in the order that the
 * stub's version fixes.
 */
#include "measure/pcr.h"

void pcr_11_sections(const struct boot *b, struct event_list *l)
{
	if (!boot_predicts(b, 11))
		return;
	for (const char *const *name = b->uki->stub->measured; *name; name++) {
		const struct pe_section *s = uki_section(b->uki, *name, b->profile);

		if (!s)
			continue;
		event_begin(l, 11, EV_IPL, "name of section '%s' with NUL", *name);
		event_bytes(l, SPAN(*name, strlen(*name) + 1));
		boot_stub_event(b, l);
		event_begin(l, 11, EV_IPL, "content of section '%s', %u bytes", *name,
			    s->virtual_size);
		boot_section_bytes(&b->uki->pe, s, l);
		boot_stub_event(b, l);
	}
}
