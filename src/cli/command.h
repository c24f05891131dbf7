/*
 * The commands of tdnode. Each src/cli/cmd_NAME.c defines one `command_NAME`; main.c holds the table.
 *
 * A command declares how it is written, what it does and which options it has; from that come parsing, help and
 * completion. A new command:
 *
 *	struct arguments {
 *		const char *image;
 *		bool json;
 *	};
 *
 *	static const struct option_spec options[] = {
 *		OPTION_FLAG("json", struct arguments, json, "print the result as JSON"),
 *		OPTIONS_END,
 *	};
 *
 *	static int run(int argc, char **argv, struct error **err)
 *	{
 *		struct arguments a = {0};
 *		int r = command_parse(&command_x, argc, argv, &a, err);
 *		...
 *	}
 *
 *	const struct command command_x = {
 *		.name = "x",
 *		.summary = "do x to an image",
 *		.forms = {{.operands = {OPERAND("IMAGE", struct arguments, image)}}},
 *		.about = "Does x, and prints what came of it.",
 *		.options = options,
 *		.example = "tdnode x devnet",
 *		.run = run,
 *	};
 *
 * It is then listed in main.c, has a page in docs/ (scripts/docs-options fills in its options) and a line in README.
 *
 * run() gets argv[0] = the command's name and returns 0 or a negative code with *err set; main()
 * prints the message once and turns the code into the exit status (error.h). Standard output carries
 * the answer, standard error progress and messages.
 */
#pragma once

#include "cli/options.h"
#include "formats/json.h"

#define COMMAND_FORMS 4
#define COMMAND_OPERANDS 3

/* A word that is no option. Its name says what a shell completes: IMAGE, NAME (of an instance), IMAGE|FILE; all else is a file. */
struct operand {
	const char *name;
	size_t place; /* of a const char * in the command's struct, NULL there if it was left out */
	bool optional;
	bool is_new; /* a name that is not taken yet: there is nothing to complete */
};

#define OPERAND(name_, type, member)                                      \
	{                                                                 \
		.name = (name_), OPTION_PLACE(type, member, const char *) \
	}
#define OPERAND_OPTIONAL(name_, type, member)                                               \
	{                                                                                   \
		.name = (name_), OPTION_PLACE(type, member, const char *), .optional = true \
	}

#define OPERAND_NEW(name_, type, member)                                                  \
	{                                                                                 \
		.name = (name_), OPTION_PLACE(type, member, const char *), .is_new = true \
	}

/* One way to write a command. All forms of a command have a verb, or none has. */
struct command_form {
	const char *verb;    /* "gc" of `tdnode store gc` */
	const char *instead; /* of operands, in the usage: "--firmware FILE" */
	struct operand operands[COMMAND_OPERANDS];
};

struct command {
	const char *name;
	const char *summary; /* one line for `tdnode --help` */
	struct command_form forms[COMMAND_FORMS];
	/* Paragraphs for `tdnode NAME --help`, before and after the options; may be NULL. "\n" ends one, lines that
	 * begin with a blank stay as they are. */
	const char *about, *notes;
	const struct option_spec *options; /* NULL: it has none */
	const char *example;		   /* a command line; several with "\n" between */
	int (*run)(int argc, char **argv, struct error **err);
};

extern const struct command command_images;
extern const struct command command_init;
extern const struct command command_lock;
extern const struct command command_outdated;
extern const struct command command_build;
extern const struct command command_sign;
extern const struct command command_measure;
extern const struct command command_inspect;
extern const struct command command_diff;
extern const struct command command_report;
extern const struct command command_reproduce;
extern const struct command command_sign_release;
extern const struct command command_verify_release;
extern const struct command command_sbom;
extern const struct command command_config;
extern const struct command command_run;
extern const struct command command_ps;
extern const struct command command_logs;
extern const struct command command_log_events;
extern const struct command command_stop;
extern const struct command command_swtpm;
extern const struct command command_instance;
extern const struct command command_recovery;
extern const struct command command_store;
extern const struct command command_status;
extern const struct command command_verify;
extern const struct command command_attest;
extern const struct command command_connect;
extern const struct command command_unlock;
extern const struct command command_collateral;
extern const struct command command_deploy;
extern const struct command command_completion;

/* All of them, in the order of `tdnode --help`; NULL ends them. */
extern const struct command *const commands[];

/* NULL: there is none of this name. */
const struct command *command_find(const char *name);

size_t command_forms(const struct command *c);

/*
 * Fills `arguments`, the command's struct, from presets, options and operands, and returns the index of the form
 * that was used, or a negative code, mostly -ERROR_USAGE. Strings are those of argv; lists belong to the caller,
 * also after an error.
 */
_must_check_ int command_parse(const struct command *c, int argc, char **argv, void *arguments,
			       struct error **err);

/* -ERROR_USAGE with the command's usage. */
int command_usage_error(const struct command *c, struct error **err);

/* Writes to standard output, past stdio, whose buffer would keep it. */
_must_check_ int command_print(struct span text, struct error **err);
/* The same of a text; -ENOMEM if some of it found no room in the buffer. */
_must_check_ int command_print_buffer(const struct buffer *text, struct error **err);
/* The same of a document. Takes `root`, which may be NULL: that is an error. */
_must_check_ int command_print_json(json_t *root, struct error **err);
