#include "image/root_command.h"

#include <errno.h>

#include "base/file.h"
#include "tree/tree_digest.h"

/* Of a file that a command reads: a program and its libraries. */
#define INPUT_FILE_MAX (256u << 20)

/* What the tree has below a folder, with paths from there. */
static int folder_of(const struct tree *t, const char *folder, struct tree **ret,
		     struct error **err)
{
	_cleanup_(tree_freep) struct tree *inputs = tree_new();
	size_t n = strlen(folder);

	if (!inputs)
		return error_oom(err);
	for (size_t i = 0; i < tree_count(t); i++) {
		struct tree_entry e = *tree_at(t, i);

		if (!string_starts(e.path, folder) || e.path[n] != '/')
			continue;
		e.path += n + 1;

		int r = tree_add(inputs, &e, TREE_REFUSE, err);

		if (r < 0)
			return r;
	}
	if (tree_count(inputs) == 0)
		return error_set(err, -ENOENT, "the image has no folder '%s'", folder);
	*ret = TAKE_PTR(inputs);
	return 0;
}

static int step_key(const struct recipe_step *step, const struct tree *inputs,
		    const struct build_root *b, struct digest *ret, struct error **err)
{
	_cleanup_(digest_stream_freep) struct digest_stream *d = digest_stream_new(DIGEST_SHA256);

	if (!d)
		return error_oom(err);
	digest_stream_add(d, digest_span(&b->key));
	for (size_t i = 0; i < step->arguments.n; i++)
		digest_stream_add_text(d, step->arguments.items[i]);
	digest_stream_add_text(d, "");

	int r = tree_digest_add(inputs, INPUT_FILE_MAX, d, err);

	if (r < 0)
		return r;
	*ret = digest_stream_end(d);
	return 0;
}

struct command_context {
	const struct build_root *build_root;
	const struct recipe_step *step;
	const struct tree *inputs;
};

/* The folder is in/, and what is made of it out/, below `directory`. */
static int run_command(void *context, const char *directory, struct error **err)
{
	struct command_context *c = context;
	_cleanup_free_ char *in = path_join(directory, "in");
	_cleanup_free_ char *out = path_join(directory, "out");
	const struct string_list *arguments = &c->step->arguments;
	_cleanup_free_ const char **argv = calloc(arguments->n + 1, sizeof *argv);
	int r = in && out && argv ? directory_make(in, err) : error_oom(err);

	if (r >= 0)
		r = directory_make(out, err);
	if (r >= 0)
		r = tree_materialise(c->inputs, in, err);
	if (r < 0)
		return r;

	const struct sandbox_folder folders[] = {
		{in, "/work/in", false}, {out, "/work/out", true}, {0}};
	const struct sandbox_command command = {argv, folders, "/work/in", -1};

	for (size_t i = 0; i < arguments->n; i++)
		argv[i] = arguments->items[i];
	r = build_root_run(c->build_root, &command, NULL, err);
	return r < 0 ? r : directory_remove(in, err);
}

static int run_step(struct tree *t, const struct recipe_step *step, const struct store *s,
		    const struct build_root *b, struct error **err)
{
	_cleanup_(tree_freep) struct tree *inputs = NULL, *made = tree_new();
	_cleanup_free_ char *directory = NULL, *name = NULL, *out = NULL, *origin = NULL;
	char hex[DIGEST_HEX_MAX];
	struct digest key;
	int r = made ? folder_of(t, step->directory, &inputs, err) : error_oom(err);

	if (r >= 0)
		r = step_key(step, inputs, b, &key, err);
	if (r < 0)
		return r;
	digest_hex(&key, hex);

	struct command_context context = {b, step, inputs};

	name = string_printf("command-%s", hex);
	origin = string_printf("step %s", step->name);
	r = name && origin
		    ? store_folder(s, STORE_STEPS, name, run_command, &context, &directory, err)
		    : error_oom(err);
	if (r < 0)
		return r;
	out = path_join(directory, "out");
	r = out ? tree_add_directory(made, out, step->directory, origin, TREE_REFUSE, err)
		: error_oom(err);
	if (r >= 0 && tree_count(made) == 0)
		r = error_set(err, -ERROR_REFUSED, "the command has made nothing in /work/out");
	return r < 0 ? r : tree_merge(t, made, TREE_REFUSE, err);
}

int root_step_command(struct tree *t, const struct recipe_step *step, const struct store *s,
		      const struct build_root *b, struct error **err)
{
	int r = run_step(t, step, s, b, err);

	return r < 0 ? error_wrap(err, r, "[Step %s]", step->name) : 0;
}
