/*
 * tdnode images: what can be built here.
 */
#include "cli/command.h"

#include <errno.h>
#include <time.h>

#include "base/file.h"
#include "cli/places.h"
#include "cli/shared_options.h"
#include "formats/json_read.h"
#include "packages/lock.h"
#include "packages/recipe.h"

#define DAY (24 * 3600)

struct arguments {
	const char *images;
	bool all;
	bool json;
};

static const struct option_spec options[] = {
	OPTION_IMAGES(struct arguments, images),
	OPTION_FLAG("all", struct arguments, all,
		    "also layers, which are there for other images to include"),
	OPTION_FLAG("json", struct arguments, json, "as JSON"),
	OPTIONS_END,
};

struct image {
	char *name;
	struct recipe recipe;
	char *lock; /* its path; NULL: there is none */
	int64_t date;
	bool stale;    /* the lock was made for another recipe */
	bool is_layer; /* without a lock, and included by another */
	char *error;   /* why recipe or lock cannot be read; NULL: they were */
};

struct image_list {
	struct image *items;
	size_t n;
};

static void image_list_release(struct image_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->items[i].name);
		recipe_release(&l->items[i].recipe);
		free(l->items[i].lock);
		free(l->items[i].error);
	}
	free(l->items);
}

static int read_lock(struct image *image, const struct recipe_folders *recipes, struct error **err)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_(lock_release) struct lock lock = {0};
	struct digest request;
	int r = recipe_folders_find_lock(recipes, image->name, &path, err);

	if (r < 0 || !path_exists(path))
		return r;
	r = lock_read(path, &lock, err);
	if (r >= 0)
		r = recipe_request_digest(&image->recipe, &request, err);
	if (r < 0)
		return r;
	image->lock = TAKE_PTR(path);
	image->date = lock_date(&lock);
	image->stale =
		!string_equal(lock.image, image->name) || !digest_equal(&lock.request, &request);
	return 0;
}

/* One image that cannot be read is no reason not to show the others. */
static int read_image(struct image *image, const char *name, const struct recipe_folders *recipes,
		      struct error **err)
{
	_cleanup_error_ struct error *why = NULL;
	int r;

	image->name = strdup(name);
	if (!image->name)
		return error_oom(err);
	r = recipe_read(recipes, name, &image->recipe, &why);
	if (r >= 0)
		r = read_lock(image, recipes, &why);
	if (r == -ENOMEM)
		return error_move(err, r, &why);
	if (r < 0) {
		image->error = strdup(error_message(why));
		if (!image->error)
			return error_oom(err);
	}
	return 0;
}

static bool includes(const struct image *image, const char *name)
{
	for (size_t i = 0; i + 1 < image->recipe.n_layers; i++)
		if (string_equal(path_basename(image->recipe.layers[i].directory), name))
			return true;
	return false;
}

static void find_layers(struct image_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct image *image = &l->items[i];

		for (size_t k = 0; !image->lock && !image->error && k < l->n; k++)
			image->is_layer |= includes(&l->items[k], image->name);
	}
}

static int read_images(const struct recipe_folders *recipes, struct image_list *ret,
		       struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	_cleanup_(image_list_release) struct image_list l = {0};
	int r = recipe_folders_list(recipes, &names, err);

	if (r < 0)
		return r;
	l.items = calloc(names.n + 1, sizeof *l.items);
	if (!l.items)
		return error_oom(err);
	for (size_t i = 0; r >= 0 && i < names.n; i++)
		r = read_image(&l.items[l.n++], names.items[i], recipes, err);
	if (r < 0)
		return r;
	find_layers(&l);
	*ret = l;
	l = (struct image_list){0};
	return 0;
}

static long long age_days(const struct image *image)
{
	return ((long long)time(NULL) - (long long)image->date) / DAY;
}

static json_t *json_layers(const struct recipe *recipe)
{
	json_t *list = json_array();
	bool ok = list;

	for (size_t i = 0; ok && i + 1 < recipe->n_layers; i++)
		ok = json_array_append_new(
			     list, json_string(path_basename(recipe->layers[i].directory))) >= 0;
	return json_complete(list, ok);
}

static json_t *json_image(const struct image *image)
{
	const struct recipe *recipe = &image->recipe;
	char date[TIME_TEXT_SIZE];
	bool dated = image->lock && image->date;

	time_format(image->date, date);
	return json_pack("{s:s, s:s?, s:s?, s:o, s:b, s:s?, s:s?, s:o, s:b, s:s?}", "name",
			 image->name, "description", recipe->description, "folder",
			 recipe->directory, "layers", json_layers(recipe), "layer", image->is_layer,
			 "lock", image->lock, "lock_date", dated ? date : NULL, "lock_age_days",
			 dated ? json_integer(age_days(image)) : json_null(), "lock_fits",
			 image->lock && !image->stale, "error", image->error);
}

static int print_json(const struct image_list *l, bool all, struct error **err)
{
	json_t *list = json_array();
	bool ok = list;

	for (size_t i = 0; ok && i < l->n; i++)
		if (all || !l->items[i].is_layer)
			ok = json_array_append_new(list, json_image(&l->items[i])) >= 0;
	return command_print_json(json_complete(list, ok), err);
}

static void print_lock(const struct image *image)
{
	char date[TIME_TEXT_SIZE];

	if (image->error) {
		printf("%-26s", "cannot be read");
	} else if (!image->lock) {
		printf("%-26s", image->is_layer ? "layer" : "not locked");
	} else if (image->stale) {
		printf("%-26s", "lock of another recipe");
	} else {
		_cleanup_free_ char *text = NULL;

		time_format(image->date, date);
		text = string_printf("%.10s, %lld day%s", date, age_days(image),
				     age_days(image) == 1 ? "" : "s");
		printf("%-26s", text ? text : date);
	}
}

static void print_text(const struct image_list *l, bool all)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct image *image = &l->items[i];

		if (image->is_layer && !all)
			continue;
		printf("%-12s  ", image->name);
		print_lock(image);
		printf("  %s\n", image->error		     ? image->error
				 : image->recipe.description ? image->recipe.description
							     : "");
	}
}

static int run(int argc, char **argv, struct error **err)
{
	_cleanup_(places_release) struct places places = {0};
	_cleanup_(image_list_release) struct image_list l = {0};
	struct arguments a = {0};
	int r = command_parse(&command_images, argc, argv, &a, err);

	if (r >= 0)
		r = places_find(a.images, NULL, &places, err);
	if (r >= 0)
		r = read_images(&places.recipes, &l, err);
	if (r < 0)
		return r;
	if (a.json)
		return print_json(&l, a.all, err);
	print_text(&l, a.all);
	return 0;
}

const struct command command_images = {
	.name = "images",
	.summary = "list the images that can be built here",
	.about = "Lists the images that can be built here, from own recipes in the current folder "
		 "and from those that tdnode brings: name, date of the lock and its age, "
		 "description. What is 'not locked' needs 'tdnode lock NAME' first.",
	.options = options,
	.example = "tdnode images",
	.run = run,
};
