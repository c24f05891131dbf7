#include "vm/tpm_commands.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/buffer.h"
#include "base/file.h"

#define COMMAND_MAX 4096u
#define HEADER_SIZE 10u

enum {
	TAG_NO_SESSIONS = 0x8001,
	TAG_SESSIONS = 0x8002,
	HANDLE_OWNER = 0x40000001,
	HANDLE_PASSWORD = 0x40000009,
	HANDLE_ENDORSEMENT = 0x4000000b,
	ALGORITHM_RSA = 0x0001,
	ALGORITHM_AES = 0x0006,
	ALGORITHM_SHA256 = 0x000b,
	ALGORITHM_NULL = 0x0010,
	ALGORITHM_RSASSA = 0x0014,
	ALGORITHM_CFB = 0x0043,
	/* TPMA_OBJECT: fixedTPM, fixedParent, sensitiveDataOrigin; adminWithPolicy, restricted, decrypt */
	ATTRIBUTES_ENDORSEMENT = 0x000300b2,
	/* ...; userWithAuth, restricted, sign */
	ATTRIBUTES_ATTESTATION = 0x00050072,
	/* TPMA_NV: OWNERWRITE, AUTHWRITE, OWNERREAD, AUTHREAD, NO_DA */
	ATTRIBUTES_NV = 0x02060006,
};

enum command_code {
	COMMAND_EVICT_CONTROL = 0x120,
	COMMAND_NV_UNDEFINE = 0x122,
	COMMAND_NV_DEFINE = 0x12a,
	COMMAND_CREATE_PRIMARY = 0x131,
	COMMAND_NV_WRITE = 0x137,
	COMMAND_SHUTDOWN = 0x145,
	COMMAND_FLUSH = 0x165,
};

/* PolicySecret(TPM_RH_ENDORSEMENT), from the profile. */
static const uint8_t endorsement_policy[32] = {
	0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc,
	0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52,
	0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa,
};

/* A command's header, whose size exchange() sets, and its handles, authorised by an empty password. */
static void begin(struct buffer *b, enum command_code code, const uint32_t *handles, size_t n)
{
	buffer_put_be16(b, TAG_SESSIONS);
	buffer_put_be32(b, 0);
	buffer_put_be32(b, code);
	for (size_t i = 0; i < n; i++)
		buffer_put_be32(b, handles[i]);
	buffer_put_be32(b, 4 + 2 + 1 + 2);
	buffer_put_be32(b, HANDLE_PASSWORD);
	buffer_put_be16(b, 0);
	buffer_put_u8(b, 0);
	buffer_put_be16(b, 0);
}

static void begin_plain(struct buffer *b, enum command_code code)
{
	buffer_put_be16(b, TAG_NO_SESSIONS);
	buffer_put_be32(b, 0);
	buffer_put_be32(b, code);
}

/* Not by write_full(): a TPM that is gone is an error, not a signal. */
static int send_all(int fd, struct span s)
{
	while (s.n) {
		ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			return -errno;
		s = span_skip(s, n > 0 ? (size_t)n : 0);
	}
	return 0;
}

static int lost(int r, struct error **err)
{
	return error_set(err, -ECONNRESET, "the TPM does not answer: %s",
			 r == -ENODATA ? "it has ended" : strerror(-r));
}

/* Sends the command and reads its answer behind the header. *ret_code is the TPM's word on it. */
static int exchange(int fd, struct buffer *command, struct buffer *answer, uint32_t *ret_code,
		    struct error **err)
{
	uint8_t header[HEADER_SIZE];
	uint8_t *rest;
	uint32_t size;
	int r;

	if (!buffer_ok(command))
		return error_oom(err);
	put_be32(command->p + 2, (uint32_t)command->n);
	r = send_all(fd, buffer_span(command));
	if (r >= 0)
		r = read_full(fd, header, sizeof header);
	if (r < 0)
		return lost(r, err);
	size = get_be32(header + 2);
	if (size < HEADER_SIZE || size > COMMAND_MAX)
		return error_set(err, -EPROTO, "the TPM answers with %u bytes", size);
	*ret_code = get_be32(header + 6);
	answer->n = 0;
	if (size == HEADER_SIZE)
		return 0;
	rest = buffer_extend(answer, size - HEADER_SIZE);
	if (!rest)
		return error_oom(err);
	r = read_full(fd, rest, size - HEADER_SIZE);
	return r < 0 ? lost(r, err) : 0;
}

