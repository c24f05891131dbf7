#include "cli/command.h"

#include <getopt.h>

#include "base/file.h"

/* Thousands of instances, and more than the registers of a run. */
#define JSON_PRINT_MAX (16u << 20)

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

int command_print_json(json_t *root, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(JSON_PRINT_MAX);
	int r = json_text(root, &text, err);

	return r < 0 ? r : command_print(buffer_span(&text), err);
}
