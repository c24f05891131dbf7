/*
 * PCR 12: what comes from outside the unified kernel image and decides how it runs: LoadOptions,
 * addons, SMBIOS strings, credentials, configuration extensions. Nothing of it is signed: a verifier
 * checks that the register is zero or what he knows.
 */
#include "measure/pcr.h"

static void add_text(const struct boot *b, struct event_list *l, const struct buffer *text,
		     const char *from)
{
	if (text->n == 0)
		return;
	event_begin(l, PCR_KERNEL_CONFIG, EV_IPL, EVENT_KIND_PASSED_COMMAND_LINE,
		    "command line from %s, UTF-16 with NUL", from);
	boot_text_bytes(text, l);
	boot_stub_event(b, l);
}

static void add_archive(const struct boot *b, struct event_list *l, enum boot_archive archive,
			enum event_kind kind, const char *what)
{
	if (b->archives[archive].n == 0)
		return;
	event_begin(l, PCR_KERNEL_CONFIG, EV_IPL, kind, "archive of %s", what);
	event_bytes(l, buffer_span(&b->archives[archive]));
	boot_stub_event(b, l);
}

void pcr_12_loader_options(const struct boot *b, struct event_list *l)
{
	if (!boot_predicts(b, PCR_KERNEL_CONFIG) || b->command_line.loader.n == 0)
		return;
	event_begin(l, PCR_KERNEL_CONFIG, EV_IPL, EVENT_KIND_PASSED_COMMAND_LINE,
		    "command line that systemd-boot passes, UTF-16 with NUL");
	boot_text_bytes(&b->command_line.loader, l);
	boot_loader_event(b, LOADER_MEASURES_TO_TDX, l);
}

void pcr_12_profile(const struct boot *b, struct event_list *l)
{
	char digits[16];

	if (!boot_predicts(b, PCR_KERNEL_CONFIG) || b->profile == 0)
		return;

	int n = snprintf(digits, sizeof(digits), "%u", b->profile);

	event_begin(l, PCR_KERNEL_CONFIG, EV_EVENT_TAG, EVENT_KIND_PROFILE,
		    "profile %u, as UTF-16 text with NUL", b->profile);
	for (int i = 0; i <= n; i++)
		event_copy(l, SPAN(((const uint8_t[]){(uint8_t)digits[i], 0}), 2));
	boot_stub_tag(b, l);
}

void pcr_12_passed_options(const struct boot *b, struct event_list *l)
{
	if (boot_predicts(b, PCR_KERNEL_CONFIG))
		add_text(b, l, &b->command_line.passed, "LoadOptions");
}

void pcr_12_appended_options(const struct boot *b, struct event_list *l)
{
	if (!boot_predicts(b, PCR_KERNEL_CONFIG))
		return;
	add_text(b, l, &b->command_line.addons[0], "addons");
	add_text(b, l, &b->command_line.addons[1], "addons beside the image");
	add_text(b, l, &b->command_line.smbios, "SMBIOS");
}

void pcr_12_credentials(const struct boot *b, struct event_list *l)
{
	if (!boot_predicts(b, PCR_KERNEL_CONFIG))
		return;
	add_archive(b, l, ARCHIVE_CREDENTIALS, EVENT_KIND_CREDENTIALS,
		    "credentials beside the image");
	add_archive(b, l, ARCHIVE_GLOBAL_CREDENTIALS, EVENT_KIND_CREDENTIALS,
		    "credentials in loader/credentials");
}

void pcr_12_confexts(const struct boot *b, struct event_list *l)
{
	if (boot_predicts(b, PCR_KERNEL_CONFIG))
		add_archive(b, l, ARCHIVE_CONFEXTS, EVENT_KIND_CONFIGURATION_EXTENSION,
			    "configuration extensions");
}

static void add_addon_section(const struct boot *b, const struct addon *a, const char *name,
			      struct event_list *l)
{
	const struct pe_section *s = addon_section(a, name);

	if (!s)
		return;
	event_begin(l, PCR_KERNEL_CONFIG, EV_EVENT_TAG, EVENT_KIND_ADDON_SECTION,
		    "section '%s' of addon %s", name, a->name);
	boot_section_bytes(&a->uki.pe, s, l);
	boot_stub_tag(b, l);
}

/* In the order in which they come in the initrd. */
void pcr_12_addon_initrds(const struct boot *b, struct event_list *l)
{
	if (!boot_predicts(b, PCR_KERNEL_CONFIG) || b->uki->stub->addons != UKI_ADDONS_INITRD)
		return;
	for (size_t i = b->n_addons; i > 0; i--)
		add_addon_section(b, &b->addons[i - 1], ".ucode", l);
	for (size_t i = 0; i < b->n_addons; i++)
		add_addon_section(b, &b->addons[i], ".initrd", l);
}
