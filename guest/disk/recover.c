#include <errno.h>
#include <fcntl.h>

#include "guest/disk/bind.h"
#include "guest/disk/disk.h"

static int read_medium(struct context *c, struct error **err)
{
	_cleanup_close_ int fd = open(c->medium->path, O_RDONLY | O_CLOEXEC);
	struct secrets *s = c->secrets;
	int r = fd < 0 ? -errno : read_full(fd, s->medium, sizeof(s->medium));

	if (r < 0)
		return error_errno(err, -r, "%s", c->medium->path);
	return recovery_medium_parse(SPAN(s->medium, sizeof(s->medium)), s->recovery, err);
}

int recover(struct context *c, struct volume *v, const uint8_t *header, const struct luks2 *checked,
	    struct error **err)
{
	_cleanup_free_ uint8_t *new = NULL;
	struct luks2_tpm token = {.slot = checked->tpm.slot == 0 ? 2 : 0};
	struct luks2 l;
	int r = read_medium(c, err);

	if (r >= 0)
		r = volume_unlock(v, LUKS2_RECOVERY_SLOT, c->secrets->recovery, c->secrets, err);
	if (r < 0)
		return error_wrap(err, r, "'%s' stays locked: the recovery medium '%s'",
				  c->disk->path, c->medium->path);
	c->say("'%s' is opened by the recovery medium; sealing it to this image", c->disk->path);
	r = bind_secret(c, &token, err);
	if (r >= 0)
		r = bind_slot(v, &token, c->secrets, err);
	if (r >= 0)
		r = volume_remove_slot(v, checked->tpm.slot, err);
	if (r >= 0)
		r = header_file_read(&new, err);
	if (r >= 0)
		r = luks2_check(SPAN(new, LUKS2_HEADER_SIZE), &l, err);
	if (r >= 0)
		r = header_replace(c->disk->path, header, checked, new, err);
	if (r >= 0)
		r = bind_epoch(c, &token, err);
	if (r < 0)
		return error_wrap(err, r, "'%s' cannot be sealed to this image", c->disk->path);
	c->say("'%s' is sealed to this image: detach the recovery medium", c->disk->path);
	return 0;
}
