#include "crypto/box.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "crypto/hkdf.h"

#define KEY_SIZE 32u

DEFINE_FREEP(EVP_CIPHER_CTX *, EVP_CIPHER_CTX_free)

/* The parts of a box. */
#define EPHEMERAL(box) (box)
#define NONCE(box) ((box) + X25519_SIZE)
#define CIPHERTEXT(box) (NONCE(box) + BOX_NONCE_SIZE)
#define TAG(box) (CIPHERTEXT(box) + BOX_SECRET_SIZE)

static int failed(const char *what, struct error **err)
{
	return error_set(err, -EIO, "libcrypto cannot %s", what);
}

static int derive(uint8_t shared[X25519_SIZE], const uint8_t ephemeral[X25519_SIZE],
		  const struct x25519_public *recipient, uint8_t ret[KEY_SIZE], struct error **err)
{
	uint8_t salt[2 * X25519_SIZE];

	memcpy(salt, ephemeral, X25519_SIZE);
	memcpy(salt + X25519_SIZE, recipient->bytes, X25519_SIZE);
	return hkdf_sha256(SPAN(shared, X25519_SIZE), SPAN(salt, sizeof salt),
			   span_string(BOX_INFO), ret, KEY_SIZE, err);
}

/* The key of a box, from the private key at hand and the public key of the other side. */
static int box_key(const struct x25519_private *mine, const struct x25519_public *theirs,
		   const uint8_t ephemeral[X25519_SIZE], const struct x25519_public *recipient,
		   uint8_t ret[KEY_SIZE], struct error **err)
{
	uint8_t shared[X25519_SIZE];
	int r = x25519_agree(mine, theirs, shared, err);

	if (r < 0)
		return r;
	r = derive(shared, ephemeral, recipient, ret, err);
	explicit_bzero(shared, sizeof shared);
	return r;
}

static bool encrypt(const uint8_t key[KEY_SIZE], struct span aad,
		    const uint8_t secret[BOX_SECRET_SIZE], uint8_t *box)
{
	_cleanup_(EVP_CIPHER_CTX_freep) EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n;

	return c && EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, NONCE(box)) == 1 &&
	       (aad.n == 0 || EVP_EncryptUpdate(c, NULL, &n, aad.p, (int)aad.n) == 1) &&
	       EVP_EncryptUpdate(c, CIPHERTEXT(box), &n, secret, BOX_SECRET_SIZE) == 1 &&
	       EVP_EncryptFinal_ex(c, TAG(box), &n) == 1 &&
	       EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, BOX_TAG_SIZE, TAG(box)) == 1;
}

static bool decrypt(const uint8_t key[KEY_SIZE], struct span aad, const uint8_t *box,
		    uint8_t secret[BOX_SECRET_SIZE])
{
	_cleanup_(EVP_CIPHER_CTX_freep) EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	uint8_t tag[BOX_TAG_SIZE], rest[1];
	int n;

	memcpy(tag, TAG(box), sizeof tag);
	return c && EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, NONCE(box)) == 1 &&
	       (aad.n == 0 || EVP_DecryptUpdate(c, NULL, &n, aad.p, (int)aad.n) == 1) &&
	       EVP_DecryptUpdate(c, secret, &n, CIPHERTEXT(box), BOX_SECRET_SIZE) == 1 &&
	       EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, BOX_TAG_SIZE, tag) == 1 &&
	       EVP_DecryptFinal_ex(c, rest, &n) == 1;
}

int box_seal(const struct x25519_public *recipient, struct span context,
	     const uint8_t secret[BOX_SECRET_SIZE], uint8_t ret[BOX_SIZE], struct error **err)
{
	_cleanup_(x25519_erase) struct x25519_private mine = {0};
	struct x25519_public ephemeral;
	uint8_t box[BOX_SIZE] = {0}, key[KEY_SIZE];
	int r = x25519_generate(&mine, err);

	if (r >= 0)
		r = x25519_public_of(&mine, &ephemeral, err);
	if (r < 0)
		return r;
	memcpy(EPHEMERAL(box), ephemeral.bytes, X25519_SIZE);
	if (RAND_bytes(NONCE(box), BOX_NONCE_SIZE) != 1)
		return failed("make random bytes", err);
	r = box_key(&mine, recipient, EPHEMERAL(box), recipient, key, err);
	if (r < 0)
		return r;
	if (!encrypt(key, context, secret, box))
		r = failed("encrypt", err);
	explicit_bzero(key, sizeof key);
	if (r >= 0)
		memcpy(ret, box, sizeof box);
	return r;
}

int box_open(const struct x25519_private *key, struct span context, const uint8_t box[BOX_SIZE],
	     uint8_t ret[BOX_SECRET_SIZE], struct error **err)
{
	struct x25519_public ephemeral, mine;
	uint8_t box_secret[KEY_SIZE], secret[BOX_SECRET_SIZE];
	int r = x25519_public_of(key, &mine, err);

	if (r < 0)
		return r;
	memcpy(ephemeral.bytes, EPHEMERAL(box), X25519_SIZE);
	r = box_key(key, &ephemeral, EPHEMERAL(box), &mine, box_secret, err);
	if (r < 0)
		return r;
	if (decrypt(box_secret, context, box, secret))
		memcpy(ret, secret, sizeof secret);
	else
		r = error_set(err, -ERROR_REFUSED,
			      "the box does not open: another key, or it was changed");
	explicit_bzero(box_secret, sizeof box_secret);
	explicit_bzero(secret, sizeof secret);
	return r;
}
