/*
 * What systemd says on the console of the units that it starts (systemd.show_status=yes, without a terminal):
 *
 *	         Starting anvil.service - Ethereum development node...
 *	[  OK  ] Started anvil.service - Ethereum development node.
 *	[FAILED] Failed to start anvil.service - Ethereum development node.
 *
 * Another program may have left something before it on its line.
 */
#pragma once

#include "base/span.h"

/* Names of units have at most 255 bytes (unit-def.h); ours are shorter, and longer ones are passed over. */
#define BOOT_LINE_UNIT_MAX 64u

enum boot_line_kind {
	BOOT_LINE_STARTING,
	BOOT_LINE_STARTED, /* also: finished, reached, mounted, listening */
	BOOT_LINE_FAILED,
};

struct boot_line {
	enum boot_line_kind kind;
	char unit[BOOT_LINE_UNIT_MAX]; /* "anvil.service" */
};

/* False for any other line. */
_must_check_ bool boot_line_parse(struct span line, struct boot_line *ret);
