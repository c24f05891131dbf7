#include "packages/store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/shortage.h"
#include "base/text.h"
#include "packages/store_sums.h"

static const char *const areas[] = {
	STORE_BLOBS, STORE_KNOWN, STORE_LOCKS,	  STORE_PARTIAL,
	STORE_ROOTS, STORE_STEPS, STORE_UNPACKED,
};

/* Of one process. */
struct store_state {
	int lock_fd; /* -1: on a file system that cannot be written */
	pthread_mutex_t mutex;
	struct string_list verified; /* "AREA/KEY" and "blobs/HEX", as they were verified */
};

static char *default_path(void)
{
	const char *cache = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");

	if (cache && cache[0] == '/')
		return path_join(cache, "tdnode");
	return home && home[0] == '/' ? path_join(home, ".cache/tdnode") : NULL;
}

/* Root may do anything in any case. */
static bool is_own(const struct stat *st)
{
	return (st->st_uid == geteuid() || st->st_uid == 0) && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

/* Whoever may write there decides what is in images. */
static int check_owner(const char *path, struct error **err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return error_errno(err, errno, "store '%s'", path);
	if (!S_ISDIR(st.st_mode))
		return error_set(err, -ERROR_REFUSED, "store: '%s' is no folder", path);
	if (is_own(&st))
		return 0;
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return error_set(err, -ERROR_REFUSED,
				 "store: '%s' belongs to user %u, not to user %u who runs this: "
				 "use another with --store",
				 path, st.st_uid, geteuid());
	return error_set(err, -ERROR_REFUSED,
			 "store: '%s' may be written by others (mode %04o): make sure that nobody "
			 "has, then 'chmod go-w' it",
			 path, st.st_mode & 07777);
}

static int make_areas(const char *path, struct error **err)
{
	int r = directory_make(path, err);

	if (r < 0)
		return error_wrap(err, r, "store");
	r = check_owner(path, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(areas); i++) {
		_cleanup_free_ char *area = path_join(path, areas[i]);

		r = area ? directory_make(area, err) : error_oom(err);
		if (r < 0)
			return error_wrap(err, r, "store");
		r = check_owner(area, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Everybody who uses the store shares this lock; whoever removes from it has it alone. */
static int open_state(const char *path, struct store_state **ret, struct error **err)
{
	_cleanup_free_ char *lock = path_join(path, STORE_LOCKS "/" STORE_LOCK);
	struct store_state *state = lock ? calloc(1, sizeof *state) : NULL;

	if (!state)
		return error_oom(err);
	pthread_mutex_init(&state->mutex, NULL);
	state->lock_fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (state->lock_fd >= 0) {
		while (flock(state->lock_fd, LOCK_SH) < 0 && errno == EINTR)
			;
	}
	*ret = state;
	return 0;
}

int store_open(const char *path, struct store *ret, struct error **err)
{
	_cleanup_(store_release) struct store s = {.path = path ? strdup(path) : default_path()};
	int r;

	if (!s.path)
		return error_set(err, -ENOENT, "no folder for the store: set HOME or use --store");
	r = make_areas(s.path, err);
	if (r < 0)
		return r;

	/* Children of the build see it from another working folder. */
	char *absolute = realpath(s.path, NULL);

	if (!absolute)
		return error_errno(err, errno, "store '%s'", s.path);
	free(s.path);
	s.path = absolute;
	r = open_state(s.path, &s.state, err);
	if (r < 0)
		return r;
	*ret = s;
	s = (struct store){0};
	return 0;
}

void store_release(struct store *s)
{
	if (s->state) {
		closep(&s->state->lock_fd);
		pthread_mutex_destroy(&s->state->mutex);
		string_list_release(&s->state->verified);
		free(s->state);
	}
	free(s->path);
	*s = (struct store){0};
}

int store_lock_exclusive(const struct store *s, struct error **err)
{
	if (s->state->lock_fd < 0)
		return error_set(err, -EROFS, "store '%s' cannot be written", s->path);
	if (flock(s->state->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return error_set(err, -EBUSY,
				 "store '%s' is in use: try again when nothing is built", s->path);
	return 0;
}

static bool was_verified(const struct store *s, const char *name)
{
	pthread_mutex_lock(&s->state->mutex);

	bool found = string_list_has(&s->state->verified, name);

	pthread_mutex_unlock(&s->state->mutex);
	return found;
}

/* Where memory is out it is verified once more. */
static void set_verified(const struct store *s, const char *name)
{
	pthread_mutex_lock(&s->state->mutex);

	if (!string_list_has(&s->state->verified, name)) {
		int ignored = string_list_add(&s->state->verified, name);

		(void)ignored;
	}
	pthread_mutex_unlock(&s->state->mutex);
}

static char *blob_name(const struct digest *sha256)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(sha256, hex);
	return path_join(STORE_BLOBS, hex);
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
	return string_printf("%s/" STORE_PARTIAL "/%s", s->path, hex);
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
		return error_set(err, -ERROR_REFUSED, "SHA-256 is %s, not %s", found_hex,
				 wanted_hex);
	}
	return 0;
}

bool store_check_blob(const struct store *s, const struct digest *sha256)
{
	_cleanup_free_ char *path = store_blob_path(s, sha256);
	_cleanup_free_ char *name = blob_name(sha256);
	_cleanup_error_ struct error *e = NULL;
	struct digest found;
	struct stat st;

	if (!path || !name || lstat(path, &st) < 0)
		return false;
	if (was_verified(s, name))
		return true;
	if (S_ISREG(st.st_mode) && is_own(&st) &&
	    digest_file(path, DIGEST_SHA256, &found, NULL, &e) >= 0 &&
	    digest_equal(&found, sha256)) {
		set_verified(s, name);
		return true;
	}
	progress_note(s->notes, "store: '%s' is damaged (%s): thrown away, to be fetched again",
		      path, e ? error_message(e) : "its owner, mode or SHA-256 is another");
	unlink(path);
	return false;
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
	_cleanup_free_ char *folder =
		path ? strndup(path, (size_t)(strrchr(path, '/') - path)) : NULL;
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
	r = sync_path(folder, O_DIRECTORY, err);
	if (r >= 0) {
		_cleanup_free_ char *name = blob_name(sha256);

		if (name)
			set_verified(s, name);
	}
	return r;
}

struct folder_paths {
	char *name;	 /* "AREA/KEY" */
	char *final;	 /* AREA/KEY */
	char *sums;	 /* AREA/KEY.sum */
	char *temporary; /* AREA/.KEY.tmp: of whoever holds the lock */
	char *lock;
};

static int folder_paths_init(struct folder_paths *p, const struct store *s, const char *area,
			     const char *key, struct error **err)
{
	p->name = string_printf("%s/%s", area, key);
	p->final = string_printf("%s/%s/%s", s->path, area, key);
	p->sums = string_printf("%s/%s/%s.sum", s->path, area, key);
	p->temporary = string_printf("%s/%s/.%s.tmp", s->path, area, key);
	p->lock = string_printf("%s/" STORE_LOCKS "/%s-%s", s->path, area, key);
	return p->name && p->final && p->sums && p->temporary && p->lock ? 0 : error_oom(err);
}

static void folder_paths_release(struct folder_paths *p)
{
	free(p->name);
	free(p->final);
	free(p->sums);
	free(p->temporary);
	free(p->lock);
}

static bool has_folder(const struct folder_paths *p)
{
	return path_exists(p->final) && path_exists(p->sums);
}

bool store_has_folder(const struct store *s, const char *area, const char *key)
{
	_cleanup_(folder_paths_release) struct folder_paths p = {0};

	return folder_paths_init(&p, s, area, key, NULL) >= 0 && has_folder(&p);
}

static int inspect(const struct folder_paths *p, enum store_folder_state *ret, char **ret_what,
		   struct error **err)
{
	_cleanup_(buffer_release) struct buffer expected = BUFFER_INIT(STORE_SUMS_MAX),
						found = BUFFER_INIT(STORE_SUMS_MAX);
	_cleanup_error_ struct error *e = NULL;
	struct stat st;
	char *what;
	int r;

	*ret = STORE_FOLDER_UNFINISHED;
	if (lstat(p->final, &st) < 0 || !path_exists(p->sums))
		return 0;
	r = S_ISDIR(st.st_mode) && is_own(&st)
		    ? file_read(p->sums, STORE_SUMS_MAX, &expected, &e)
		    : error_set(&e, -EPERM, "its owner or mode is another");
	if (r >= 0)
		r = store_sums(p->final, &found, &e);
	/* Says nothing of what the folder holds. */
	if (shortage_is(r))
		return error_move(err, r, &e);
	if (r >= 0 && span_equal(buffer_span(&expected), buffer_span(&found))) {
		*ret = STORE_FOLDER_WHOLE;
		return 0;
	}
	what = r < 0 ? strdup(error_message(e))
		     : store_sums_difference(buffer_span(&expected), buffer_span(&found));
	if (!what)
		return error_oom(err);
	*ret = STORE_FOLDER_DAMAGED;
	*ret_what = what;
	return 0;
}

int store_inspect_folder(const struct store *s, const char *area, const char *key,
			 enum store_folder_state *ret, char **ret_what, struct error **err)
{
	_cleanup_(folder_paths_release) struct folder_paths p = {0};
	int r = folder_paths_init(&p, s, area, key, err);

	return r < 0 ? r : inspect(&p, ret, ret_what, err);
}

/* The name goes first: what is half removed is nobody's. */
static int remove_folder(const struct folder_paths *p, struct error **err)
{
	int r = directory_remove(p->temporary, err);

	if (r < 0)
		return r;
	if (rename(p->final, p->temporary) < 0 && errno != ENOENT)
		return error_errno(err, errno, "cannot remove '%s'", p->final);
	if (unlink(p->sums) < 0 && errno != ENOENT)
		return error_errno(err, errno, "cannot remove '%s'", p->sums);
	return directory_remove(p->temporary, err);
}

int store_remove_folder(const struct store *s, const char *area, const char *key,
			struct error **err)
{
	_cleanup_(folder_paths_release) struct folder_paths p = {0};
	int r = folder_paths_init(&p, s, area, key, err);

	return r < 0 ? r : remove_folder(&p, err);
}

/* Under the folder's lock. */
static int check_locked(const struct store *s, const struct folder_paths *p, bool *ret_whole,
			struct error **err)
{
	_cleanup_free_ char *what = NULL;
	enum store_folder_state state;
	int r = inspect(p, &state, &what, err);

	if (r < 0)
		return r;
	*ret_whole = state == STORE_FOLDER_WHOLE;
	if (*ret_whole)
		return 0;
	if (state == STORE_FOLDER_DAMAGED)
		progress_note(s->notes,
			      "store: '%s' is damaged (%s): thrown away, to be made again",
			      p->final, what);
	return remove_folder(p, err);
}

/*
 * Whether the folder is whole. Where it is not, *ret_lock is its lock and nothing is left of it: looking at
 * one that is whole takes no lock.
 */
static int check_folder(const struct store *s, const struct folder_paths *p, int *ret_lock,
			bool *ret_whole, struct error **err)
{
	_cleanup_free_ char *what = NULL;
	_cleanup_close_ int lock = -1;
	enum store_folder_state state = STORE_FOLDER_WHOLE;
	int r = was_verified(s, p->name) ? 0 : inspect(p, &state, &what, err);

	*ret_whole = state == STORE_FOLDER_WHOLE;
	if (r >= 0 && !*ret_whole) {
		r = file_lock(p->lock, &lock, err);
		/* Another process may have made it while this one waited. */
		if (r >= 0)
			r = check_locked(s, p, ret_whole, err);
	}
	if (r < 0)
		return r;
	if (*ret_whole)
		set_verified(s, p->name);
	else
		*ret_lock = TAKE_FD(lock);
	return 0;
}

int store_check_folder(const struct store *s, const char *area, const char *key, bool *ret_whole,
		       struct error **err)
{
	_cleanup_(folder_paths_release) struct folder_paths p = {0};
	_cleanup_close_ int lock = -1;
	int r = folder_paths_init(&p, s, area, key, err);

	return r < 0 ? r : check_folder(s, &p, &lock, ret_whole, err);
}

static int write_sums(const struct folder_paths *p, struct error **err)
{
	_cleanup_(buffer_release) struct buffer sums = BUFFER_INIT(STORE_SUMS_MAX);
	int r = store_sums(p->temporary, &sums, err);

	return r < 0 ? r : file_write(p->sums, buffer_span(&sums), err);
}

static int make_folder(const struct folder_paths *p, store_make_function make, void *context,
		       struct error **err)
{
	int r = directory_make(p->temporary, err);

	if (r >= 0)
		r = make(context, p->temporary, err);
	if (r >= 0)
		r = write_sums(p, err);
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

int store_folder(const struct store *s, const char *area, const char *key, store_make_function make,
		 void *context, char **ret_path, struct error **err)
{
	_cleanup_(folder_paths_release) struct folder_paths p = {0};
	_cleanup_close_ int lock = -1;
	bool whole = false;
	int r = folder_paths_init(&p, s, area, key, err);

	if (r >= 0)
		r = check_folder(s, &p, &lock, &whole, err);
	if (r >= 0 && !whole) {
		r = make_folder(&p, make, context, err);
		if (r >= 0)
			set_verified(s, p.name);
	}
	if (r < 0)
		return r;
	/* When it was used last, for store_gc(). */
	utimensat(AT_FDCWD, p.sums, NULL, 0);
	*ret_path = TAKE_PTR(p.final);
	return 0;
}

int store_read_file(const struct store *s, const char *area, const char *key, const char *name,
		    size_t max, struct buffer *ret, struct error **err)
{
	_cleanup_(folder_paths_release) struct folder_paths p = {0};
	_cleanup_(buffer_release) struct buffer sums = BUFFER_INIT(STORE_SUMS_MAX);
	_cleanup_free_ char *path = NULL, *line = NULL;
	char hex[DIGEST_HEX_MAX];
	struct digest digest;
	size_t at;
	int r = folder_paths_init(&p, s, area, key, err);

	if (r < 0)
		return r;
	path = path_join(p.final, name);
	if (!path)
		return error_oom(err);
	if (!path_exists(p.sums))
		return error_set(err, -ENOENT, "no '%s' in the store", p.name);
	r = file_read(p.sums, STORE_SUMS_MAX, &sums, err);
	if (r >= 0)
		r = file_read(path, max, ret, err);
	if (r < 0)
		return r;
	digest = digest_bytes(DIGEST_SHA256, buffer_span(ret));
	digest_hex(&digest, hex);
	line = string_printf("f %s %s\n", hex, name);
	if (!line)
		return error_oom(err);
	if (!span_find(buffer_span(&sums), span_string(line), &at))
		return error_set(err, -ERROR_REFUSED, "'%s' is damaged: 'tdnode store verify'",
				 path);
	return 0;
}
