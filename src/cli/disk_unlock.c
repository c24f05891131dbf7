#include "cli/disk_unlock.h"

#include "base/clock.h"
#include "crypto/box.h"

/* A new disk gets a file system; a large one takes its time. */
#define RESULT_MILLISECONDS (10 * 60 * 1000)

int wanted_disk_take(void *place, const char *value, struct error **err)
{
	struct wanted_disk *d = place;

	d->given = digest_parse(DIGEST_SHA256, value, &d->identity);
	return d->given ? 0 : error_set(err, -ERROR_USAGE, "--disk: not 64 hexadecimal digits");
}

/* What the machine offers has to be what the owner expects: a host can put any disk before it. */
static int check_offer(const struct disk_key_offer *o, const struct disk_unlock *u,
		       struct error **err)
{
	if (o->state == DISK_KEY_BLANK && !u->initialise)
		return error_set(err, -ERROR_REFUSED,
				 "the disk of %llu MiB holds nothing: say --initialise if it is "
				 "new, and ask who took the right one away if it is not",
				 (unsigned long long)(o->size >> 20));
	if (o->state != DISK_KEY_BLANK && u->initialise)
		return error_set(err, -ERROR_REFUSED,
				 "the disk %s is not new: without --initialise it is opened",
				 o->uuid);
	if (o->state == DISK_KEY_RECOVERY && !u->disk.given)
		return error_set(
			err, -ERROR_REFUSED,
			"the disk %s is none that its owner's key opens, but one whose TPM "
			"is another: --disk recovers it",
			o->uuid);
	if (o->state != DISK_KEY_RECOVERY && u->disk.given)
		return error_set(err, -ERROR_REFUSED, "the disk %s is none that is recovered",
				 o->uuid);
	return 0;
}

/* Anybody can seal a secret of his own to the public key: only the disk that the machine claimed to have is opened. */
static int open_box(const struct disk_key_offer *o, const struct digest *wanted,
		    const struct x25519_private *key, uint8_t ret[BOX_SECRET_SIZE],
		    struct error **err)
{
	struct digest seen = disk_key_identity(o->uuid, &o->recipient, o->box);
	struct x25519_public public;
	char text[DIGEST_HEX_MAX];
	int r = x25519_public_of(key, &public, err);

	if (r < 0)
		return r;
	digest_hex(&seen, text);
	if (!digest_equal(&seen, wanted))
		return error_set(err, -ERROR_REFUSED, "it is another disk: %s", text);
	if (memcmp(public.bytes, o->recipient.bytes, X25519_SIZE) != 0)
		return error_set(err, -ERROR_REFUSED,
				 "the secret of recovery is sealed to another key");
	return box_open(key, span_string(o->uuid), o->box, ret, err);
}

static int hand_over(struct channel *c, const struct disk_unlock *u, struct disk_key_offer *o,
		     struct error **err)
{
	struct disk_key_message m = {.initialise = u->initialise};
	int r = unlock_offer(c, clock_milliseconds() + u->timeout * 1000, o, err);

	if (r >= 0)
		r = check_offer(o, u, err);
	if (r >= 0)
		r = o->state == DISK_KEY_RECOVERY
			    ? open_box(o, &u->disk.identity, u->key, m.secret, err)
			    : unlock_secret(u->key, o->uuid, m.secret, err);
	if (r >= 0)
		r = unlock_send(c, &m, clock_milliseconds() + RESULT_MILLISECONDS, err);
	explicit_bzero(&m, sizeof m);
	return r;
}

int disk_unlock(struct attest_session *s, const struct address *a, const struct disk_unlock *u,
		struct disk_key_offer *ret, struct error **err)
{
	_cleanup_(channel_release) struct channel channel = CHANNEL_INIT;
	_cleanup_(verdict_release) struct verdict verdict = {0};
	const char *protocol = s->protocol;
	int r;

	s->protocol = DISK_KEY_ALPN;
	r = attest_session_require(s, a, &channel, &verdict, err);
	s->protocol = protocol;
	if (r < 0)
		return r;
	/* Whatever a policy accepts: such a machine's memory is its host's to read. */
	if (channel.evidence.kind == EVIDENCE_TPM)
		return error_set(err, -ERROR_REFUSED,
				 "%s, port %u: a TPM alone proves no confidentiality, so no key is "
				 "sent",
				 a->host, a->port);
	if (!verdict_is_confidential(&verdict))
		return error_set(err, -ERROR_REFUSED,
				 "%s, port %u: the TD can be debugged, so no key is sent", a->host,
				 a->port);
	r = hand_over(&channel, u, ret, err);
	return r < 0 ? error_wrap(err, r, "%s, port %u", a->host, a->port) : 0;
}
