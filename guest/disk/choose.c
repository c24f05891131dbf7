#include <errno.h>

#include "guest/disk/disk.h"

/* The only one of this content: 1, none: 0, several: an error. */
static int find_single(const struct disks *l, enum disk_content content, const char *what,
		       const struct disk **ret, struct error **err)
{
	const struct disk *found = NULL;

	for (size_t i = 0; i < l->n; i++) {
		const struct disk *d = &l->items[i];

		if (d->content != content || d->read_only)
			continue;
		if (found)
			return error_set(err, -EEXIST,
					 "'%s' and '%s' are both %s: detach one of them; nothing "
					 "was written",
					 found->path, d->path, what);
		found = d;
	}
	*ret = found;
	return found != NULL;
}

/* The disk at LUN 10, else the only one that could be meant. */
static int find_candidate(const struct disks *l, const struct disk **ret, struct error **err)
{
	const struct disk *lun_10 = NULL, *other = NULL;
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct disk *d = &l->items[i];

		if (d->content == DISK_RECOVERY || d->read_only)
			continue;
		if (d->is_lun_10 && lun_10)
			return error_set(err, -EEXIST,
					 "'%s' and '%s' are both at LUN 10: detach one of them; "
					 "nothing was written",
					 lun_10->path, d->path);
		if (d->is_lun_10)
			lun_10 = d;
		other = other ? other : d;
		n++;
	}
	if (n == 0)
		return error_set(err, -ENODEV,
				 "no disk to keep data on: attach a blank one of at least %u MiB",
				 DISK_SIZE_MIN >> 20);
	if (!lun_10 && n > 1)
		return error_set(err, -EEXIST,
				 "%zu disks and none of them is initialised: attach one blank disk "
				 "only, or at LUN 10; nothing was written",
				 n);
	*ret = lun_10 ? lun_10 : other;
	return 0;
}

int disks_choose(const struct disks *l, const struct disk **ret, struct error **err)
{
	const struct disk *d = NULL;
	int r = find_single(l, DISK_OURS, "disks of tdnode", &d, err);

	if (r == 0)
		r = find_single(l, DISK_UNFINISHED, "disks that tdnode began to initialise", &d,
				err);
	if (r == 0)
		r = find_candidate(l, &d, err);
	if (r < 0)
		return r;
	if (d->content == DISK_FOREIGN)
		return error_set(
			err, -ERROR_REFUSED,
			"'%s' is not blank and not a disk of tdnode: it holds %s; nothing "
			"was written. Attach a blank disk, or overwrite its first and last "
			"MiB with zeros if nobody needs it",
			d->path, d->found);
	if (d->size < DISK_SIZE_MIN)
		return error_set(err, -ENOSPC, "'%s' has %llu bytes: at least %u MiB are needed",
				 d->path, (unsigned long long)d->size, DISK_SIZE_MIN >> 20);
	*ret = d;
	return 0;
}

const struct disk *disks_recovery(const struct disks *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->items[i].content == DISK_RECOVERY)
			return &l->items[i];
	}
	return NULL;
}
