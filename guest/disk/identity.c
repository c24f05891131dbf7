#include "formats/disk_key.h"
#include "guest/disk/disk.h"

int disk_identity_write(struct error **err)
{
	_cleanup_free_ uint8_t *header = NULL;
	char text[DIGEST_HEX_MAX];
	struct luks2 l;
	struct digest d;
	int r = header_file_read(&header, err);

	if (r >= 0)
		r = luks2_check(SPAN(header, LUKS2_HEADER_SIZE), &l, err);
	if (r < 0 || !l.has_recovery)
		return r;
	d = disk_key_identity(l.uuid, &l.recovery.recipient, l.recovery.box);
	digest_hex(&d, text);
	return file_write(DISK_IDENTITY, span_string(text), err);
}
