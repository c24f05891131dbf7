#include "image/root_contents.h"

#include <errno.h>
#include <inttypes.h>

#include "base/parallel.h"

/* Part of the key: another way to compress or to name makes another image. */
#define LAYOUT "erofs-contents 1\n"
/* Compressing as much anew takes 50 ms. */
#define OWN_IMAGE_SIZE (16u << 20)
/* Folders of 256 files: mkfs.erofs searches a folder from its start for each. */
#define FOLDER_FILES 256u
#define FILE_PATH_SIZE 40
#define LOOSE_NAME "contents.erofs"

/* A content that files of the tree have, once. */
struct item {
	const struct content *content;
	const char *name; /* of content->file below the store; NULL if it lies elsewhere */
	size_t entry;
	size_t group;
	size_t number;
};

enum {
	GROUP_LOOSE,
	GROUP_SMALL,
	GROUP_FIRST_LARGE,
};

struct group {
	const struct item *items; /* of the sorted list, of this group */
	size_t n;
	struct tree *tree;
};

struct contents {
	const struct contents_inputs *in;
	struct item *items; /* of each entry that has content, sorted */
	size_t n;
	struct group *groups;
	size_t n_groups;
};

static void contents_free(struct contents *c)
{
	for (size_t i = 0; i < c->n_groups; i++)
		tree_free(c->groups[i].tree);
	free(c->groups);
	free(c->items);
}

void root_contents_release(struct root_contents *c)
{
	for (size_t i = 0; i < c->n_images; i++) {
		file_map_release(&c->images[i].map);
		if (c->images[i].loose && c->images[i].path)
			unlink(c->images[i].path);
		free(c->images[i].path);
	}
	free(c->images);
	free(c->places);
	*c = (struct root_contents){0};
}

/* What of the store's files are named by digests of all that they were made from. */
static const char *name_in_store(const struct store *s, const struct content *c)
{
	static const char *const areas[] = {STORE_UNPACKED "/", STORE_STEPS "/"};
	size_t n = strlen(s->path);

	if (c->bytes || !c->file || strncmp(c->file, s->path, n) != 0 || c->file[n] != '/')
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(areas); i++) {
		if (string_starts(c->file + n + 1, areas[i]))
			return c->file + n + 1;
	}
	return NULL;
}

/* By file, then by place; what lies elsewhere first, in path order. */
static int compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (!x->name || !y->name)
		return x->name || y->name ? (x->name ? 1 : -1) : x->entry < y->entry ? -1 : 1;
	order = strcmp(x->name, y->name);
	if (order)
		return order;
	if (x->content->offset != y->content->offset)
		return x->content->offset < y->content->offset ? -1 : 1;
	if (x->content->size != y->content->size)
		return x->content->size < y->content->size ? -1 : 1;
	return x->entry < y->entry ? -1 : x->entry > y->entry;
}

static bool same_content(const struct item *a, const struct item *b)
{
	return a->name && b->name && string_equal(a->name, b->name) &&
	       a->content->offset == b->content->offset && a->content->size == b->content->size;
}

static int list_items(struct contents *c, struct error **err)
{
	const struct tree *t = c->in->tree;
	_cleanup_free_ size_t *first = tree_first_names(t);

	c->items = calloc(tree_count(t) + 1, sizeof *c->items);
	if (!first || !c->items)
		return error_oom(err);
	for (size_t i = 0; i < tree_count(t); i++) {
		const struct tree_entry *e = tree_at(t, i);

		if (e->type != TREE_FILE || e->content.size == 0 || first[i] != i)
			continue;
		c->items[c->n++] = (struct item){
			.content = &e->content,
			.name = name_in_store(c->in->store, &e->content),
			.entry = i,
			.group = GROUP_SMALL,
		};
	}
	return 0;
}

/* Gives each content its group and its number in it. */
static void set_groups(struct contents *c)
{
	size_t groups = GROUP_FIRST_LARGE;

	qsort(c->items, c->n, sizeof *c->items, compare_items);
	for (size_t i = 0, n; i < c->n; i += n) {
		const char *name = c->items[i].name;
		uint64_t size = c->items[i].content->size;

		for (n = 1; i + n < c->n && name && c->items[i + n].name &&
			    string_equal(c->items[i + n].name, name);
		     n++) {
			if (!same_content(&c->items[i + n], &c->items[i + n - 1]))
				size += c->items[i + n].content->size;
		}

		size_t group = !name ? GROUP_LOOSE : size < OWN_IMAGE_SIZE ? GROUP_SMALL : groups++;

		for (size_t k = 0; k < n; k++)
			c->items[i + k].group = group;
	}
	qsort(c->items, c->n, sizeof *c->items, compare_items);
	c->n_groups = groups;
	for (size_t i = 1; i < c->n; i++) {
		struct item *item = &c->items[i], *before = &c->items[i - 1];

		if (item->group == before->group)
			item->number = before->number + !same_content(item, before);
	}
}

static void file_path(size_t number, char ret[FILE_PATH_SIZE])
{
	snprintf(ret, FILE_PATH_SIZE, "%zx/%02zx", number / FOLDER_FILES, number % FOLDER_FILES);
}

static int add_content(struct tree *t, const struct item *item, struct error **err)
{
	char path[FILE_PATH_SIZE];
	const struct tree_entry e = {
		.path = path,
		.type = TREE_FILE,
		.mode = 0644,
		.content = *item->content,
		.origin = "contents",
	};

	file_path(item->number, path);
	return tree_add(t, &e, TREE_REFUSE, err);
}

