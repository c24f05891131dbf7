/*
 * The commands of tdnode. Each src/cli/cmd_NAME.c defines one `command_NAME`; main.c holds the table.
 *
 * run() gets argv[0] = the command's name and returns 0 or a negative code with *err set; main()
 * prints the message once and turns the code into the exit status (error.h). Standard output carries
 * the answer, standard error progress and messages.
 */
#pragma once

#include "base/error.h"
#include "base/span.h"
#include "formats/json.h"

struct command {
	const char *name;
	const char *summary; /* one line for `tdnode --help` */
	const char *help;    /* whole text of `tdnode NAME --help`, with an example */
	int (*run)(int argc, char **argv, struct error **err);
};

extern const struct command command_lock;
extern const struct command command_build;
extern const struct command command_sign;
extern const struct command command_measure;
extern const struct command command_inspect;
extern const struct command command_diff;
extern const struct command command_run;
extern const struct command command_ps;
extern const struct command command_logs;
extern const struct command command_log_events;
extern const struct command command_stop;
extern const struct command command_swtpm;
extern const struct command command_instance;
extern const struct command command_recovery;
extern const struct command command_store;

/* After getopt_long() returned '?' or ':' (with opterr = 0 and optstring starting with ':'): the
 * error "unknown option '--x'" or "option '--x' needs a value", as -ERROR_USAGE. */
int command_bad_option(int option, char **argv, struct error **err);

/* Writes to standard output, past stdio, whose buffer would keep it. */
_must_check_ int command_print(struct span text, struct error **err);
/* The same of a document. Takes `root`, which may be NULL: that is an error. */
_must_check_ int command_print_json(json_t *root, struct error **err);
