/*
 * Whether the node that was just deployed is the one that was meant: asked of the node itself, not of Azure.
 */
#include "cli/deploy_verbs.h"

#include <errno.h>
#include <signal.h>

#include "base/clock.h"
#include "cli/deploy_asking.h"

#define PAUSE_MS 5000
/* Of one question. */
#define TIMEOUT_SECONDS 60

/* A node that starts answers nothing, or not yet; what it says once it does is final. */
static bool is_final(int code)
{
	return code >= 0 || code == -ERROR_REFUSED || code == -ENOMEM;
}

static int ask(struct deploy_session *s, struct attest_session *session,
	       const struct address *address, struct verdict *ret, bool *ret_has_disk,
	       struct error **err)
{
	const int64_t end = clock_milliseconds() + (int64_t)s->options->patience * 1000;

	for (;;) {
		_cleanup_(channel_release) struct channel channel = CHANNEL_INIT;
		_cleanup_error_ struct error *why = NULL;
		struct wanted_disk disk = {0};
		int r = attest_session_ask(session, address, &channel, ret, &why);

		*ret_has_disk =
			r >= 0 &&
			deploy_claimed_disk(buffer_span(&channel.evidence.binding.claims), &disk);
		if (is_final(r))
			return r < 0 ? error_move(err, r, &why) : 0;
		verdict_release(ret);
		*ret = (struct verdict){0};
		if (clock_milliseconds() + PAUSE_MS > end)
			return error_set(err, r, "no evidence within %u seconds: %s",
					 s->options->patience, error_message(why));
		if (interrupt_wait(&s->arm.interrupt, PAUSE_MS))
			return interrupt_check(&s->arm.interrupt, err);
	}
}

void deploy_asking_release(struct deploy_asking *a)
{
	attest_session_release(&a->session);
}

int deploy_asking_open(struct deploy_session *s, const char *host, struct deploy_asking *ret,
		       struct error **err)
{
	const struct deploy_options *o = s->options;
	int r;

	ret->options = (struct attest_options){
		.policies = o->policies, /* borrowed */
		.local = o->local,
		.state = o->state,
		.collateral = o->collateral,
		.service = o->service,
		.timeout = MIN(o->patience, TIMEOUT_SECONDS),
	};
	/* A server that closes is an error, not a signal. */
	signal(SIGPIPE, SIG_IGN);
	r = address_parse(host, o->attest_port, &ret->address, err);
	if (r >= 0)
		r = attest_session_open(&ret->options, &ret->session, err);
	if (r >= 0 && s->image->has_pcr_8)
		attest_session_configure(&ret->session, &s->image->pcr_8);
	return r;
}

int deploy_attest(struct deploy_session *s, const char *host, bool *ret_has_disk,
		  struct error **err)
{
	_cleanup_(deploy_asking_release) struct deploy_asking a = {0};
	_cleanup_(verdict_release) struct verdict verdict = {0};
	int r = deploy_asking_open(s, host, &a, err);

	if (r < 0)
		return r;
	progress_begin(s->progress, "ask the node for evidence", 0, false);
	r = ask(s, &a.session, &a.address, &verdict, ret_has_disk, err);
	if (r >= 0)
		r = verdict_require(&verdict, err);
	progress_end(s->progress, NULL);
	return r < 0 ? error_wrap(err, r, "%s", host) : 0;
}
