#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>

#include "base/file.h"
#include "guest/checkpoint/checkpoint.h"

#define LIST_FILE "/usr/lib/tdnode/checkpoints.conf"
#define CONFIGURATION_FILE "/run/tdnode/config"
#define CA_FILE "/etc/ssl/certs/ca-certificates.crt"

/* Servers finalise a block every six minutes, each of them a little later than the network. */
static const struct checkpoint_options options = {
	.ca_file = CA_FILE,
	.attempt_milliseconds = 15000,
	.pause_milliseconds = 20000,
	.total_milliseconds = 15 * 60 * 1000,
};

static void _printf_(1, 2) say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("tdnode-checkpoint: ", stdout);
	vprintf(fmt, args);
	fputs("\n", stdout);
	fflush(stdout);
	va_end(args);
}

static int make_plan(struct checkpoint_plan *ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer list = BUFFER_INIT(CHECKPOINT_FILE_MAX),
						configuration = BUFFER_INIT(CHECKPOINT_FILE_MAX);
	int r = file_read(LIST_FILE, CHECKPOINT_FILE_MAX, &list, err);

	if (r >= 0)
		r = file_read(CONFIGURATION_FILE, CHECKPOINT_FILE_MAX, &configuration, err);
	return r < 0 ? r
		     : checkpoint_plan_make(buffer_span(&list), buffer_span(&configuration), ret,
					    err);
}

static int write_result(const char *path, const struct checkpoint_start *s, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(CHECKPOINT_FILE_MAX);
	char root[2 * BEACON_ROOT_SIZE + 1];

	hex_encode(SPAN(s->checkpoint.root, BEACON_ROOT_SIZE), root);
	buffer_printf(&text, "CHECKPOINT_URL=%s\nCHECKPOINT=0x%s:%" PRIu64 "\n", s->url, root,
		      s->checkpoint.epoch);
	return buffer_ok(&text) ? file_write(path, buffer_span(&text), err) : error_oom(err);
}

static int ask(const char *marker, const char *result, struct error **err)
{
	_cleanup_(checkpoint_plan_release) struct checkpoint_plan plan = {0};
	struct checkpoint_start start;
	int r;

	/* A client that has come up once goes on from its own state. */
	if (!path_is_absent(marker)) {
		say("the consensus client has a state: no source is asked");
		return file_write(result, SPAN_LITERAL("CHECKPOINT_URL=\nCHECKPOINT=\n"), err);
	}
	r = make_plan(&plan, err);
	if (r >= 0)
		r = checkpoint_decide(&plan, &options, say, &start, err);
	return r < 0 ? r : write_result(result, &start, err);
}

int main(int argc, char **argv)
{
	_cleanup_error_ struct error *err = NULL;
	int r;

	if (argc == 4 && string_equal(argv[1], "ask")) {
		r = ask(argv[2], argv[3], &err);
	} else if (argc == 3 && string_equal(argv[1], "done")) {
		r = file_write(argv[2], SPAN_LITERAL(""), &err);
	} else {
		fputs("tdnode-checkpoint: usage: checkpoint ask MARKER RESULT | done MARKER\n",
		      stderr);
		return 2;
	}
	if (r < 0)
		fprintf(stderr, "tdnode-checkpoint: %s\n", error_message(err));
	return error_exit_status(r);
}
