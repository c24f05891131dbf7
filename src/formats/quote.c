#include "formats/quote.h"

#define HEADER_SIZE 48u
#define BODY_DESCRIPTOR_SIZE 6u /* version 5: u16 type, u32 size */
#define TEE_TDX 0x81u
#define KEY_ECDSA_P256 2u
#define SIGNATURE_SIZE 64u

_Static_assert(sizeof(struct td_report) == TD_REPORT_1_5_EX_SIZE, "has no padding");
_Static_assert(sizeof(struct sgx_report) == SGX_REPORT_SIZE, "has no padding");
_Static_assert(offsetof(struct td_report, tee_tcb_svn_2) == TD_REPORT_1_0_SIZE, "TD 1.0");
_Static_assert(offsetof(struct td_report, vm_id) == TD_REPORT_1_5_SIZE, "TD 1.5");

/* 939a7233-f79c-4ca9-940a-0db3957f0607, bytes in this order: Intel's quoting enclaves. */
static const uint8_t vendor_intel[16] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
					 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};

bool quote_is(struct span bytes)
{
	return bytes.n >= HEADER_SIZE && get_le16(bytes.p) >= 1 && get_le16(bytes.p) <= 9 &&
	       get_le32(bytes.p + 4) == TEE_TDX;
}

static int bad(struct error **err, const char *what)
{
	return error_set(err, -ERROR_MALFORMED, "quote: %s", what);
}

static int parse_header(struct reader *r, struct quote *q, struct error **err)
{
	q->version = reader_le16(r);

	unsigned key_type = reader_le16(r);
	uint32_t tee = reader_le32(r);

	reader_bytes(r, 4); /* version 4: reserved */

	struct span vendor = reader_bytes(r, sizeof vendor_intel);

	reader_bytes(r, 20); /* user data: the quoting enclave's identifier */
	if (!reader_ok(r))
		return bad(err, "shorter than its header");
	if (q->version != 4 && q->version != 5)
		return error_set(err, -ERROR_UNSUPPORTED, "quote: version %u: 4 and 5 are read",
				 q->version);
	if (tee != TEE_TDX)
		return error_set(err, -ERROR_UNSUPPORTED,
				 "quote: TEE type 0x%x: 0x81 (TDX) is read", tee);
	if (key_type != KEY_ECDSA_P256)
		return error_set(err, -ERROR_UNSUPPORTED,
				 "quote: attestation key of type %u: 2 (ECDSA P-256) is read",
				 key_type);
	if (!span_equal(vendor, SPAN(vendor_intel, sizeof vendor_intel)))
		return error_set(err, -ERROR_UNSUPPORTED,
				 "quote: not of a quoting enclave of Intel");
	return 0;
}

static int parse_body(struct reader *r, struct quote *q, struct error **err)
{
	unsigned type = q->version == 5 ? reader_le16(r) : TD_REPORT_1_0;
	uint32_t said = q->version == 5 ? reader_le32(r) : TD_REPORT_1_0_SIZE;
	uint32_t size = type == TD_REPORT_1_0	   ? TD_REPORT_1_0_SIZE
			: type == TD_REPORT_1_5	   ? TD_REPORT_1_5_SIZE
			: type == TD_REPORT_1_5_EX ? TD_REPORT_1_5_EX_SIZE
						   : 0;

	if (!reader_ok(r))
		return bad(err, "shorter than its header");
	if (size == 0)
		return error_set(err, -ERROR_UNSUPPORTED,
				 "quote: body of type %u: 2, 3 and 4 are of TDX", type);
	if (said != size)
		return error_set(err, -ERROR_MALFORMED,
				 "quote: body of type %u has %u bytes, not %u", type, said, size);

	struct span body = reader_bytes(r, size);

	if (!reader_ok(r))
		return bad(err, "shorter than its body");
	memcpy(&q->td, body.p, body.n);
	q->type = (enum td_report_type)type;
	return 0;
}

/* Certification data: u16 type, u32 size, bytes; the last thing in `r`. */
static int parse_certification(struct reader *r, unsigned *ret_type, struct span *ret,
			       struct error **err)
{
	*ret_type = reader_le16(r);

	uint32_t size = reader_le32(r);

	if (!reader_ok(r) || size != r->rest.n)
		return bad(err, "the size of the certification data is not that of what follows");
	if (size > QUOTE_CERTIFICATION_MAX)
		return error_set(err, -ERROR_MALFORMED,
				 "quote: certification data of %u bytes, more than %u", size,
				 QUOTE_CERTIFICATION_MAX);
	*ret = reader_bytes(r, size);
	return 0;
}

static int parse_qe(struct span data, struct quote *q, struct error **err)
{
	struct reader r = reader_init(data);

	q->qe_report = reader_bytes(&r, SGX_REPORT_SIZE);
	q->qe_signature = reader_bytes(&r, SIGNATURE_SIZE).p;
	q->qe_auth = reader_bytes(&r, reader_le16(&r));
	if (!reader_ok(&r))
		return bad(err, "the report of the quoting enclave is cut off");
	memcpy(&q->qe, q->qe_report.p, SGX_REPORT_SIZE);

	int result = parse_certification(&r, &q->certification_type, &q->certification, err);

	if (result < 0)
		return result;
	if (q->certification_type < 1 || q->certification_type > QUOTE_CERTIFICATION_PCK_CHAIN)
		return error_set(err, -ERROR_UNSUPPORTED,
				 "quote: certification data of type %u: 1 to 5 are read",
				 q->certification_type);
	return 0;
}

static int parse_signature(struct span data, struct quote *q, struct error **err)
{
	struct reader r = reader_init(data);
	struct span qe;
	unsigned type;
	int result;

	q->signature = reader_bytes(&r, SIGNATURE_SIZE).p;
	q->attestation_key = reader_bytes(&r, SIGNATURE_SIZE).p;
	if (!reader_ok(&r))
		return bad(err, "the signature is cut off");
	result = parse_certification(&r, &type, &qe, err);
	if (result < 0)
		return result;
	if (type != QUOTE_CERTIFICATION_QE_REPORT)
		return error_set(err, -ERROR_UNSUPPORTED,
				 "quote: certification data of type %u: 6 (report of the quoting "
				 "enclave) is read",
				 type);
	return parse_qe(qe, q, err);
}

int quote_parse(struct span bytes, struct quote *ret, struct error **err)
{
	struct reader r = reader_init(bytes);
	struct quote q = {0};
	struct span signature;
	int result;

	if (bytes.n > QUOTE_MAX)
		return error_set(err, -ERROR_MALFORMED, "quote: %zu bytes, more than %u", bytes.n,
				 QUOTE_MAX);
	result = parse_header(&r, &q, err);
	if (result >= 0)
		result = parse_body(&r, &q, err);
	if (result < 0)
		return result;
	q.signed_bytes = SPAN(bytes.p, r.offset);
	signature = reader_bytes(&r, reader_le32(&r));
	if (!reader_ok(&r))
		return bad(err, "the signature is cut off");
	if (!span_is_zero(r.rest))
		return bad(err, "bytes after it that are not zero");
	result = parse_signature(signature, &q, err);
	if (result < 0)
		return result;
	*ret = q;
	return 0;
}
