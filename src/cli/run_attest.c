#include "cli/run_attest.h"

#include <errno.h>
#include <signal.h>

#include "base/file.h"
#include "cli/attest_session.h"
#include "measure/bank.h"
#include "measure/disk_root.h"

/* What the builder makes of Enable=tdnode-attest.service. */
#define ATTEST_ENABLED "etc/systemd/system/tdnode.target.wants/tdnode-attest.service"

/* A quote of an emulated machine takes a second. */
#define TIMEOUT_SECONDS 60

static const char *const questions[] = {"genuine", "platform", "identity"};

void run_attestation_release(struct run_attestation *a)
{
	verdict_release(&a->verdict);
}

/* A build is measured with the defaults, a run may have a configuration of its own. */
static void expect_configuration(const struct measurement *prediction, struct attest_session *s)
{
	for (size_t i = 0; i < EVENT_BANKS; i++) {
		const struct bank *b = &prediction->banks[i];

		if (b->algorithm == DIGEST_SHA256 && b->known[PCR_CONFIGURATION])
			attest_session_configure(s, &b->registers[PCR_CONFIGURATION]);
	}
}

/* The key that the VM names on its console: what answers at the port is this VM. */
static void pin_key(const struct machine *m, struct pins *pins)
{
	struct digest *d = &pins->values[PIN_TLS_KEY];

	pins->given[PIN_TLS_KEY] = true;
	*d = (struct digest){.algorithm = DIGEST_SHA256};
	memcpy(d->bytes, m->console.attest_key, sizeof m->console.attest_key);
}

static int ask(const struct machine *m, struct attest_session *s, struct run_attestation *ret,
	       struct error **err)
{
	_cleanup_(channel_release) struct channel channel = CHANNEL_INIT;
	_cleanup_error_ struct error *why = NULL;
	const struct address node = {.host = "127.0.0.1", .port = m->options->attest_port};
	int r;

	/* A service that closes is an error, not a signal. */
	signal(SIGPIPE, SIG_IGN);
	r = attest_session_ask(s, &node, &channel, &ret->verdict, &why);
	/* A TPM that runs elsewhere need not have certificates. */
	if (r == -EACCES && m->options->tpm_socket) {
		progress_note(m->options->progress, "%s", error_message(why));
		return 0;
	}
	ret->judged = r >= 0;
	return r < 0 ? error_move(err, r, &why) : 0;
}

/* Whether the image starts the service: one that does and is not heard of has failed. */
static int is_expected(const struct machine *m, const struct measurement *prediction, bool *ret,
		       struct error **err)
{
	_cleanup_(file_map_release) struct file_map disk = {0};
	int r = file_map(m->options->os_disk, &disk, err);

	return r < 0 ? r
		     : disk_root_has(disk.data, span_string(prediction->command_line),
				     ATTEST_ENABLED, ret, err);
}

int run_attest(struct machine *m, const char *state, const char *folder,
	       const struct measurement *prediction, struct run_attestation *ret,
	       struct error **err)
{
	_cleanup_(attest_options_release) struct attest_options o = {
		.local = true, .state = state, .timeout = TIMEOUT_SECONDS};
	_cleanup_(attest_session_release) struct attest_session session = {0};
	_cleanup_free_ char *policy = path_join(folder, "measurements.json");
	bool expected = true;
	int r = m->console.attests ? 0 : is_expected(m, prediction, &expected, err);

	if (r >= 0 && expected)
		r = machine_wait_attests(m, err);
	if (r < 0 || !expected)
		return r < 0 ? error_wrap(err, r, "attested connection") : 0;
	if (!policy || string_list_add(&o.policies, policy) < 0)
		return error_oom(err);
	pin_key(m, &o.pins);
	r = attest_session_open(&o, &session, err);
	if (r < 0)
		return r;
	expect_configuration(prediction, &session);
	r = ask(m, &session, ret, err);
	return r < 0 ? error_wrap(err, r, "attested connection") : 0;
}

int run_attestation_require(const struct run_attestation *a, struct error **err)
{
	int r = a->judged ? verdict_require(&a->verdict, err) : 0;

	return r < 0 ? error_wrap(err, r, "attested connection") : 0;
}

static const char *answer(const struct run_attestation *a, unsigned question)
{
	static const char *const words[] = {
		[ANSWER_YES] = "yes", [ANSWER_NO] = "no", [ANSWER_NOT_JUDGED] = "not judged"};

	return words[verdict_answer(&a->verdict, (enum verdict_question)question)];
}

void run_attestation_text(const struct run_attestation *a, struct buffer *b)
{
	if (!a->judged) {
		buffer_put_string(b, "\nattestation   none: the VM offers no evidence\n");
		return;
	}
	buffer_printf(b, "\nattestation   %s\n", a->verdict.evidence ? a->verdict.evidence : "");
	for (unsigned q = 0; q < VERDICT_QUESTIONS_; q++)
		buffer_printf(b, "%-13s %s\n", questions[q], answer(a, q));
}

json_t *run_attestation_json(const struct run_attestation *a)
{
	json_t *o = a->judged ? json_object() : json_null();
	bool ok = o;

	if (!a->judged)
		return o;
	ok = ok &&
	     json_object_set_new(o, "evidence",
				 json_string(a->verdict.evidence ? a->verdict.evidence : "")) >= 0;
	for (unsigned q = 0; ok && q < VERDICT_QUESTIONS_; q++)
		ok = json_object_set_new(o, questions[q], json_string(answer(a, q))) >= 0;
	return json_complete(o, ok);
}
