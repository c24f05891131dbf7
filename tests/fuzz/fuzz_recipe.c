/*
 * Recipes: the input is image.conf of the image `fuzz`. Behind a zero byte may follow debug.conf. What is
 * accepted is complete, and gives the same digest when it is read again.
 */
#include "fuzz.h"

#include <sys/stat.h>

#include "base/file.h"
#include "packages/recipe.h"

static char images[] = "/tmp/fuzz-recipe-XXXXXX";
static const struct recipe_folders folders = {.own = images};

static void remove_images(void)
{
	static const char *const names[] = {"fuzz/image.conf", "fuzz/debug.conf", "fuzz", ""};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = path_join(images, names[i]);

		if (path)
			(void)!remove(path);
	}
}

static void write_conf(const char *name, struct span text)
{
	_cleanup_free_ char *path = string_printf("%s/fuzz/%s", images, name);

	if (!path || file_write(path, text, NULL) < 0)
		abort();
}

static void make_images(void)
{
	_cleanup_free_ char *folder = NULL;

	if (!mkdtemp(images))
		abort();
	folder = path_join(images, "fuzz");
	if (!folder || mkdir(folder, 0700) < 0 || atexit(remove_images) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(recipe_release) struct recipe r = {0}, again = {0};
	static bool made;
	const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
	size_t n = zero ? (size_t)(zero - data) : size;
	struct error *err = NULL;
	struct digest a, b;
	int status;

	if (!made)
		make_images();
	made = true;
	write_conf("image.conf", SPAN(data, n));
	write_conf("debug.conf", zero ? SPAN(zero + 1, size - n - 1) : (struct span){0});
	status = recipe_read(&folders, "fuzz", &r, &err);
	if ((status < 0) != (err != NULL))
		abort();
	error_free(err);
	if (status < 0)
		return 0;
	if (!r.name || !r.suite || recipe_read(&folders, "fuzz", &again, NULL) < 0)
		abort();
	if (recipe_request_digest(&r, &a, NULL) < 0 ||
	    recipe_request_digest(&again, &b, NULL) < 0 || !digest_equal(&a, &b))
		abort();
	return 0;
}
