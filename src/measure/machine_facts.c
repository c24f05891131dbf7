/*
 * The machine's part of a boot: whether Secure Boot is on, what it does with the programs, and what
 * of RTMR0 can be said.
 */
#include "measure/machine_facts.h"

#include <errno.h>

#include "measure/boot.h"
#include "measure/td_hob.h"

#define RTMR0_BIT REGISTER_BIT(REGISTER_RTMR0)
#define PCR_7_BIT REGISTER_BIT(PCR_SECURE_BOOT_POLICY)

static const struct machine_facts nothing_known = {.platform = PLATFORM_ANY};

static const struct machine_facts *machine_of(const struct boot *b)
{
	return b->files.machine ? b->files.machine : &nothing_known;
}

/* Google's and Azure's firmware have variables of their own. */
static bool is_usual_ovmf(const struct machine_facts *m)
{
	return m->platform != PLATFORM_AZURE_TDX && m->platform != PLATFORM_GCP_TDX;
}

/* The variables in the firmware's own volume, unless it is of a kind that is not known. */
static struct secure_boot firmware_variables(const struct machine_facts *m)
{
	const struct tdvf_section *cfv = tdvf_section(m->firmware, TDVF_CFV);
	struct secure_boot s = {.source = SECURE_UNKNOWN};
	struct efi_vars store;

	if (cfv && efi_vars_open(tdvf_data(m->firmware, cfv), &store, NULL) >= 0)
		secure_boot_from_store(&store, SECURE_FIRMWARE, &s);
	return s;
}

int boot_take_machine(struct boot *b, struct error **err)
{
	const struct machine_facts *m = machine_of(b);
	bool wanted = b->options.secure_boot;

	if (m->variables)
		b->secure = *m->variables;
	else if (m->log)
		b->secure = m->log->variables;
	else if (m->firmware && is_usual_ovmf(m))
		b->secure = firmware_variables(m);
	else if (!wanted && is_usual_ovmf(m))
		b->secure.source = SECURE_EMPTY;

	/* Volumes without keys say nothing of a machine that has keys elsewhere. */
	if (b->secure.source == SECURE_FIRMWARE && wanted && !b->secure.on)
		b->secure = (struct secure_boot){.source = SECURE_UNKNOWN};
	if (b->secure.source == SECURE_UNKNOWN)
		return 0;
	if (wanted && !b->secure.on)
		return error_set(err, -EINVAL,
				 "Secure Boot is off by the variables that were given");
	b->options.secure_boot = b->secure.on;
	return 0;
}

static int judge_program(struct boot *b, enum boot_program program, const struct pe *pe,
			 const char *name, struct error **err)
{
	_cleanup_error_ struct error *e = NULL;
	int r = secure_boot_authority(&b->secure, pe, &b->authorities[program], &e);

	if (r == -ERROR_UNPREDICTABLE) {
		reasons_add(&b->reasons, PCR_7_BIT | RTMR0_BIT | REGISTERS_OF_STUB, true, "%s: %s",
			    name, error_message(e));
		return 0;
	}
	return r < 0 ? error_set(err, r, "%s: %s", name, error_message(e)) : 0;
}

static int judge_programs(struct boot *b, struct error **err)
{
	int r = 0;

	if (!b->secure.on)
		return 0;
	if (!b->uki->stub)
		reasons_add(&b->reasons, PCR_7_BIT | RTMR0_BIT, true,
			    "what systemd's stub %.*s loads is not known",
			    (int)MIN(b->uki->version_text.n, 64u),
			    (const char *)b->uki->version_text.p);
	if (b->files.loader.n > 0)
		r = judge_program(b, BOOT_PROGRAM_LOADER, &b->loader, "systemd-boot", err);
	return r < 0 ? r : judge_program(b, BOOT_PROGRAM_IMAGE, &b->uki->pe, "image", err);
}

/* Whether an empty store is that of firmware that knows of Secure Boot does not show in it. */
static bool guesses_mode(const struct boot *b)
{
	return (b->secure.source == SECURE_FILE || b->secure.source == SECURE_FIRMWARE) &&
	       b->secure.variables[SECURE_VARIABLE_MODE].n == 0;
}

