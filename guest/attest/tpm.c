#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include "base/file.h"
#include "crypto/pem.h"
#include "formats/tpm_command.h"
#include "formats/tpms_attest.h"
#include "guest/attest/attest.h"

/* Where Azure's machines have theirs; TPMs of local runs follow. */
#define ATTESTATION_KEY 0x81000003u
#define INDEX_CERTIFICATE 0x01c101d0u

#define ALL_REGISTERS ((1u << TPM_PCR_COUNT) - 1)
/* A TPM that is busy with itself says so, for some milliseconds. */
#define RETRIES 50
#define RETRY_NANOSECONDS 20000000
/* Between reading registers and their quote one may change. */
#define QUOTE_ATTEMPTS 3
#define PEM_CERTIFICATE "CERTIFICATE"

static int connect_socket(const char *path, int *ret_fd, struct error **err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return error_errno(err, errno, "a socket");
	if (strlen(path) >= sizeof address.sun_path)
		return error_errno(err, ENAMETOOLONG, "%s", path);
	memcpy(address.sun_path, path, strlen(path));
	if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0)
		return error_errno(err, errno, "the TPM at '%s'", path);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int tpm_connect(const char *path, int *ret_fd, struct error **err)
{
	struct stat st;
	int fd;

	if (stat(path, &st) < 0)
		return error_errno(err, errno, "the TPM '%s'", path);
	if (S_ISSOCK(st.st_mode))
		return connect_socket(path, ret_fd, err);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, errno, "the TPM '%s'", path);
	*ret_fd = fd;
	return 0;
}

/* A device gives a response whole, a socket in pieces. */
static int receive(int fd, struct buffer *b, struct error **err)
{
	size_t wanted = TPM_RESPONSE_HEADER_SIZE;
	int r = 0;

	b->n = 0;
	while (r >= 0 && b->n < wanted) {
		uint8_t part[TPM_RESPONSE_MAX];
		ssize_t got = read(fd, part, sizeof part);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return error_errno(err, got < 0 ? errno : EPIPE, "the TPM does not answer");
		buffer_put(b, SPAN(part, (size_t)got));
		if (!buffer_ok(b))
			return error_set(err, -ERROR_MALFORMED, "the TPM's answer is too long");
		if (b->n >= TPM_RESPONSE_HEADER_SIZE)
			r = tpm_response_size(b->p, &wanted, err);
	}
	return r;
}

/* *ret is in `b`. A code of the TPM other than 0 is no error here. */
static int transmit(int fd, const struct buffer *command, struct buffer *b,
		    struct tpm_response *ret, struct error **err)
{
	const struct timespec pause = {.tv_nsec = RETRY_NANOSECONDS};
	int r;

	if (!buffer_ok(command))
		return error_oom(err);
	for (unsigned i = 0; i <= RETRIES; i++) {
		r = write_full(fd, buffer_span(command));
		if (r < 0)
			return error_errno(err, -r, "the TPM takes no command");
		r = receive(fd, b, err);
		if (r >= 0)
			r = tpm_response_parse(buffer_span(b), ret, err);
		if (r < 0 || ret->code != TPM_RESPONSE_RETRY)
			break;
		nanosleep(&pause, NULL);
	}
	return r;
}

/* The same, where only success will do. */
static int demand(int fd, const struct buffer *command, const char *what, struct buffer *b,
		  struct span *ret, struct error **err)
{
	struct tpm_response response;
	int r = transmit(fd, command, b, &response, err);

	if (r >= 0 && response.code)
		return error_set(err, -EIO, "the TPM cannot %s (0x%x)", what, response.code);
	if (r >= 0)
		*ret = response.parameters;
	return r;
}

