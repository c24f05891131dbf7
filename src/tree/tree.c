#include "tree/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#include "base/file.h"
#include "base/text.h"

/* What the kernel allows when it follows links (MAXSYMLINKS). */
#define LINKS_MAX 40

struct tree {
	struct tree_entry *items; /* sorted while `sorted`; appended to otherwise */
	size_t n, capacity;
	bool sorted;
	/* Open addressing over `items` by path: index + 1, 0 for empty. A power of two. */
	uint32_t *slots;
	size_t n_slots;
	/* Strings and inline bytes that entries point to. */
	char **blocks;
	size_t n_blocks, blocks_capacity;
	/* The last origin and content file: entries come in runs that share them. */
	const char *last_origin;
	const char *last_file;
};

struct tree *tree_new(void)
{
	struct tree *t = calloc(1, sizeof *t);

	if (t)
		t->sorted = true;
	return t;
}

void tree_free(struct tree *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n_blocks; i++)
		free(t->blocks[i]);
	free(t->blocks);
	free(t->slots);
	free(t->items);
	free(t);
}

/* FNV-1a: paths are short, and a hostile package only slows its own unpacking. */
static size_t hash_path(const char *path)
{
	uint64_t h = 0xcbf29ce484222325;

	for (const char *p = path; *p; p++)
		h = (h ^ (uint8_t)*p) * 0x100000001b3;
	return (size_t)(h ^ h >> 32);
}

static int keep_block(struct tree *t, char *block)
{
	if (!block)
		return -ENOMEM;
	if (array_reserve(&t->blocks, &t->blocks_capacity, t->n_blocks + 1, sizeof *t->blocks) <
	    0) {
		free(block);
		return -ENOMEM;
	}
	t->blocks[t->n_blocks++] = block;
	return 0;
}

static const char *keep_string(struct tree *t, const char *s)
{
	char *copy = strdup(s);

	return keep_block(t, copy) < 0 ? NULL : copy;
}

/* As keep_string(), for strings that repeat: *last remembers the one before. */
static const char *keep_shared(struct tree *t, const char *s, const char **last)
{
	if (!s)
		return NULL;
	if (!*last || !string_equal(*last, s))
		*last = keep_string(t, s);
	return *last;
}

static void insert_slot(struct tree *t, size_t index)
{
	size_t mask = t->n_slots - 1;
	size_t slot = hash_path(t->items[index].path) & mask;

	while (t->slots[slot])
		slot = (slot + 1) & mask;
	t->slots[slot] = (uint32_t)(index + 1);
}

static void fill_slots(struct tree *t)
{
	if (t->n_slots)
		memset(t->slots, 0, t->n_slots * sizeof *t->slots);
	for (size_t i = 0; i < t->n; i++)
		insert_slot(t, i);
}

/* Room for one more entry with the table at most half full. */
static int reserve_entry(struct tree *t)
{
	if (t->n >= UINT32_MAX / 2 ||
	    array_reserve(&t->items, &t->capacity, t->n + 1, sizeof *t->items) < 0)
		return -ENOMEM;
	if ((t->n + 1) * 2 <= t->n_slots)
		return 0;

	size_t n_slots = t->n_slots ? t->n_slots * 2 : 64;
	uint32_t *slots = reallocarray(t->slots, n_slots, sizeof *slots);

	if (!slots)
		return -ENOMEM;
	t->slots = slots;
	t->n_slots = n_slots;
	fill_slots(t);
	return 0;
}

static struct tree_entry *find(const struct tree *t, const char *path)
{
	size_t mask = t->n_slots - 1;

	if (t->n_slots == 0)
		return NULL;
	for (size_t slot = hash_path(path) & mask; t->slots[slot]; slot = (slot + 1) & mask) {
		struct tree_entry *e = &t->items[t->slots[slot] - 1];

		if (string_equal(e->path, path))
			return e;
	}
	return NULL;
}

/* Copies what the entry points to into the tree; *ret is the copy. */
static int copy_entry(struct tree *t, const struct tree_entry *e, const char *path,
		      struct tree_entry *ret)
{
	struct tree_entry copy = *e;

	copy.path = path ? path : keep_string(t, e->path);
	copy.origin = keep_shared(t, e->origin ? e->origin : "", &t->last_origin);
	copy.target = e->target ? keep_string(t, e->target) : NULL;
	copy.content.file = keep_shared(t, e->content.file, &t->last_file);
	if (!copy.path || !copy.origin || (e->target && !copy.target) ||
	    (e->content.file && !copy.content.file))
		return -ENOMEM;
	if (e->content.bytes) {
		char *bytes = malloc(e->content.size ? e->content.size : 1);

		if (bytes && e->content.size)
			memcpy(bytes, e->content.bytes, e->content.size);
		if (keep_block(t, bytes) < 0)
			return -ENOMEM;
		copy.content.bytes = (const uint8_t *)bytes;
	}
	*ret = copy;
	return 0;
}

