#include "image/build_key.h"

#include "base/file.h"
#include "tree/tree_digest.h"

/* Recipe files are configuration; a large one belongs into a component. */
#define RECIPE_FILE_MAX (64u << 20)

/* The parts of the project folder that end up in an image, in the order of the digest. */
static const char *const source_folders[] = {"guest", "src/base", "src/crypto", "src/formats"};

static int add_folder(struct digest_stream *d, const char *path, struct error **err)
{
	_cleanup_(tree_freep) struct tree *t = tree_new();
	int r = t ? tree_add_directory(t, path, "", path, TREE_REFUSE, err) : error_oom(err);

	return r < 0 ? r : tree_digest_add(t, RECIPE_FILE_MAX, d, err);
}

/* Read with the recipe: what was checked is what is built, whatever the folder holds by now. */
static void add_keys(struct digest_stream *d, const struct recipe *r)
{
	digest_stream_add_text(d, r->policy_key.pem ? r->policy_key.pem : "");
	digest_stream_add_text(d, r->recovery_key.pem ? r->recovery_key.pem : "");
}

/* The program itself: other code may make other bytes. */
static int add_program(struct digest_stream *d, struct error **err)
{
	struct digest self;
	int r = digest_file("/proc/self/exe", DIGEST_SHA256, &self, NULL, err);

	if (r < 0)
		return r;
	digest_stream_add(d, digest_span(&self));
	return 0;
}

int build_key(const struct build_key_inputs *in, struct digest *ret, struct error **err)
{
	_cleanup_(digest_stream_freep) struct digest_stream *d = digest_stream_new(DIGEST_SHA256);
	int r = d ? add_program(d, err) : error_oom(err);

	if (r < 0)
		return r;
	digest_stream_add_number(d, in->debug);
	digest_stream_add_number(d, in->lock.n);
	digest_stream_add(d, in->lock);
	add_keys(d, in->recipe);
	for (size_t i = 0; r >= 0 && i < in->recipe->n_layers; i++)
		r = add_folder(d, in->recipe->layers[i].directory, err);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(source_folders); i++) {
		_cleanup_free_ char *path = path_join(in->source, source_folders[i]);

		r = path ? add_folder(d, path, err) : error_oom(err);
	}
	if (r < 0)
		return error_wrap(err, r, "inputs of the build");
	*ret = digest_stream_end(d);
	return 0;
}
