/*
 * Unified kernel images, written: sections appended to systemd's EFI stub, as `ukify` does it. The
 * result depends on nothing but the stub and the sections: TimeDateStamp stays the stub's, CheckSum
 * is zero.
 */
#pragma once

#include "base/buffer.h"
#include "formats/pe.h"

struct uki_input {
	const char *name; /* ".linux"; at most 8 characters */
	struct span data;
};

/* The file in order, without gaps. The pieces refer to the stub, the inputs and `header`. */
struct uki_image {
	struct buffer header;
	struct span *pieces;
	size_t n_pieces;
	uint64_t size;
};

void uki_image_release(struct uki_image *i);

/*
 * Appends the sections in the order given. Refused are: a signed stub, a stub with bytes after its
 * last section, a name that the stub or an earlier input already has, an empty section, a `.linux`
 * that is not a PE image, a section table that the stub's headers have no room for, and a file or
 * image of 4 GiB or more. If the kernel is not marked NX_COMPAT, the result is not either.
 * Stub and inputs must outlive *ret.
 */
_must_check_ int uki_assemble(struct span stub, const struct uki_input *inputs, size_t n,
			      struct uki_image *ret, struct error **err);
