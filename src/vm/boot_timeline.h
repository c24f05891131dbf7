/*
 * Where the time of a boot goes, as it shows on the console: when its phases begin, when systemd starts which unit,
 * when the node answers. Times are milliseconds since power-on, as the lines came.
 *
 * Lines of systemd can be lost where others write to the console: a unit without an end may be up.
 *
 * A quiet kernel says nothing before user space: its phase holds systemd's stub, the kernel and the initrd.
 */
#pragma once

#include "base/error.h"
#include "formats/boot_lines.h"
#include "formats/json.h"

/* Of a boot; images have some thirty. What is beyond is not kept. */
#define TIMELINE_UNITS_MAX 256u
/* Longer than any boot: 30 days. */
#define TIMELINE_MILLISECONDS_MAX (30ull * 86400 * 1000)

enum timeline_phase {
	TIMELINE_FIRMWARE, /* from power-on */
	TIMELINE_KERNEL,   /* from when firmware starts the image */
	TIMELINE_INIT,	   /* from systemd's first word */
	TIMELINE_UNITS,	   /* from its first unit */
	/* From when its disk is ready, or its first service starts: one that is neither systemd's nor tdnode's. */
	TIMELINE_NODE,
	TIMELINE_PHASES,
};

struct timeline_unit {
	char name[BOOT_LINE_UNIT_MAX];
	uint64_t begin;
	uint64_t end; /* once it is up, or failed; before that 0 */
	bool ended;
	bool failed;
};

struct boot_timeline {
	bool reached[TIMELINE_PHASES];
	uint64_t begins[TIMELINE_PHASES];
	struct timeline_unit *units; /* in the order in which they began */
	size_t n, capacity;
	bool answered;
	uint64_t answer; /* the node's first */
};

/* Starts as all zeros. */
void boot_timeline_release(struct boot_timeline *t);

/* "firmware" */
const char *timeline_phase_name(enum timeline_phase p);

/* Takes a line of the console. What finds no memory is left out: it ends no run. */
void boot_timeline_take(struct boot_timeline *t, struct span line, uint64_t milliseconds);
void boot_timeline_answer(struct boot_timeline *t, uint64_t milliseconds);

/* When the phase ended: with the next that was reached, with the answer, or with the last thing seen. False if
 * it was not reached. */
_must_check_ bool boot_timeline_phase(const struct boot_timeline *t, enum timeline_phase p,
				      uint64_t *ret_begin, uint64_t *ret_end);
/* The last thing seen. */
uint64_t boot_timeline_end(const struct boot_timeline *t);

/* {"phases": {"firmware": 0, ...}, "units": [{"name", "begin", "end" or null, "failed"}], "answer": or null};
 * NULL out of memory. */
json_t *boot_timeline_json(const struct boot_timeline *t);
/* The same back, strictly. Release *ret also after an error. */
_must_check_ int boot_timeline_parse(const json_t *json, struct boot_timeline *ret,
				     struct error **err);
