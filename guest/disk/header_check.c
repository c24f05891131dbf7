#include "guest/disk/disk.h"

void disk_header_release(struct disk_header *h)
{
	free(h->found);
	free(h->mended);
	*h = (struct disk_header){0};
}

int disk_header_check(const struct disk_opening *c, struct disk_header *ret, struct error **err)
{
	int r = header_read(c->disk->path, &ret->found, err);

	if (r < 0)
		return r;
	r = luks2_check(SPAN(ret->found, LUKS2_HEADER_SIZE), &ret->checked, err);
	if (r < 0)
		return error_wrap(err, r,
				  "'%s' stays locked: its header is not one that tdnode makes; "
				  "nothing was written",
				  c->disk->path);
	ret->mended = malloc(LUKS2_HEADER_SIZE);
	if (!ret->mended)
		return error_oom(err);
	memcpy(ret->mended, ret->found, LUKS2_HEADER_SIZE);
	luks2_mend(ret->mended, &ret->checked);
	return 0;
}

int disk_header_mend(const struct disk_opening *c, const struct disk_header *h, struct error **err)
{
	int r;

	if (memcmp(h->found, h->mended, LUKS2_COPIES * LUKS2_COPY_SIZE) == 0)
		return 0;
	r = header_replace(c->disk->path, h->found, &h->checked, h->mended, err);
	if (r >= 0)
		c->say("the header of '%s' is mended", c->disk->path);
	return r;
}
