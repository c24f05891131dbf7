#include "test.h"

#include "base/file.h"

char *test_folder(void)
{
	const char *work = getenv("WORK");
	char *path = path_join(work ? work : "/tmp", "test.XXXXXX");

	assert_non_null(path);
	assert_non_null(mkdtemp(path));
	return path;
}

void test_folder_free(char *path)
{
	assert_int_equal(directory_remove(path, NULL), 0);
	free(path);
}
