/* Packages and component archives, from the bytes to the tree. */
#include "fuzz.h"

#include "base/file.h"
#include "packages/unpack.h"

/* Every input gets a store of its own in memory-backed /dev/shm or /tmp. */
static char *make_folder(void)
{
	char *path = strdup(path_exists("/dev/shm") ? "/dev/shm/fuzz_unpack.XXXXXX"
						    : "/tmp/fuzz_unpack.XXXXXX");

	if (!path || !mkdtemp(path))
		abort();
	return path;
}

static void unpack_both(const struct store *s, const struct digest *sha256)
{
	struct unpacked u = {0};
	struct tree *t = NULL;

	if (unpack_deb(s, sha256, "fuzz", &u, NULL) >= 0)
		unpacked_release(&u);
	if (unpack_archive(s, sha256, "fuzz", &t, NULL) >= 0)
		tree_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *folder = make_folder();
	_cleanup_free_ char *file = path_join(folder, "file");
	struct digest sha256 = digest_bytes(DIGEST_SHA256, SPAN(data, size));
	struct store s = {0};

	if (!file || store_open(folder, &s, NULL) < 0 ||
	    file_write(file, SPAN(data, size), NULL) < 0 ||
	    store_adopt(&s, file, &sha256, size, NULL) < 0)
		abort();
	unpack_both(&s, &sha256);
	store_release(&s);
	if (directory_remove(folder, NULL) < 0)
		abort();
	return 0;
}
