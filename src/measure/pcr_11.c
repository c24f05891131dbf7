/*
 * PCR 11: the sections of the unified kernel image, by name and by content, in the order that the
 * stub's version fixes; then the words of systemd-pcrphase, if user space runs it.
 */
#include "measure/pcr.h"

void pcr_11_sections(const struct boot *b, struct event_list *l)
{
	if (!boot_predicts(b, PCR_KERNEL_BOOT))
		return;
	for (const char *const *name = b->uki->stub->measured; *name; name++) {
		const struct pe_section *s = uki_section(b->uki, *name, b->profile);

		if (!s)
			continue;
		event_begin(l, PCR_KERNEL_BOOT, EV_IPL, EVENT_KIND_SECTION_NAME,
			    "name of section '%s' with NUL", *name);
		event_bytes(l, SPAN(*name, strlen(*name) + 1));
		boot_stub_event(b, l);
		event_begin(l, PCR_KERNEL_BOOT, EV_IPL, EVENT_KIND_SECTION,
			    "content of section '%s', %u bytes", *name, s->virtual_size);
		boot_section_bytes(&b->uki->pe, s, l);
		boot_stub_event(b, l);
	}
}

void pcr_11_phases(const struct boot *b, struct event_list *l)
{
	const char *word = b->options.phases ? b->options.phases : "";

	if (!boot_predicts(b, PCR_KERNEL_BOOT))
		return;
	while (*word) {
		size_t n = strcspn(word, ":");

		/* Empty words are passed over, as systemd-measure does. */
		if (n > 0) {
			event_begin(l, PCR_KERNEL_BOOT, EV_IPL, EVENT_KIND_PHASE,
				    "phase '%.*s' of systemd-pcrphase", (int)n, word);
			event_bytes(l, SPAN(word, n));
			event_tpm_only(l);
		}
		word += n + (word[n] == ':');
	}
}