static int find_index(int fd, uint32_t index, struct tpm_index *ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer command = BUFFER_INIT(TPM_COMMAND_MAX),
						b = BUFFER_INIT(TPM_RESPONSE_MAX);
	struct tpm_response response;
	int r;

	tpm_put_index_read_public(&command, index);
	r = transmit(fd, &command, &b, &response, err);
	if (r < 0)
		return r;
	if (response.code == TPM_RESPONSE_HANDLE)
		return -ENOENT;
	if (response.code)
		return error_set(err, -EIO, "the TPM cannot show its index 0x%08x (0x%x)", index,
				 response.code);
	return tpm_index_read_public_parse(response.parameters, ret, err);
}

int tpm_index_read(int fd, uint32_t index, struct buffer *ret, struct error **err)
{
	struct tpm_index found;
	int r = find_index(fd, index, &found, err);

	for (size_t at = 0; r >= 0 && at < found.size;) {
		_cleanup_(buffer_release) struct buffer command = BUFFER_INIT(TPM_COMMAND_MAX),
							b = BUFFER_INIT(TPM_RESPONSE_MAX);
		size_t n = MIN(found.size - at, (size_t)TPM_INDEX_PART);
		struct span parameters, part;

		tpm_put_index_read(&command, index, found.by_owner, (uint16_t)n, (uint16_t)at);
		r = demand(fd, &command, "read an index", &b, &parameters, err);
		if (r >= 0)
			r = tpm_index_read_parse(parameters, &part, err);
		if (r >= 0 && part.n != n)
			r = error_set(err, -ERROR_MALFORMED,
				      "the TPM gives %zu bytes of an index, not %zu", part.n, n);
		if (r >= 0)
			buffer_put(ret, part);
		if (r >= 0 && !buffer_ok(ret))
			r = error_oom(err);
		at += n;
	}
	return r;
}

int tpm_index_write(int fd, uint32_t index, struct span bytes, struct error **err)
{
	_cleanup_(buffer_release) struct buffer define = BUFFER_INIT(TPM_COMMAND_MAX),
						write = BUFFER_INIT(TPM_COMMAND_MAX),
						b = BUFFER_INIT(TPM_RESPONSE_MAX);
	struct tpm_index found;
	struct span none;
	int r = find_index(fd, index, &found, err);

	if (r == -ENOENT) {
		tpm_put_index_define(&define, index, (uint16_t)bytes.n);
		r = demand(fd, &define, "make an index", &b, &none, err);
	} else if (r >= 0 && found.size != bytes.n) {
		r = error_set(err, -EIO, "the TPM's index 0x%08x has %u bytes, not %zu", index,
			      found.size, bytes.n);
	}
	if (r < 0)
		return r;
	tpm_put_index_write(&write, index, bytes);
	return demand(fd, &write, "write an index", &b, &none, err);
}

/* As many at a time as the TPM gives. */
static int read_registers(int fd, struct evidence *e, struct error **err)
{
	uint32_t left = ALL_REGISTERS;

	e->n_pcrs = TPM_PCR_COUNT;
	e->pcr_size = TPM_PCR_SIZE;
	while (left) {
		_cleanup_(buffer_release) struct buffer command = BUFFER_INIT(TPM_COMMAND_MAX),
							b = BUFFER_INIT(TPM_RESPONSE_MAX);
		struct tpm_pcr_values values;
		struct span parameters;
		int r;

		tpm_put_pcr_read(&command, left);
		r = demand(fd, &command, "read its registers", &b, &parameters, err);
		if (r >= 0)
			r = tpm_pcr_read_parse(parameters, &values, err);
		if (r < 0)
			return r;
		if (!(values.registers & left))
			return error_set(err, -EIO, "the TPM has not all SHA-256 registers");
		for (unsigned i = 0; i < TPM_PCR_COUNT; i++)
			if (values.registers & left & 1u << i)
				memcpy(e->pcrs[i], values.values[i], TPM_PCR_SIZE);
		left &= ~values.registers;
	}
	return 0;
}

static int replace(struct buffer *b, struct span bytes, struct error **err)
{
	b->max = EVIDENCE_MAX;
	b->n = 0;
	buffer_put(b, bytes);
	return buffer_ok(b) ? 0 : error_oom(err);
}

