#include <errno.h>
#include <fcntl.h>

#include "guest/disk/bind.h"
#include "guest/disk/disk.h"

static int read_medium(struct disk_opening *c, struct error **err)
{
	_cleanup_close_ int fd = open(c->medium->path, O_RDONLY | O_CLOEXEC);
	struct secrets *s = c->secrets;
	int r = fd < 0 ? -errno : read_full(fd, s->medium, sizeof(s->medium));

	if (r < 0)
		return error_errno(err, -r, "%s", c->medium->path);
	return recovery_medium_parse(SPAN(s->medium, sizeof(s->medium)), s->recovery, err);
}

int disk_seal_anew(struct disk_opening *c, struct volume *v, const struct disk_header *h,
		   struct error **err)
{
	_cleanup_error_ struct error *why = NULL;
	struct luks2_tpm token = {0};
	int r = c->tpm ? bind_secret(c, &token, &why) : -ENODEV;

	if (r < 0) {
		/* Who has the data back can go on, or copy them. */
		c->say("'%s' is not sealed to this image: %s; it needs the %s at every boot",
		       c->disk->path, c->tpm ? error_message(why) : error_message(c->no_tpm),
		       c->medium ? "medium" : "secret");
		return 0;
	}
	r = bind_anew(c, v, h->mended, &h->checked, &token, err);
	if (r >= 0)
		c->say("'%s' is sealed to this image%s", c->disk->path,
		       c->medium ? ": detach the recovery medium" : "");
	return r;
}

int disk_recover(struct disk_opening *c, struct volume *v, const struct disk_header *h,
		 struct error **err)
{
	int r = read_medium(c, err);

	if (r >= 0)
		r = volume_unlock(v, LUKS2_RECOVERY_SLOT, c->secrets->recovery, c->secrets, err);
	if (r < 0)
		return error_wrap(err, r, "'%s' stays locked: the recovery medium '%s'",
				  c->disk->path, c->medium->path);
	c->say("'%s' is opened by the recovery medium", c->disk->path);
	return disk_seal_anew(c, v, h, err);
}
