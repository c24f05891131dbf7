#include "packages/store_audit.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/parallel.h"

static const struct {
	const char *area;
	enum store_kind kind;
} folder_areas[] = {
	{STORE_UNPACKED, STORE_KIND_UNPACKED},
	{STORE_ROOTS, STORE_KIND_ROOT},
	{STORE_STEPS, STORE_KIND_STEP},
};

const char *store_kind_name(enum store_kind kind)
{
	static const char *const names[STORE_KINDS_] = {
		[STORE_KIND_BLOB] = "downloads",    [STORE_KIND_UNPACKED] = "unpacked packages",
		[STORE_KIND_ROOT] = "build roots",  [STORE_KIND_STEP] = "steps",
		[STORE_KIND_PARTIAL] = "leftovers",
	};

	return names[kind];
}

void store_verification_release(struct store_verification *v)
{
	string_list_release(&v->damaged);
	*v = (struct store_verification){0};
}

/* One thing in the store. */
struct thing {
	enum store_kind kind;
	char *name; /* "unpacked/KEY", "blobs/HEX", "partial/X", "roots/.KEY.tmp" */
	char *path;
	uint64_t bytes;
	int64_t used; /* of a step */
	char *damage; /* found by verification */
};

struct things {
	const struct store *store;
	struct thing *items;
	size_t n, capacity;
	struct progress *progress;
};

static void things_release(struct things *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->items[i].name);
		free(t->items[i].path);
		free(t->items[i].damage);
	}
	free(t->items);
}

/* What cannot be looked at counts as nothing: it is damage that verification finds. */
static uint64_t bytes_of(const char *path)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	uint64_t sum = 0;
	struct stat st;

	if (lstat(path, &st) < 0)
		return 0;
	if (!S_ISDIR(st.st_mode))
		return S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
	if (directory_list(path, &names, NULL) < 0)
		return 0;
	for (size_t i = 0; i < names.n; i++) {
		_cleanup_free_ char *child = path_join(path, names.items[i]);

		sum += child ? bytes_of(child) : 0;
	}
	return sum;
}

static int add_thing(struct things *t, enum store_kind kind, const char *area, const char *below,
		     const char *name, struct error **err)
{
	struct thing thing = {
		.kind = kind,
		.name = path_join(area, name),
		.path = string_printf("%s/%s%s/%s", t->store->path, area, below, name),
	};

	if (!thing.name || !thing.path ||
	    array_reserve(&t->items, &t->capacity, t->n + 1, sizeof *t->items) < 0) {
		free(thing.name);
		free(thing.path);
		return error_oom(err);
	}
	thing.bytes = bytes_of(thing.path);
	t->items[t->n++] = thing;
	return 0;
}

static int list_area(const struct things *t, const char *area, const char *below,
		     struct string_list *ret, struct error **err)
{
	_cleanup_free_ char *path = string_printf("%s/%s%s", t->store->path, area, below);

	return path ? directory_list(path, ret, err) : error_oom(err);
}

static int add_files(struct things *t, enum store_kind kind, const char *area, const char *below,
		     struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	int r = list_area(t, area, below, &names, err);

	for (size_t i = 0; r >= 0 && i < names.n; i++)
		r = add_thing(t, kind, area, below, names.items[i], err);
	return r;
}

static int add_blobs(struct things *t, struct error **err)
{
	_cleanup_(string_list_release) struct string_list folders = {0};
	int r = list_area(t, STORE_BLOBS, "", &folders, err);

	for (size_t i = 0; r >= 0 && i < folders.n; i++) {
		_cleanup_free_ char *below = path_join("", folders.items[i]);

		r = below ? add_files(t, STORE_KIND_BLOB, STORE_BLOBS, below, err) : error_oom(err);
	}
	return r;
}

static int add_folders(struct things *t, enum store_kind kind, const char *area, struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	int r = list_area(t, area, "", &names, err);

	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		const char *name = names.items[i];
		_cleanup_free_ char *sums = string_printf("%s.sum", name);
		_cleanup_free_ char *sums_path =
			sums ? string_printf("%s/%s/%s", t->store->path, area, sums) : NULL;
		struct stat st;

		if (!sums_path)
			return error_oom(err);
		/* Those of folders go with them; others are left by a killed process. */
		if (string_ends(name, ".sum")) {
			_cleanup_free_ char *folder = strndup(name, strlen(name) - strlen(".sum"));

			if (!folder)
				return error_oom(err);
			if (!string_list_has(&names, folder))
				r = add_thing(t, STORE_KIND_PARTIAL, area, "", name, err);
			continue;
		}
		if (name[0] == '.' || lstat(sums_path, &st) < 0) {
			r = add_thing(t, STORE_KIND_PARTIAL, area, "", name, err);
			continue;
		}
		r = add_thing(t, kind, area, "", name, err);
		if (r >= 0)
			t->items[t->n - 1].used = st.st_mtim.tv_sec;
	}
	return r;
}

static int list_things(struct things *t, struct error **err)
{
	int r = add_blobs(t, err);

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(folder_areas); i++)
		r = add_folders(t, folder_areas[i].kind, folder_areas[i].area, err);
	if (r >= 0)
		r = add_files(t, STORE_KIND_PARTIAL, STORE_PARTIAL, "", err);
	return r < 0 ? r : add_files(t, STORE_KIND_PARTIAL, STORE_KNOWN, "", err);
}

