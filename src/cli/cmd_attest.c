/*
 * tdnode attest HOST: asks a node for evidence over a connection, and says what it proves.
 */
#include "cli/command.h"

#include <signal.h>

#include "cli/attest_session.h"

struct arguments {
	const char *host;
	struct attest_options attest;
	bool json;
};

static const struct option_spec options[] = {
	OPTION_FLAG("json", struct arguments, json, "print the verdict for programs"),
	OPTION_GROUP("How the node is judged", struct arguments, attest, attest_options,
		     attest_options),
	OPTIONS_END,
};

static void arguments_release(struct arguments *a)
{
	attest_options_release(&a->attest);
}

static int print(const struct verdict *v, bool json, struct error **err)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(VERDICT_TEXT_MAX);
	int r = 0;

	if (json)
		r = verdict_json(v, &b, err);
	else
		verdict_text(v, &b);
	return r < 0 ? r : command_print_buffer(&b, err);
}

static int run(int argc, char **argv, struct error **err)
{
	_cleanup_(arguments_release) struct arguments a = {0};
	_cleanup_(attest_session_release) struct attest_session session = {0};
	_cleanup_(channel_release) struct channel channel = CHANNEL_INIT;
	_cleanup_(verdict_release) struct verdict verdict = {0};
	struct address address;
	int r = command_parse(&command_attest, argc, argv, &a, err);

	/* A server that closes is an error, not a signal. */
	signal(SIGPIPE, SIG_IGN);
	if (r >= 0)
		r = address_parse(a.host, CHANNEL_PORT, &address, err);
	if (r >= 0)
		r = attest_session_open(&a.attest, &session, err);
	if (r >= 0)
		r = attest_session_ask(&session, &address, &channel, &verdict, err);
	if (r >= 0)
		r = print(&verdict, a.json, err);
	if (r < 0)
		return r;
	r = verdict_require(&verdict, err);
	return r < 0 ? error_wrap(err, r, "%s", a.host) : 0;
}

const struct command command_attest = {
	.name = "attest",
	.summary = "ask a node for evidence and judge it",
	.forms = {{.operands = {OPERAND("HOST[:PORT]", struct arguments, host)}}},
	.about = "Connects to the attestation service of a node (port 8745), asks for evidence "
		 "that is bound to this very connection, and judges it as 'tdnode verify' does: "
		 "whether it is genuine, whether the platform is in a state that is accepted, and "
		 "whether what runs there is what the policy names. Nothing else is sent to the "
		 "node.",
	.options = options,
	.notes = "Exit status: 0 all three are yes, 3 refused, 1 cannot be judged.",
	.example = "tdnode attest node.example --policy measurements.json --policy site.json",
	.run = run,
};
