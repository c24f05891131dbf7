#include "cli/command.h"

#include <getopt.h>

#include "base/file.h"
#include "cli/help.h"

/* Thousands of instances, and more than the registers of a run. */
#define JSON_PRINT_MAX (16u << 20)

/* What getopt_long() returns of the first option: above all characters. */
#define FIRST_OPTION 256

/* After getopt_long() returned '?' or ':'. */
static int bad_option(int option, char **argv, struct error **err)
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

static int take_presets(const struct option_list *l, void *arguments, struct error **err)
{
	for (size_t i = 0; i < l->n; i++) {
		const char *preset = l->items[i].spec->preset;
		int r = preset ? option_take(&l->items[i], arguments, preset, err) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

/* Both forms for getopt_long(): the long ones, and the letters, each with ':' behind it if it takes a value. */
static void put_forms(const struct option_list *l, struct option *options, char *letters)
{
	/* First: it says ':' of a value that is missing. */
	*letters++ = ':';
	for (size_t i = 0; i < l->n; i++) {
		const struct option_spec *s = l->items[i].spec;

		options[i] = (struct option){
			.name = s->name,
			.has_arg = s->argument ? required_argument : no_argument,
			.val = FIRST_OPTION + (int)i,
		};
		if (s->letter)
			*letters++ = s->letter;
		if (s->letter && s->argument)
			*letters++ = ':';
	}
	*letters = 0;
}

/* Leaves optind at the first operand. */
static int take_options(struct option_list *l, int argc, char **argv, void *arguments,
			struct error **err)
{
	_cleanup_free_ struct option *options = calloc(l->n + 1, sizeof *options);
	_cleanup_free_ char *letters = malloc(2 * l->n + sizeof ":");
	int option;

	if (!options || !letters)
		return error_oom(err);
	put_forms(l, options, letters);
	opterr = 0;
	/* Begins anew, also after a group of short options that was left half-way; glibc's own. */
	optind = 0;
	while ((option = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		struct option_entry *e = option >= FIRST_OPTION ? &l->items[option - FIRST_OPTION]
								: option_by_letter(l, (char)option);
		int r;

		if (!e)
			return bad_option(option, argv, err);
		e->given = true;
		r = option_take(e, arguments, optarg, err);
		if (r < 0)
			return r;
	}
	return 0;
}

size_t command_forms(const struct command *c)
{
	size_t n = 1;

	while (n < COMMAND_FORMS && (c->forms[n].verb || c->forms[n].instead))
		n++;
	return n;
}

static bool form_fits(const struct command_form *f, size_t n, char **operands)
{
	size_t verbs = f->verb ? 1 : 0, min = verbs, max = verbs;

	for (size_t i = 0; i < COMMAND_OPERANDS && f->operands[i].name; i++) {
		min += !f->operands[i].optional;
		max++;
	}
	return n >= min && n <= max && (!f->verb || string_equal(operands[0], f->verb));
}

/* The index of the form that the operands have. */
static int take_operands(const struct command *c, size_t n, char **operands, void *arguments,
			 struct error **err)
{
	for (size_t i = 0; i < command_forms(c); i++) {
		const struct command_form *f = &c->forms[i];

		if (!form_fits(f, n, operands))
			continue;
		for (size_t k = f->verb ? 1 : 0; k < n; k++) {
			const struct operand *o = &f->operands[f->verb ? k - 1 : k];

			memcpy((char *)arguments + o->place, &operands[k], sizeof operands[k]);
		}
		return (int)i;
	}
	return command_usage_error(c, err);
}

/* That what is needed was given, and nothing that belongs to another verb. */
static int check_options(const struct command *c, const struct option_list *l, const char *verb,
			 struct error **err)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct option_spec *s = l->items[i].spec;
		bool applies = !s->verb || string_equal(s->verb, verb);

		if (l->items[i].given && !applies)
			return error_set(err, -ERROR_USAGE, "--%s is for 'tdnode %s %s'", s->name,
					 c->name, s->verb);
		if (!l->items[i].given && applies && s->required)
			return error_set(err, -ERROR_USAGE, "which %s? Give --%s %s", s->name,
					 s->name, s->argument);
	}
	return 0;
}

int command_parse(const struct command *c, int argc, char **argv, void *arguments,
		  struct error **err)
{
	_cleanup_(option_list_release) struct option_list options = {0};
	int r = option_list_make(c->options, &options, err);
	int form;

	if (r >= 0)
		r = take_presets(&options, arguments, err);
	if (r >= 0)
		r = take_options(&options, argc, argv, arguments, err);
	if (r < 0)
		return r;
	form = take_operands(c, (size_t)(argc - optind), argv + optind, arguments, err);
	if (form < 0)
		return form;
	r = check_options(c, &options, c->forms[form].verb, err);
	return r < 0 ? r : form;
}

int command_usage_error(const struct command *c, struct error **err)
{
	_cleanup_(buffer_release) struct buffer usage = BUFFER_INIT(HELP_MAX);
	int r = help_usage(c, ", or ", &usage, err);

	return r < 0 ? r : error_set(err, -ERROR_USAGE, "usage: %s", buffer_text(&usage));
}

int command_print(struct span text, struct error **err)
{
	int r = write_full(STDOUT_FILENO, text);

	return r < 0 ? error_errno(err, -r, "standard output") : 0;
}

int command_print_buffer(const struct buffer *text, struct error **err)
{
	return buffer_ok(text) ? command_print(buffer_span(text), err) : error_oom(err);
}

int command_print_json(json_t *root, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(JSON_PRINT_MAX);
	int r = json_text(root, &text, err);

	return r < 0 ? r : command_print(buffer_span(&text), err);
}