/* Whether the quote is about the values that were read. */
static int agrees(const struct evidence *e, bool *ret, struct error **err)
{
	uint8_t all[TPM_PCR_COUNT * TPM_PCR_SIZE];
	struct tpm_quote quote;
	struct digest d;
	int r = tpms_attest_parse(buffer_span(&e->tpm_message), &quote, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < TPM_PCR_COUNT; i++)
		memcpy(all + i * TPM_PCR_SIZE, e->pcrs[i], TPM_PCR_SIZE);
	d = digest_bytes(DIGEST_SHA256, SPAN(all, sizeof all));
	*ret = span_equal(quote.pcr_digest, digest_span(&d));
	return 0;
}

static int quote_registers(int fd, struct span data, struct evidence *e, struct error **err)
{
	bool good = false;
	int r = 0;

	for (unsigned i = 0; r >= 0 && !good && i < QUOTE_ATTEMPTS; i++) {
		_cleanup_(buffer_release) struct buffer command = BUFFER_INIT(TPM_COMMAND_MAX),
							b = BUFFER_INIT(TPM_RESPONSE_MAX);
		struct span parameters, message, signature;

		r = read_registers(fd, e, err);
		tpm_put_quote(&command, ATTESTATION_KEY, data, ALL_REGISTERS);
		if (r >= 0)
			r = demand(fd, &command, "quote its registers", &b, &parameters, err);
		if (r >= 0)
			r = tpm_quote_parse(parameters, &message, &signature, err);
		if (r >= 0)
			r = replace(&e->tpm_message, message, err);
		if (r >= 0)
			r = replace(&e->tpm_signature, signature, err);
		if (r >= 0)
			r = agrees(e, &good, err);
	}
	if (r >= 0 && !good)
		r = error_set(err, -EIO, "the TPM's registers change while they are quoted");
	return r;
}

static int read_key(int fd, struct evidence *e, struct error **err)
{
	_cleanup_(buffer_release) struct buffer command = BUFFER_INIT(TPM_COMMAND_MAX),
						b = BUFFER_INIT(TPM_RESPONSE_MAX);
	struct span parameters, public;
	int r;

	tpm_put_read_public(&command, ATTESTATION_KEY);
	r = demand(fd, &command, "show its attestation key", &b, &parameters, err);
	if (r >= 0)
		r = tpm_read_public_parse(parameters, &public, err);
	return r < 0 ? r : replace(&e->tpm_public, public, err);
}

bool certificate_next(struct span *rest, struct span *ret)
{
	/* SEQUENCE with a length of two bytes: all certificates are between 256 bytes and 64 KiB. */
	if (rest->n < 4 || rest->p[0] != 0x30 || rest->p[1] != 0x82 ||
	    !span_slice(*rest, 0, 4 + (size_t)get_be16(rest->p + 2), ret))
		return false;
	*rest = span_skip(*rest, ret->n);
	return true;
}

/* The key's certificate, and behind it, where whoever made it put them, those of its issuers. */
static int read_certificates(int fd, struct evidence *e, struct error **err)
{
	_cleanup_(buffer_release) struct buffer index = BUFFER_INIT(TPM_INDEX_MAX);
	struct span rest, der;
	int r = tpm_index_read(fd, INDEX_CERTIFICATE, &index, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	rest = buffer_span(&index);
	e->ak_certificate.max = e->ak_issuers.max = EVIDENCE_MAX;
	for (struct buffer *b = &e->ak_certificate; certificate_next(&rest, &der);
	     b = &e->ak_issuers)
		pem_encode(PEM_CERTIFICATE, der, b);
	return buffer_ok(&e->ak_certificate) && buffer_ok(&e->ak_issuers) ? 0 : error_oom(err);
}

int tpm_quote(int fd, struct span data, struct evidence *e, struct error **err)
{
	int r = read_key(fd, e, err);

	if (r >= 0)
		r = read_certificates(fd, e, err);
	return r < 0 ? r : quote_registers(fd, data, e, err);
}
