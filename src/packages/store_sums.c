#include "packages/store_sums.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/parallel.h"
#include "crypto/digest.h"

/* Threads cost more than they gain below. */
#define FILES_FOR_THREADS 64

struct item {
	char *path; /* below the folder */
	char kind;
	struct digest digest; /* of 'f', 'x' and 'l' */
};

struct walk {
	const char *directory;
	struct item *items;
	size_t n, capacity;
};

static void walk_release(struct walk *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->items[i].path);
	free(w->items);
}

static int digest_link(const char *path, struct digest *ret, struct error **err)
{
	char target[4096];
	ssize_t n = readlink(path, target, sizeof target);

	if (n < 0)
		return error_errno(err, errno, "%s", path);
	*ret = digest_bytes(DIGEST_SHA256, SPAN(target, (size_t)n));
	return 0;
}

static int walk_folder(struct walk *w, const char *path, struct error **err);

static int walk_item(struct walk *w, char *path, struct error **err)
{
	_cleanup_free_ char *full = path_join(w->directory, path);
	struct item *item;
	struct stat st;

	if (!full || array_reserve(&w->items, &w->capacity, w->n + 1, sizeof *w->items) < 0) {
		free(path);
		return error_oom(err);
	}
	item = &w->items[w->n++];
	*item = (struct item){.path = path, .kind = '?'};
	if (lstat(full, &st) < 0)
		return error_errno(err, errno, "%s", full);
	if (S_ISDIR(st.st_mode)) {
		item->kind = 'd';
		return walk_folder(w, path, err);
	}
	if (S_ISREG(st.st_mode))
		item->kind = st.st_mode & S_IXUSR ? 'x' : 'f';
	if (!S_ISLNK(st.st_mode))
		return 0;
	item->kind = 'l';
	return digest_link(full, &item->digest, err);
}

/* `path` is "" for the folder itself. */
static int walk_folder(struct walk *w, const char *path, struct error **err)
{
	_cleanup_free_ char *full = path[0] ? path_join(w->directory, path) : strdup(w->directory);
	_cleanup_(string_list_release) struct string_list names = {0};
	int r = full ? directory_list(full, &names, err) : error_oom(err);

	for (size_t i = 0; r >= 0 && i < names.n; i++) {
		char *child = path[0] ? path_join(path, names.items[i]) : strdup(names.items[i]);

		r = child ? walk_item(w, child, err) : error_oom(err);
	}
	return r;
}

static int digest_item(void *context, size_t index, struct error **err)
{
	struct walk *w = context;
	struct item *item = &w->items[index];
	_cleanup_free_ char *full = NULL;

	if (item->kind != 'f' && item->kind != 'x')
		return 0;
	full = path_join(w->directory, item->path);
	return full ? digest_file(full, DIGEST_SHA256, &item->digest, NULL, err) : error_oom(err);
}

static void put_item(struct buffer *b, const struct item *item)
{
	char hex[DIGEST_HEX_MAX] = "-";

	if (item->kind != 'd' && item->kind != '?')
		digest_hex(&item->digest, hex);
	buffer_printf(b, "%c %s ", item->kind, hex);
	for (const char *p = item->path; *p; p++) {
		if ((uint8_t)*p < 0x20 || *p == '\\' || *p == 0x7f)
			buffer_printf(b, "\\%02x", (uint8_t)*p);
		else
			buffer_put_u8(b, (uint8_t)*p);
	}
	buffer_put_u8(b, '\n');
}

int store_sums(const char *directory, struct buffer *ret, struct error **err)
{
	_cleanup_(walk_release) struct walk w = {.directory = directory};
	int r = walk_folder(&w, "", err);

	if (r >= 0)
		r = parallel_for(w.n, w.n < FILES_FOR_THREADS ? 1 : 0, digest_item, &w, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < w.n; i++)
		put_item(ret, &w.items[i]);
	return buffer_ok(ret) ? 0 : error_set(err, -EFBIG, "'%s' holds too many files", directory);
}

static struct span name_of(struct span line)
{
	size_t at;

	for (unsigned i = 0; i < 2; i++) {
		if (!span_find(line, SPAN_LITERAL(" "), &at))
			return line;
		line = span_skip(line, at + 1);
	}
	return line;
}

char *store_sums_difference(struct span expected, struct span found)
{
	struct reader a = reader_init(expected), b = reader_init(found);
	struct span x, y;
	bool more, other;

	do {
		more = reader_line(&a, &x);
		other = reader_line(&b, &y);
	} while (more && other && span_equal(x, y));
	if (!more && !other)
		return NULL;
	if (!more)
		return span_to_string(name_of(y));
	if (!other)
		return span_to_string(name_of(x));

	/* One that is there and was not, or that is gone: whichever comes first. */
	struct span was = name_of(x), is = name_of(y);
	int order = memcmp(was.p, is.p, MIN(was.n, is.n));

	return span_to_string(order < 0 || (order == 0 && was.n <= is.n) ? was : is);
}
