/*
 * PCR 12: what comes from outside the unified kernel image. Of that only what the boot description
 * knows is here; files beside the image on its disk are refused before (disk.h).
 */
#include "measure/boot.h"

static void add_profile(const struct boot *b, struct event_list *l)
{
	char digits[16];
	int n = snprintf(digits, sizeof(digits), "%u", b->profile);

	event_begin(l, 12, EV_EVENT_TAG, "profile %u, as UTF-16 text with NUL", b->profile);
	for (int i = 0; i <= n; i++)
		event_bytes(l, SPAN(((const uint8_t[]){(uint8_t)digits[i], 0}), 2));
	event_end(l);
}

void pcr_12_events(const struct boot *b, struct event_list *l)
{
	if (b->profile > 0)
		add_profile(b, l);
	if (b->command_line_is_foreign) {
		event_begin(l, 12, EV_IPL, "command line from LoadOptions, UTF-16 with NUL");
		boot_command_line_bytes(b, l);
		event_end(l);
	}
}
