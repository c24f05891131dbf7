#include "formats/disk_key.h"

#define UUID_END (2u + DISK_KEY_UUID_SIZE)

enum { ACTION_OPEN = 1, ACTION_INITIALISE = 2 };
enum { STATUS_OPEN, STATUS_LOCKED };

static int check_start(struct reader *r, const char *what, struct error **err)
{
	uint8_t version = reader_u8(r);

	if (version != DISK_KEY_VERSION)
		return error_set(err, -ERROR_UNSUPPORTED, "%s of version %u: %u is read", what,
				 version, DISK_KEY_VERSION);
	return 0;
}

static bool is_uuid(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
		bool is_hex = (s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f');

		if (is_dash ? s.p[i] != '-' : !is_hex)
			return false;
	}
	return s.n == DISK_KEY_UUID_SIZE;
}

void disk_key_offer_put(const struct disk_key_offer *o, uint8_t ret[DISK_KEY_OFFER_SIZE])
{
	ret[0] = DISK_KEY_VERSION;
	ret[1] = (uint8_t)o->state;
	memcpy(ret + 2, o->uuid, DISK_KEY_UUID_SIZE);
	put_be64(ret + UUID_END, o->size);
	memcpy(ret + UUID_END + 8, o->recipient.bytes, X25519_SIZE);
	memcpy(ret + UUID_END + 8 + X25519_SIZE, o->box, BOX_SIZE);
}

int disk_key_offer_parse(struct span bytes, struct disk_key_offer *ret, struct error **err)
{
	struct reader r = reader_init(bytes);
	int e = check_start(&r, "the offer of a disk", err);
	uint8_t state = reader_u8(&r);
	struct span uuid = reader_bytes(&r, DISK_KEY_UUID_SIZE);
	struct span size = reader_bytes(&r, 8), sealed = r.rest;
	struct span recipient = reader_bytes(&r, X25519_SIZE), box = reader_bytes(&r, BOX_SIZE);

	if (e < 0)
		return e;
	if (!reader_ok(&r) || r.rest.n || !is_uuid(uuid) || state < DISK_KEY_LOCKED ||
	    state > DISK_KEY_RECOVERY || span_is_zero(sealed) != (state != DISK_KEY_RECOVERY))
		return error_set(err, -ERROR_MALFORMED, "%zu bytes are not the offer of a disk",
				 bytes.n);
	*ret = (struct disk_key_offer){.state = (enum disk_key_state)state,
				       .size = get_be64(size.p)};
	memcpy(ret->uuid, uuid.p, DISK_KEY_UUID_SIZE);
	memcpy(ret->recipient.bytes, recipient.p, X25519_SIZE);
	memcpy(ret->box, box.p, BOX_SIZE);
	return 0;
}

struct digest disk_key_identity(const char *uuid, const struct x25519_public *recipient,
				const uint8_t box[BOX_SIZE])
{
	uint8_t all[DISK_KEY_UUID_SIZE + X25519_SIZE + BOX_SIZE];

	memcpy(all, uuid, DISK_KEY_UUID_SIZE);
	memcpy(all + DISK_KEY_UUID_SIZE, recipient->bytes, X25519_SIZE);
	memcpy(all + DISK_KEY_UUID_SIZE + X25519_SIZE, box, BOX_SIZE);
	return digest_bytes(DIGEST_SHA256, SPAN(all, sizeof all));
}

void disk_key_message_put(const struct disk_key_message *m, uint8_t ret[DISK_KEY_MESSAGE_SIZE])
{
	ret[0] = DISK_KEY_VERSION;
	ret[1] = m->initialise ? ACTION_INITIALISE : ACTION_OPEN;
	memcpy(ret + 2, m->secret, DISK_KEY_SECRET_SIZE);
}

int disk_key_message_parse(struct span bytes, struct disk_key_message *ret, struct error **err)
{
	struct reader r = reader_init(bytes);
	int e = check_start(&r, "the key of a disk", err);
	uint8_t action = reader_u8(&r);
	struct span secret = reader_bytes(&r, DISK_KEY_SECRET_SIZE);

	if (e < 0)
		return e;
	if (!reader_ok(&r) || r.rest.n || (action != ACTION_OPEN && action != ACTION_INITIALISE))
		return error_set(err, -ERROR_MALFORMED, "%zu bytes are not the key of a disk",
				 bytes.n);
	ret->initialise = action == ACTION_INITIALISE;
	memcpy(ret->secret, secret.p, DISK_KEY_SECRET_SIZE);
	return 0;
}

static bool is_printable(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			return false;
	return true;
}

void disk_key_result_put(struct buffer *b, const char *why)
{
	size_t n = why ? MIN(strlen(why), DISK_KEY_REASON_MAX) : 0;

	buffer_put_u8(b, DISK_KEY_VERSION);
	buffer_put_u8(b, why ? STATUS_LOCKED : STATUS_OPEN);
	buffer_put_u8(b, (uint8_t)(n >> 8));
	buffer_put_u8(b, (uint8_t)n);
	for (size_t i = 0; i < n; i++)
		buffer_put_u8(b, why[i] < ' ' || why[i] > '~' ? '?' : (uint8_t)why[i]);
}

int disk_key_result_size(const uint8_t header[DISK_KEY_RESULT_HEADER_SIZE], size_t *ret,
			 struct error **err)
{
	size_t n = get_be16(header + 2);

	if (n > DISK_KEY_REASON_MAX)
		return error_set(err, -ERROR_MALFORMED, "a reason of %zu bytes, more than %u", n,
				 DISK_KEY_REASON_MAX);
	*ret = n;
	return 0;
}

int disk_key_result_parse(struct span bytes, struct disk_key_result *ret, struct error **err)
{
	struct reader r = reader_init(bytes);
	int e = check_start(&r, "the result of a key", err);
	uint8_t status = reader_u8(&r);
	struct span size = reader_bytes(&r, 2);
	struct span reason = reader_bytes(&r, reader_ok(&r) ? get_be16(size.p) : 0);

	if (e < 0)
		return e;
	if (!reader_ok(&r) || r.rest.n || reason.n > DISK_KEY_REASON_MAX ||
	    status > STATUS_LOCKED || (status == STATUS_OPEN) != (reason.n == 0) ||
	    !is_printable(reason))
		return error_set(err, -ERROR_MALFORMED, "%zu bytes are not the result of a key",
				 bytes.n);
	*ret = (struct disk_key_result){.open = status == STATUS_OPEN, .reason = reason};
	return 0;
}
