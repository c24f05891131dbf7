#include "fuzz.h"

#include "formats/fat.h"

#define DEPTH_MAX 4
#define CONTENT_MAX (1u << 20)

/* Reads every file that can be reached by name. */
static void walk(const struct fat *f, const struct fat_file *directory, const char *path, int depth)
{
	_cleanup_(string_list_release) struct string_list names = {0};

	if (depth == DEPTH_MAX || fat_list(f, directory, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < MIN(names.n, (size_t)16); i++) {
		_cleanup_(buffer_release) struct buffer content = BUFFER_INIT(CONTENT_MAX);
		_cleanup_free_ char *child = *path ? path_join(path, names.items[i])
						   : string_printf("%s", names.items[i]);
		struct fat_file file;
		struct span mapped;

		if (!child || fat_find(f, child, &file, NULL) < 0)
			continue;
		if (file.is_directory) {
			walk(f, &file, child, depth + 1);
			continue;
		}

		int r = fat_read(f, &file, &content, NULL);

		/* What can be mapped is what is read. */
		if (fat_map(f, &file, &mapped) && r >= 0 &&
		    !span_equal(mapped, buffer_span(&content)))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fat_file root;
	struct fat f;

	if (fat_open(SPAN(data, size), &f, NULL) >= 0 && fat_find(&f, "", &root, NULL) >= 0)
		walk(&f, &root, "", 0);
	return 0;
}
