/*
 * Texts and names as systemd-boot reads them: loader.conf, type 1 entries (UAPI.1 "Boot Loader
 * Specification"), os-release in an image, patterns, versions, boot counters. The programs of
 * systemd 252 to 262 agree on all of it except where a parameter says so. Pure functions.
 */
#pragma once

#include "base/span.h"

/* The text up to its first NUL, ready for bootspec_next(). */
struct reader bootspec_reader(struct span text);

/*
 * Takes the next line that holds a key, one of `separators`, and a value; others and those that begin
 * with "#" are passed over. Blanks around the line are dropped, a value between two double quotes (with
 * `single_quotes` also between two single ones) loses them. False at the end.
 */
bool bootspec_next(struct reader *r, const char *separators, bool single_quotes,
		   struct span *ret_key, struct span *ret_value);

/* True if the whole name matches the pattern: "*", "?", "[a-z]", and "\" before a character. */
bool bootspec_match(const char *pattern, const char *name);

/* Less than, equal to or greater than 0: `a` is the older version, the same, the newer. NULL is "". */
int bootspec_compare_versions(const char *a, const char *b);

/* "node+3-1.efi": 3 tries left, 1 done. */
struct bootspec_count {
	size_t name_length; /* of "node" */
	uint64_t left;
	uint64_t done;
};

/* False if the name has no counter before its suffix (".efi", in either case). */
bool bootspec_count_parse(const char *name, const char *suffix, struct bootspec_count *ret);

/* The length of the first counter in a path if a "." or the end follows it, and where its "+" is; 0 if
 * there is none: what systemd's stub takes out of its own path. */
size_t bootspec_count_in_path(const char *path, size_t *ret_offset);
