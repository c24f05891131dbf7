/*
 * What Azure says when it refuses, in words: the bodies of errors of its management API and of failed long
 * operations, of its sign-in, and of its storage.
 *
 *	{"error": {"code", "message", "target", "details": [{...}]}}	also as a text inside a message
 *	{"error": "invalid_client", "error_description": "AADSTS..."}
 *	<Error><Code>...</Code><Message>...</Message></Error>
 *
 * Outside bytes: whatever they are, there is an error to tell of. Nothing that gives access is handed on: of an
 * address its signature is struck out, and of a token all.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

/* Of a body that is read; answers with details have some KiB. */
#define AZURE_ERROR_MAX (256u << 10)

struct azure_error {
	/* Of the cause, the innermost that says more than "failed": "ResourceNotFound"; "" if there is none. */
	char *code;
	char *message; /* printable, on one line; "" if there is none */
	char *target;  /* the resource in question; "" if there is none */
};

void azure_error_release(struct azure_error *e);

/* Fails only out of memory. */
_must_check_ int azure_error_parse(struct span body, struct azure_error *ret, struct error **err);

/* What it means and what to do, NULL where the message has to speak for itself. */
const char *azure_error_advice(const struct azure_error *e);

/* Strikes out, in place, what gives access: signatures of addresses and tokens. */
void azure_redact(char *text);
