#include "cli/instance_argument.h"

#include <errno.h>

#include "base/file.h"

/* The only instance that runs; none or several need a name. */
static int find_running(const char *state, char **ret, struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	_cleanup_free_ char *found = NULL;
	int r = instance_list(state, &names, err);

	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		_cleanup_(instance_release) struct instance instance = INSTANCE_INIT;

		r = instance_open(state, names.items[i], &instance, err);
		if (r < 0 || !instance_is_running(&instance))
			continue;
		if (found)
			return error_set(err, -ERROR_USAGE,
					 "'%s' and '%s' are running: name one of them", found,
					 names.items[i]);
		found = strdup(names.items[i]);
		if (!found)
			return error_oom(err);
	}
	if (r < 0)
		return r;
	if (!found)
		return error_set(err, -ENOENT, "no instance is running");
	*ret = TAKE_PTR(found);
	return 0;
}

/* Opening an instance makes its folder: one that is only asked for must be there. */
static int check_exists(const char *state, const char *name, struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	int r = instance_list(state, &names, err);

	if (r >= 0 && !string_list_has(&names, name))
		return error_set(err, -ENOENT, "no instance '%s': 'tdnode ps' lists them", name);
	return r;
}

int instance_find(const char *state, const char *name, struct instance *ret, struct error **err)
{
	_cleanup_free_ char *running = NULL;
	int r = name ? check_exists(state, name, err) : find_running(state, &running, err);

	return r < 0 ? r : instance_open(state, name ? name : running, ret, err);
}
