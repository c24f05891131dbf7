#include "formats/collateral.h"

#include <errno.h>

#include "base/text.h"
#include "formats/json_read.h"
#include "formats/yaml_flat.h"

#define DER_SEQUENCE 0x30

static const struct {
	const char *name;   /* in messages */
	const char *member; /* of QuoteCollateralV3 */
	bool hex;
	bool optional;
} parts[COLLATERAL_PARTS_] = {
	[COLLATERAL_PCK_CHAIN] = {"chain of the PCK certificate", "pck_certificate_chain",
				  .optional = true},
	[COLLATERAL_ROOT_CRL] = {"root CRL", "root_ca_crl", .hex = true},
	[COLLATERAL_PCK_CRL] = {"PCK CRL", "pck_crl", .hex = true},
	[COLLATERAL_TCB_INFO] = {.name = "TCB info", .member = "tcb_info"},
	[COLLATERAL_TCB_INFO_CHAIN] = {.name = "chain of the TCB info's signer",
				       .member = "tcb_info_issuer_chain"},
	[COLLATERAL_QE_IDENTITY] = {.name = "QE identity", .member = "qe_identity"},
	[COLLATERAL_QE_IDENTITY_CHAIN] = {.name = "chain of the QE identity's signer",
					  .member = "qe_identity_issuer_chain"},
	[COLLATERAL_TCB_INFO_SIGNATURE] = {"signature of the TCB info", "tcb_info_signature",
					   .hex = true},
	[COLLATERAL_QE_IDENTITY_SIGNATURE] = {"signature of the QE identity",
					      "qe_identity_signature", .hex = true},
};

void collateral_release(struct collateral *c)
{
	for (size_t i = 0; i < COLLATERAL_PARTS_; i++)
		buffer_release(&c->parts[i]);
}

const char *collateral_name(enum collateral_part part)
{
	return parts[part].name;
}

static int put(struct collateral *c, enum collateral_part part, struct span bytes,
	       struct error **err)
{
	struct buffer *b = &c->parts[part];

	if (b->n)
		return error_set(err, -ERROR_MALFORMED, "a second %s", parts[part].name);
	b->max = COLLATERAL_MAX;
	buffer_put(b, bytes);
	return buffer_ok(b) ? 0 : error_oom(err);
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\n' || c == '\r';
}

/* Digits in lines, too. */
static int put_hex(struct collateral *c, enum collateral_part part, struct span text,
		   struct error **err)
{
	_cleanup_free_ uint8_t *digits = malloc(text.n + 1);
	size_t n = 0;

	if (!digits)
		return error_oom(err);
	for (size_t i = 0; i < text.n; i++)
		if (!is_blank(text.p[i]))
			digits[n++] = text.p[i];
	/* In place: a byte is written behind the digits that it is made of. */
	if (!hex_decode(SPAN(digits, n), digits, n / 2))
		return error_set(err, -ERROR_MALFORMED, "the %s is not of hexadecimal digits",
				 parts[part].name);
	return put(c, part, SPAN(digits, n / 2), err);
}

static int take_member(struct collateral *c, enum collateral_part part, const json_t *root,
		       struct error **err)
{
	const char *text;
	int r;

	if (parts[part].optional && !json_object_get(root, parts[part].member))
		return 0;
	r = json_read_string(root, parts[part].member, &text, err);
	if (r < 0)
		return r;
	return parts[part].hex ? put_hex(c, part, span_string(text), err)
			       : put(c, part, span_string(text), err);
}

int collateral_parse(struct span text, struct collateral *ret, struct error **err)
{
	_cleanup_(collateral_release) struct collateral c = {0};
	_cleanup_json_ json_t *root = NULL;
	int r;

	if (text.n > COLLATERAL_MAX)
		return error_set(err, -EFBIG, "%zu bytes, more than the %u of collateral", text.n,
				 COLLATERAL_MAX);
	r = text.n && text.p[0] == '{' ? json_read_document(text, false, &root, err)
				       : yaml_flat_parse(text, &root, err);
	for (size_t i = 0; r >= 0 && i < COLLATERAL_PARTS_; i++)
		r = take_member(&c, (enum collateral_part)i, root, err);
	if (r >= 0)
		r = collateral_check(&c, err);
	if (r < 0)
		return r;
	*ret = c;
	c = (struct collateral){0};
	return 0;
}

/* An answer of Intel's service: {"tcbInfo":{...},"signature":"..."}. */
static int take_answer(struct collateral *c, enum collateral_part part, const char *member,
		       struct span bytes, struct error **err)
{
	enum collateral_part signature = part == COLLATERAL_TCB_INFO
						 ? COLLATERAL_TCB_INFO_SIGNATURE
						 : COLLATERAL_QE_IDENTITY_SIGNATURE;
	struct span body, text;
	int r = json_member_text(bytes, member, &body, err);

	if (r >= 0)
		r = json_member_text(bytes, "signature", &text, err);
	if (r < 0)
		return r;
	if (text.n < 2 || text.p[0] != '"')
		return error_set(err, -ERROR_MALFORMED, "'signature' is no text");
	r = put(c, part, body, err);
	return r < 0 ? r : put_hex(c, signature, SPAN(text.p + 1, text.n - 2), err);
}

/* Lists of revoked certificates come as DER, or as its hexadecimal digits. */
static int take_crl(struct collateral *c, enum collateral_part part, struct span bytes,
		    struct error **err)
{
	return bytes.n && bytes.p[0] == DER_SEQUENCE ? put(c, part, bytes, err)
						     : put_hex(c, part, bytes, err);
}

