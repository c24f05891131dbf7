/*
 * Licences of a package, from its copyright file: what its maker declares there in Debian's copyright format 1.0, or
 * what we conclude from one in prose. The two are never mixed.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"

struct licence {
	char *declared; /* short names of the "License:" fields; "" if the file is in prose */
	char *concluded; /* names that formats/licence_text.h recognises in prose; "" if it is declared, or none is */
	char *shared; /* the package whose documentation this one's is a link to; "" if it has its own */
};

void licence_release(struct licence *l);

/* Each name once, in byte order, joined by ", ". `shared` is "". */
_must_check_ int licence_read(struct span copyright, struct licence *ret, struct error **err);

/* A package with its licence, which may be NULL: not known. */
struct licence_owner {
	const char *name;
	const char *source; /* the path of its file in the archive (packages/lock.h) */
	const struct licence *licence;
};

/*
 * The licence of the i-th package: its own, or that of the package whose documentation it shares, which Debian
 * (policy 12.5) allows for packages of one source alone; NULL if that is not among the n.
 */
const struct licence *licence_of(const struct licence_owner *all, size_t n, size_t i);
