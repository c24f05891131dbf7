/*
 * The data disk of a node whose machine is another: its secret of recovery goes to the new machine, once that has proved
 * what it is.
 */
#include "cli/deploy_asking.h"

#include <errno.h>

#include "base/clock.h"
#include "cli/recovery_key.h"

#define PAUSE_MS 5000
#define CLAIM "disk="

bool deploy_claimed_disk(struct span claims, struct wanted_disk *ret)
{
	struct reader r = reader_init(claims);
	struct span line;

	while (reader_line(&r, &line)) {
		_cleanup_free_ char *text = NULL;

		if (line.n <= strlen(CLAIM) || memcmp(line.p, CLAIM, strlen(CLAIM)) != 0)
			continue;
		text = span_to_string(span_skip(line, strlen(CLAIM)));
		return text && wanted_disk_take(ret, text, NULL) >= 0;
	}
	return false;
}

int deploy_ask_disk(struct deploy_session *s, const char *host, struct error **err)
{
	_cleanup_(deploy_asking_release) struct deploy_asking a = {0};
	_cleanup_(channel_release) struct channel channel = CHANNEL_INIT;
	_cleanup_(verdict_release) struct verdict verdict = {0};
	int r;

	if (!host)
		return error_set(
			err, -ENOENT,
			"there is no machine that could be asked which disk it has: say it "
			"with --disk");
	r = deploy_asking_open(s, host, &a, err);
	if (r >= 0)
		r = attest_session_require(&a.session, &a.address, &channel, &verdict, err);
	if (r < 0)
		return error_wrap(err, r, "which disk the machine has (or say it with --disk)");
	if (!deploy_claimed_disk(buffer_span(&channel.evidence.binding.claims), &s->disk))
		return error_set(err, -ENOENT,
				 "%s: the machine claims no disk that could be recovered", host);
	return 0;
}

/* A node that starts answers nothing, or not yet. */
static bool may_answer_later(int code)
{
	return code < 0 && code != -ERROR_REFUSED && code != -EPERM && code != -ENOMEM;
}

static int send_until(struct deploy_session *s, struct deploy_asking *a,
		      const struct disk_unlock *u, bool *ret_opened, struct error **err)
{
	const int64_t end = clock_milliseconds() + (int64_t)s->options->patience * 1000;
	struct disk_key_offer offer;

	for (;;) {
		_cleanup_error_ struct error *why = NULL;
		int r = disk_unlock(&a->session, &a->address, u, &offer, &why);

		*ret_opened = r >= 0;
		if (r >= 0)
			progress_note(s->progress, "the data disk %s is recovered", offer.uuid);
		/* Its own TPM has opened it, or an earlier attempt did, or it is one that takes no key. */
		if (r == -EACCES) {
			progress_note(s->progress, "%s", error_message(why));
			return 0;
		}
		if (!may_answer_later(r))
			return r < 0 ? error_move(err, r, &why) : 0;
		if (clock_milliseconds() + PAUSE_MS > end)
			return error_set(err, r, "no answer within %u seconds: %s",
					 s->options->patience, error_message(why));
		if (interrupt_wait(&s->arm.interrupt, PAUSE_MS))
			return interrupt_check(&s->arm.interrupt, err);
	}
}

int deploy_recover(struct deploy_session *s, const char *host, bool *ret_opened, struct error **err)
{
	_cleanup_(deploy_asking_release) struct deploy_asking a = {0};
	_cleanup_(x25519_erase) struct x25519_private key = {0};
	struct disk_unlock u = {.key = &key, .disk = s->disk};
	int r = recovery_key_read(s->options->recovery_key, &key, err);

	if (r >= 0)
		r = deploy_asking_open(s, host, &a, err);
	if (r < 0)
		return r;
	u.timeout = a.options.timeout;
	progress_begin(s->progress, "recover the data disk", 0, false);
	r = send_until(s, &a, &u, ret_opened, err);
	progress_end(s->progress, NULL);
	return r < 0 ? error_wrap(err, r, "its data disk") : 0;
}
