/*
 * JSON documents of jansson: put together, as text, and given up at the end of a scope.
 */
#pragma once

#include <jansson.h>

#include "base/buffer.h"
#include "base/error.h"

static inline void json_freep(json_t **j)
{
	json_decref(*j);
}
#define _cleanup_json_ _cleanup_(json_freep)

/* The object if `ok`: all of it was made. Else gives it up and returns NULL. */
json_t *json_complete(json_t *object, bool ok);

/* Appends a value as jansson's `flags` say, without a newline. Takes it. False if it is NULL, is not UTF-8, or
 * has no memory; whether it fit, buffer_ok() tells. */
_must_check_ bool json_put(json_t *value, size_t flags, struct buffer *b);

/* Appends the document, ended by a newline. Takes `root`, which may be NULL: that is an error. */
_must_check_ int json_text(json_t *root, struct buffer *b, struct error **err);
/* The same with the members of each object in the order of their names. */
_must_check_ int json_text_sorted(json_t *root, struct buffer *b, struct error **err);