static void add_amount(struct store_amount amounts[STORE_KINDS_], const struct thing *thing)
{
	amounts[thing->kind].n++;
	amounts[thing->kind].bytes += thing->bytes;
}

static int verify_blob(struct thing *thing, struct error **err)
{
	const char *hex = path_basename(thing->path);
	_cleanup_error_ struct error *e = NULL;
	struct digest wanted, found;
	struct stat st;
	int r = 0;

	if (!digest_parse(DIGEST_SHA256, hex, &wanted) || lstat(thing->path, &st) < 0 ||
	    !S_ISREG(st.st_mode))
		thing->damage = strdup("is no file that belongs here");
	else if ((r = digest_file(thing->path, DIGEST_SHA256, &found, NULL, &e)) < 0)
		thing->damage = strdup(error_message(e));
	else if (!digest_equal(&wanted, &found))
		thing->damage = strdup("its SHA-256 is not its name");
	else
		return 0;
	return thing->damage ? 0 : error_oom(err);
}

static int verify_thing(void *context, size_t index, struct error **err)
{
	struct things *t = context;
	struct thing *thing = &t->items[index];
	enum store_folder_state state = STORE_FOLDER_WHOLE;
	_cleanup_free_ char *area = NULL;
	_cleanup_free_ char *what = NULL;
	int r = 0;

	if (thing->kind == STORE_KIND_PARTIAL)
		return 0;
	progress_add(t->progress, thing->bytes);
	if (thing->kind == STORE_KIND_BLOB)
		return verify_blob(thing, err);
	area = strndup(thing->name, strcspn(thing->name, "/"));
	r = area ? store_inspect_folder(t->store, area, path_basename(thing->name), &state, &what,
					err)
		 : error_oom(err);
	if (r >= 0 && state == STORE_FOLDER_DAMAGED) {
		thing->damage = string_printf("'%s' is not as it was made", what);
		if (!thing->damage)
			r = error_oom(err);
	}
	return r;
}

int store_verify(const struct store *s, struct progress *progress, struct store_verification *ret,
		 struct error **err)
{
	_cleanup_(store_verification_release) struct store_verification v = {0};
	_cleanup_(things_release) struct things t = {.store = s, .progress = progress};
	uint64_t bytes = 0;
	int r = list_things(&t, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < t.n; i++) {
		add_amount(v.amounts, &t.items[i]);
		bytes += t.items[i].kind == STORE_KIND_PARTIAL ? 0 : t.items[i].bytes;
	}
	progress_begin(progress, "verify store", bytes, true);
	r = parallel_for(t.n, 0, verify_thing, &t, err);
	if (r < 0)
		return r;
	progress_end(progress, NULL);
	for (size_t i = 0; i < t.n; i++) {
		char *line;

		if (!t.items[i].damage)
			continue;
		line = string_printf("%s: %s", t.items[i].name, t.items[i].damage);
		if (string_list_take(&v.damaged, line) < 0)
			return error_oom(err);
	}
	*ret = v;
	v = (struct store_verification){0};
	return 0;
}

static bool is_needed(const struct store_gc_options *o, const struct thing *thing)
{
	switch (thing->kind) {
	case STORE_KIND_PARTIAL:
		return false;
	case STORE_KIND_STEP:
		return thing->used >= o->steps_before;
	default:
		return string_list_has(&o->keep, thing->name);
	}
}

static int remove_thing(const struct store *s, const struct thing *thing, struct error **err)
{
	_cleanup_free_ char *area = NULL;
	struct stat st;

	if (lstat(thing->path, &st) < 0)
		return error_errno(err, errno, "%s", thing->path);
	if (!S_ISDIR(st.st_mode))
		return unlink(thing->path) < 0 ? error_errno(err, errno, "%s", thing->path) : 0;
	if (thing->kind == STORE_KIND_PARTIAL || thing->kind == STORE_KIND_BLOB)
		return directory_remove(thing->path, err);
	area = strndup(thing->name, strcspn(thing->name, "/"));
	return area ? store_remove_folder(s, area, path_basename(thing->name), err)
		    : error_oom(err);
}

/* They are of no use while nobody is at work, and one is made for each folder there ever was. */
static int remove_locks(const struct store *s, struct error **err)
{
	_cleanup_free_ char *folder = path_join(s->path, STORE_LOCKS);
	_cleanup_(string_list_release) struct string_list names = {0};
	int r = folder ? directory_list(folder, &names, err) : error_oom(err);

	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		_cleanup_free_ char *path = path_join(folder, names.items[i]);

		if (!path)
			return error_oom(err);
		if (!string_equal(names.items[i], STORE_LOCK) && unlink(path) < 0)
			return error_errno(err, errno, "%s", path);
	}
	return r;
}

int store_gc(const struct store *s, const struct store_gc_options *options,
	     struct store_amount ret[STORE_KINDS_], struct error **err)
{
	_cleanup_(things_release) struct things t = {.store = s};
	struct store_amount amounts[STORE_KINDS_] = {0};
	int r = store_lock_exclusive(s, err);

	if (r >= 0)
		r = list_things(&t, err);
	for (size_t i = 0; r >= 0 && i < t.n; i++) {
		if (is_needed(options, &t.items[i]))
			continue;
		add_amount(amounts, &t.items[i]);
		if (!options->dry_run)
			r = remove_thing(s, &t.items[i], err);
	}
	if (r >= 0 && !options->dry_run)
		r = remove_locks(s, err);
	if (r >= 0)
		memcpy(ret, amounts, sizeof amounts);
	return r;
}
