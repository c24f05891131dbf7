/*
 * A measurement as text: measurements.json for programs, a table for people.
 *
 * measurements.json:
 *	version		1
 *	file		name, format ("uki", "raw", "vhd"), size, sha256 of what was measured
 *	image		size, sha256, authentihash, stub, kernel, command_line, debug
 *	boot		path ("disk"), secure_boot
 *	measurements	{"4": {"expected": hex}, ...}: SHA-256, the registers and the shape of
 *			measured-boot's output
 *	banks		{"sha256": {"4": hex, ...}, "sha384": ...}: all predicted registers
 *	conditions	{"5": text, ...}: under which the prediction of a register holds
 *	not_predicted	{"0": text, ...}: the registers that are not, and why
 *	events		[{pcr, type, description, sha256, sha384}, ...], those of a
 *			register in order
 *
 * The same file gives the same bytes.
 */
#pragma once

#include "measure/measure.h"

/* Of the text: the events of 96 sections are 50 KiB. */
#define REPORT_MAX (1u << 20)

/* Appends the JSON document, ended by a newline. */
_must_check_ int measurement_json(const struct measurement *m, struct buffer *b,
				  struct error **err);

/* Appends the table of SHA-256 registers; with `explain` the events that lead to each, conditions
 * and what is not predicted. */
void measurement_text(const struct measurement *m, bool explain, struct buffer *b);

/*
 * The predicted registers of a measurements.json: the banks of *ret, nothing else of it. Banks and
 * registers that are not there stay unknown.
 */
_must_check_ int measurement_parse_banks(struct span json, struct measurement *ret,
					 struct error **err);
