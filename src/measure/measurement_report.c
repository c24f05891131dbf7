#include "measure/measurement_report.h"

#include <inttypes.h>

/* Firmware can make a kernel try twice: OVMF of 2026.08 does. */
#define AT_FIRST_ATTEMPT                                                                       \
	"the kernel leaves boot services at its first attempt, and firmware measures nothing " \
	"else "

/* Under which the prediction of a register holds. */
static const struct {
	unsigned reg;
	const char *text;
} conditions[] = {
	{2, "no driver and no option ROM runs before the image"},
	{3, "no driver and no option ROM has settings that firmware measures"},
	{5, AT_FIRST_ATTEMPT "here: seen with OVMF, not promised by others"},
	{9, "nothing but the image's own command line and initrd reaches the kernel"},
	{11, "before user space runs: systemd-pcrphase in an image would extend it further"},
	{15, "before user space runs: systemd in an image with TPM support would extend it"},
	{REGISTER_RTMR1, AT_FIRST_ATTEMPT
	 "here; no driver, option ROM or other program runs before what is predicted"},
	{REGISTER_RTMR2,
	 "firmware gives the kernel the TDX module's registers and no TPM (--vtpm is for one that "
	 "does); before user space runs"},
	{REGISTER_RTMR3, "before user space runs: nothing in firmware and kernel extends it"},
};

const char *measurement_condition(const struct measurement *m, unsigned reg)
{
	if (reg == PCR_BOOT_LOADER_CODE && !m->loader)
		return "firmware starts the image itself, without a boot loader in between";
	if (reg == PCR_CONFIGURATION && m->configuration)
		return config_differs(&m->configuration->config)
			       ? "the node is configured as given"
			       : "the node is configured by its defaults (--config and --set tell "
				 "for others)";
	if (m->platform == PLATFORM_AZURE_TDX && reg >= REGISTER_MRTD)
		return NULL;
	if (reg == REGISTER_RTMR2 && m->vtpm)
		return "firmware gives the kernel a TPM, into whose PCR 9 alone command line and "
		       "initrd go; before user space runs";
	if (m->conditions.items[reg].text)
		return m->conditions.items[reg].text;
	for (size_t i = 0; i < ARRAY_SIZE(conditions); i++) {
		if (conditions[i].reg == reg)
			return conditions[i].text;
	}
	return NULL;
}

bool measurement_has(const struct measurement *m, unsigned reg)
{
	return (m->file || reg == REGISTER_MRTD) &&
	       platform_registers(m->platform, m->vtpm) & REGISTER_BIT(reg);
}

/* Values that hold only under a condition are marked: text_conditions() says which. */
static void text_register(struct buffer *b, const char *name, const char *bank,
			  const struct digest *d, const char *condition)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(d, hex);
	buffer_printf(b, "%-6s  %-6s  %s%s\n", name, bank, hex, condition ? "  *" : "");
}

static void text_event(struct buffer *b, const struct event *e, enum event_bank bank)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(&e->digests[bank], hex);
	buffer_printf(b, "  + %s  %s: %s\n", hex, event_type_name(e->type), e->description);
}

static void text_pcr(struct buffer *b, const struct measurement *m, unsigned pcr, unsigned banks,
		     bool explain)
{
	char name[REGISTER_NAME_SIZE];

	register_name(pcr, name);
	for (size_t bank = 0; bank < EVENT_BANKS; bank++) {
		if (!(banks & 1u << bank) || !m->banks[bank].known[pcr])
			continue;
		text_register(b, name, digest_name(event_banks[bank]),
			      &m->banks[bank].registers[pcr], measurement_condition(m, pcr));
		for (size_t i = 0; explain && i < m->events.n; i++) {
			if (m->events.items[i].pcr == pcr)
				text_event(b, &m->events.items[i], (enum event_bank)bank);
		}
	}
}

