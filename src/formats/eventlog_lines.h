/*
 * A firmware log on its way over a serial console, as lines of text between those of others:
 *
 *	tdnode-eventlog: begin 9881 8f2a61c0	size, CRC-32 in hexadecimal
 *	tdnode-eventlog: AAAAAAMAAAAAAAAA...	base64
 *	tdnode-eventlog: end
 *
 * The checksum finds lines that the kernel wrote into. It proves nothing else: the console is the
 * host's, and so is what comes over it.
 */
#pragma once

#include "base/buffer.h"

/* Of a log that is sent: at 115200 bits a second, ten times the size of real ones take a minute. */
#define EVENTLOG_LINES_MAX (256u << 10)
#define EVENTLOG_LINES_PREFIX "tdnode-eventlog: "
/* Bytes in a line, before they become base64: the lines are shorter than those that readers cut. */
#define EVENTLOG_LINES_BYTES 768u

/* Appends the lines. The log has at most EVENTLOG_LINES_MAX bytes. */
void eventlog_lines_encode(struct span log, struct buffer *ret);

/* Collects the log from lines. Starts as all zeros. */
struct eventlog_lines {
	struct buffer bytes;
	size_t size; /* that was promised */
	uint32_t crc32;
	bool begun;
	bool complete; /* `bytes` is the log, and its checksum is right */
};

void eventlog_lines_release(struct eventlog_lines *l);

/*
 * Takes a line without its end: what follows EVENTLOG_LINES_PREFIX. A damaged log is forgotten; it may
 * be sent again. After a complete one nothing is taken.
 */
void eventlog_lines_take(struct eventlog_lines *l, struct span rest);
