#include "formats/sshsig.h"

#include <errno.h>

#include "base/text.h"

#define LABEL "SSH SIGNATURE"
#define MAGIC "SSHSIG"
#define VERSION 1u
#define BLOB_MAX 1024u

static bool is_text(struct span s, const char *text)
{
	return span_equal(s, span_string(text));
}

static int take_signature(struct span blob, struct sshsig *ret, struct error **err)
{
	struct reader r = reader_init(blob);
	struct span type = ssh_take_string(&r), bytes = ssh_take_string(&r);

	if (!reader_ok(&r) || r.rest.n || !is_text(type, SSH_ED25519) ||
	    bytes.n != ED25519_SIGNATURE_SIZE)
		return error_set(err, -ERROR_MALFORMED, "malformed signature");
	memcpy(ret->signature, bytes.p, bytes.n);
	return 0;
}

static int parse(struct span bytes, struct sshsig *ret, struct error **err)
{
	struct reader r = reader_init(bytes);
	struct span magic = reader_bytes(&r, strlen(MAGIC));
	uint32_t version = reader_be32(&r);
	struct span key = ssh_take_string(&r), name = ssh_take_string(&r);

	ssh_take_string(&r); /* reserved */

	struct span hash = ssh_take_string(&r), signature = ssh_take_string(&r);
	int result;

	if (!reader_ok(&r) || r.rest.n || !is_text(magic, MAGIC))
		return error_set(err, -ERROR_MALFORMED, "malformed signature");
	if (version != VERSION)
		return error_set(err, -ERROR_UNSUPPORTED, "signature of version %u, not %u",
				 version, VERSION);
	if (name.n == 0 || name.n >= sizeof ret->namespace || memchr(name.p, 0, name.n))
		return error_set(err, -ERROR_MALFORMED, "malformed namespace");
	memcpy(ret->namespace, name.p, name.n);
	ret->namespace[name.n] = 0;
	if (is_text(hash, "sha512"))
		ret->algorithm = DIGEST_SHA512;
	else if (is_text(hash, "sha256"))
		ret->algorithm = DIGEST_SHA256;
	else
		return error_set(err, -ERROR_UNSUPPORTED, "another hash than sha256 and sha512");
	result = ssh_public_blob_parse(key, &ret->key, err);
	return result < 0 ? result : take_signature(signature, ret, err);
}

int sshsig_parse(struct span text, struct sshsig *ret, struct error **err)
{
	_cleanup_free_ uint8_t *bytes = NULL;
	struct sshsig s = {0};
	size_t n = 0;
	int r = ssh_unarmor(text, LABEL, &bytes, &n, err);

	if (r >= 0)
		r = parse(SPAN(bytes, n), &s, err);
	if (r >= 0)
		*ret = s;
	return r;
}

/* What the key signs. */
static void put_signed(struct buffer *b, const char *namespace, enum digest_algorithm algorithm,
		       struct span message)
{
	struct digest d = digest_bytes(algorithm, message);

	buffer_put_string(b, MAGIC);
	ssh_put_string(b, span_string(namespace));
	ssh_put_string(b, (struct span){0});
	ssh_put_string(b, span_string(digest_name(algorithm)));
	ssh_put_string(b, digest_span(&d));
}

int sshsig_verify(const struct sshsig *s, const char *namespace, struct span message,
		  struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(BLOB_MAX);

	if (!string_equal(s->namespace, namespace))
		return error_set(err, -ERROR_REFUSED,
				 "the signature was made for another purpose than '%s'", namespace);
	put_signed(&text, namespace, s->algorithm, message);
	if (!buffer_ok(&text))
		return error_oom(err);
	return ed25519_verify(&s->key, buffer_span(&text), s->signature, err);
}

int sshsig_make(const struct ed25519_private *k, const char *namespace, struct span message,
		struct buffer *ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(BLOB_MAX),
						blob = BUFFER_INIT(BLOB_MAX),
						part = BUFFER_INIT(BLOB_MAX);
	uint8_t signature[ED25519_SIGNATURE_SIZE];
	struct ed25519_public key;
	int r = ed25519_public_of(k, &key, err);

	put_signed(&text, namespace, DIGEST_SHA512, message);
	if (r >= 0)
		r = buffer_ok(&text) ? ed25519_sign(k, buffer_span(&text), signature, err)
				     : error_oom(err);
	if (r < 0)
		return r;
	buffer_put_string(&blob, MAGIC);
	buffer_put_be32(&blob, VERSION);
	ssh_public_put(&part, &key);
	ssh_put_string(&blob, buffer_span(&part));
	ssh_put_string(&blob, span_string(namespace));
	ssh_put_string(&blob, (struct span){0});
	ssh_put_string(&blob, span_string(digest_name(DIGEST_SHA512)));
	buffer_release(&part);
	part = (struct buffer)BUFFER_INIT(BLOB_MAX);
	ssh_put_string(&part, SPAN_LITERAL(SSH_ED25519));
	ssh_put_string(&part, SPAN(signature, sizeof signature));
	ssh_put_string(&blob, buffer_span(&part));
	if (!buffer_ok(&blob) || !buffer_ok(&part))
		return error_oom(err);
	ssh_armor(ret, LABEL, buffer_span(&blob));
	return buffer_ok(ret) ? 0 : error_oom(err);
}
