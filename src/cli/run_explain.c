#include "cli/run_explain.h"

void run_explanation_release(struct run_explanation *e)
{
	log_judgement_release(&e->judgement);
	firmware_log_release(&e->log);
	firmware_log_release(&e->good);
}

/* The registers that the guest read must be those of the log that it sent. What firmware did not
 * extend may have been by the kernel: PCR 10 is, by its integrity measurement. */
static int check_log(const struct console *console, const struct firmware_log *log,
		     struct error **err)
{
	for (size_t bank = 0; bank < CONSOLE_BANKS; bank++) {
		for (unsigned pcr = 0; pcr < CONSOLE_REGISTERS; pcr++) {
			struct span logged;

			if (!console->banks[bank].known[pcr] || !log->banks[bank].known[pcr])
				continue;
			logged = digest_span(firmware_log_value(log, (enum event_bank)bank, pcr));
			if (memcmp(logged.p, console->banks[bank].value[pcr], logged.n) != 0)
				return error_set(
					err, -ERROR_MALFORMED,
					"the firmware's log does not replay to the guest's "
					"PCR %u (%s)",
					pcr, digest_name(event_banks[bank]));
		}
	}
	return 0;
}

int run_explain(const struct console *console, const struct measurement *predicted,
		const char *os_disk, struct span good, struct run_explanation *ret,
		struct error **err)
{
	_cleanup_(run_explanation_release) struct run_explanation e = {0};
	_cleanup_(measurement_release) struct measurement now = {0};
	_cleanup_error_ struct error *ignored = NULL;
	struct log_comparison comparison;
	struct log_given given = {.log = &e.log, .good = good.n ? &e.good : NULL};
	int r = firmware_log_parse(buffer_span(&console->eventlog.bytes), &e.log, err);

	if (r >= 0)
		r = check_log(console, &e.log, err);
	if (r >= 0 && good.n)
		r = firmware_log_parse(good, &e.good, err);
	if (r < 0)
		return r;
	/* A disk that cannot be measured says nothing more. */
	bool measured = measure_file(os_disk, NULL, &now, &ignored) >= 0;

	given.claimed_command_line = measured ? now.command_line : NULL;
	r = log_judge(NULL, NULL, predicted, &given, &e.judgement, err);
	if (r < 0)
		return r;
	e.disk_changed = e.judgement.comparison.n_different > 0 && measured &&
			 log_compare(&now, &e.log, &comparison, &ignored) >= 0 &&
			 comparison.n_different == 0;
	/* Only the findings are read from now on: what they were found in goes with this function. */
	e.judgement.measurement = NULL;
	e.judgement.log = NULL;
	*ret = e;
	e = (struct run_explanation){0};
	return 0;
}

void run_explanation_text(const struct run_explanation *e, struct buffer *b)
{
	for (size_t i = 0; i < e->judgement.findings.n; i++)
		buffer_printf(b, "cause         %s\n", e->judgement.findings.items[i].text);
	if (e->disk_changed)
		buffer_put_string(b, "cause         the disk was changed after it was predicted: "
				     "the log is that of the disk as it is now\n");
}
