/*
 * The Authenticode digest of a PE image ("Windows Authenticode Portable Executable Signature
 * Format", "Calculating the PE Image Hash"), as EDK2 computes it when it measures an image into
 * PCR 4 (MeasurePeImageAndExtend): the bytes after the last section count, and nothing is padded.
 * Signing tools pad the file to a multiple of 8 bytes first: for a file of another size their
 * digest differs from what firmware measures.
 */
#pragma once

#include "crypto/digest.h"
#include "formats/pe.h"

/* The headers without CheckSum and the certificate table's entry, the sections, what follows. */
#define AUTHENTICODE_PIECES_MAX (PE_SECTIONS_MAX + 4)

struct authenticode {
	size_t n;
	struct span pieces[AUTHENTICODE_PIECES_MAX];
};

/* The pieces of the file that are hashed, in order. A certificate table that does not fit after
 * the sections is an error, as it is for EDK2. */
_must_check_ int authenticode_pieces(const struct pe *pe, struct authenticode *ret,
				     struct error **err);

/*
 * The signatures (PKCS#7 SignedData, in DER) in the certificate table: the next one at or after
 * *offset, which is 0 at first and moves on. 1, 0 if there are no more, or a negative code. Other
 * kinds of entries are passed over.
 */
_must_check_ int authenticode_next_signature(const struct pe *pe, uint32_t *offset,
					     struct span *ret, struct error **err);

_must_check_ int authenticode_digest(const struct pe *pe, enum digest_algorithm a,
				     struct digest *ret, struct error **err);
