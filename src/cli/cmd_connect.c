/*
 * tdnode connect HOST: connections to a node that prove whom they reach, for programs that know nothing of it.
 */
#include "cli/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "cli/connect_serve.h"
#include "cli/shared_options.h"

struct arguments {
	const char *host;
	const char *listen;
	bool stdio;
	bool rest;
	bool quiet;
	struct attest_options attest;
};

static const struct option_spec options[] = {
	OPTION_TEXT("listen", "[ADDR:]PORT", struct arguments, listen,
		    "where programs connect: a port of this machine's loopback (0: any, which is "
		    "printed), or of another address"),
	OPTION_FLAG("stdio", struct arguments, stdio,
		    "one connection, over standard input and output"),
	OPTION_FLAG("rest", struct arguments, rest,
		    "forward to the REST of the consensus client, not to JSON-RPC"),
	OPTION_QUIET(struct arguments, quiet),
	OPTION_GROUP("How the node is judged", struct arguments, attest, attest_options,
		     attest_options),
	OPTIONS_END,
};

static void arguments_release(struct arguments *a)
{
	attest_options_release(&a->attest);
}

/* Before anybody may connect: a node that is refused is told at once. */
static int attest_first(struct attest_session *s, const struct address *node,
			struct progress *progress, struct error **err)
{
	_cleanup_(channel_release) struct channel channel = CHANNEL_INIT;
	_cleanup_(verdict_release) struct verdict verdict = {0};
	size_t open = 0;
	int r = attest_session_require(s, node, &channel, &verdict, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < verdict.n; i++)
		open += verdict.items[i].state == CHECK_OPEN;
	progress_note(progress,
		      "%s, port %u: genuine, platform and identity are accepted; %zu points are "
		      "open, 'tdnode attest' lists them",
		      node->host, node->port, open);
	return 0;
}

static int listen_and_serve(const struct arguments *a, struct attest_session *session,
			    const struct address *node, struct error **err)
{
	_cleanup_(progress_freep) struct progress *progress = progress_new(stderr, a->quiet);
	_cleanup_close_ int fd = -1;
	struct address local;
	uint16_t port = 0;
	int r = address_parse_listen(a->listen, &local, err);

	if (r >= 0)
		r = address_listen(&local, &fd, &port, err);
	if (r >= 0 && fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		r = error_errno(err, errno, "cannot listen");
	if (r >= 0)
		r = attest_first(session, node, progress, err);
	if (r < 0)
		return r;
	printf("listening on %s, port %u\n", local.host, port);
	fflush(stdout);

	const struct connect_serve serve = {
		.session = session, .node = node, .listen_fd = fd, .progress = progress};

	return connect_serve(&serve, err);
}

/* Of descriptors that others may share: they are as before afterwards. */
static int over_stdio(struct attest_session *session, const struct address *node,
		      struct error **err)
{
	int in = fcntl(0, F_GETFL), out = fcntl(1, F_GETFL);
	int r;

	if (in < 0 || out < 0 || fcntl(0, F_SETFL, in | O_NONBLOCK) < 0 ||
	    fcntl(1, F_SETFL, out | O_NONBLOCK) < 0)
		return error_errno(err, errno, "standard input and output");
	r = connect_once(session, node, 0, 1, err);
	fcntl(0, F_SETFL, in);
	fcntl(1, F_SETFL, out);
	return r;
}

static int run(int argc, char **argv, struct error **err)
{
	_cleanup_(arguments_release) struct arguments a = {0};
	_cleanup_(attest_session_release) struct attest_session session = {0};
	struct address node;
	int r = command_parse(&command_connect, argc, argv, &a, err);

	signal(SIGPIPE, SIG_IGN);
	if (r >= 0 && !a.listen == !a.stdio)
		r = error_set(err, -ERROR_USAGE, "one of --listen and --stdio is needed");
	if (r >= 0)
		r = address_parse(a.host, CHANNEL_PORT, &node, err);
	if (r >= 0)
		r = attest_session_open(&a.attest, &session, err);
	if (r < 0)
		return r;
	if (a.rest)
		session.protocol = CHANNEL_REST_ALPN;
	return a.stdio ? over_stdio(&session, &node, err)
		       : listen_and_serve(&a, &session, &node, err);
}

const struct command command_connect = {
	.name = "connect",
	.summary = "connect programs to a node that proves what it is",
	.forms = {{.operands = {OPERAND("HOST[:PORT]", struct arguments, host)}}},
	.about = "Listens on a port of this machine. For each connection it asks the node for "
		 "evidence that is bound to that connection, judges it as 'tdnode attest' does, "
		 "and only then forwards the first byte to the node's JSON-RPC: wallets, curl and "
		 "other programs need to know nothing of it. Without a verdict nothing is "
		 "forwarded.",
	.options = options,
	.notes = "Ends with 3 when a node is refused, at the start or later; with 0 on Ctrl-C.",
	.example = "tdnode connect node.example --policy measurements.json --listen 8545",
	.run = run,
};
