#include "vm/console.h"

#include "base/text.h"
#include "base/guest_failed.h"

#define REPORT_PREFIX "tdnode-report: "
#define DISK_PREFIX "tdnode-disk: "
#define CONFIG_PREFIX "tdnode-config: "
#define MOUNT_PREFIX "tdnode-persistent: "
#define CONFIG_UNIT_FAILED "Failed to start tdnode-config.service"
#define DISK_UNIT_FAILED "Failed to start tdnode-disk.service"
#define MOUNT_UNIT_FAILED "Failed to start tdnode-persistent.service"
#define ATTEST_PREFIX "tdnode-attest: port "
#define ATTEST_KEY ", key "
#define PANIC_PREFIX "Kernel panic - not syncing: "
#define VERITY_PREFIX "device-mapper: verity: "

static const struct {
	const char *text;
	enum boot_stage stage;
} marks[] = {
	{"BdsDxe:", STAGE_FIRMWARE},	 {"EFI stub:", STAGE_KERNEL},
	{"Linux version", STAGE_KERNEL}, {"systemd[1]:", STAGE_SYSTEMD},
	{"Welcome to", STAGE_SYSTEMD},	 {"tdnode-init:", STAGE_FAILED},
};

static bool holds(struct span line, const char *text)
{
	size_t where;

	return span_find(line, span_string(text), &where);
}

/* "sha256 4 <hexadecimal>"; anything else is ignored. */
static void take_register(struct console *c, struct span rest)
{
	static const size_t sizes[2] = {32, 48};
	struct span bank = span_next_word(&rest), number = span_next_word(&rest),
		    value = span_next_word(&rest);
	size_t index = span_equal(bank, SPAN_LITERAL("sha256"))	  ? 0
		       : span_equal(bank, SPAN_LITERAL("sha384")) ? 1
								  : 2;
	uint64_t pcr;

	if (index < 2 && parse_u64(number, CONSOLE_REGISTERS - 1, &pcr) &&
	    hex_decode(value, c->banks[index].value[pcr], sizes[index]))
		c->banks[index].known[pcr] = true;
}

static void take_report(struct console *c, struct span rest)
{
	struct span word = span_next_word(&rest);

	c->stage = STAGE_REPORT;
	if (span_equal(word, SPAN_LITERAL("pcr")))
		take_register(c, rest);
	else if (span_equal(word, SPAN_LITERAL("no")))
		c->no_tpm = true;
	else if (span_equal(word, SPAN_LITERAL("end")))
		c->report_complete = true;
}

/* What follows `prefix`, which need not be at the start of the line: the kernel may put a time stamp
 * before it. */
static bool after_prefix(struct span line, const char *prefix, struct span *ret)
{
	size_t where;

	if (!span_find(line, span_string(prefix), &where))
		return false;
	*ret = span_skip(line, where + strlen(prefix));
	return true;
}

/* What can be printed of `text`, cut to `size` with its NUL. */
static void keep_printable(struct span text, char *ret, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] >= 0x20 && text.p[i] < 0x7f && n + 1 < size)
			ret[n++] = (char)text.p[i];
	}
	ret[n] = 0;
}

/* Notes what the programs say that a node needs first, and whether they or systemd say that one failed. */
static void take_disk_line(struct console *c, struct span line)
{
	struct span said;
	size_t where;
	bool of_config = after_prefix(line, CONFIG_PREFIX, &said);

	/* Of a program that was killed, only systemd tells. */
	c->config_failed |= holds(line, CONFIG_UNIT_FAILED);
	c->disk_failed |= holds(line, DISK_UNIT_FAILED) || holds(line, MOUNT_UNIT_FAILED);
	if (!of_config && !after_prefix(line, DISK_PREFIX, &said) &&
	    !after_prefix(line, MOUNT_PREFIX, &said))
		return;
	if (span_find(said, SPAN_LITERAL(GUEST_FAILED), &where) && where == 0) {
		*(of_config ? &c->config_failed : &c->disk_failed) = true;
		said = span_skip(said, strlen(GUEST_FAILED));
	}
	keep_printable(said, c->guest_said, sizeof c->guest_said);
}

/* "tdnode-attest: port 8745, key 64 digits": the last one counts, a service may have to start again. */
static void take_attest_line(struct console *c, struct span line)
{
	struct span said, digits;
	size_t where;

	if (!after_prefix(line, ATTEST_PREFIX, &said) ||
	    !span_find(said, SPAN_LITERAL(ATTEST_KEY), &where) ||
	    !span_slice(said, where + strlen(ATTEST_KEY), 2 * sizeof c->attest_key, &digits) ||
	    !hex_decode(digits, c->attest_key, sizeof c->attest_key))
		return;
	c->attests = true;
}

/* The first panic counts: what follows comes from it. */
static void take_panic_line(struct console *c, struct span line)
{
	struct span said;

	if (c->panic[0])
		return;
	if (after_prefix(line, PANIC_PREFIX, &said))
		keep_printable(said, c->panic, sizeof c->panic);
	else if (after_prefix(line, VERITY_PREFIX, &said))
		keep_printable(said, c->verity_said, sizeof c->verity_said);
}

