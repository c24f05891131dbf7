/*
 * Event logs of machines that nobody vouches for: their data as text, and the comparison with a
 * prediction and its explanation.
 */
#include "fuzz.h"

#include "explain/log_events.h"
#include "explain/log_judgement.h"
#include "formats/event_data.h"

/* A small prediction: one event in each register that is told of, by the bytes of real boots. */
static void predict(struct measurement *m)
{
	static const struct {
		unsigned pcr;
		enum eventlog_type type;
		struct span bytes;
	} events[] = {
		{4,
		 EV_EFI_ACTION,
		 {(const uint8_t *)"Calling EFI Application from Boot Option", 40}},
		{4, EV_SEPARATOR, {(const uint8_t *)"\0\0\0\0", 4}},
		{4, EV_EFI_BOOT_SERVICES_APPLICATION, {(const uint8_t *)"image", 5}},
		{5, EV_EFI_GPT_EVENT, {(const uint8_t *)"table", 5}},
		{9, EV_EVENT_TAG, {(const uint8_t *)"a\0\0", 4}},
		{9, EV_EVENT_TAG, {(const uint8_t *)"initrd", 6}},
		{11, EV_IPL, {(const uint8_t *)".cmdline", 9}},
		{11, EV_IPL, {(const uint8_t *)"a", 1}},
		{12, EV_IPL, {(const uint8_t *)"b\0\0", 4}},
	};
	uint8_t *table;

	*m = (struct measurement){.file = strdup("fuzz"),
				  .stub_version = strdup("257.13"),
				  .command_line = strdup("a"),
				  .partition_table = BUFFER_INIT(4096),
				  .banks_predicted = EVENT_BANKS_ALL};
	/* A header, and one entry of zeros. */
	table = buffer_extend(&m->partition_table, 92 + 8 + 128);
	if (!table)
		abort();
	table[92] = 1;
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		event_add(&m->events, events[i].pcr, events[i].type,
			  events[i].pcr == PCR_KERNEL_CONFIG ? EVENT_KIND_PASSED_COMMAND_LINE
							     : EVENT_KIND_OTHER,
			  events[i].bytes, "a description");
	if (event_list_digest(&m->events, EVENT_BANKS_ALL, NULL, 0, NULL) < 0)
		abort();
	for (size_t i = 0; i < EVENT_BANKS; i++) {
		bank_init(&m->banks[i], event_banks[i]);
		m->uki_authentihashes[i].algorithm = event_banks[i];
	}
	event_list_replay(&m->events, m->banks);
	for (size_t i = 1; i < TDX_REGISTERS; i++) {
		m->tdx.registers[i].algorithm = DIGEST_SHA384;
		m->tdx.known[i] = true;
	}
}

static void check_text(struct span text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < 0x20 || text.p[i] == 0x7f)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(log_judgement_release) struct log_judgement j = {0};
	_cleanup_(firmware_log_release) struct firmware_log log = {0};
	_cleanup_(measurement_release) struct measurement m;
	struct log_given given = {.log = &log, .claimed_command_line = "a claim"};
	struct buffer text = BUFFER_INIT(LOG_REPORT_MAX), json = BUFFER_INIT(LOG_REPORT_MAX);
	struct buffer events = BUFFER_INIT(LOG_EVENTS_MAX);
	_cleanup_error_ struct error *err = NULL;

	predict(&m);
	if (firmware_log_parse(SPAN(data, size), &log, &err) < 0)
		return 0;
	for (size_t i = 0; i < log.n; i++) {
		_cleanup_(buffer_release) struct buffer line = BUFFER_INIT(EVENT_TEXT_MAX);

		event_data_text(&log.events[i], &line);
		if (!buffer_ok(&line))
			abort();
		check_text(buffer_span(&line));
	}
	firmware_log_text(&log, &events);
	if (!buffer_ok(&events) || firmware_log_json(&log, &events, &err) < 0)
		abort();
	buffer_release(&events);
	/* Nothing differs from itself. */
	given.good = log.tdx ? NULL : &log;
	if (log_judge(NULL, NULL, &m, &given, &j, &err) < 0)
		abort();
	/* What differs has a cause, and what does not has none. */
	if ((j.comparison.n_different > 0) != (j.findings.n > 0) || j.other_platform)
		abort();
	log_judgement_text(&j, &text);
	if (!buffer_ok(&text) || log_judgement_json(&j, &json, &err) < 0)
		abort();
	buffer_release(&text);
	buffer_release(&json);
	return 0;
}
