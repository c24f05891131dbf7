/*
 * Lists of checksums, as `sha256sum` writes and `sha256sum --check` reads them: "DIGEST  NAME", a line for each file.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "crypto/digest.h"

/* A release has a dozen files. */
#define CHECKSUMS_MAX 64u
#define CHECKSUM_LIST_MAX (64u << 10)

struct checksum {
	char *name; /* of a file, without folders */
	struct digest sha256;
};

struct checksum_list {
	struct checksum *items;
	size_t n;
};

void checksum_list_release(struct checksum_list *l);

/* Strict: every line is one, no name is there twice. */
_must_check_ int checksum_list_parse(struct span text, struct checksum_list *ret,
				     struct error **err);
/* NULL if there is none. */
const struct digest *checksum_list_find(const struct checksum_list *l, const char *name);
/* Appends a line. */
void checksum_put(struct buffer *b, const char *name, const struct digest *sha256);
