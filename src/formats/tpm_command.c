#include "formats/tpm_command.h"

/* TPM_ST, TPM_CC, TPM_RH, TPM_ALG, TPMA_NV: part 2, 6.9, 6.5.2, 7.4, 6.3, 13.4. */
enum {
	TAG_NO_SESSIONS = 0x8001,
	TAG_SESSIONS = 0x8002,
	COMMAND_NV_DEFINE_SPACE = 0x12a,
	COMMAND_NV_WRITE = 0x137,
	COMMAND_NV_READ = 0x14e,
	COMMAND_QUOTE = 0x158,
	COMMAND_NV_READ_PUBLIC = 0x169,
	COMMAND_READ_PUBLIC = 0x173,
	COMMAND_PCR_READ = 0x17e,
	HANDLE_OWNER = 0x40000001,
	HANDLE_PASSWORD = 0x40000009,
	ALGORITHM_SHA256 = 0x000b,
	ALGORITHM_RSASSA = 0x0014,
	NV_OWNERWRITE = 1 << 1,
	NV_OWNERREAD = 1 << 17,
};

#define SELECT_SIZE 3u

static void begin(struct buffer *b, bool sessions, uint32_t command)
{
	buffer_put_be16(b, sessions ? TAG_SESSIONS : TAG_NO_SESSIONS);
	buffer_put_be32(b, 0);
	buffer_put_be32(b, command);
}

static void end(struct buffer *b)
{
	if (buffer_ok(b))
		put_be32(b->p + 2, (uint32_t)b->n);
}

/* TPMS_AUTH_COMMAND: no nonce, no attributes, an empty password. */
static void put_password(struct buffer *b)
{
	buffer_put_be32(b, 9);
	buffer_put_be32(b, HANDLE_PASSWORD);
	buffer_put_be16(b, 0);
	buffer_put_u8(b, 0);
	buffer_put_be16(b, 0);
}

static void put_sized(struct buffer *b, struct span s)
{
	buffer_put_be16(b, (uint16_t)s.n);
	buffer_put(b, s);
}

static void put_selection(struct buffer *b, uint32_t registers)
{
	buffer_put_be32(b, 1);
	buffer_put_be16(b, ALGORITHM_SHA256);
	buffer_put_u8(b, SELECT_SIZE);
	for (unsigned i = 0; i < SELECT_SIZE; i++)
		buffer_put_u8(b, (uint8_t)(registers >> 8 * i));
}

void tpm_put_pcr_read(struct buffer *b, uint32_t registers)
{
	begin(b, false, COMMAND_PCR_READ);
	put_selection(b, registers);
	end(b);
}

void tpm_put_quote(struct buffer *b, uint32_t key, struct span data, uint32_t registers)
{
	begin(b, true, COMMAND_QUOTE);
	buffer_put_be32(b, key);
	put_password(b);
	put_sized(b, data);
	buffer_put_be16(b, ALGORITHM_RSASSA);
	buffer_put_be16(b, ALGORITHM_SHA256);
	put_selection(b, registers);
	end(b);
}

void tpm_put_read_public(struct buffer *b, uint32_t handle)
{
	begin(b, false, COMMAND_READ_PUBLIC);
	buffer_put_be32(b, handle);
	end(b);
}

void tpm_put_index_read_public(struct buffer *b, uint32_t index)
{
	begin(b, false, COMMAND_NV_READ_PUBLIC);
	buffer_put_be32(b, index);
	end(b);
}

void tpm_put_index_read(struct buffer *b, uint32_t index, bool by_owner, uint16_t size,
			uint16_t offset)
{
	begin(b, true, COMMAND_NV_READ);
	buffer_put_be32(b, by_owner ? HANDLE_OWNER : index);
	buffer_put_be32(b, index);
	put_password(b);
	buffer_put_be16(b, size);
	buffer_put_be16(b, offset);
	end(b);
}

void tpm_put_index_define(struct buffer *b, uint32_t index, uint16_t size)
{
	begin(b, true, COMMAND_NV_DEFINE_SPACE);
	buffer_put_be32(b, HANDLE_OWNER);
	put_password(b);
	buffer_put_be16(b, 0);	/* no password */
	buffer_put_be16(b, 14); /* TPMS_NV_PUBLIC */
	buffer_put_be32(b, index);
	buffer_put_be16(b, ALGORITHM_SHA256);
	buffer_put_be32(b, NV_OWNERREAD | NV_OWNERWRITE);
	buffer_put_be16(b, 0); /* no policy */
	buffer_put_be16(b, size);
	end(b);
}

void tpm_put_index_write(struct buffer *b, uint32_t index, struct span bytes)
{
	begin(b, true, COMMAND_NV_WRITE);
	buffer_put_be32(b, HANDLE_OWNER);
	buffer_put_be32(b, index);
	put_password(b);
	put_sized(b, bytes);
	buffer_put_be16(b, 0);
	end(b);
}

static struct span read_sized(struct reader *r)
{
	uint16_t n = reader_be16(r);

	return reader_bytes(r, n);
}