/* The same of a command that has to succeed. */
static int execute(int fd, struct buffer *command, const char *name, struct buffer *answer,
		   struct error **err)
{
	uint32_t code = 0;
	int r = exchange(fd, command, answer, &code, err);

	if (r >= 0 && code != 0)
		r = error_set(err, -EPROTO, "the TPM refuses %s (0x%x)", name, code);
	return r;
}

/* The same of one whose answer is not needed, and which may fail if what it removes is not there. */
static int execute_plain(int fd, struct buffer *command, const char *name, bool may_fail,
			 struct error **err)
{
	_cleanup_(buffer_release) struct buffer answer = BUFFER_INIT(COMMAND_MAX);
	uint32_t code = 0;

	return may_fail ? exchange(fd, command, &answer, &code, err)
			: execute(fd, command, name, &answer, err);
}

/* TPMT_PUBLIC */
static void put_template(struct buffer *b, enum tpm_key_kind kind)
{
	bool ek = kind == TPM_KEY_ENDORSEMENT;

	buffer_put_be16(b, ALGORITHM_RSA);
	buffer_put_be16(b, ALGORITHM_SHA256);
	buffer_put_be32(b, ek ? ATTRIBUTES_ENDORSEMENT : ATTRIBUTES_ATTESTATION);
	buffer_put_be16(b, ek ? sizeof endorsement_policy : 0);
	if (ek) {
		buffer_put(b, SPAN(endorsement_policy, sizeof endorsement_policy));
		buffer_put_be16(b, ALGORITHM_AES);
		buffer_put_be16(b, 128);
		buffer_put_be16(b, ALGORITHM_CFB);
		buffer_put_be16(b, ALGORITHM_NULL);
	} else {
		buffer_put_be16(b, ALGORITHM_NULL);
		buffer_put_be16(b, ALGORITHM_RSASSA);
		buffer_put_be16(b, ALGORITHM_SHA256);
	}
	buffer_put_be16(b, TPM_MODULUS_SIZE * 8);
	buffer_put_be32(b, 0); /* the exponent 65537 */
	/* The key follows from this, too: the profile's template has zeros here. */
	buffer_put_be16(b, ek ? TPM_MODULUS_SIZE : 0);
	if (ek)
		buffer_put_zeros(b, TPM_MODULUS_SIZE);
}

int tpm_create_primary(int fd, enum tpm_key_kind kind, struct tpm_key *ret, struct error **err)
{
	static const uint32_t endorsement = HANDLE_ENDORSEMENT;
	_cleanup_(buffer_release) struct buffer command = BUFFER_INIT(COMMAND_MAX),
						template = BUFFER_INIT(COMMAND_MAX),
						answer = BUFFER_INIT(COMMAND_MAX);
	struct reader r, public;
	struct span modulus;
	int result;

	put_template(&template, kind);
	begin(&command, COMMAND_CREATE_PRIMARY, &endorsement, 1);
	/* TPM2B_SENSITIVE_CREATE with an empty password and no data */
	buffer_put_be16(&command, 4);
	buffer_put_be16(&command, 0);
	buffer_put_be16(&command, 0);
	buffer_put_be16(&command, (uint16_t) template.n);
	buffer_put(&command, buffer_span(&template));
	buffer_put_be16(&command, 0); /* outsideInfo */
	buffer_put_be32(&command, 0); /* creationPCR */
	result = execute(fd, &command, "to make a key", &answer, err);
	if (result < 0)
		return result;
	r = reader_init(buffer_span(&answer));
	ret->handle = reader_be32(&r);
	reader_be32(&r); /* size of the parameters */
	public = reader_init(reader_bytes(&r, reader_be16(&r)));
	/* The modulus is the end of TPMT_PUBLIC, all before it as in the template. */
	reader_bytes(&public, template.n - (kind == TPM_KEY_ENDORSEMENT ? TPM_MODULUS_SIZE : 0));
	modulus = public.rest;
	if (!reader_ok(&r) || !reader_ok(&public) || modulus.n != TPM_MODULUS_SIZE)
		return error_set(err, -EPROTO, "the TPM made a key of another size");
	memcpy(ret->modulus, modulus.p, TPM_MODULUS_SIZE);
	return 0;
}

