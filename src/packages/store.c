#include "packages/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"

static const char *const areas[] = {"archive", "blobs", "locks", "partial",
				    "roots",   "steps", "unpacked"};

static char *default_path(void)
{
	const char *cache = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");

	if (cache && cache[0] == '/')
		return path_join(cache, "tdnode");
	return home && home[0] == '/' ? path_join(home, ".cache/tdnode") : NULL;
}

int store_open(const char *path, struct store *ret, struct error **err)
{
	_cleanup_(store_release) struct store s = {.path = path ? strdup(path) : default_path()};

	if (!s.path)
		return error_set(err, -ENOENT, "no folder for the store: set HOME or use --store");
	for (size_t i = 0; i < ARRAY_SIZE(areas); i++) {
		_cleanup_free_ char *area = path_join(s.path, areas[i]);
		int r = area ? directory_make(area, err) : error_oom(err);

		if (r < 0)
			return error_wrap(err, r, "store");
	}

	/* Children of the build see it from another working folder. */
	char *absolute = realpath(s.path, NULL);

	if (!absolute)
		return error_errno(err, errno, "store '%s'", s.path);
	ret->path = absolute;
	return 0;
}

void store_release(struct store *s)
{
	free(s->path);
	*s = (struct store){0};
}

char *store_blob_path(const struct store *s, const struct digest *sha256)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(sha256, hex);
	return string_printf("%s/blobs/%.2s/%s", s->path, hex, hex);
}

char *store_partial_path(const struct store *s, const struct digest *sha256)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(sha256, hex);
	return string_printf("%s/partial/%s", s->path, hex);
}

bool store_has_blob(const struct store *s, const struct digest *sha256, uint64_t size)
{
	_cleanup_free_ char *path = store_blob_path(s, sha256);
	struct stat st;

	return path && lstat(path, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == size;
}

static int check_blob(const char *file, const struct digest *sha256, uint64_t size,
		      struct error **err)
{
	struct digest found;
	char wanted_hex[DIGEST_HEX_MAX], found_hex[DIGEST_HEX_MAX];
	uint64_t found_size;
	int r = digest_file(file, DIGEST_SHA256, &found, &found_size, err);

	if (r < 0)
		return r;
	if (found_size != size)
		return error_set(err, -ERROR_REFUSED, "%llu bytes, not %llu",
				 (unsigned long long)found_size, (unsigned long long)size);
	if (!digest_equal(&found, sha256)) {
		digest_hex(&found, found_hex);
		digest_hex(sha256, wanted_hex);
		return error_set(err, -ERROR_REFUSED, "SHA-256 is %s, not %s", found_hex, wanted_hex);
	}
	return 0;
}

static int sync_path(const char *path, int flags, struct error **err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | flags);

	if (fd < 0 || fsync(fd) < 0)
		return error_errno(err, errno, "cannot sync '%s'", path);
	return 0;
}

int store_adopt(const struct store *s, const char *file, const struct digest *sha256, uint64_t size,
		struct error **err)
{
	_cleanup_free_ char *path = store_blob_path(s, sha256);
	_cleanup_free_ char *folder = path ? strndup(path, (size_t)(strrchr(path, '/') - path)) : NULL;
	int r = folder ? check_blob(file, sha256, size, err) : error_oom(err);

	if (r < 0) {
		unlink(file);
		return r;
	}
	r = sync_path(file, 0, err);
	if (r >= 0)
		r = directory_make(folder, err);
	if (r < 0)
		return r;
	if (rename(file, path) < 0)
		return error_errno(err, errno, "cannot move into the store as '%s'", path);
	return sync_path(folder, O_DIRECTORY, err);
}

/* AREA/KEY and AREA/.KEY.tmp: the latter belongs to whoever holds the lock. */
struct folder_paths {
	char *final;
	char *temporary;
	char *lock;
};

static void folder_paths_release(struct folder_paths *p)
{
	free(p->final);
	free(p->temporary);
	free(p->lock);
}

static int make_folder(const struct folder_paths *p, store_make_function make, void *context,
		       struct error **err)
{
	/* What a killed process left under the temporary name is nobody's now. */
	int r = directory_remove(p->temporary, err);

	if (r >= 0)
		r = directory_make(p->temporary, err);
	if (r >= 0)
		r = make(context, p->temporary, err);
	if (r < 0) {
		int ignored = directory_remove(p->temporary, NULL);

		(void)ignored;
		return r;
	}

	/* One call for all files of the folder: they must be on disk before the name says so. */
	_cleanup_close_ int fd = open(p->temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || syncfs(fd) < 0)
		return error_errno(err, errno, "cannot sync '%s'", p->temporary);
	if (rename(p->temporary, p->final) < 0)
		return error_errno(err, errno, "cannot rename to '%s'", p->final);
	return 0;
}

int store_folder(const struct store *s, const char *area, const char *key,
		 store_make_function make, void *context, char **ret_path, struct error **err)
{
	_cleanup_(folder_paths_release) struct folder_paths p = {
		.final = string_printf("%s/%s/%s", s->path, area, key),
		.temporary = string_printf("%s/%s/.%s.tmp", s->path, area, key),
		.lock = string_printf("%s/locks/%s-%s", s->path, area, key),
	};
	_cleanup_close_ int lock = -1;
	int r;

	if (!p.final || !p.temporary || !p.lock)
		return error_oom(err);
	if (!path_exists(p.final)) {
		r = file_lock(p.lock, &lock, err);
		/* Another process may have made it while this one waited. */
		if (r >= 0 && !path_exists(p.final))
			r = make_folder(&p, make, context, err);
		if (r < 0)
			return r;
	}
	*ret_path = TAKE_PTR(p.final);
	return 0;
}
