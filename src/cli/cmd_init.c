/*
 * tdnode init NAME: an own image in the current folder, from the template.
 */
#include "cli/command.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/places.h"
#include "cli/shared_options.h"
#include "packages/recipe.h"
#include "packages/recipe_keys.h"

/* A template is text for people. */
#define TEMPLATE_FILE_MAX (1u << 20)
#define TEMPLATE_DEPTH_MAX 16

struct arguments {
	const char *name;
	const char *include;
	const char *images;
};

static const struct option_spec options[] = {
	OPTION_TEXT("include", "IMAGE", struct arguments, include, "the image that it builds on",
		    .preset = "devnet"),
	OPTION_IMAGES(struct arguments, images),
	OPTIONS_END,
};

/* Appends the text with the words of the template replaced. */
static void expand(const struct arguments *a, const char *text, struct buffer *b)
{
	const struct {
		const char *word, *value;
	} words[] = {{"@NAME@", a->name}, {"@INCLUDE@", a->include}};

	while (*text) {
		size_t i = 0;

		while (i < ARRAY_SIZE(words) && !string_starts(text, words[i].word))
			i++;
		if (i < ARRAY_SIZE(words)) {
			buffer_put_string(b, words[i].value);
			text += strlen(words[i].word);
		} else {
			buffer_put(b, SPAN(text++, 1));
		}
	}
}

static int copy_file(const struct arguments *a, const char *from, const char *to,
		     struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(TEMPLATE_FILE_MAX);
	_cleanup_(buffer_release) struct buffer expanded = BUFFER_INIT(2 * TEMPLATE_FILE_MAX);
	_cleanup_free_ char *string = NULL;
	int r = file_read(from, TEMPLATE_FILE_MAX, &text, err);

	if (r < 0)
		return r;
	string = span_to_string(buffer_span(&text));
	if (!string)
		return error_oom(err);
	expand(a, string, &expanded);
	return buffer_ok(&expanded) ? file_write(to, buffer_span(&expanded), err) : error_oom(err);
}

static int copy_folder(const struct arguments *a, const char *from, const char *to, unsigned depth,
		       struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	int r = directory_list(from, &names, err);

	if (r >= 0 && depth > TEMPLATE_DEPTH_MAX)
		r = error_set(err, -ELOOP, "%s: too many folders in one another", from);
	if (r >= 0)
		r = directory_make(to, err);
	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		_cleanup_free_ char *source = path_join(from, names.items[i]);
		_cleanup_free_ char *target = path_join(to, names.items[i]);
		struct stat st;

		if (!source || !target)
			r = error_oom(err);
		else if (lstat(source, &st) < 0)
			r = error_errno(err, errno, "%s", source);
		else if (S_ISDIR(st.st_mode))
			r = copy_folder(a, source, target, depth + 1, err);
		else
			r = copy_file(a, source, target, err);
	}
	return r;
}

/* That the name is free and what is included is there. */
static int check(const struct arguments *a, const struct recipe_folders *recipes,
		 struct error **err)
{
	_cleanup_(recipe_release) struct recipe included = {0};
	_cleanup_free_ char *own = path_join(a->images, a->name);
	_cleanup_free_ char *directory = NULL;
	int r;

	if (!own)
		return error_oom(err);
	if (!recipe_name_is_valid(a->name))
		return error_set(err, -ERROR_USAGE,
				 "'%s' is not the name of an image: a-z, 0-9 and '-' are allowed",
				 a->name);
	r = recipe_folders_find(recipes, a->name, &directory, err);
	if (r < 0)
		return r;
	if (path_exists(own) || path_exists(directory))
		return error_set(err, -EEXIST, "there is an image '%s' already: '%s'", a->name,
				 path_exists(own) ? own : directory);
	return recipe_read(recipes, a->include, &included, err);
}

/* The folder appears as a whole, or not at all. */
static int make(const struct arguments *a, const char *template, struct error **err)
{
	_cleanup_free_ char *target = path_join(a->images, a->name);
	_cleanup_free_ char *temporary = string_printf("%s/.%s.XXXXXX", a->images, a->name);
	int r = target && temporary ? directory_make(a->images, err) : error_oom(err);

	if (r < 0)
		return r;
	if (!mkdtemp(temporary))
		return error_errno(err, errno, "%s", temporary);
	if (chmod(temporary, 0755) < 0)
		r = error_errno(err, errno, "%s", temporary);
	if (r >= 0)
		r = copy_folder(a, template, temporary, 0, err);
	if (r >= 0 && rename(temporary, target) < 0)
		r = error_errno(err, errno, "%s", target);
	if (r < 0 && directory_remove(temporary, NULL) < 0)
		return error_wrap(err, r, "'%s' stays", temporary);
	return r;
}

static int run(int argc, char **argv, struct error **err)
{
	_cleanup_(places_release) struct places places = {0};
	_cleanup_free_ char *template = NULL;
	struct arguments a = {0};
	int r = command_parse(&command_init, argc, argv, &a, err);

	if (r >= 0)
		r = places_find(a.images, NULL, &places, err);
	if (r >= 0)
		r = check(&a, &places.recipes, err);
	if (r < 0)
		return r;
	template = path_join(places.source, "template");
	r = template ? make(&a, template, err) : error_oom(err);
	if (r < 0)
		return r;
	printf("%s/%s/image.conf is yours to edit, its files/ lie over those of %s. Then:\n"
	       "  tdnode lock %s\n"
	       "  tdnode build %s\n"
	       "  tdnode run %s\n",
	       a.images, a.name, a.include, a.name, a.name, a.name);
	return 0;
}

const struct command command_init = {
	.name = "init",
	.summary = "start an own image in the current folder",
	.forms = {{.operands = {OPERAND_NEW("NAME", struct arguments, name)}}},
	.about = "Starts an own image in the current folder: images/NAME/ with a recipe that is "
		 "what another image is, and says in comments how to change it.",
	.options = options,
	.example = "tdnode init my-node && tdnode lock my-node && tdnode build my-node",
	.run = run,
};
