#include "explain/log_explain_platform.h"

#include "explain/explanation.h"
#include "explain/platform_registers.h"
#include "formats/event_data.h"

/* Firmware, its settings, drivers, their settings; Secure Boot. */
static const unsigned compared[] = {PCR_PLATFORM_CODE, PCR_PLATFORM_CONFIG, PCR_EXTERNAL_CODE,
				    PCR_EXTERNAL_CONFIG, PCR_SECURE_BOOT_POLICY};

/* True if the log extends the register by these digests. */
static bool has_event(const struct firmware_log *log, enum event_bank bank, unsigned pcr,
		      const struct digest *d)
{
	for (size_t i = 0; i < log->n; i++) {
		struct digest other = firmware_log_digest(&log->events[i], bank);

		if (firmware_log_register(log, &log->events[i]) == pcr && digest_equal(&other, d))
			return true;
	}
	return false;
}

void log_explain_foreign(const struct firmware_log *log, const struct firmware_log *good,
			 struct log_findings *ret)
{
	struct explanation x = {.log = log, .findings = ret};
	bool comparable = good && firmware_log_bank(log, good->banks_present, &x.bank);

	for (size_t i = 0; i < log->n; i++) {
		enum platform_code code = platform_event_code(&log->events[i]);
		struct digest d = explanation_digest(&x, i);

		if (comparable &&
		    has_event(good, x.bank, firmware_log_register(log, &log->events[i]), &d))
			continue;
		if (code == PLATFORM_CODE_DRIVER)
			explanation_add(
				&x, LOG_DRIVER, i,
				"a driver or option ROM ran before the image: %s (event %zu)",
				explanation_quote(&x, i), i + 1);
		else if (code == PLATFORM_CODE_VARIABLE)
			explanation_add(
				&x, LOG_BOOT_VARIABLE, i,
				"a variable starts other code before the image: %s (event %zu)",
				explanation_quote(&x, i), i + 1);
	}
	buffer_release(&x.text);
}

/* The cause that an event of the register stands for. */
static enum log_cause cause_of(const struct eventlog_event *e)
{
	if (platform_event_code(e) == PLATFORM_CODE_DRIVER || e->pcr == PCR_EXTERNAL_CODE ||
	    e->pcr == PCR_EXTERNAL_CONFIG)
		return LOG_DRIVER;
	if (e->type == EV_EFI_VARIABLE_BOOT || e->type == EV_EFI_VARIABLE_BOOT2)
		return LOG_BOOT_VARIABLE;
	/* Configuration of the machine: on virtual ones these are the tables that the host passes. */
	if (e->pcr == PCR_PLATFORM_CONFIG)
		return LOG_ACPI_TABLES;
	return LOG_FIRMWARE;
}

static const char *cause_text(enum log_cause cause)
{
	switch (cause) {
	case LOG_DRIVER:
		return "a driver, or settings of one";
	case LOG_BOOT_VARIABLE:
		return "a boot variable";
	case LOG_ACPI_TABLES:
		return "ACPI tables, or other configuration of the machine";
	default:
		return "firmware, or its Secure Boot variables";
	}
}

/* Events that the good boot has not; true if there are some. Foreign code is named by
 * log_explain_foreign(). */
static bool tell_new(struct explanation *x, const struct firmware_log *good, unsigned pcr)
{
	bool told = false;

	for (size_t i = 0; i < x->log->n; i++) {
		const struct eventlog_event *e = &x->log->events[i];
		struct digest d = explanation_digest(x, i);

		if (firmware_log_register(x->log, e) != pcr || has_event(good, x->bank, pcr, &d))
			continue;
		told = true;
		if (platform_event_code(e) == PLATFORM_CODE_NONE)
			explanation_add(
				x, cause_of(e), i,
				"%s: PCR %u has an event that the good boot lacks (event %zu: "
				"%s)",
				cause_text(cause_of(e)), pcr, i + 1, explanation_quote(x, i));
	}
	return told;
}

/* Events of the good boot that are not in the log. */
static bool tell_missing(struct explanation *x, const struct firmware_log *good, unsigned pcr)
{
	struct explanation of_good = {.log = good};
	bool told = false;

	for (size_t i = 0; i < good->n; i++) {
		const struct eventlog_event *e = &good->events[i];
		struct digest d = firmware_log_digest(e, x->bank);

		if (firmware_log_register(good, e) != pcr || has_event(x->log, x->bank, pcr, &d))
			continue;
		told = true;
		explanation_add(x, cause_of(e), LOG_NONE,
				"%s: PCR %u lacks an event of the good boot (its event %zu: %s)",
				cause_text(cause_of(e)), pcr, i + 1,
				explanation_quote(&of_good, i));
	}
	buffer_release(&of_good.text);
	return told;
}

/* An event that differs is both a new and a missing one: the new one is told. */
static void tell_register(struct explanation *x, const struct firmware_log *good, unsigned pcr)
{
	if (!tell_new(x, good, pcr) && !tell_missing(x, good, pcr))
		explanation_add(x, LOG_FIRMWARE, LOG_NONE,
				"PCR %u has the events of the good boot in another number or order",
				pcr);
}

int log_explain_platform(const struct firmware_log *log, const struct firmware_log *good,
			 struct log_findings *ret, struct error **err)
{
	struct explanation x = {.log = log, .findings = ret};

	if (log->tdx || good->tdx)
		return error_set(err, -ERROR_MALFORMED,
				 "the platform is compared by logs of TPMs, not of TDX modules");
	if (!firmware_log_bank(log, good->banks_present, &x.bank))
		return error_set(err, -ERROR_MALFORMED,
				 "the log and that of the good boot have no bank in common");
	for (size_t i = 0; i < ARRAY_SIZE(compared); i++) {
		unsigned pcr = compared[i];

		if (!digest_equal(firmware_log_value(log, x.bank, pcr),
				  firmware_log_value(good, x.bank, pcr)))
			tell_register(&x, good, pcr);
	}
	buffer_release(&x.text);
	return ret->failed ? error_oom(err) : 0;
}