static void text_tdx(struct buffer *b, const struct measurement *m, unsigned reg, bool explain)
{
	int rtmr = (int)reg - REGISTER_RTMR0;
	char name[REGISTER_NAME_SIZE];

	register_name(reg, name);
	if (!m->tdx.known[reg - REGISTER_MRTD]) {
		for (size_t i = 0; reg == REGISTER_MRTD && m->firmware_size && i < PAGE_ORDERS; i++)
			text_register(b, name, page_order_name((enum page_order)i), &m->mrtd[i],
				      NULL);
		return;
	}
	text_register(b, name, "", &m->tdx.registers[reg - REGISTER_MRTD],
		      measurement_condition(m, reg));
	for (size_t i = 0;
	     explain && rtmr >= 0 && m->platform != PLATFORM_AZURE_TDX && i < m->events.n; i++) {
		if (m->events.items[i].rtmr == rtmr)
			text_event(b, &m->events.items[i], EVENT_SHA384);
	}
}

/* The condition of a register that is shown, NULL if there is none. */
static const char *shown_condition(const struct measurement *m, unsigned reg)
{
	return measurement_has(m, reg) && measurement_knows(m, reg) ? measurement_condition(m, reg)
								    : NULL;
}

/* Each condition once, after all the registers that hold under it. */
static void text_conditions(struct buffer *b, const struct measurement *m)
{
	bool told[REGISTERS] = {false};

	for (unsigned reg = 0; reg < REGISTERS; reg++) {
		const char *text = shown_condition(m, reg);
		size_t n = 0;

		if (!text || told[reg])
			continue;
		for (unsigned i = reg; i < REGISTERS; i++) {
			const char *other = shown_condition(m, i);
			char name[REGISTER_NAME_SIZE];

			if (!other || !string_equal(text, other))
				continue;
			told[i] = true;
			register_name(i, name);
			buffer_printf(b, "%s%s", n++ > 0 ? ", " : "* ", name);
		}
		buffer_printf(b, " hold%s if: %s\n", n > 1 ? "" : "s", text);
	}
}

static void text_reasons(struct buffer *b, const struct measurement *m, bool all)
{
	for (unsigned reg = 0; reg < REGISTERS; reg++) {
		const struct reason *reason = &m->reasons.items[reg];
		char name[REGISTER_NAME_SIZE];

		if (!reason->text || !measurement_has(m, reg))
			continue;
		register_name(reg, name);
		if (reason->unpredictable)
			buffer_printf(b, "%s cannot be predicted: %s\n", name, reason->text);
		else if (all)
			buffer_printf(b, "%s is not predicted: %s\n", name, reason->text);
	}
}

static void text_firmware(struct buffer *b, const struct measurement *m)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(&m->firmware_digest, hex);
	buffer_printf(b, "firmware: %" PRIu64 " bytes, SHA-384 %s\n", m->firmware_size, hex);
}

static void text_file(struct buffer *b, const struct measurement *m)
{
	buffer_printf(b, "%s: %s, %" PRIu64 " bytes\n", m->file, image_file_format_name(m->format),
		      m->size);
	if (m->image_path)
		buffer_printf(b, "image: %s, %" PRIu64 " bytes\n", m->image_path, m->uki_size);
	buffer_printf(b, "%s%s, kernel %.64s\n", m->stub_version[0] ? "stub " : "no stub",
		      m->stub_version, m->kernel_version);
	buffer_printf(b, "command line: %s\n", m->command_line);
	buffer_printf(b, "boot: %s%s, Secure Boot %s%s\n", boot_kind_name(m->boot_kind),
		      m->loader ? " by systemd-boot" : "", m->secure_boot ? "on" : "off",
		      m->debug ? ", DEBUG IMAGE" : "");
}

void measurement_text(const struct measurement *m, unsigned banks, bool explain, struct buffer *b)
{
	if (m->file)
		text_file(b, m);
	if (m->firmware_size > 0)
		text_firmware(b, m);
	for (unsigned reg = 0; reg < REGISTERS; reg++) {
		if (!measurement_has(m, reg))
			continue;
		if (reg < REGISTER_MRTD)
			text_pcr(b, m, reg, banks, explain);
		else
			text_tdx(b, m, reg, explain);
	}
	text_conditions(b, m);
	text_reasons(b, m, explain || m->platform != PLATFORM_ANY);
}
