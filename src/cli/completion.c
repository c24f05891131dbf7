#include "cli/completion.h"

#include "base/file.h"
#include "cli/command.h"
#include "cli/places.h"
#include "vm/instance.h"

/* The line so far, and what of it decides about the word that is being completed. */
struct line {
	const struct command *command;
	struct option_list options;
	const struct option_spec *option; /* whose value the word is; NULL: it is none */
	const char *word;
	const char *before; /* of the word, to be repeated: "--option=" */
	const char *verb;   /* the first operand */
	size_t operands;    /* complete ones */
	bool options_ended; /* by "--" */
};

static void put(const struct line *l, const char *word, const char *help, struct buffer *b)
{
	if (string_starts(word, l->word))
		buffer_printf(b, "%s%s\t%s\n", l->before, word, help ? help : "");
}

static const struct option_spec *find_option(const struct line *l, const char *name, size_t n)
{
	for (size_t i = 0; i < l->options.n; i++) {
		const struct option_spec *s = l->options.items[i].spec;

		if (strlen(s->name) == n && strncmp(s->name, name, n) == 0)
			return s;
	}
	return NULL;
}

/* The option of "-abc" whose value is the next word. NULL if that is none: all are flags, or the value is in it. */
static const struct option_spec *find_letter(const struct line *l, const char *letters)
{
	for (; *letters; letters++) {
		const struct option_entry *e = option_by_letter(&l->options, *letters);

		if (e && e->spec->argument)
			return letters[1] ? NULL : e->spec;
	}
	return NULL;
}

/* One word of those that are complete. */
static void pass(struct line *l, const char *word)
{
	if (l->option) {
		/* "=" alone comes before the value. */
		if (!string_equal(word, "="))
			l->option = NULL;
	} else if (!l->options_ended && string_equal(word, "--")) {
		l->options_ended = true;
	} else if (!l->options_ended && string_starts(word, "--")) {
		const struct option_spec *s = find_option(l, word + 2, strlen(word + 2));

		l->option = s && s->argument ? s : NULL;
	} else if (!l->options_ended && word[0] == '-' && word[1]) {
		l->option = find_letter(l, word + 1);
	} else if (l->options_ended || word[0] != '-') {
		if (l->operands++ == 0)
			l->verb = word;
	}
}

/* The word itself may hold option and value: "--option=val". */
static void split(struct line *l, char *word, char **before)
{
	char *equals = strchr(word, '=');
	const struct option_spec *s;

	l->word = word;
	if (l->option) {
		if (string_equal(word, "="))
			l->word = "";
		return;
	}
	if (l->options_ended || !string_starts(word, "--") || !equals)
		return;
	s = find_option(l, word + 2, (size_t)(equals - word) - 2);
	if (!s || !s->argument)
		return;
	*before = string_printf("%.*s", (int)(equals + 1 - word), word);
	if (*before) {
		l->option = s;
		l->before = *before;
		l->word = equals + 1;
	}
}

static void put_commands(const struct line *l, struct buffer *b)
{
	for (size_t i = 0; commands[i]; i++)
		put(l, commands[i]->name, commands[i]->summary, b);
	put(l, "--help", "what there is", b);
	put(l, "--version", "the version of tdnode", b);
}

static bool is_of_verb(const struct option_spec *s, const char *verb)
{
	return !s->verb || !verb || string_equal(s->verb, verb);
}

static void put_options(const struct line *l, struct buffer *b)
{
	for (size_t i = 0; i < l->options.n; i++) {
		const struct option_spec *s = l->options.items[i].spec;
		_cleanup_free_ char *word = string_printf("--%s", s->name);
		const char letter[] = {'-', s->letter, 0};

		if (!word || !is_of_verb(s, l->verb))
			continue;
		put(l, word, s->help, b);
		if (s->letter)
			put(l, letter, s->help, b);
	}
	put(l, "--help", "the command's options", b);
}

static void put_images(const struct line *l, struct buffer *b)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	_cleanup_(places_release) struct places places = {0};

	if (places_find("images", NULL, &places, NULL) < 0 ||
	    recipe_folders_list(&places.recipes, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n; i++)
		put(l, names.items[i], "image", b);
}

static void put_instances(const struct line *l, struct buffer *b)
{
	_cleanup_(string_list_release) struct string_list names = {0};

	if (instance_list(NULL, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n; i++)
		put(l, names.items[i], "instance", b);
}

static void put_value(const struct line *l, struct buffer *b)
{
	static const char *const files[] = {"FILE", "KEY", "EVENTLOG", "PATH", "MANIFEST"};
	const struct option_spec *s = l->option;

	for (unsigned v = (unsigned)s->min; s->choice && v <= s->max; v++)
		put(l, s->choice(v), NULL, b);
	if (string_equal(s->argument, "IMAGE"))
		put_images(l, b);
	if (string_equal(s->argument, "DIR"))
		buffer_put_string(b, ":directory\n");
	for (size_t i = 0; !s->choice && i < ARRAY_SIZE(files); i++)
		if (string_equal(s->argument, files[i]))
			buffer_put_string(b, ":file\n");
}

static void put_operands(const struct line *l, struct buffer *b)
{
	const struct command_form *f = &l->command->forms[0];

	if (f->verb && l->operands == 0) {
		for (size_t i = 0; i < command_forms(l->command); i++)
			put(l, l->command->forms[i].verb, NULL, b);
		return;
	}
	for (size_t i = 0; i < command_forms(l->command); i++, f++) {
		size_t index = l->operands - (f->verb ? 1 : 0);
		const char *name = index < COMMAND_OPERANDS ? f->operands[index].name : NULL;

		if (!name || f->operands[index].is_new ||
		    (f->verb && !string_equal(f->verb, l->verb)))
			continue;
		if (string_starts(name, "IMAGE"))
			put_images(l, b);
		if (string_equal(name, "NAME"))
			put_instances(l, b);
		else if (!string_equal(name, "IMAGE"))
			buffer_put_string(b, ":file\n");
	}
}

static void put_next(const struct line *l, struct buffer *b)
{
	if (l->option)
		put_value(l, b);
	else if (!l->options_ended && l->word[0] == '-')
		put_options(l, b);
	else
		put_operands(l, b);
}

int completion_query(size_t n, char **words, struct buffer *b, struct error **err)
{
	_cleanup_free_ char *before = NULL;
	struct line l = {.word = n ? words[0] : "", .before = ""};
	int r;

	if (n <= 1) {
		put_commands(&l, b);
		return buffer_ok(b) ? 0 : error_oom(err);
	}
	l.command = command_find(words[0]);
	if (!l.command)
		return 0;
	r = option_list_make(l.command->options, &l.options, err);
	if (r < 0)
		return r;
	for (size_t i = 1; i + 1 < n; i++)
		pass(&l, words[i]);
	split(&l, words[n - 1], &before);
	put_next(&l, b);
	option_list_release(&l.options);
	return buffer_ok(b) ? 0 : error_oom(err);
}
