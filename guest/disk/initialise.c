#include <errno.h>
#include <fcntl.h>

#include "guest/disk/disk.h"
#include "guest/disk/bind.h"

static int write_marker(const struct disk *d, struct error **err)
{
	_cleanup_close_ int fd = open(d->path, O_WRONLY | O_CLOEXEC);
	uint8_t marker[DISK_SECTOR];
	int r;

	marker_encode(marker);
	r = fd < 0 ? -errno : pwrite_full(fd, SPAN(marker, sizeof(marker)), 0);
	if (r >= 0 && fsync(fd) < 0)
		r = -errno;
	return r < 0 ? error_errno(err, -r, "%s: cannot write to it", d->path) : 0;
}

/* The kernel's random numbers come from the processor and the TPM, not from the host alone. */
static int make_keys(struct disk_opening *c, struct error **err)
{
	_cleanup_close_ int fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC);
	struct secrets *s = c->secrets;
	int r = tpm_random(c->tpm, s->entropy, sizeof(s->entropy), err);

	if (r < 0)
		return r;
	r = fd < 0 ? -errno : write_full(fd, SPAN(s->entropy, sizeof(s->entropy)));
	if (r < 0)
		return error_errno(err, -r, "/dev/urandom");
	r = secrets_random(s->volume_key, sizeof(s->volume_key), err);
	if (r >= 0 && c->policy.has_recovery)
		r = secrets_random(s->recovery, sizeof(s->recovery), err);
	return r;
}

static int add_recovery(struct disk_opening *c, struct volume *v, struct error **err)
{
	_cleanup_(buffer_release) struct buffer json = BUFFER_INIT(LUKS2_JSON_SIZE);
	struct luks2_recovery t = {.recipient = c->policy.recovery};
	int r = volume_add_slot(v, LUKS2_RECOVERY_SLOT, c->secrets, c->secrets->recovery, err);

	if (r >= 0)
		r = box_seal(&t.recipient, span_string(volume_uuid(v)), c->secrets->recovery, t.box,
			     err);
	if (r < 0)
		return r;
	token_recovery(&t, &json);
	return buffer_ok(&json) ? volume_set_token(v, 1, buffer_text(&json), err) : error_oom(err);
}

/* The header in memory, with the slots of the TPM and of recovery. */
static int make_header(struct disk_opening *c, const struct luks2_tpm *token, struct volume **ret,
		       struct error **err)
{
	_cleanup_free_ uint8_t *header = calloc(1, LUKS2_HEADER_SIZE);
	_cleanup_(volume_freep) struct volume *v = NULL;
	int r = header ? header_file_write(header, err) : error_oom(err);

	if (r >= 0)
		r = volume_format(c->disk, c->secrets, &v, err);
	if (r >= 0)
		r = bind_slot(v, token, c->secrets, err);
	if (r >= 0 && c->policy.has_recovery)
		r = add_recovery(c, v, err);
	if (r < 0)
		return error_wrap(err, r, "the new header");
	*ret = TAKE_PTR(v);
	return 0;
}

int disk_make(struct disk_opening *c, struct volume *v, struct error **err)
{
	_cleanup_free_ uint8_t *header = NULL;
	struct luks2 checked;
	int r = header_file_read(&header, err);

	/* As it will be at the next boot. */
	if (r >= 0)
		r = luks2_check(SPAN(header, LUKS2_HEADER_SIZE), &checked, err);
	if (r < 0)
		return error_wrap(err, r, "the new header");
	r = write_marker(c->disk, err);
	if (r >= 0)
		r = volume_activate(v, c->secrets, err);
	if (r >= 0)
		r = filesystem_make(err);
	return r < 0 ? r : header_write_first(c->disk->path, header, err);
}

int disk_initialise(struct disk_opening *c, struct error **err)
{
	_cleanup_(volume_freep) struct volume *v = NULL;
	struct luks2_tpm token = {.slot = 0};
	int r = make_keys(c, err);

	/* Before the first write: what cannot be opened again is not begun. */
	if (r >= 0)
		r = bind_secret(c, &token, err);
	if (r >= 0)
		r = make_header(c, &token, &v, err);
	if (r >= 0)
		r = disk_make(c, v, err);
	return r < 0 ? error_wrap(err, r, "'%s' cannot be initialised", c->disk->path) : 0;
}
