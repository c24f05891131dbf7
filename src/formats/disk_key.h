/*
 * "tdnode-unlock/1": how the key of a persistent disk reaches a machine whose TPM is its host's. An attested connection as
 * tdnode/1 (formats/channel.h: one request, one answer with evidence), with this name in the handshake, so that evidence
 * for the one is none for the other. After the answer, instead of HTTP:
 *
 *	machine   offer    u8  version, 1
 *	                   u8  enum disk_key_state
 *	                   36  UUID of the disk, as text
 *	                   u64 size of the disk in bytes, big-endian
 *	                   32  public key that its secret of recovery is sealed to
 *	                   92  that secret in a box (crypto/box.h); both zeros but for a disk that is to be recovered
 *	client    key      u8  version, 1
 *	                   u8  1: opens the disk that is there; 2: a new disk is made
 *	                   32  the secret
 *	machine   result   u8  version, 1
 *	                   u8  0: the disk is open; 1: it is not, and why
 *	                   u16 length of what follows, big-endian
 *	                       the reason: printable ASCII, empty if it is open
 *
 * The secret of a disk follows from the owner's key and the UUID (channel/unlock.h), so nobody else can make a disk that
 * this key opens. That of recovery is in a box which anybody can make for a public key: whoever opens one compares
 * disk_key_identity() with what the machine claimed when it ran. Inside the machine the same three messages go on from the service that has the connection to the program that
 * has the disk.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "crypto/box.h"
#include "crypto/digest.h"

#define DISK_KEY_ALPN "tdnode-unlock/1"
/* Where the program that has the disk listens, in the machine. */
#define DISK_KEY_SOCKET "/run/tdnode-unlock"
/* A file that is there while it does: the socket is systemd's and always there, and in machines whose disk opens by itself
 * nobody takes connections from it. */
#define DISK_KEY_WAITS "/run/tdnode/disk-waits"

#define DISK_KEY_VERSION 1u
#define DISK_KEY_UUID_SIZE 36u
#define DISK_KEY_SECRET_SIZE 32u
#define DISK_KEY_OFFER_SIZE (2u + DISK_KEY_UUID_SIZE + 8u + X25519_SIZE + BOX_SIZE)
#define DISK_KEY_MESSAGE_SIZE (2u + DISK_KEY_SECRET_SIZE)
#define DISK_KEY_RESULT_HEADER_SIZE 4u
#define DISK_KEY_REASON_MAX 1024u

enum disk_key_state {
	DISK_KEY_LOCKED = 1,   /* a disk that such a key was given to before */
	DISK_KEY_BLANK = 2,    /* one that holds nothing; its UUID is that which it would get */
	DISK_KEY_RECOVERY = 3, /* one that this machine's TPM does not open */
};

struct disk_key_offer {
	enum disk_key_state state;
	char uuid[DISK_KEY_UUID_SIZE + 1]; /* small letters */
	uint64_t size;			   /* bytes */
	struct x25519_public recipient;	   /* of DISK_KEY_RECOVERY */
	uint8_t box[BOX_SIZE];
};

struct disk_key_message {
	bool initialise;
	uint8_t secret[DISK_KEY_SECRET_SIZE]; /* whoever has one zeroes it */
};

/* In the bytes that were parsed. */
struct disk_key_result {
	bool open;
	struct span reason;
};

/* The parsers take exactly one message: -ERROR_UNSUPPORTED for another version, -ERROR_MALFORMED for anything else that
 * is none. */
void disk_key_offer_put(const struct disk_key_offer *o, uint8_t ret[DISK_KEY_OFFER_SIZE]);
_must_check_ int disk_key_offer_parse(struct span bytes, struct disk_key_offer *ret,
				      struct error **err);
/* SHA-256 of UUID, public key and box: which disk it is, as nobody else can make another one. */
struct digest disk_key_identity(const char *uuid, const struct x25519_public *recipient,
				const uint8_t box[BOX_SIZE]);

void disk_key_message_put(const struct disk_key_message *m, uint8_t ret[DISK_KEY_MESSAGE_SIZE]);
_must_check_ int disk_key_message_parse(struct span bytes, struct disk_key_message *ret,
					struct error **err);
/* Appends a result; `why` is NULL if the disk is open, and what of it is not printable becomes '?'. */
void disk_key_result_put(struct buffer *b, const char *why);
/* How many bytes follow the header. -ERROR_MALFORMED beyond DISK_KEY_REASON_MAX. */
_must_check_ int disk_key_result_size(const uint8_t header[DISK_KEY_RESULT_HEADER_SIZE],
				      size_t *ret, struct error **err);
_must_check_ int disk_key_result_parse(struct span bytes, struct disk_key_result *ret,
				       struct error **err);
