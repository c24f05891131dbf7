#include "cli/places.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "base/file.h"

#define DATA_FOLDER "share/tdnode"

void places_release(struct places *p)
{
	free(p->installed);
	free(p->images);
	free(p->source);
	*p = (struct places){0};
}

/* PREFIX/share/tdnode of PREFIX/bin/tdnode; NULL if it is no such thing. */
static int find_installed(char **ret, struct error **err)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
	_cleanup_free_ char *data = NULL, *recipes = NULL;

	if (n < 0)
		return error_errno(err, errno, "/proc/self/exe");
	path[n] = '\0';
	/* Off with "/bin/tdnode". */
	for (int i = 0; i < 2; i++) {
		char *slash = strrchr(path, '/');

		if (!slash)
			return 0;
		*slash = '\0';
	}
	data = string_printf("%s/%s", path, DATA_FOLDER);
	recipes = data ? path_join(data, "images") : NULL;
	if (!recipes)
		return error_oom(err);
	if (path_exists(recipes))
		*ret = TAKE_PTR(data);
	return 0;
}

static const char *choose_source(const char *given, const char *installed)
{
	if (given)
		return given;
	return installed && !(path_exists("guest") && path_exists("src/formats")) ? installed : ".";
}

int places_find(const char *images, const char *source, struct places *ret, struct error **err)
{
	_cleanup_(places_release) struct places p = {0};
	int r = find_installed(&p.installed, err);

	if (r < 0)
		return r;
	p.source = strdup(choose_source(source, p.installed));
	p.images = p.installed ? path_join(p.installed, "images") : NULL;
	if (!p.source || (p.installed && !p.images))
		return error_oom(err);
	p.recipes = (struct recipe_folders){.own = images, .installed = p.images};
	*ret = p;
	p = (struct places){0};
	return 0;
}
