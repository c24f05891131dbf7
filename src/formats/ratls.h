/*
 * "flashbots-ratls/1", as attested-tls-proxy speaks it after the handshake of TLS 1.3: the server sends a
 * frame, then the client one, then HTTP follows on the same stream.
 *
 *	frame    u32 big-endian length, body
 *	body     SCALE: string of the kind of evidence, byte string of the evidence
 *
 * 64 bytes bind the evidence: SHA-256 of the TLS key (the content of its BIT STRING, which for P-256 are the 65
 * bytes 04 || x || y), then 32 bytes that both ends export from the handshake. They hold no purpose and no
 * configuration: that is the protocol.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"

/* ALPN. The second is the first followed by what is spoken afterwards; with HTTP/2 there is a third. */
#define RATLS_ALPN "flashbots-ratls/1"
#define RATLS_ALPN_HTTP1 "flashbots-ratls/1+http/1.1"

/* Of the exporter (RFC 8446, 7.5), without a context. */
#define RATLS_EXPORTER_LABEL "EXPORTER-Channel-Binding"
#define RATLS_EXPORTER_SIZE 32u

/* Of a body: what their proxy takes. Azure's evidence has 30 KiB. */
#define RATLS_BODY_MAX (64u << 10)
#define RATLS_HEADER_SIZE 4u

/* Kinds. A client that has no evidence to give says "none" with no bytes. */
#define RATLS_NONE "none"
#define RATLS_DCAP "dcap-tdx"
#define RATLS_GCP "gcp-tdx"
#define RATLS_AZURE "azure-tdx"

#define RATLS_REPORT_DATA_SIZE 64u

struct ratls_message {
	struct span kind;     /* in the body */
	struct span evidence; /* in the body */
};

/* Appends a whole frame. -ERROR_MALFORMED if the body would be longer than RATLS_BODY_MAX. */
_must_check_ int ratls_put(struct buffer *b, const char *kind, struct span evidence,
			   struct error **err);

/* The length of the body by the four bytes of the header. -ERROR_MALFORMED beyond RATLS_BODY_MAX. */
_must_check_ int ratls_body_size(const uint8_t header[RATLS_HEADER_SIZE], size_t *ret,
				 struct error **err);

/* The whole of `body`. */
_must_check_ int ratls_parse(struct span body, struct ratls_message *ret, struct error **err);

/* What binds evidence to a connection. `key` is the content of the BIT STRING. */
void ratls_report_data(struct span key, const uint8_t exporter[RATLS_EXPORTER_SIZE],
		       uint8_t ret[RATLS_REPORT_DATA_SIZE]);
