/*
 * What Intel publishes for judging a quote, in the shapes in which people keep it. Nothing of it is
 * believed here: who verifies a quote verifies this, too.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

/* Of all in one file: lists of revoked certificates are the largest, as hexadecimal digits. */
#define COLLATERAL_MAX (16u << 20)
#define COLLATERAL_SIGNATURE_SIZE 64u

enum collateral_part {
	COLLATERAL_PCK_CHAIN,	      /* PEM, leaf first; for quotes that bring none */
	COLLATERAL_ROOT_CRL,	      /* DER */
	COLLATERAL_PCK_CRL,	      /* DER */
	COLLATERAL_TCB_INFO,	      /* the bytes that are signed */
	COLLATERAL_TCB_INFO_CHAIN,    /* PEM, leaf first */
	COLLATERAL_QE_IDENTITY,	      /* the bytes that are signed */
	COLLATERAL_QE_IDENTITY_CHAIN, /* PEM, leaf first */
	COLLATERAL_TCB_INFO_SIGNATURE,
	COLLATERAL_QE_IDENTITY_SIGNATURE,
	COLLATERAL_PARTS_,
};

/* Parts that are not there are empty. */
struct collateral {
	struct buffer parts[COLLATERAL_PARTS_];
};

void collateral_release(struct collateral *c);

static inline struct span collateral_span(const struct collateral *c, enum collateral_part part)
{
	return buffer_span(&c->parts[part]);
}

/* What the part is called in messages: "TCB info". */
const char *collateral_name(enum collateral_part part);

/*
 * Reads all of it from one document: JSON, or YAML of this flat kind, with the members of dcap-qvl's
 * QuoteCollateralV3. A member that is there twice is an error, so is one that is missing (the chain of
 * the PCK may be).
 */
_must_check_ int collateral_parse(struct span text, struct collateral *ret, struct error **err);

/*
 * Takes one file of a folder by its name, as docs/verify.md lists them: answers of Intel's service as they
 * came, their issuers' chains, lists of revoked certificates. False: a name that says nothing.
 */
bool collateral_file_is_known(const char *name);
_must_check_ int collateral_take_file(struct collateral *c, const char *name, struct span bytes,
				      struct error **err);
/* A chain from a header of Intel's service: PEM, percent-encoded. Appends it to *ret. */
_must_check_ int collateral_decode_chain(struct span header, struct buffer *ret,
					 struct error **err);

/* Names what is missing. */
_must_check_ int collateral_check(const struct collateral *c, struct error **err);
