/*
 * A measurement as text: measurements.json for programs, a table for people.
 *
 * measurements.json:
 *	version		2
 *	file		name, format ("uki", "raw", "vhd", "qcow2", "gcp-tar", "compressed"), size, sha256
 *	image		size, sha256, authentihash, stub, kernel, command_line, debug, and of a disk
 *			path
 *	boot		platform ("any"), path ("disk"), systemd_boot, secure_boot, vtpm (if there
 *			is one beside a TDX module)
 *	configuration	of the node, in its canonical form, if its image takes one
 *	firmware	if it was given: size, sha384, mrtd {"one-pass": hex, "two-pass": hex}: by
 *			the order in which a host adds and measures memory
 *	measurements	{"4": {"expected": hex, "condition": text}, ...}: SHA-256, the registers and
 *			the shape of measured-boot's output
 *	banks		{"sha256": {"4": hex, ...}, "sha384", "sha1", "sha512"}: all predicted
 *			registers of a TPM
 *	tdx		{"mrtd": hex, "rtmr1": hex, ...}: those of a TDX module
 *	conditions	{"5": text, ...}: under which the prediction of a register holds
 *	not_predicted	{"0": text, ...}: the registers that lack an input, and which
 *	unpredictable	{"9": text, ...}: those that no input could make known, and why
 *	events		[{pcr, rtmr, type, description, sha256, ...}, ...] in the order of the boot;
 *			without pcr or rtmr if only a TDX module, or only a TPM, gets it
 *
 * Of firmware alone it has version, firmware, tdx, conditions and not_predicted. The same file gives
 * the same bytes.
 */
#pragma once

#include "measure/measure.h"

/* Of the text: the events of 96 sections in four banks are 150 KiB. */
#define REPORT_MAX (1u << 20)

/* Appends the JSON document, ended by a newline. */
_must_check_ int measurement_json(const struct measurement *m, struct buffer *b,
				  struct error **err);

/* Appends the table of registers, those of a TPM in the banks of `banks` (bits 1 << enum
 * event_bank), and the conditions under which they hold; with `explain` the events that lead to each.
 * What cannot be predicted is listed, and for a named platform or with `explain` also what lacks an
 * input. */
void measurement_text(const struct measurement *m, unsigned banks, bool explain, struct buffer *b);

/* Under which the prediction of a register holds; NULL: no matter what. */
const char *measurement_condition(const struct measurement *m, unsigned reg);

/* The register is one of those that the platform has. */
bool measurement_has(const struct measurement *m, unsigned reg);

/*
 * The predicted registers of a measurements.json: the banks of *ret, nothing else of it. Banks and
 * registers that are not there stay unknown.
 */
_must_check_ int measurement_parse_banks(struct span json, struct measurement *ret,
					 struct error **err);