/* The contents of a group as a tree for mkfs.erofs. */
static int make_group(struct group *g, struct error **err)
{
	int r = 0;

	g->tree = tree_new();
	if (!g->tree)
		return error_oom(err);
	for (size_t i = 0; r >= 0 && i < g->n; i++) {
		if (i == 0 || g->items[i].number != g->items[i - 1].number)
			r = add_content(g->tree, &g->items[i], err);
	}
	return r < 0 ? r : tree_add_parents(g->tree, err);
}

static int make_groups(struct contents *c, struct error **err)
{
	int r = 0;

	c->groups = calloc(c->n_groups, sizeof *c->groups);
	if (!c->groups)
		return error_oom(err);
	for (size_t i = 0; i < c->n; i++) {
		struct group *g = &c->groups[c->items[i].group];

		if (g->n++ == 0)
			g->items = &c->items[i];
	}
	for (size_t i = 0; r >= 0 && i < c->n_groups; i++)
		r = make_group(&c->groups[i], err);
	return r;
}

static char *group_key(const struct contents *c, const struct group *g)
{
	_cleanup_(digest_stream_freep) struct digest_stream *d = digest_stream_new(DIGEST_SHA256);
	char hex[DIGEST_HEX_MAX];
	struct digest key;

	if (!d)
		return NULL;
	digest_stream_add(d, span_string(LAYOUT));
	digest_stream_add(d, digest_span(c->in->build_root));
	for (size_t i = 0; i < g->n; i++) {
		const struct item *item = &g->items[i];

		digest_stream_add_text(d, item->name);
		digest_stream_add_number(d, item->content->offset);
		digest_stream_add_number(d, item->content->size);
		digest_stream_add_number(d, item->number);
	}
	key = digest_stream_end(d);
	digest_hex(&key, hex);
	return string_printf("erofs-%s", hex);
}

static const uint8_t no_uuid[16];

struct make_context {
	const struct contents_inputs *in;
	const struct tree *tree;
};

static int make_image(void *context, const char *directory, struct error **err)
{
	const struct make_context *m = context;

	return root_erofs_make(m->tree, no_uuid, m->in->runner, directory, err);
}

static int kept_image(const struct contents *c, const struct group *g, char **ret,
		      struct error **err)
{
	struct make_context context = {c->in, g->tree};
	_cleanup_free_ char *key = group_key(c, g);
	_cleanup_free_ char *directory = NULL;
	int r = key ? store_folder(c->in->store, STORE_STEPS, key, make_image, &context, &directory,
				   err)
		    : error_oom(err);

	if (r < 0)
		return r;
	*ret = path_join(directory, ROOT_EROFS_NAME);
	return *ret ? 0 : error_oom(err);
}

static int loose_image(const struct contents *c, const struct group *g, char **ret,
		       struct error **err)
{
	struct make_context context = {c->in, g->tree};
	_cleanup_free_ char *made = path_join(c->in->directory, ROOT_EROFS_NAME);
	_cleanup_free_ char *path = path_join(c->in->directory, LOOSE_NAME);
	int r = made && path ? make_image(&context, c->in->directory, err) : error_oom(err);

	if (r >= 0 && rename(made, path) < 0)
		return error_errno(err, errno, "%s", path);
	if (r >= 0)
		*ret = TAKE_PTR(path);
	return r;
}

struct images_context {
	const struct contents *contents;
	struct contents_image *images;
};

static int prepare_image(void *context, size_t index, struct error **err)
{
	const struct images_context *c = context;
	const struct group *g = &c->contents->groups[index];
	struct contents_image *image = &c->images[index];
	int r;

	if (g->n == 0)
		return 0;
	image->loose = index == GROUP_LOOSE;
	r = image->loose ? loose_image(c->contents, g, &image->path, err)
			 : kept_image(c->contents, g, &image->path, err);
	if (r >= 0)
		r = file_map(image->path, &image->map, err);
	return r < 0 ? r : erofs_open(image->map.data, &image->fs, err);
}

static int set_places(const struct contents *c, struct root_contents *ret, struct error **err)
{
	size_t n = tree_count(c->in->tree);

	ret->places = calloc(n + 1, sizeof *ret->places);
	if (!ret->places)
		return error_oom(err);
	for (size_t i = 0; i < n; i++)
		ret->places[i].number = SIZE_MAX;
	for (size_t i = 0; i < c->n; i++)
		ret->places[c->items[i].entry] =
			(struct contents_place){c->items[i].group, c->items[i].number};
	return 0;
}

int root_contents_make(const struct contents_inputs *in, struct root_contents *ret,
		       struct error **err)
{
	_cleanup_(root_contents_release) struct root_contents result = {0};
	_cleanup_(contents_free) struct contents c = {.in = in};
	int r = list_items(&c, err);

	if (r < 0)
		return r;
	set_groups(&c);
	r = make_groups(&c, err);
	if (r < 0)
		return r;
	result.images = calloc(c.n_groups, sizeof *result.images);
	if (!result.images)
		return error_oom(err);
	result.n_images = c.n_groups;

	struct images_context context = {&c, result.images};

	r = parallel_for(c.n_groups, 0, prepare_image, &context, err);
	if (r >= 0)
		r = set_places(&c, &result, err);
	if (r < 0)
		return r;
	*ret = result;
	result = (struct root_contents){0};
	return 0;
}

int root_contents_find(const struct root_contents *c, const struct contents_place *place,
		       struct erofs_inode *ret, struct error **err)
{
	char path[FILE_PATH_SIZE];

	file_path(place->number, path);
	return erofs_find(&c->images[place->image].fs, path, ret, err);
}