static int bad(const char *what, struct error **err)
{
	return error_set(err, -ERROR_MALFORMED, "the TPM's answer: %s", what);
}

int tpm_response_size(const uint8_t header[TPM_RESPONSE_HEADER_SIZE], size_t *ret,
		      struct error **err)
{
	uint32_t n = get_be32(header + 2);

	if (n < TPM_RESPONSE_HEADER_SIZE || n > TPM_RESPONSE_MAX)
		return error_set(err, -ERROR_MALFORMED, "the TPM's answer: %u bytes", n);
	*ret = n;
	return 0;
}

int tpm_response_parse(struct span bytes, struct tpm_response *ret, struct error **err)
{
	struct reader r = reader_init(bytes);
	uint16_t tag = reader_be16(&r);
	uint32_t size = reader_be32(&r);

	*ret = (struct tpm_response){.code = reader_be32(&r)};
	if (!reader_ok(&r) || size != bytes.n || (tag != TAG_NO_SESSIONS && tag != TAG_SESSIONS))
		return bad("no header of a response", err);
	if (ret->code)
		return 0;
	/* The size of the parameters stands before them where sessions follow. */
	ret->parameters = tag == TAG_SESSIONS ? reader_bytes(&r, reader_be32(&r)) : r.rest;
	return reader_ok(&r) ? 0 : bad("its parameters are cut off", err);
}

/* TPML_PCR_SELECTION of one selection of the SHA-256 bank. */
static bool read_selection(struct reader *r, uint32_t *ret)
{
	uint32_t n = reader_be32(r);
	uint16_t algorithm = reader_be16(r);
	struct span bits = reader_bytes(r, reader_u8(r));

	*ret = 0;
	if (!reader_ok(r) || n != 1 || algorithm != ALGORITHM_SHA256 || bits.n > 4)
		return false;
	for (size_t i = 0; i < bits.n; i++)
		*ret |= (uint32_t)bits.p[i] << 8 * i;
	return *ret >> TPM_PCR_COUNT == 0;
}

int tpm_pcr_read_parse(struct span parameters, struct tpm_pcr_values *ret, struct error **err)
{
	struct reader r = reader_init(parameters);
	uint32_t n;

	*ret = (struct tpm_pcr_values){0};
	reader_be32(&r); /* how often registers changed */
	if (!read_selection(&r, &ret->registers))
		return bad("no registers of the SHA-256 bank", err);
	n = reader_be32(&r);
	if (n != (uint32_t)__builtin_popcount(ret->registers))
		return bad("not a value for each register", err);
	for (unsigned i = 0; i < TPM_PCR_COUNT; i++) {
		struct span value;

		if (!(ret->registers & 1u << i))
			continue;
		value = read_sized(&r);
		if (value.n != TPM_PCR_SIZE)
			return bad("a register that has not 32 bytes", err);
		memcpy(ret->values[i], value.p, TPM_PCR_SIZE);
	}
	return reader_ok(&r) && !r.rest.n ? 0 : bad("more than the registers", err);
}

int tpm_quote_parse(struct span parameters, struct span *ret_message, struct span *ret_signature,
		    struct error **err)
{
	struct reader r = reader_init(parameters);
	struct span message = read_sized(&r);
	uint16_t scheme = reader_be16(&r), hash = reader_be16(&r);
	struct span signature = read_sized(&r);

	if (!reader_ok(&r) || r.rest.n || scheme != ALGORITHM_RSASSA || hash != ALGORITHM_SHA256)
		return bad("no quote signed by RSASSA with SHA-256", err);
	*ret_message = message;
	*ret_signature = signature;
	return 0;
}

int tpm_read_public_parse(struct span parameters, struct span *ret, struct error **err)
{
	struct reader r = reader_init(parameters);
	struct span public = read_sized(&r);

	read_sized(&r); /* name, qualified name */
	read_sized(&r);
	if (!reader_ok(&r) || r.rest.n)
		return bad("no public part of a key", err);
	*ret = public;
	return 0;
}

int tpm_index_read_public_parse(struct span parameters, struct tpm_index *ret, struct error **err)
{
	struct reader r = reader_init(parameters), inner;
	struct span public = read_sized(&r);
	uint32_t attributes;

	read_sized(&r); /* name */
	inner = reader_init(public);
	reader_be32(&inner);
	reader_be16(&inner);
	attributes = reader_be32(&inner);
	read_sized(&inner); /* policy */
	ret->size = reader_be16(&inner);
	ret->by_owner = attributes & NV_OWNERREAD;
	if (!reader_ok(&r) || r.rest.n || !reader_ok(&inner) || inner.rest.n ||
	    ret->size > TPM_INDEX_MAX)
		return bad("no public part of an index", err);
	return 0;
}

int tpm_index_read_parse(struct span parameters, struct span *ret, struct error **err)
{
	struct reader r = reader_init(parameters);
	struct span bytes = read_sized(&r);

	if (!reader_ok(&r) || r.rest.n)
		return bad("no content of an index", err);
	*ret = bytes;
	return 0;
}
