#include "vm/console.h"

#include "base/text.h"

#define REPORT_PREFIX "tdnode-report: "
#define DISK_PREFIX "tdnode-disk: "
#define DISK_FAILED "Failed to start tdnode-disk.service"

static const struct {
	const char *text;
	enum boot_stage stage;
} marks[] = {
	{"BdsDxe:", STAGE_FIRMWARE},
	{"EFI stub:", STAGE_KERNEL},
	{"Linux version", STAGE_KERNEL},
	{"systemd[1]:", STAGE_SYSTEMD},
	{"Welcome to", STAGE_SYSTEMD},
	{"tdnode-init:", STAGE_FAILED},
};

static bool holds(struct span line, const char *text)
{
	return line.n && memmem(line.p, line.n, text, strlen(text));
}

/* The next blank-separated word. */
static struct span next_word(struct span *rest)
{
	*rest = span_trim(*rest);

	const uint8_t *blank = rest->n ? memchr(rest->p, ' ', rest->n) : NULL;
	size_t n = blank ? (size_t)(blank - rest->p) : rest->n;
	struct span word = {rest->p, n};

	*rest = span_skip(*rest, n);
	return word;
}

/* "sha256 4 <hexadecimal>"; anything else is ignored. */
static void take_register(struct console *c, struct span rest)
{
	static const size_t sizes[2] = {32, 48};
	struct span bank = next_word(&rest), number = next_word(&rest), value = next_word(&rest);
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
	struct span word = next_word(&rest);

	c->stage = STAGE_REPORT;
	if (span_equal(word, SPAN_LITERAL("pcr")))
		take_register(c, rest);
	else if (span_equal(word, SPAN_LITERAL("no")))
		c->no_tpm = true;
	else if (span_equal(word, SPAN_LITERAL("end")))
		c->report_complete = true;
}

/* Notes what the disk program says, and whether systemd says that it failed. */
static void take_disk_line(struct console *c, struct span line)
{
	const uint8_t *said =
		line.n ? memmem(line.p, line.n, DISK_PREFIX, strlen(DISK_PREFIX)) : NULL;
	size_t n = 0;

	c->disk_failed |= holds(line, DISK_FAILED);
	if (!said)
		return;
	for (const uint8_t *p = said + strlen(DISK_PREFIX); p < line.p + line.n; p++) {
		if (*p >= 0x20 && *p < 0x7f && n + 1 < sizeof c->disk_said)
			c->disk_said[n++] = (char)*p;
	}
	c->disk_said[n] = 0;
}

static void take_line(struct console *c, struct span line)
{
	const uint8_t *report =
		line.n ? memmem(line.p, line.n, REPORT_PREFIX, strlen(REPORT_PREFIX)) : NULL;

	while (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	if (report) {
		size_t skip = (size_t)(report - line.p) + strlen(REPORT_PREFIX);

		take_report(c, line.n > skip ? span_skip(line, skip)
					     : (struct span){0});
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (marks[i].stage > c->stage && holds(line, marks[i].text))
			c->stage = marks[i].stage;
	}
	take_disk_line(c, line);
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

void console_tail(struct span log, unsigned lines, struct buffer *ret)
{
	size_t start = log.n;

	while (start > 0 && (log.p[start - 1] == '\n' || log.p[start - 1] == '\r'))
		start--;

	size_t end = start;

	for (unsigned found = 0; start > 0; start--) {
		if (log.p[start - 1] == '\n' && ++found == lines)
			break;
	}
	for (size_t i = start; i < end; i++) {
		if (log.p[i] == '\n' || (log.p[i] >= 0x20 && log.p[i] < 0x7f))
			buffer_put_u8(ret, log.p[i]);
	}
}
