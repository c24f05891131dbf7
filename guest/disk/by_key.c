/*
 * A disk whose secret, or whose secret of recovery, its owner hands over (formats/disk_key.h). systemd made the socket: this program may make none.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/disk/callers.h"
#include "guest/disk/disk.h"

/* sd_listen_fds(3) */
#define LISTENER 3

bool disk_key_may_come(void)
{
	const char *n = getenv("LISTEN_FDS");
	struct stat st;

	return n && string_equal(n, "1") && fstat(LISTENER, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* Whoever handed over the key is told, if he is still there. */
static void answer(int fd, const char *why)
{
	_cleanup_(buffer_release) struct buffer b =
		BUFFER_INIT(DISK_KEY_RESULT_HEADER_SIZE + DISK_KEY_REASON_MAX);

	disk_key_result_put(&b, why);
	if (buffer_ok(&b) && send(fd, b.p, b.n, MSG_NOSIGNAL) < 0)
		return;
}

/* The way from the secret to an active device; `h` is NULL of a disk that holds nothing. -ERROR_REFUSED: it was another
 * one, and the next is waited for. */
typedef int (*take_function)(struct disk_opening *c, struct volume *v, const struct disk_header *h,
			     struct error **err);

struct waiting {
	struct disk_opening *c;
	struct volume *v;
	const struct disk_header *h;
	enum disk_key_state state;
	take_function take;
	struct disk_key_offer offer;
};

/* The secret of a message for such a disk, into the others. */
static int take_secret(struct waiting *w, const uint8_t message[DISK_KEY_MESSAGE_SIZE],
		       struct error **err)
{
	struct disk_key_message m = {0};
	int r = disk_key_message_parse(SPAN(message, DISK_KEY_MESSAGE_SIZE), &m, err);

	if (r >= 0 && m.initialise != (w->state == DISK_KEY_BLANK))
		r = error_set(err, -ERROR_REFUSED, "the key is for %s disk",
			      m.initialise ? "a new" : "an existing");
	if (r >= 0)
		memcpy(w->c->secrets->recovery, m.secret, sizeof w->c->secrets->recovery);
	explicit_bzero(&m, sizeof m);
	return r < 0 ? -ERROR_REFUSED : 0;
}

static int take_one(struct waiting *w, struct callers *callers, struct error **err)
{
	struct disk_opening *c = w->c;
	uint8_t message[DISK_KEY_MESSAGE_SIZE];
	_cleanup_close_ int fd = -1;
	_cleanup_error_ struct error *why = NULL;
	int r = callers_next(callers, message, &fd, err);

	if (r < 0)
		return r;
	r = take_secret(w, message, &why);
	explicit_bzero(message, sizeof message);
	if (r >= 0)
		r = w->take(c, w->v, w->h, &why);
	answer(fd, r < 0 ? error_message(why) : NULL);
	if (r < 0)
		c->say("a key for '%s' is refused: %s", c->disk->path, error_message(why));
	return r < 0 ? error_move(err, r, &why) : 0;
}

static int make_offer(struct waiting *w, struct error **err)
{
	const char *uuid = volume_uuid(w->v);

	if (strlen(uuid) != DISK_KEY_UUID_SIZE)
		return error_set(err, -ERROR_MALFORMED, "the UUID '%s'", uuid);
	w->offer = (struct disk_key_offer){.state = w->state, .size = w->c->disk->size};
	memcpy(w->offer.uuid, uuid, DISK_KEY_UUID_SIZE);
	if (w->state == DISK_KEY_RECOVERY) {
		w->offer.recipient = w->h->checked.recovery.recipient;
		memcpy(w->offer.box, w->h->checked.recovery.box, BOX_SIZE);
	}
	return 0;
}

/* Until one of them opens the disk. */
static int hear(struct waiting *w, struct callers *callers, struct error **err)
{
	for (;;) {
		_cleanup_error_ struct error *why = NULL;
		int r = take_one(w, callers, &why);

		if (r != -ERROR_REFUSED)
			return r < 0 ? error_move(err, r, &why) : 0;
	}
}

static int wait_for_key(struct waiting *w, struct error **err)
{
	static const char *const words[] = {
		[DISK_KEY_LOCKED] = "its key: tdnode unlock",
		[DISK_KEY_BLANK] = "its key: tdnode unlock --initialise",
		[DISK_KEY_RECOVERY] = "its secret of recovery: tdnode unlock --disk",
	};
	_cleanup_(callers_freep) struct callers *callers = NULL;
	int r = make_offer(w, err);

	if (r < 0)
		return r;
	if (!disk_key_may_come())
		return error_set(
			err, -ERROR_REFUSED,
			"in this confidential VM the TPM is the host's, and what is sealed "
			"to it the host can open; this image has no service by which the "
			"owner could hand over a key");
	r = callers_new(LISTENER, &w->offer, CALLERS_MILLISECONDS, &callers, err);
	if (r >= 0)
		r = file_write(DISK_KEY_WAITS, SPAN_LITERAL(""), err);
	if (r < 0)
		return r;
	w->c->say("'%s' waits for %s", w->c->disk->path, words[w->state]);
	r = hear(w, callers, err);
	unlink(DISK_KEY_WAITS);
	callers_refuse(LISTENER);
	return r;
}

/* The one slot of secrets that come from outside. */
static int open_slot(struct disk_opening *c, struct volume *v, struct error **err)
{
	_cleanup_error_ struct error *why = NULL;
	int r = volume_unlock(v, LUKS2_KEY_SLOT, c->secrets->recovery, c->secrets, &why);

	if (r == -EPERM)
		return error_set(err, -ERROR_REFUSED, "it is the key of another disk");
	return r < 0 ? error_move(err, r, &why) : 0;
}

static int open_disk(struct disk_opening *c, struct volume *v, const struct disk_header *h,
		     struct error **err)
{
	int r = open_slot(c, v, err);

	if (r >= 0)
		r = disk_header_mend(c, h, err);
	return r < 0 ? r : volume_activate(v, c->secrets, err);
}

static int recover_disk(struct disk_opening *c, struct volume *v, const struct disk_header *h,
			struct error **err)
{
	int r = open_slot(c, v, err);

	return r < 0 ? r : disk_seal_anew(c, v, h, err);
}

int disk_recover_by_key(struct disk_opening *c, struct volume *v, const struct disk_header *h,
			struct error **err)
{
	struct waiting w = {
		.c = c, .v = v, .h = h, .state = DISK_KEY_RECOVERY, .take = recover_disk};
	int r = wait_for_key(&w, err);

	return r < 0 ? error_wrap(err, r, "'%s' stays locked", c->disk->path) : 0;
}

int disk_open_by_key(struct disk_opening *c, struct error **err)
{
	_cleanup_(volume_freep) struct volume *v = NULL;
	_cleanup_(disk_header_release) struct disk_header h = {0};
	int r = disk_header_check(c, &h, err);

	if (r >= 0 && !h.checked.has_key)
		r = error_set(err, -ERROR_REFUSED,
			      "'%s' stays locked: it was made where a TPM could be trusted, and in "
			      "this confidential VM the TPM is the host's; nothing was written",
			      c->disk->path);
	if (r >= 0)
		r = header_file_write(h.mended, err);
	if (r >= 0)
		r = volume_load(c->disk, &v, err);
	if (r < 0)
		return r;
	r = wait_for_key(
		&(struct waiting){
			.c = c, .v = v, .h = &h, .state = DISK_KEY_LOCKED, .take = open_disk},
		err);
	if (r < 0)
		return error_wrap(err, r, "'%s' stays locked", c->disk->path);
	c->say("'%s' is opened by its owner's key", c->disk->path);
	return 0;
}

static int make_disk(struct disk_opening *c, struct volume *v, const struct disk_header *h,
		     struct error **err)
{
	static const char token[] = "{\"type\":\"" LUKS2_KEY_TOKEN "\",\"keyslots\":[\"1\"],"
				    "\"version\":1}";
	int r;

	(void)h;
	r = volume_add_slot(v, LUKS2_KEY_SLOT, c->secrets, c->secrets->recovery, err);

	if (r >= 0)
		r = volume_set_token(v, 0, token, err);
	return r < 0 ? r : disk_make(c, v, err);
}

int disk_initialise_by_key(struct disk_opening *c, struct error **err)
{
	_cleanup_free_ uint8_t *header = calloc(1, LUKS2_HEADER_SIZE);
	_cleanup_(volume_freep) struct volume *v = NULL;
	int r = header ? secrets_random(c->secrets->volume_key, sizeof c->secrets->volume_key, err)
		       : error_oom(err);

	if (r >= 0)
		r = header_file_write(header, err);
	if (r >= 0)
		r = volume_format(c->disk, c->secrets, &v, err);
	if (r >= 0)
		r = wait_for_key(
			&(struct waiting){
				.c = c, .v = v, .state = DISK_KEY_BLANK, .take = make_disk},
			err);
	return r < 0 ? error_wrap(err, r, "'%s' cannot be initialised", c->disk->path) : 0;
}
