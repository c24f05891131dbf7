/*
 * PCR 9: what the kernel's own EFI stub got: its command line (from 6.1 on) and its initrd, which
 * systemd's stub has put together.
 */
#include "measure/pcr.h"

/* Of TPM and TDX module the kernel takes one. */
static void kernel_event(const struct boot *b, struct event_list *l)
{
	if (b->options.vtpm)
		event_tpm_only(l);
}

static void add_initrd(const struct boot *b, struct event_list *l)
{
	event_begin(l, PCR_KERNEL_INITRD, EV_EVENT_TAG, EVENT_KIND_INITRD, "Linux initrd: %s",
		    b->uki->is_kernel ? "as systemd-boot joins it"
		    : b->n_initrd > 1 ? "section '.initrd' and what the stub adds to it"
				      : "section '.initrd'");
	for (size_t i = 0; i < b->n_initrd; i++) {
		const struct initrd_part *p = &b->initrd[i];
		uint64_t end = b->n_initrd > 1 ? align_up(p->size, 4) : p->size;

		event_bytes(l, p->data);
		event_zeros(l, end - p->data.n);
	}
	kernel_event(b, l);
}

void pcr_09_kernel(const struct boot *b, struct event_list *l)
{
	if (!boot_predicts(b, PCR_KERNEL_INITRD))
		return;
	if (b->command_line.whole.n > 0) {
		event_begin(l, PCR_KERNEL_INITRD, EV_EVENT_TAG, EVENT_KIND_COMMAND_LINE,
			    "LOADED_IMAGE::LoadOptions: command line in UTF-16 with NUL");
		boot_text_bytes(&b->command_line.whole, l);
		kernel_event(b, l);
	}
	if (b->n_initrd > 0)
		add_initrd(b, l);
}
