#include <time.h>

#include "guest/disk/disk.h"

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* An active device with a file system that is whole. */
static int open_device(struct disk_opening *c, struct error **err)
{
	bool repaired = false;
	int r;

	if (c->disk->content != DISK_OURS) {
		r = c->by_key ? 0 : first_disk_check(c, err);
		if (r < 0)
			return r;
		c->say("'%s' (%llu MiB) is %s: initialising it", c->disk->path,
		       (unsigned long long)(c->disk->size >> 20),
		       c->disk->content == DISK_BLANK ? "blank" : "not initialised to the end");
		r = c->by_key ? disk_initialise_by_key(c, err) : disk_initialise(c, err);
		if (r >= 0)
			c->say("'%s' is initialised", c->disk->path);
		return r;
	}
	r = c->by_key ? disk_open_by_key(c, err) : disk_unlock(c, err);
	if (r >= 0)
		r = filesystem_check(&repaired, err);
	if (r >= 0 && repaired)
		c->say("e2fsck repaired the file system");
	return r;
}

/* A file system that does not grow is still one, and a disk that nobody can tell from others is open. */
static void finish(struct disk_opening *c)
{
	_cleanup_error_ struct error *small = NULL, *unknown = NULL;
	bool grown = false;

	/* Later boots need not ask: sealing anew does. */
	if (c->tpm && !filesystem_was_mounted())
		first_disk_remember(c);
	if (filesystem_grow(&grown, &small) < 0)
		c->say("%s", error_message(small));
	else if (grown)
		c->say("the file system has grown with the disk");
	if (disk_identity_write(&unknown) < 0)
		c->say("evidence will not tell which disk this is: %s", error_message(unknown));
}

/* Recovery is for those, too, whose TPM is broken. */
static int open_tpm(struct disk_opening *c, struct error **err)
{
	int r = tpm_open(&c->tpm, &c->no_tpm);

	if (r >= 0)
		return tpm_read_pcrs(c->tpm, &c->pcrs, err);
	if (c->disk->content == DISK_OURS && c->medium)
		return 0;
	return error_move(err, r, &c->no_tpm);
}

static int prepare(struct disk_opening *c, struct disks *l, struct error **err)
{
	int r = disks_wait(l, err);

	if (r >= 0)
		r = disks_choose(l, &c->disk, err);
	c->medium = disks_recovery(l);
	/* What is sealed to a TPM of the host the host can open. */
	c->by_key = confidential_vm() == CONFIDENTIAL_HOST_TPM;
	if (r < 0 || c->by_key)
		return r;
	r = open_tpm(c, err);
	return r < 0 ? r : policy_read(&c->pcrs, &c->policy, err);
}

int disk_open(say_function say, struct error **err)
{
	_cleanup_(secrets_freep) struct secrets *secrets = NULL;
	_cleanup_(tpm_freep) struct tpm *tpm = NULL;
	_cleanup_error_ struct error *no_tpm = NULL;
	_cleanup_free_ struct disks *l = calloc(1, sizeof(*l));
	struct disk_opening c = {.say = say};
	double start = seconds();
	int r = l ? secrets_new(&secrets, err) : error_oom(err);

	if (r < 0)
		return r;
	c.secrets = secrets;
	r = prepare(&c, l, err);
	tpm = c.tpm;
	no_tpm = c.no_tpm;
	if (r >= 0)
		r = open_device(&c, err);
	if (r < 0) {
		/* Nothing stays open; why that fails, too, matters less. */
		int ignored = volume_deactivate(NULL);

		(void)ignored;
		return r;
	}
	finish(&c);
	say("'%s' is open after %.1f s", c.disk->path, seconds() - start);
	return 0;
}

int disk_close(say_function say, struct error **err)
{
	int r = volume_deactivate(err);

	if (r >= 0)
		say("the disk is closed");
	return r;
}
