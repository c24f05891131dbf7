/*
 * "tdnode/1", the protocol by which a client asks an attested node for its evidence, after the handshake of TLS
 * 1.3 and before any other byte; "tdnode-rest/1" differs in what is behind it alone. All numbers are big-endian.
 *
 *	request   u32 length of what follows, 35
 *	          u8  version, 1
 *	          32  nonce
 *	          u8  kind of evidence that is wanted (enum channel_wanted)
 *	          u8  1: with the log of events of the firmware; 0: without
 *
 *	answer    u32 length of what follows
 *	          u8  version, 1
 *	          u8  0: evidence; 1: none, and why
 *	          u32 length, document of evidence (formats/evidence.h), or the reason
 *	          u32 length, log of events, empty if it is not wanted or there is none
 *
 * The document of evidence holds configuration and claims, so it is whole as a file. Its report data is
 * binding_digest() (formats/binding.h) for the purpose of a channel: whoever checks it takes the nonce it sent,
 * the exporter and the key of its own end of the connection, never those of the document.
 *
 * After an answer of evidence the stream carries what the node's JSON-RPC speaks, HTTP. After a refusal the
 * server closes. The client sends nothing more before it has judged the answer.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "formats/binding.h"

#define CHANNEL_ALPN "tdnode/1"
/* The same, with the consensus client's REST behind the answer. */
#define CHANNEL_REST_ALPN "tdnode-rest/1"
#define CHANNEL_VERSION 1u

#define CHANNEL_HEADER_SIZE 4u
#define CHANNEL_REQUEST_SIZE (CHANNEL_HEADER_SIZE + 35u)

/* Evidence of Azure has 40 KiB; the longest configuration has CONFIG_CANONICAL_MAX. */
#define CHANNEL_EVIDENCE_MAX (1u << 20)
/* Of a firmware's log: QEMU's has 20 KiB, those of big machines 64. */
#define CHANNEL_LOG_MAX (256u << 10)
#define CHANNEL_REASON_MAX 1024u
/* Of an answer without its header. */
#define CHANNEL_ANSWER_MAX (10u + CHANNEL_EVIDENCE_MAX + CHANNEL_LOG_MAX)

/* A server that has another kind of evidence refuses. */
enum channel_wanted {
	CHANNEL_ANY,
	CHANNEL_TDX,
	CHANNEL_AZURE,
	CHANNEL_TPM,
	CHANNEL_WANTED_,
};

struct channel_request {
	uint8_t nonce[BINDING_NONCE_SIZE];
	enum channel_wanted wanted;
	bool with_log;
};

void channel_request_put(const struct channel_request *q, uint8_t ret[CHANNEL_REQUEST_SIZE]);
/* The whole of `bytes`, header included. -ERROR_UNSUPPORTED for other versions and kinds. */
_must_check_ int channel_request_parse(struct span bytes, struct channel_request *ret,
				       struct error **err);

/* In the bytes that were parsed. */
struct channel_answer {
	bool refused;
	struct span reason; /* of a refusal: printable ASCII */
	struct span evidence;
	struct span log;
};

/* Appends the whole answer, header included. -ERROR_MALFORMED if a part is longer than its maximum. */
_must_check_ int channel_answer_put(struct buffer *b, const struct channel_answer *a,
				    struct error **err);
/* How many bytes follow the header. -ERROR_MALFORMED beyond CHANNEL_ANSWER_MAX. */
_must_check_ int channel_answer_size(const uint8_t header[CHANNEL_HEADER_SIZE], size_t *ret,
				     struct error **err);
/* The whole of what follows the header. */
_must_check_ int channel_answer_parse(struct span body, struct channel_answer *ret,
				      struct error **err);
