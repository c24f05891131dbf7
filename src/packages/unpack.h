/*
 * Unpacking: a verified .deb or component archive to a tree whose file contents lie in the store.
 *
 * Runs once for each blob: the result (an index of entries and one file with all contents) is kept
 * in the store. Memory is bounded whatever the package holds. Refused, with package and path: absolute
 * and escaping paths and links, device nodes, fifos, sockets, paths through links, an entry twice
 * (except folders, whose last mode and owner count), sizes beyond the limits.
 */
#pragma once

#include "packages/licence.h"
#include "packages/store.h"
#include "tree/tree.h"

/* The largest trixie package that an image holds is the kernel, 110 MB unpacked. */
#define UNPACK_BYTES_MAX (1ull << 30)
#define UNPACK_ENTRIES_MAX 200000u
/* Scripts, checksums, templates: the largest of trixie's image sets has 60 kB in 10 files. */
#define UNPACK_CONTROL_BYTES_MAX (16u << 20)
#define UNPACK_CONTROL_ENTRIES_MAX 1000u
/* Headers and padding beside the contents of an archive. */
#define UNPACK_HEADERS_MAX (512ull << 20)

struct unpacked {
	struct tree *tree;	    /* hard links as in the archive (tree_first_names) */
	struct string_list scripts; /* maintainer scripts present: "preinst", "postinst", ... */
	struct licence licence;	    /* by usr/share/doc/P/copyright; empty of a component */
};

void unpacked_release(struct unpacked *u);

/* What an unpacked package or archive is called in STORE_UNPACKED. malloc()ed, NULL out of memory. */
char *unpack_key(const struct digest *sha256) _must_check_;

/* Throws away what is damaged of the unpacked package, and of its blob where that will be needed: what is not
 * there afterwards has to be fetched. */
_must_check_ int unpack_check(const struct store *s, const struct digest *sha256,
			      struct error **err);

/* `name` (a package) becomes the entries' origin. Set-id bits are kept in the entries' mode: the caller
 * refuses those that the recipe does not declare (tree/policy.h). */
_must_check_ int unpack_deb(const struct store *s, const struct digest *sha256, const char *name,
			    struct unpacked *ret, struct error **err);

/* The licence alone, without the contents. *ret is empty (NULL) if the package was never unpacked into this store. */
_must_check_ int unpack_licence(const struct store *s, const struct digest *sha256,
				struct licence *ret, struct error **err);

/* What a component that is no archive is called. */
#define UNPACK_PLAIN "plain file"

/* A component, all of it: a tar or zip archive, or one file (UNPACK_PLAIN); either may be compressed with
 * gzip, xz, zstd or bzip2. */
_must_check_ int unpack_archive(const struct store *s, const struct digest *sha256,
				const char *name, struct tree **ret, struct error **err);
