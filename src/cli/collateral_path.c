#include "cli/collateral_path.h"

#include <sys/stat.h>

#include "base/file.h"
#include "formats/collateral.h"

static int read_one(const char *path, const char *name, size_t max, collateral_take take,
		    void *context, struct error **err)
{
	_cleanup_(buffer_release) struct buffer bytes = BUFFER_INIT(max);
	int r = file_read(path, max, &bytes, err);

	if (r < 0)
		return r;
	r = take(context, name, buffer_span(&bytes), err);
	return r < 0 ? error_wrap(err, r, "%s", path) : 0;
}

int collateral_path_read(const char *path, size_t max, collateral_take take, void *context,
			 struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	struct stat st;
	int r;

	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return read_one(path, NULL, max, take, context, err);
	r = directory_list(path, &names, err);
	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		_cleanup_free_ char *file = NULL;

		if (!collateral_file_is_known(names.items[i]))
			continue;
		file = path_join(path, names.items[i]);
		r = file ? read_one(file, names.items[i], max, take, context, err) : error_oom(err);
	}
	return r;
}
