/*
 * RTMR0: the firmware's volume of variables and what the machine hands to firmware: the list of
 * memory, Secure Boot variables, ACPI tables, boot options. With an event log of such a machine its
 * events are taken in their order, and those that follow from what else is given are computed anew;
 * without one they are those of OVMF up to edk2-stable202502.
 */
#include "measure/pcr.h"
#include "measure/td_hob.h"

/* EFI_LOAD_OPTION of OVMF's menu: hidden, active, of category "application", in the firmware. */
static const uint8_t firmware_menu[] = {
	0x09, 0x01, 0x00, 0x00, 0x2c, 0x00, 'U', 0, 'i', 0, 'A', 0, 'p', 0, 'p', 0, 0, 0,
	/* MEDIA_DEVICE_PATH, firmware volume 7cb8bdc9-f8eb-4f34-aaea-3ee4af6516a1 */
	0x04, 0x07, 0x14, 0x00, 0xc9, 0xbd, 0xb8, 0x7c, 0xeb, 0xf8, 0x34, 0x4f, 0xaa, 0xea, 0x3e,
	0xe4, 0xaf, 0x65, 0x16, 0xa1,
	/* firmware file 462caa21-7614-4503-836e-8ab6f4662331 */
	0x04, 0x06, 0x14, 0x00, 0x21, 0xaa, 0x2c, 0x46, 0x14, 0x76, 0x03, 0x45, 0x83, 0x6e, 0x8a,
	0xb6, 0xf4, 0x66, 0x23, 0x31,
	/* end */
	0x7f, 0xff, 0x04, 0x00};

static const char *const acpi_names[ACPI_BLOBS] = {
	"ACPI: etc/table-loader",
	"ACPI: etc/acpi/rsdp",
	"ACPI: etc/acpi/tables",
};

/* Begins an event that no TPM gets. */
static void begin(struct event_list *l, enum eventlog_type type, const char *description)
{
	event_begin(l, PCR_PLATFORM_CONFIG, type, EVENT_KIND_MACHINE, "%s", description);
	event_tdx_only(l);
}

static void add_hob(const struct boot *b, struct event_list *l)
{
	begin(l, EV_EFI_HANDOFF_TABLES2, "list of memory from the host");
	event_copy(l, buffer_span(&b->td_hob));
}

static void add_cfv(const struct tdvf *t, struct event_list *l)
{
	begin(l, EV_EFI_PLATFORM_FIRMWARE_BLOB2, "the firmware's volume of variables");
	event_bytes(l, tdvf_data(t, tdvf_section(t, TDVF_CFV)));
}

static void add_variables(const struct boot *b, struct event_list *l)
{
	size_t first = l->n;

	secure_variable_events(&b->secure, l);
	for (size_t i = first; i < l->n; i++)
		l->items[i].pcr = EVENT_NO_PCR;
}

/* The name of the variable that an event is about; "" if it is about none. */
static void variable_name(const struct eventlog_event *e, char *out, size_t size)
{
	struct efi_variable v = {0};
	size_t n = 0;

	if (efi_variable_parse(e->data, &v, NULL) < 0)
		v = (struct efi_variable){0};
	for (; 2 * n < v.name.n && n + 1 < size; n++) {
		uint16_t c = get_le16(v.name.p + 2 * n);

		out[n] = c > ' ' && c < 0x7f ? (char)c : '?';
	}
	out[n] = '\0';
}

static void add_logged(const struct machine_event *e, struct event_list *l)
{
	char name[32], description[64];
	struct digest d;

	variable_name(&e->logged, name, sizeof(name));
	snprintf(description, sizeof(description), "%s%sfrom the log of such a machine", name,
		 *name ? ": " : "");
	begin(l, (enum eventlog_type)e->logged.type, description);
	if (machine_event_digest(e, &d))
		event_digest(l, &d);
}

static void add_logged_or_new(const struct boot *b, const struct machine_event *e,
			      struct event_list *l)
{
	const struct machine_facts *m = b->files.machine;

	if (e->kind == MACHINE_HOB && b->td_hob.n > 0)
		add_hob(b, l);
	else if (e->kind == MACHINE_CFV && m->firmware)
		add_cfv(m->firmware, l);
	else
		add_logged(e, l);
}

/* The items of the log from `first` on up to `end`. */
static void add_items(const struct boot *b, size_t first, size_t end, struct event_list *l)
{
	const struct machine_events *log = b->files.machine->log;
	bool own_variables = b->secure.source != SECURE_LOG, variables_done = false;

	for (size_t i = first; i < end; i++) {
		const struct machine_event *e = &log->items[i];

		if (e->kind != MACHINE_VARIABLE || !own_variables)
			add_logged_or_new(b, e, l);
		else if (!variables_done)
			add_variables(b, l);
		variables_done |= e->kind == MACHINE_VARIABLE;
	}
}

void rtmr_0_machine(const struct boot *b, struct event_list *l)
{
	const struct machine_facts *m = b->files.machine;

	if (!boot_predicts(b, REGISTER_RTMR0))
		return;
	/* Logs of a TPM lack what comes before its events. */
	if (!m->log || !m->log->of_tdx) {
		add_hob(b, l);
		add_cfv(m->firmware, l);
	}
	if (m->log) {
		add_items(b, 0, m->log->boot_options, l);
		return;
	}
	add_variables(b, l);
	begin(l, EV_SEPARATOR, "separator: four zero bytes");
	event_bytes(l, SPAN_LITERAL("\0\0\0\0"));
	for (size_t i = 0; i < ACPI_BLOBS; i++) {
		begin(l, EV_PLATFORM_CONFIG_FLAGS, acpi_names[i]);
		event_digest(l, &m->acpi[i]);
	}
}

void rtmr_0_boot_options(const struct boot *b, struct event_list *l)
{
	const struct machine_facts *m = b->files.machine;

	if (!boot_predicts(b, REGISTER_RTMR0))
		return;
	if (m->log) {
		add_items(b, m->log->boot_options, m->log->n, l);
		return;
	}
	begin(l, EV_EFI_VARIABLE_BOOT, "BootOrder: Boot0000 alone");
	event_bytes(l, SPAN_LITERAL("\0\0"));
	begin(l, EV_EFI_VARIABLE_BOOT, "Boot0000: the firmware's menu");
	event_bytes(l, SPAN(firmware_menu, sizeof(firmware_menu)));
}
