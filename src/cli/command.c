#include "cli/command.h"

#include <getopt.h>

#include "base/file.h"

int command_bad_option(int option, char **argv, struct error **err)
{
	/* A short option may stand inside a group ("-xv"); a long one is the word before optind. */
	const bool is_short = optopt > ' ' && optopt < 127;
	const char short_option[] = {'-', (char)optopt, '\0'};
	const char *name = is_short ? short_option : argv[optind - 1];

	if (option == ':')
		return error_set(err, -ERROR_USAGE, "option '%s' needs a value", name);
	if (!is_short && optopt)
		return error_set(err, -ERROR_USAGE, "option '%s' takes no value", name);
	return error_set(err, -ERROR_USAGE, "unknown option '%s'", name);
}

int command_print(struct span text, struct error **err)
{
	int r = write_full(STDOUT_FILENO, text);

	return r < 0 ? error_errno(err, -r, "standard output") : 0;
}