static bool content_same(const struct content *a, const struct content *b)
{
	if (a->size != b->size)
		return false;
	if (a->bytes && b->bytes)
		return a->size == 0 || memcmp(a->bytes, b->bytes, a->size) == 0;
	return a->file && b->file && a->offset == b->offset && string_equal(a->file, b->file);
}

static bool entry_same(const struct tree_entry *a, const struct tree_entry *b)
{
	if (a->type != b->type || a->mode != b->mode || a->uid != b->uid || a->gid != b->gid)
		return false;
	if (a->type == TREE_SYMLINK)
		return string_equal(a->target, b->target);
	return a->type == TREE_DIRECTORY ||
	       (a->link == b->link && content_same(&a->content, &b->content));
}

static const char *type_name(enum tree_type type)
{
	switch (type) {
	case TREE_DIRECTORY:
		return "directory";
	case TREE_FILE:
		return "file";
	case TREE_SYMLINK:
		return "symbolic link";
	}
	return "entry";
}

static int meet(struct tree *t, struct tree_entry *old, const struct tree_entry *e,
		enum tree_conflict conflict, struct error **err)
{
	bool both_directories = old->type == TREE_DIRECTORY && e->type == TREE_DIRECTORY;

	if (entry_same(old, e) || (both_directories && conflict == TREE_REFUSE)) {
		/* Whoever looks for what the recipe brings finds it under the recipe's name. */
		if (e->asked && !old->asked)
			return copy_entry(t, e, old->path, old) < 0 ? error_oom(err) : 0;
		return 0;
	}
	if (conflict == TREE_REFUSE)
		return error_set(err, -EEXIST, "'%s' is in both '%s' and '%s'", e->path,
				 old->origin, e->origin ? e->origin : "");
	if (old->type == TREE_DIRECTORY && !both_directories)
		return error_set(err, -EISDIR,
				 "'%s' is a directory in '%s': the %s of '%s' cannot replace it",
				 e->path, old->origin, type_name(e->type),
				 e->origin ? e->origin : "");
	return copy_entry(t, e, old->path, old) < 0 ? error_oom(err) : 0;
}

int tree_add(struct tree *t, const struct tree_entry *e, enum tree_conflict conflict,
	     struct error **err)
{
	struct tree_entry *old = find(t, e->path);

	if (old)
		return meet(t, old, e, conflict, err);
	if (!path_is_confined(e->path))
		return error_set(err, -ERROR_REFUSED, "'%s' is not a path inside the root",
				 e->path);
	if (reserve_entry(t) < 0 || copy_entry(t, e, NULL, &t->items[t->n]) < 0)
		return error_oom(err);
	if (t->n > 0 && strcmp(t->items[t->n - 1].path, t->items[t->n].path) > 0)
		t->sorted = false;
	t->n++;
	insert_slot(t, t->n - 1);
	return 0;
}

int tree_merge(struct tree *t, const struct tree *from, enum tree_conflict conflict,
	       struct error **err)
{
	for (size_t i = 0; i < from->n; i++) {
		int r = tree_add(t, &from->items[i], conflict, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct tree_entry *)a)->path, ((const struct tree_entry *)b)->path);
}

/* Readers see path order; additions only remember that it was broken. */
static void sort(const struct tree *t)
{
	struct tree *writable = (struct tree *)(uintptr_t)t;

	if (t->sorted)
		return;
	qsort(writable->items, t->n, sizeof *t->items, compare_entries);
	writable->sorted = true;
	fill_slots(writable);
}

size_t tree_count(const struct tree *t)
{
	return t->n;
}

const struct tree_entry *tree_at(const struct tree *t, size_t i)
{
	sort(t);
	return &t->items[i];
}

const struct tree_entry *tree_find(const struct tree *t, const char *path)
{
	return find(t, path);
}

/* 0 for two names of one file. */
static int compare_files(const struct tree_entry *a, const struct tree_entry *b)
{
	const uint64_t pairs[][2] = {
		{a->link, b->link},
		{a->content.offset, b->content.offset},
		{a->content.size, b->content.size},
		{a->mode, b->mode},
		{a->uid, b->uid},
		{a->gid, b->gid},
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		if (pairs[i][0] != pairs[i][1])
			return pairs[i][0] < pairs[i][1] ? -1 : 1;
	}
	return strcmp(a->content.file, b->content.file);
}

/* Entries lie in path order, so their addresses do. */
static int compare_names(const void *a, const void *b)
{
	const struct tree_entry *x = *(const struct tree_entry *const *)a;
	const struct tree_entry *y = *(const struct tree_entry *const *)b;
	int r = compare_files(x, y);

	return r ? r : x < y ? -1 : 1;
}

