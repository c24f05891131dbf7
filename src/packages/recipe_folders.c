#include "packages/recipe_folders.h"

#include <errno.h>

#include "base/file.h"
#include "packages/recipe_keys.h"

/* DIRECTORY/NAME/FILE if it is there, NULL if not. */
static int find_file(const char *directory, const char *name, const char *file, char **ret,
		     struct error **err)
{
	_cleanup_free_ char *path = string_printf("%s/%s/%s", directory, name, file);

	if (!path)
		return error_oom(err);
	if (path_exists(path))
		*ret = TAKE_PTR(path);
	return 0;
}

int recipe_folders_find(const struct recipe_folders *f, const char *name, char **ret,
			struct error **err)
{
	_cleanup_free_ char *own = NULL, *installed = NULL;
	int r = find_file(f->own, name, "image.conf", &own, err);

	if (r >= 0 && !own && f->installed)
		r = find_file(f->installed, name, "image.conf", &installed, err);
	if (r < 0)
		return r;
	*ret = path_join(installed ? f->installed : f->own, name);
	return *ret ? 0 : error_oom(err);
}

int recipe_folders_find_lock(const struct recipe_folders *f, const char *name, char **ret,
			     struct error **err)
{
	_cleanup_free_ char *own = NULL, *directory = NULL;
	int r = find_file(f->own, name, "image.lock", &own, err);

	if (r >= 0 && !own)
		r = recipe_folders_find(f, name, &directory, err);
	if (r < 0)
		return r;
	*ret = own ? TAKE_PTR(own) : path_join(directory, "image.lock");
	return *ret ? 0 : error_oom(err);
}

/* Adds what `directory` has and `ret` has not. */
static int add_names(const char *directory, struct string_list *ret, struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	int r = directory_list(directory, &names, err);

	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		_cleanup_free_ char *recipe = NULL;

		/* What was begun and never finished, say. */
		if (!recipe_name_is_valid(names.items[i]))
			continue;
		r = find_file(directory, names.items[i], "image.conf", &recipe, err);
		if (r >= 0 && recipe && !string_list_has(ret, names.items[i]) &&
		    string_list_add(ret, names.items[i]) < 0)
			r = error_oom(err);
	}
	return r;
}

int recipe_folders_list(const struct recipe_folders *f, struct string_list *ret, struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	int r = 0;

	/* Nobody needs a folder of their own who builds what is installed. */
	if (!f->installed || !path_is_absent(f->own))
		r = add_names(f->own, &names, err);
	if (r >= 0 && f->installed)
		r = add_names(f->installed, &names, err);
	if (r < 0)
		return r;
	string_list_sort(&names);
	*ret = names;
	names = (struct string_list){0};
	return 0;
}
