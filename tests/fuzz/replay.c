/* Replays corpus files through a fuzz target: every argument is a file or a folder of files. */
#include "fuzz.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"

/* Larger than any corpus file; those are kept small on purpose. */
#define REPLAY_MAX (16u << 20)

static int replay_file(const char *path, struct error **err)
{
	_cleanup_(buffer_release) struct buffer data = BUFFER_INIT(REPLAY_MAX);
	int r = file_read(path, REPLAY_MAX, &data, err);

	if (r < 0)
		return r;
	/* A block of its own exact size, so that AddressSanitizer sees one byte too far. */
	_cleanup_free_ uint8_t *exact = malloc(data.n ? data.n : 1);

	if (!exact)
		return error_oom(err);
	if (data.n)
		memcpy(exact, data.p, data.n);
	LLVMFuzzerTestOneInput(exact, data.n);
	return 0;
}

static int replay(const char *path, size_t *count, struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	struct stat st;

	if (stat(path, &st) < 0)
		return error_errno(err, errno, "%s", path);
	if (!S_ISDIR(st.st_mode)) {
		(*count)++;
		return replay_file(path, err);
	}

	int r = directory_list(path, &names, err);

	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		_cleanup_free_ char *child = path_join(path, names.items[i]);

		r = child ? replay(child, count, err) : error_oom(err);
	}
	return r;
}

int main(int argc, char **argv)
{
	_cleanup_error_ struct error *err = NULL;
	size_t count = 0;

	for (int i = 1; i < argc; i++) {
		if (replay(argv[i], &count, &err) < 0) {
			fprintf(stderr, "%s: %s\n", argv[0], error_message(err));
			return 1;
		}
	}
	printf("%s: %zu inputs replayed\n", path_basename(argv[0]), count);
	return count > 0 ? 0 : 1;
}
