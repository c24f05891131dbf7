#include "formats/derived_uuid.h"

#include "crypto/digest.h"

void derived_uuid(const char *label, struct span content, uint8_t ret[16])
{
	struct digest d = digest_bytes(DIGEST_SHA256, content);
	uint8_t message[128] = {0};
	size_t n = strnlen(label, sizeof(message) - DIGEST_MAX - 1);

	/* The digest of the content stands for it: labels are short, so this needs no memory. */
	memcpy(message, label, n);
	memcpy(message + n + 1, d.bytes, digest_size(DIGEST_SHA256));
	d = digest_bytes(DIGEST_SHA256, SPAN(message, n + 1 + digest_size(DIGEST_SHA256)));
	memcpy(ret, d.bytes, 16);
	ret[6] = (uint8_t)((ret[6] & 0x0f) | 0x80);
	ret[8] = (uint8_t)((ret[8] & 0x3f) | 0x80);
}

struct guid uuid_guid(const uint8_t uuid[16])
{
	struct guid g;

	put_le32(g.bytes, get_be32(uuid));
	put_le16(g.bytes + 4, get_be16(uuid + 4));
	put_le16(g.bytes + 6, get_be16(uuid + 6));
	memcpy(g.bytes + 8, uuid + 8, 8);
	return g;
}

void uuid_format(const uint8_t uuid[16], char out[GUID_TEXT_SIZE])
{
	struct guid g = uuid_guid(uuid);

	guid_format(&g, out);
}
