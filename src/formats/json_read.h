/*
 * Members of JSON objects, read strictly: of the wrong kind, out of range and missing are errors that name
 * the member. Documents come by json_read_document(), which refuses a name that stands twice in an object
 * and anything after the document.
 */
#pragma once

#include "base/span.h"
#include "formats/json.h"

/* An object, or an array if `array` says so. Errors name line and column. */
_must_check_ int json_read_document(struct span text, bool array, json_t **ret, struct error **err);

/* All of these are borrowed from `object`. */
_must_check_ int json_read_object(const json_t *object, const char *name, const json_t **ret,
				  struct error **err);
_must_check_ int json_read_array(const json_t *object, const char *name, size_t max,
				 const json_t **ret, struct error **err);
_must_check_ int json_read_string(const json_t *object, const char *name, const char **ret,
				  struct error **err);
/* A whole number from 0 to `max`. */
_must_check_ int json_read_number(const json_t *object, const char *name, uint64_t max,
				  uint64_t *ret, struct error **err);
_must_check_ int json_read_bool(const json_t *object, const char *name, bool *ret,
				struct error **err);
/* Hexadecimal digits of exactly n bytes, either case. */
_must_check_ int json_read_hex(const json_t *object, const char *name, uint8_t *ret, size_t n,
			       struct error **err);
/* "2026-06-30T07:53:47Z", as seconds since 1970. */
_must_check_ int json_read_time(const json_t *object, const char *name, int64_t *ret,
				struct error **err);

/* The same of text: years 1970 to 9999, nothing but this form. */
_must_check_ bool time_parse(struct span text, int64_t *ret);

#define TIME_TEXT_SIZE 32
/* The same back. */
void time_format(int64_t t, char out[TIME_TEXT_SIZE]);

/*
 * The bytes of a member of the outermost object, as they are in the text: what a signature over a part
 * of a document is over. An error if it is there twice or not at all. The text need not be JSON
 * in all its parts: read what is returned, and nothing else.
 */
_must_check_ int json_member_text(struct span text, const char *name, struct span *ret,
				  struct error **err);