static int evict(int fd, uint32_t object, uint32_t persistent, bool may_fail, struct error **err)
{
	const uint32_t handles[] = {HANDLE_OWNER, object};
	_cleanup_(buffer_release) struct buffer command = BUFFER_INIT(COMMAND_MAX);

	begin(&command, COMMAND_EVICT_CONTROL, handles, ARRAY_SIZE(handles));
	buffer_put_be32(&command, persistent);
	return execute_plain(fd, &command, "to keep a key", may_fail, err);
}

int tpm_keep(int fd, const struct tpm_key *k, uint32_t persistent, struct error **err)
{
	_cleanup_(buffer_release) struct buffer flush = BUFFER_INIT(COMMAND_MAX);
	int r = evict(fd, persistent, persistent, true, err);

	if (r >= 0)
		r = evict(fd, k->handle, persistent, false, err);
	if (r < 0)
		return r;
	begin_plain(&flush, COMMAND_FLUSH);
	buffer_put_be32(&flush, k->handle);
	return execute_plain(fd, &flush, "to forget a key", false, err);
}

static int nv_undefine(int fd, uint32_t index, struct error **err)
{
	const uint32_t handles[] = {HANDLE_OWNER, index};
	_cleanup_(buffer_release) struct buffer command = BUFFER_INIT(COMMAND_MAX);

	begin(&command, COMMAND_NV_UNDEFINE, handles, ARRAY_SIZE(handles));
	return execute_plain(fd, &command, "to remove an index", true, err);
}

static int nv_define(int fd, uint32_t index, size_t size, struct error **err)
{
	static const uint32_t owner = HANDLE_OWNER;
	_cleanup_(buffer_release) struct buffer command = BUFFER_INIT(COMMAND_MAX);

	begin(&command, COMMAND_NV_DEFINE, &owner, 1);
	buffer_put_be16(&command, 0); /* its password */
	/* TPM2B_NV_PUBLIC */
	buffer_put_be16(&command, 4 + 2 + 4 + 2 + 2);
	buffer_put_be32(&command, index);
	buffer_put_be16(&command, ALGORITHM_SHA256);
	buffer_put_be32(&command, ATTRIBUTES_NV);
	buffer_put_be16(&command, 0); /* its policy */
	buffer_put_be16(&command, (uint16_t)size);
	return execute_plain(fd, &command, "to make an index", false, err);
}

static int nv_write(int fd, uint32_t index, size_t offset, struct span bytes, struct error **err)
{
	const uint32_t handles[] = {HANDLE_OWNER, index};
	_cleanup_(buffer_release) struct buffer command = BUFFER_INIT(COMMAND_MAX);

	begin(&command, COMMAND_NV_WRITE, handles, ARRAY_SIZE(handles));
	buffer_put_be16(&command, (uint16_t)bytes.n);
	buffer_put(&command, bytes);
	buffer_put_be16(&command, (uint16_t)offset);
	return execute_plain(fd, &command, "to write an index", false, err);
}

int tpm_nv_put(int fd, uint32_t index, struct span content, struct error **err)
{
	int r;

	if (content.n > TPM_NV_MAX)
		return error_set(err, -EFBIG, "%zu bytes, more than the %u of an index of the TPM",
				 content.n, TPM_NV_MAX);
	r = nv_undefine(fd, index, err);
	if (r >= 0)
		r = nv_define(fd, index, content.n, err);
	for (size_t at = 0; r >= 0 && at < content.n; at += TPM_NV_CHUNK)
		r = nv_write(fd, index, at, SPAN(content.p + at, MIN(TPM_NV_CHUNK, content.n - at)),
			     err);
	return r;
}

int tpm_shutdown(int fd, struct error **err)
{
	_cleanup_(buffer_release) struct buffer command = BUFFER_INIT(COMMAND_MAX);

	begin_plain(&command, COMMAND_SHUTDOWN);
	buffer_put_be16(&command, 0); /* TPM_SU_CLEAR */
	return execute_plain(fd, &command, "to end", false, err);
}