static void judge_pcr_7(struct boot *b)
{
	static const char *const conditions[] = {
		[SECURE_EMPTY] = "Secure Boot is off and its variables are empty, as in OVMF "
				 "without Secure Boot",
		[SECURE_FILE] =
			"the machine's variables are those given, and no option ROM is signed",
		[SECURE_LOG] = "the machine's variables are those of the log, and no option ROM is "
			       "signed",
		[SECURE_FIRMWARE] = "the machine's variables are those in the firmware",
	};
	const struct machine_facts *m = machine_of(b);

	if (b->secure.source == SECURE_UNKNOWN) {
		reasons_add(&b->reasons, PCR_7_BIT, false,
			    "the machine's Secure Boot variables, which were not given");
		return;
	}
	if (b->secure.source == SECURE_LOG && m->log->more_in_pcr_7)
		reasons_add(&b->reasons, PCR_7_BIT, true,
			    "the log has events in it that are not known");
	reasons_add(&b->conditions, PCR_7_BIT, false, "%s%s", conditions[b->secure.source],
		    guesses_mode(b) ? "; its firmware is built without Secure Boot, of which the "
				      "store has no trace"
				    : "");
}

static bool log_has_digests(const struct machine_events *log)
{
	struct digest d;

	for (size_t i = 0; i < log->n; i++) {
		if (!machine_event_digest(&log->items[i], &d))
			return false;
	}
	return true;
}

/* What is missing for RTMR0, NULL if nothing. */
static const char *missing_for_rtmr_0(const struct boot *b)
{
	const struct machine_facts *m = machine_of(b);
	bool has_hob = m->firmware && m->memory > 0;

	if (!m->firmware && !m->log && !m->acpi && m->memory == 0)
		return "firmware, memory size and ACPI tables, which were not given";
	if (m->platform != PLATFORM_QEMU_TDX && m->platform != PLATFORM_GCP_TDX)
		return "how the host lays out memory: name the platform";
	if (m->log && !log_has_digests(m->log))
		return "the log has no SHA-384 digests";
	if (m->firmware && !tdvf_section(m->firmware, TDVF_CFV))
		return "the firmware has not exactly one volume of variables";
	if (m->log && m->log->of_tdx)
		return NULL;
	if (!has_hob)
		return m->firmware ? "the memory size, which was not given"
				   : "the firmware, which was not given";
	if (m->log)
		return NULL;
	if (m->platform == PLATFORM_GCP_TDX)
		return "ACPI tables, variables and boot options of a machine of Google's, whose "
		       "log "
		       "was not given";
	if (!m->acpi)
		return "the ACPI tables, which were not given";
	if (b->secure.source == SECURE_UNKNOWN)
		return "the machine's Secure Boot variables, which were not given";
	return b->options.kind == BOOT_QEMU_KERNEL
		       ? NULL
		       : "the boot options of a machine with a disk, whose log was not given";
}

static void judge_rtmr_0(struct boot *b)
{
	const struct machine_facts *m = machine_of(b);
	const char *missing = missing_for_rtmr_0(b);

	if (missing) {
		reasons_add(&b->reasons, RTMR0_BIT, false, "%s", missing);
		return;
	}
	/* Firmware up to 2024 measures one separator more here, and none into RTMR1. */
	if (m->log && m->log->separators != 1)
		reasons_add(&b->reasons, REGISTER_BIT(REGISTER_RTMR1), true,
			    "the log has %zu separators in RTMR0, not one: what such firmware "
			    "measures into RTMR1 is not known",
			    m->log->separators);
	if (!m->log)
		reasons_add(
			&b->conditions, RTMR0_BIT, false,
			"firmware is OVMF of 2024-08 to edk2-stable202502%s, and the machine has "
			"nothing else to boot from",
			guesses_mode(b) ? " built without Secure Boot" : "");
	else
		reasons_add(&b->conditions, RTMR0_BIT, false,
			    "%s%sACPI tables, settings and boot options are those of the log",
			    m->firmware ? "" : "firmware, ",
			    b->td_hob.n > 0 ? "" : "memory size, ");
}

static int make_hob(struct boot *b, struct error **err)
{
	const struct machine_facts *m = machine_of(b);

	if (!m->firmware || m->memory == 0 ||
	    (m->platform != PLATFORM_QEMU_TDX && m->platform != PLATFORM_GCP_TDX))
		return 0;
	b->td_hob = (struct buffer)BUFFER_INIT(TD_HOB_MAX);
	return td_hob_build(m->firmware, m->memory,
			    m->platform == PLATFORM_GCP_TDX ? TD_HOB_GOOGLE : TD_HOB_QEMU,
			    &b->td_hob, err);
}

/* That of Azure starts some of its own. */
static void judge_drivers(struct boot *b)
{
	if (machine_of(b)->platform == PLATFORM_AZURE_TDX)
		reasons_add(&b->reasons, REGISTER_BIT(PCR_EXTERNAL_CODE), false,
			    "drivers that Azure's firmware starts before the image");
}

int boot_judge_machine(struct boot *b, struct error **err)
{
	int r = judge_programs(b, err);

	if (r >= 0)
		r = make_hob(b, err);
	if (r < 0)
		return r;
	judge_drivers(b);
	judge_pcr_7(b);
	judge_rtmr_0(b);
	return 0;
}