/* The guest ends one after the other. */
static void take_stop_line(struct console *c, struct span line)
{
	static const struct {
		const char *stopping, *stopped, *name;
	} clients[] = {
		{"Stopping execution.service", "Stopped execution.service", "execution client"},
		{"Stopping consensus.service", "Stopped consensus.service", "consensus client"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(clients); i++) {
		if (holds(line, clients[i].stopping))
			c->stopping = clients[i].name;
		else if (holds(line, clients[i].stopped) && c->stopping == clients[i].name)
			c->stopping = NULL;
	}
}

bool console_explain_panic(const struct console *c, struct buffer *ret)
{
	if (!c->panic[0])
		return false;
	if (!string_starts(c->panic, "dm-verity device"))
		buffer_printf(ret, "its kernel stopped: %s", c->panic);
	else if (strstr(c->panic, "I/O error"))
		buffer_put_string(ret, "its root file system is damaged: dm-verity could not read "
				       "a block of it");
	else
		buffer_put_string(ret, "its root file system is damaged: dm-verity found a block "
				       "that is not as it was built");
	if (string_starts(c->panic, "dm-verity device") && c->verity_said[0])
		buffer_printf(ret, " (%s)", c->verity_said);
	return true;
}

static struct span without_return(struct span line)
{
	while (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

void console_release(struct console *c)
{
	eventlog_lines_release(&c->eventlog);
	boot_timeline_release(&c->timeline);
}

bool console_line_is_hidden(struct span line)
{
	struct span rest;

	return after_prefix(line, EVENTLOG_LINES_PREFIX, &rest) ||
	       after_prefix(line, STATUS_LINE_PREFIX, &rest);
}

static void take_line(struct console *c, struct span line)
{
	struct span rest;

	line = without_return(line);
	if (after_prefix(line, EVENTLOG_LINES_PREFIX, &rest)) {
		eventlog_lines_take(&c->eventlog, rest);
		return;
	}
	if (after_prefix(line, STATUS_LINE_PREFIX, &rest)) {
		c->statuses += status_line_parse(rest, &c->status, NULL) >= 0;
		return;
	}
	if (after_prefix(line, REPORT_PREFIX, &rest)) {
		take_report(c, rest);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (marks[i].stage > c->stage && holds(line, marks[i].text))
			c->stage = marks[i].stage;
	}
	boot_timeline_take(&c->timeline, line, c->now);
	take_disk_line(c, line);
	take_attest_line(c, line);
	take_panic_line(c, line);
	take_stop_line(c, line);
}

void console_take(struct console *c, struct span bytes)
{
	for (size_t i = 0; i < bytes.n; i++) {
		if (bytes.p[i] == '\n') {
			take_line(c, SPAN(c->line, c->line_n));
			c->line_n = 0;
		} else if (c->line_n < CONSOLE_LINE_MAX) {
			c->line[c->line_n++] = bytes.p[i];
		}
	}
}

const char *boot_stage_name(enum boot_stage stage)
{
	switch (stage) {
	case STAGE_POWER_ON:
		return "power on";
	case STAGE_FIRMWARE:
		return "firmware";
	case STAGE_KERNEL:
		return "kernel";
	case STAGE_SYSTEMD:
		return "systemd";
	case STAGE_REPORT:
		return "registers reported";
	case STAGE_FAILED:
		return "init failed";
	}
	return "unknown";
}

/* The last line of a log that is not hidden, moving *end before it; false at the start. */
static bool line_before(struct span log, size_t *end, struct span *ret)
{
	while (*end > 0) {
		size_t stop = log.p[*end - 1] == '\n' ? *end - 1 : *end;
		size_t start = stop;

		while (start > 0 && log.p[start - 1] != '\n')
			start--;
		*ret = SPAN(log.p + start, *end - start);
		*end = start;
		if (!console_line_is_hidden(*ret))
			return true;
	}
	return false;
}

void console_tail(struct span log, unsigned lines, struct buffer *ret)
{
	struct span last[CONSOLE_TAIL_MAX];
	size_t end = log.n, n = 0;

	while (end > 0 && (log.p[end - 1] == '\n' || log.p[end - 1] == '\r'))
		end--;
	while (n < MIN(lines, CONSOLE_TAIL_MAX) && line_before(log, &end, &last[n]))
		n++;
	/* Hidden lines may have followed it. */
	while (n > 0 && last[0].n > 0 && last[0].p[last[0].n - 1] == '\n')
		last[0].n--;
	for (; n > 0; n--) {
		for (size_t i = 0; i < last[n - 1].n; i++) {
			uint8_t c = last[n - 1].p[i];

			if (c == '\n' || (c >= 0x20 && c < 0x7f))
				buffer_put_u8(ret, c);
		}
	}
}
