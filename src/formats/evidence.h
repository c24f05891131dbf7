/*
 * Evidence as people have it: a quote as bytes, hexadecimal digits or base64, and documents that hold one.
 * Reads the shapes and believes nothing.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "formats/binding.h"

/* Evidence with a log of events has 100 KiB. */
#define EVIDENCE_MAX (4u << 20)
#define EVIDENCE_PCRS 24u
#define EVIDENCE_PCR_MAX 48u

enum evidence_kind {
	EVIDENCE_TDX,	/* a quote */
	EVIDENCE_AZURE, /* a quote, the paravisor's report, a quote of the virtual TPM */
	EVIDENCE_TPM,	/* a quote of a TPM */
};

/* What the machine was asked, and what it says beside its evidence, which vouches for it (formats/binding.h). */
struct evidence_binding {
	bool given; /* documents of others have none */
	enum binding_purpose purpose;
	uint8_t nonce[BINDING_NONCE_SIZE];
	uint8_t key[BINDING_KEY_SIZE];
	/* Of a channel, if whoever kept the document wrote it down. */
	bool has_exporter;
	uint8_t exporter[BINDING_EXPORTER_SIZE];
	struct buffer config; /* text, canonical */
	struct buffer claims; /* text, checked */
};

/* What is not there is empty. */
struct evidence {
	enum evidence_kind kind;
	struct buffer quote;
	struct buffer hcl_report;
	struct buffer tpm_message;		  /* TPMS_ATTEST */
	struct buffer tpm_signature;		  /* RSASSA */
	struct buffer tpm_public;		  /* TPMT_PUBLIC of the attestation key */
	struct buffer ak_certificate, ak_issuers; /* PEM */
	/* Values of the registers that the TPM's quote is about, in ascending order, as they were sent. */
	uint8_t pcrs[EVIDENCE_PCRS][EVIDENCE_PCR_MAX];
	size_t n_pcrs, pcr_size;
	struct evidence_binding binding;
};

void evidence_release(struct evidence *e);

/*
 * Recognises by content: a quote (bytes, digits, base64), or JSON of tdnode (docs/verify.md), of attested-tls
 * (its message, its proxy's, or the document of Azure), or with a member "quote" as dstack answers it.
 */
_must_check_ int evidence_parse(struct span bytes, struct evidence *ret, struct error **err);

/* What the report data has to be by what the document says of itself: with a purpose of a channel that is worth
 * nothing to whoever has the connection at hand. False if it does not say it. */
_must_check_ bool evidence_binding_digest(const struct evidence_binding *b,
					  uint8_t ret[BINDING_SIZE]);

/* Appends tdnode's own document, which evidence_parse() reads as the same. */
_must_check_ int evidence_write(const struct evidence *e, struct buffer *b, struct error **err);

/* Appends the document of Azure's machines as attested-tls has it, of evidence of that kind. */
_must_check_ int evidence_write_azure(const struct evidence *e, struct buffer *b,
				      struct error **err);
