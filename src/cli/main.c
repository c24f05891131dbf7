/*
 * tdnode: finds the command, prints its error once, turns its code into the exit status.
 */
#include "cli/command.h"

#include <errno.h>

#include "base/shortage.h"
#include "cli/help.h"
#include "cli/version.h"
#include "formats/printable.h"

/* One a line, so that two new ones do not meet. */
/* clang-format off */
const struct command *const commands[] = {
	&command_images,
	&command_init,
	&command_lock,
	&command_outdated,
	&command_build,
	&command_sign,
	&command_measure,
	&command_inspect,
	&command_diff,
	&command_report,
	&command_reproduce,
	&command_sign_release,
	&command_verify_release,
	&command_sbom,
	&command_config,
	&command_run,
	&command_ps,
	&command_status,
	&command_logs,
	&command_log_events,
	&command_stop,
	&command_swtpm,
	&command_recovery,
	&command_instance,
	&command_store,
	&command_verify,
	&command_attest,
	&command_connect,
	&command_unlock,
	&command_collateral,
	&command_deploy,
	&command_completion,
	NULL,
};
/* clang-format on */

static void print_help(void)
{
	puts("usage: tdnode COMMAND [options]\n"
	     "\n"
	     "Builds, measures and runs small reproducible virtual machines that run an Ethereum "
	     "node\n"
	     "inside Intel TDX.\n");
	for (size_t i = 0; commands[i]; i++)
		printf("  %-14s  %s\n", commands[i]->name, commands[i]->summary);
	puts("\n"
	     "  --help      this text; after a command, the command's own\n"
	     "  --version   the version of tdnode\n"
	     "\n"
	     "exit status: 0 done, 1 failed, 2 wrong command line, 3 verification refused\n"
	     "\n"
	     "example: tdnode build devnet && tdnode run devnet");
}

const struct command *command_find(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (string_equal(commands[i]->name, name))
			return commands[i];
	return NULL;
}

static int print_command_help(const struct command *c, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(HELP_MAX);
	int r = help_text(c, &text, err);

	return r < 0 ? r : command_print(buffer_span(&text), err);
}

static bool is_help(const char *argument)
{
	return strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0;
}

static bool asks_for_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (is_help(argv[i]))
			return true;
	return false;
}

static int run(int argc, char **argv, struct error **err)
{
	if (argc < 2)
		return error_set(err, -ERROR_USAGE, "which command? See 'tdnode --help'");
	if (is_help(argv[1])) {
		print_help();
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("%s (%s)\n", program_version, program_commit);
		return 0;
	}

	const struct command *command = command_find(argv[1]);

	if (!command)
		return error_set(err, -ERROR_USAGE, "unknown command '%s': see 'tdnode --help'",
				 argv[1]);
	if (asks_for_help(argc - 1, argv + 1))
		return print_command_help(command, err);
	return command->run(argc - 1, argv + 1, err);
}

/* What files and nodes hold may stand in a message: the terminal does not obey it. */
static void print_error(const char *message)
{
	_cleanup_(buffer_release) struct buffer text =
		BUFFER_INIT(PRINTABLE_GROWTH * strlen(message));

	printable_lines(span_string(message), &text);
	fprintf(stderr, "tdnode: %s\n", buffer_ok(&text) ? buffer_text(&text) : "out of memory");
}

int main(int argc, char **argv)
{
	_cleanup_error_ struct error *error = NULL;
	int r;

	shortage_ignore_signal();
	r = run(argc, argv, &error);

	/* An answer that could not be written, to a full disk say, is a failure. */
	if ((fflush(stdout) != 0 || ferror(stdout)) && r >= 0)
		r = error_errno(&error, errno, "standard output");
	if (r < 0)
		print_error(error_message(error));
	return error_exit_status(r);
}