/* A chain in two files: the leaf, and its issuers. */
static int append_chain(struct collateral *c, struct span bytes, bool first, struct error **err)
{
	_cleanup_(buffer_release) struct buffer whole = BUFFER_INIT(COLLATERAL_MAX);
	struct buffer *b = &c->parts[COLLATERAL_PCK_CHAIN];

	buffer_put(&whole, first ? bytes : buffer_span(b));
	if (whole.n && whole.p[whole.n - 1] != '\n')
		buffer_put_u8(&whole, '\n');
	buffer_put(&whole, first ? buffer_span(b) : bytes);
	if (!buffer_ok(&whole))
		return error_oom(err);
	buffer_release(b);
	return put(c, COLLATERAL_PCK_CHAIN, buffer_span(&whole), err);
}

enum file_kind {
	FILE_TCB_INFO,
	FILE_QE_IDENTITY,
	FILE_ROOT_CRL,
	FILE_PCK_CRL,
	FILE_PCK_CHAIN,
	FILE_PCK_LEAF,
	FILE_PCK_ISSUERS,
	FILE_TCB_INFO_CHAIN,
	FILE_QE_IDENTITY_CHAIN,
	FILE_SIGNER_CHAIN, /* of both documents */
};

static const struct {
	const char *name;
	enum file_kind kind;
} files[] = {
	{"tcb.json", FILE_TCB_INFO},
	{"qe_identity.json", FILE_QE_IDENTITY},
	{"rootcrl.der", FILE_ROOT_CRL},
	{"pckcrl.der", FILE_PCK_CRL},
	{"pck.chain.pem", FILE_PCK_CHAIN},
	{"tcb.chain.pem", FILE_TCB_INFO_CHAIN},
	{"qe_identity.chain.pem", FILE_QE_IDENTITY_CHAIN},
	/* Intel's samples */
	{"tcbInfo.json", FILE_TCB_INFO},
	{"qeIdentity.json", FILE_QE_IDENTITY},
	{"rootCaCrl.der", FILE_ROOT_CRL},
	{"intermediateCaCrl.der", FILE_PCK_CRL},
	{"pckCert.pem", FILE_PCK_LEAF},
	{"pckSignChain.pem", FILE_PCK_ISSUERS},
	{"tcbSignChain.pem", FILE_SIGNER_CHAIN},
};

static bool find_file(const char *name, enum file_kind *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (string_equal(name, files[i].name)) {
			*ret = files[i].kind;
			return true;
		}
	}
	return false;
}

bool collateral_file_is_known(const char *name)
{
	enum file_kind kind;

	return find_file(name, &kind);
}

int collateral_take_file(struct collateral *c, const char *name, struct span bytes,
			 struct error **err)
{
	enum file_kind kind;
	int r;

	if (!find_file(name, &kind))
		return 0;
	switch (kind) {
	case FILE_TCB_INFO:
		return take_answer(c, COLLATERAL_TCB_INFO, "tcbInfo", bytes, err);
	case FILE_QE_IDENTITY:
		return take_answer(c, COLLATERAL_QE_IDENTITY, "enclaveIdentity", bytes, err);
	case FILE_ROOT_CRL:
		return take_crl(c, COLLATERAL_ROOT_CRL, bytes, err);
	case FILE_PCK_CRL:
		return take_crl(c, COLLATERAL_PCK_CRL, bytes, err);
	case FILE_PCK_CHAIN:
		return put(c, COLLATERAL_PCK_CHAIN, bytes, err);
	case FILE_PCK_LEAF:
	case FILE_PCK_ISSUERS:
		return append_chain(c, bytes, kind == FILE_PCK_LEAF, err);
	case FILE_TCB_INFO_CHAIN:
		return put(c, COLLATERAL_TCB_INFO_CHAIN, bytes, err);
	case FILE_QE_IDENTITY_CHAIN:
		return put(c, COLLATERAL_QE_IDENTITY_CHAIN, bytes, err);
	case FILE_SIGNER_CHAIN:
		r = put(c, COLLATERAL_TCB_INFO_CHAIN, bytes, err);
		return r < 0 ? r : put(c, COLLATERAL_QE_IDENTITY_CHAIN, bytes, err);
	}
	return 0;
}

int collateral_decode_chain(struct span header, struct buffer *ret, struct error **err)
{
	for (size_t i = 0; i < header.n; i++) {
		uint8_t c = header.p[i];

		if (c == '%') {
			if (header.n - i < 3 || !hex_decode(SPAN(header.p + i + 1, 2), &c, 1))
				return error_set(err, -ERROR_MALFORMED,
						 "the issuers' chain is not percent-encoded");
			i += 2;
		}
		buffer_put_u8(ret, c);
	}
	return buffer_ok(ret) ? 0 : error_oom(err);
}

static int check_signature(const struct collateral *c, enum collateral_part part,
			   struct error **err)
{
	size_t n = c->parts[part].n;

	if (n == COLLATERAL_SIGNATURE_SIZE)
		return 0;
	return error_set(err, -ERROR_MALFORMED, "the %s has %zu bytes, not %u", parts[part].name, n,
			 COLLATERAL_SIGNATURE_SIZE);
}

int collateral_check(const struct collateral *c, struct error **err)
{
	int r;

	for (size_t i = 0; i < COLLATERAL_PARTS_; i++)
		if (!parts[i].optional && c->parts[i].n == 0)
			return error_set(err, -ERROR_MALFORMED, "there is no %s", parts[i].name);
	r = check_signature(c, COLLATERAL_TCB_INFO_SIGNATURE, err);
	return r < 0 ? r : check_signature(c, COLLATERAL_QE_IDENTITY_SIGNATURE, err);
}
