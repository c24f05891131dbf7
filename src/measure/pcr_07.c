/*
 * PCR 7: the variables of Secure Boot and, while it is on, the entry of db by which each program was
 * started. Firmware measures an entry once, however many programs it lets start.
 */
#include "measure/pcr.h"

static void variable_bytes(enum secure_variable which, struct span data, struct event_list *l)
{
	const char *name = secure_variable_name(which);
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(256);

	/* UEFI_VARIABLE_DATA */
	buffer_put(&b, SPAN(secure_variable_vendor(which), sizeof(struct guid)));
	buffer_put_le64(&b, strlen(name));
	buffer_put_le64(&b, data.n);
	for (const char *c = name; *c; c++)
		buffer_put_le16(&b, (uint8_t)*c);
	l->failed |= !buffer_ok(&b);
	event_copy(l, buffer_span(&b));
	event_bytes(l, data);
}

void secure_variable_events(const struct secure_boot *s, struct event_list *l)
{
	for (size_t i = 0; i < SECURE_VARIABLES; i++) {
		struct span data = s->variables[i];

		if (i >= SECURE_VARIABLE_DBT && data.n == 0)
			continue;
		event_begin(l, PCR_SECURE_BOOT_POLICY, EV_EFI_VARIABLE_DRIVER_CONFIG,
			    EVENT_KIND_VARIABLE, "variable %s: %zu bytes",
			    secure_variable_name((enum secure_variable)i), data.n);
		variable_bytes((enum secure_variable)i, data, l);
	}
}

/* These go to the TPM alone: what a TDX module gets is in rtmr_0.c. */
void pcr_07_variables(const struct boot *b, struct event_list *l)
{
	size_t first = l->n;

	if (!boot_predicts(b, PCR_SECURE_BOOT_POLICY))
		return;
	secure_variable_events(&b->secure, l);
	event_add(l, PCR_SECURE_BOOT_POLICY, EV_SEPARATOR, EVENT_KIND_SEPARATOR,
		  SPAN_LITERAL("\0\0\0\0"), "separator: four zero bytes");
	for (size_t i = first; i < l->n; i++)
		l->items[i].rtmr = EVENT_NO_RTMR;
}

static void authority_event(struct span entry, const char *what, const char *name,
			    struct event_list *l)
{
	event_begin(l, PCR_SECURE_BOOT_POLICY, EV_EFI_VARIABLE_AUTHORITY, EVENT_KIND_AUTHORITY,
		    "entry of db that lets %s%s start", what, name);
	variable_bytes(SECURE_VARIABLE_DB, entry, l);
}

void pcr_07_authority(const struct boot *b, enum boot_program program, struct event_list *l)
{
	struct span entry = b->authorities[program];

	if (entry.n == 0)
		return;
	for (size_t i = 0; i < BOOT_PROGRAMS; i++) {
		/* systemd-boot comes before the image. */
		if (i < program && span_equal(b->authorities[i], entry))
			return;
	}
	authority_event(entry, program == BOOT_PROGRAM_LOADER ? "systemd-boot" : "the image", "",
			l);
}

void pcr_07_addon_authority(const struct boot *b, size_t addon, struct event_list *l)
{
	struct span entry = b->addons[addon].authority;

	if (entry.n == 0)
		return;
	for (size_t i = 0; i < BOOT_PROGRAMS; i++) {
		if (span_equal(b->authorities[i], entry))
			return;
	}
	for (size_t i = 0; i < addon; i++) {
		if (span_equal(b->addons[i].authority, entry))
			return;
	}
	authority_event(entry, "addon ", b->addons[addon].name, l);
}