size_t *tree_first_names(const struct tree *t)
{
	_cleanup_free_ const struct tree_entry **linked = calloc(t->n + 1, sizeof(*linked));
	size_t *first = calloc(t->n + 1, sizeof *first);
	size_t n = 0;

	if (!linked || !first) {
		free(first);
		return NULL;
	}
	sort(t);
	for (size_t i = 0; i < t->n; i++) {
		first[i] = i;
		if (t->items[i].link && t->items[i].content.file)
			linked[n++] = &t->items[i];
	}
	qsort(linked, n, sizeof(*linked), compare_names);
	for (size_t i = 1; i < n; i++) {
		if (compare_files(linked[i - 1], linked[i]) == 0)
			first[linked[i] - t->items] = first[linked[i - 1] - t->items];
	}
	return first;
}

size_t tree_filter(struct tree *t, bool (*drop)(const struct tree_entry *e, void *context),
		   void *context)
{
	size_t kept = 0, n = t->n;

	sort(t);
	for (size_t i = 0; i < n; i++) {
		if (!drop(&t->items[i], context))
			t->items[kept++] = t->items[i];
	}
	t->n = kept;
	fill_slots(t);
	return n - kept;
}

static int add_parents_of(struct tree *t, const char *path, struct error **err)
{
	_cleanup_free_ char *parent = strdup(path);
	char *slash;

	if (!parent)
		return error_oom(err);
	while ((slash = strrchr(parent, '/'))) {
		*slash = 0;

		const struct tree_entry *e = tree_find(t, parent);

		if (e && e->type == TREE_DIRECTORY)
			return 0;
		if (e)
			return error_set(err, -ENOTDIR, "'%s' lies below '%s', a %s of '%s'", path,
					 parent, type_name(e->type), e->origin);

		const struct tree_entry directory = {
			.path = parent,
			.type = TREE_DIRECTORY,
			.mode = 0755,
			.origin = "parents",
		};
		int r = tree_add(t, &directory, TREE_REFUSE, err);

		if (r < 0)
			return r;
	}
	return 0;
}

int tree_add_parents(struct tree *t, struct error **err)
{
	size_t n = t->n;

	/* Additions are appended after n: those have their parents already. */
	for (size_t i = 0; i < n; i++) {
		int r = add_parents_of(t, t->items[i].path, err);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Appends the components of `path` to the stack `out`, "..", "." and "//" resolved by text: links have
 * been followed up to here. False when out of memory. */
static bool push_component(struct buffer *out, const char *name, size_t n)
{
	if (n == 0 || (n == 1 && name[0] == '.'))
		return true;
	if (n == 2 && name[0] == '.' && name[1] == '.') {
		while (out->n && out->p[out->n - 1] != '/')
			out->n--;
		out->n -= out->n > 0;
		if (out->p)
			out->p[out->n] = 0;
		return true;
	}
	if (out->n)
		buffer_put_u8(out, '/');
	buffer_put(out, SPAN(name, n));
	return buffer_ok(out);
}

const struct tree_entry *tree_resolve(const struct tree *t, const char *path)
{
	_cleanup_(buffer_release) struct buffer done = BUFFER_INIT(PATH_MAX);
	_cleanup_free_ char *rest = strdup(path);
	const struct tree_entry *e = NULL;
	unsigned links = 0;

	for (char *p = rest; p && *p;) {
		size_t n = strcspn(p, "/");
		size_t before = done.n;

		if (!push_component(&done, p, n))
			return NULL;
		p += n;
		p += strspn(p, "/");
		e = done.n ? tree_find(t, buffer_text(&done)) : NULL;
		if (done.n && !e)
			return NULL;
		if (!e || e->type != TREE_SYMLINK)
			continue;
		if (++links > LINKS_MAX)
			return NULL;

		char *joined = string_printf("%s/%s", e->target, p);

		if (!joined)
			return NULL;
		done.n = e->target[0] == '/' ? 0 : before;
		if (done.p)
			done.p[done.n] = 0;
		free(rest);
		p = rest = joined;
		p += strspn(p, "/");
	}
	return e;
}

int content_read(const struct content *c, size_t max, struct buffer *ret, struct error **err)
{
	if (c->size > max)
		return error_set(err, -EFBIG, "%llu bytes, more than the %zu allowed",
				 (unsigned long long)c->size, max);
	if (c->bytes || c->size == 0) {
		buffer_put(ret, SPAN(c->bytes, (size_t)c->size));
		return buffer_ok(ret) ? 0 : error_oom(err);
	}

	_cleanup_close_ int fd = open(c->file, O_RDONLY | O_CLOEXEC);
	uint8_t *p = buffer_extend(ret, (size_t)c->size);

	if (!p)
		return error_oom(err);
	if (fd < 0 || lseek(fd, (off_t)c->offset, SEEK_SET) < 0)
		return error_errno(err, errno, "%s", c->file);

	int r = read_full(fd, p, (size_t)c->size);

	return r < 0 ? error_errno(err, -r, "%s", c->file) : 0;
}
