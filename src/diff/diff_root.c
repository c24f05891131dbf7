/* Root file systems, file by file. */
#include "diff/diff_parts.h"

#include <errno.h>
#include <inttypes.h>

#include "base/parallel.h"

struct file_pair {
	const struct root_file *f[DIFF_SIDES];
	bool differs; /* the contents do */
	uint64_t first;
	char *problem; /* why one of them cannot be read */
};

struct file_pairs {
	const struct erofs *fs[DIFF_SIDES];
	struct file_pair *items;
	size_t n;
};

static void file_pairs_release(struct file_pairs *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->items[i].problem);
	free(l->items);
}

/* A file's content, piece by piece. */
struct stream {
	const struct erofs *fs;
	struct erofs_cursor cursor;
	struct buffer scratch;
	struct span rest;
};

static void stream_release(struct stream *s)
{
	buffer_release(&s->scratch);
}

static int stream_open(struct stream *s, const struct erofs *fs, const struct erofs_inode *inode,
		       struct error **err)
{
	*s = (struct stream){.fs = fs, .scratch = BUFFER_INIT(EROFS_EXTENT_MAX)};
	return erofs_cursor_init(fs, inode, &s->cursor, err);
}

/* Sees to it that `rest` is not empty: 1, or 0 at the end. */
static int stream_fill(struct stream *s, struct error **err)
{
	struct erofs_extent e;
	int r = 1;

	if (s->rest.n > 0)
		return 1;
	r = erofs_next(&s->cursor, &e, err);
	if (r <= 0)
		return r;
	r = erofs_extent_bytes(s->fs, &e, &s->scratch, &s->rest, err);
	return r < 0 ? r : 1;
}

static int compare_streams(struct stream *a, struct stream *b, struct file_pair *p,
			   struct error **err)
{
	uint64_t at = 0;

	for (;;) {
		int r = stream_fill(a, err), k = r < 0 ? r : stream_fill(b, err);

		if (r < 0 || k < 0)
			return MIN(r, k);
		if (r == 0 || k == 0) {
			p->differs = r != k;
			p->first = at;
			return 0;
		}

		size_t n = MIN(a->rest.n, b->rest.n);

		if (memcmp(a->rest.p, b->rest.p, n) != 0) {
			size_t i = 0;

			while (a->rest.p[i] == b->rest.p[i])
				i++;
			p->differs = true;
			p->first = at + i;
			return 0;
		}
		a->rest = span_skip(a->rest, n);
		b->rest = span_skip(b->rest, n);
		at += n;
	}
}

static bool is_type(const struct root_file *f, uint32_t type)
{
	return (f->inode.mode & EROFS_MODE_TYPE) == type;
}

static int compare_item(void *context, size_t index, struct error **err)
{
	const struct file_pairs *l = context;
	struct file_pair *p = &l->items[index];
	_cleanup_(stream_release) struct stream a = {0}, b = {0};
	_cleanup_error_ struct error *e = NULL;
	int r;

	if (!p->f[DIFF_A] || !p->f[DIFF_B] || !is_type(p->f[DIFF_A], EROFS_MODE_FILE) ||
	    !is_type(p->f[DIFF_B], EROFS_MODE_FILE))
		return 0;
	r = stream_open(&a, l->fs[DIFF_A], &p->f[DIFF_A]->inode, &e);
	if (r >= 0)
		r = stream_open(&b, l->fs[DIFF_B], &p->f[DIFF_B]->inode, &e);
	if (r >= 0)
		r = compare_streams(&a, &b, p, &e);
	if (r >= 0)
		return 0;
	p->problem = strdup(error_message(e));
	return p->problem && r != -ENOMEM ? 0 : error_oom(err);
}

static int pair_files(const struct root_files *a, const struct root_files *b, struct file_pairs *l,
		      struct error **err)
{
	size_t i = 0, k = 0;

	l->items = calloc(a->n + b->n + 1, sizeof(*l->items));
	if (!l->items)
		return error_oom(err);
	while (i < a->n || k < b->n) {
		int order = i == a->n	? 1
			    : k == b->n ? -1
					: strcmp(a->items[i].path, b->items[k].path);
		struct file_pair *p = &l->items[l->n++];

		if (order <= 0)
			p->f[DIFF_A] = &a->items[i++];
		if (order >= 0)
			p->f[DIFF_B] = &b->items[k++];
	}
	return parallel_for(l->n, 0, compare_item, l, err);
}

/* The bytes of the window around `first`, and where that byte lies. */
static size_t read_window(const struct partition_pair *pair, int side, const struct root_file *f,
			  uint64_t first, uint8_t out[DIFF_WINDOW], struct diff_place *ret)
{
	const struct erofs *fs = &pair->p[side]->erofs;
	_cleanup_(buffer_release) struct buffer scratch = BUFFER_INIT(EROFS_EXTENT_MAX);
	uint64_t start = first / DIFF_WINDOW * DIFF_WINDOW, end = start + DIFF_WINDOW;
	struct erofs_cursor c;
	struct erofs_extent e;
	struct span bytes, part;
	size_t n = 0;

	if (erofs_cursor_init(fs, &f->inode, &c, NULL) < 0)
		return 0;
	while (erofs_next(&c, &e, NULL) > 0 && e.offset < end) {
		uint64_t from = MAX(e.offset, start), to = MIN(e.offset + e.length, end);

		if (to <= start || erofs_extent_bytes(fs, &e, &scratch, &bytes, NULL) < 0 ||
		    !span_slice(bytes, from - e.offset, to - from, &part))
			continue;
		memcpy(out + (from - start), part.p, part.n);
		n = (size_t)(to - start);
		if (first < e.offset || first >= e.offset + e.length)
			continue;

		bool direct = !e.compressed && !e.interlaced;

		*ret = diff_partition_place(pair, side,
					    e.physical + (direct ? first - e.offset : 0));
		ret->compressed = !direct;
	}
	return n;
}

static void add_content(struct diff *d, const struct partition_pair *pair,
			const struct file_pair *p)
{
	struct difference *i = diff_add(d, "content", NULL, NULL, NULL);

	if (!i)
		return;
	i->has_bytes = true;
	i->offset = p->first;
	i->window_offset = p->first / DIFF_WINDOW * DIFF_WINDOW;
	for (int side = 0; side < DIFF_SIDES; side++)
		i->window_size[side] = read_window(pair, side, p->f[side], p->first,
						   i->window[side], &i->places[side]);
}

static void add_texts(struct diff *d, const char *what, char *a, char *b)
{
	if (!a || !b || !string_equal(a, b))
		diff_add(d, what, a, b, NULL);
	d->failed |= !a || !b;
	free(a);
	free(b);
}

static const char *type_name(const struct root_file *f)
{
	if (!f)
		return NULL;
	if (is_type(f, EROFS_MODE_DIRECTORY))
		return "directory";
	if (is_type(f, EROFS_MODE_SYMLINK))
		return "symbolic link";
	return is_type(f, EROFS_MODE_FILE) ? "file" : "special file";
}

static void diff_inode(struct diff *d, const struct erofs_inode *a, const struct erofs_inode *b)
{
	if (a->mode != b->mode)
		add_texts(d, "mode", string_printf("%04o", a->mode & 07777),
			  string_printf("%04o", b->mode & 07777));
	if (a->uid != b->uid || a->gid != b->gid)
		add_texts(d, "owner", string_printf("%" PRIu32 ":%" PRIu32, a->uid, a->gid),
			  string_printf("%" PRIu32 ":%" PRIu32, b->uid, b->gid));
	diff_add_numbers(d, "time", a->mtime, b->mtime, NULL);
}

static void diff_pair(struct diff *d, const struct partition_pair *pair, const struct file_pair *p)
{
	const struct root_file *a = p->f[DIFF_A], *b = p->f[DIFF_B];

	if (a && b && (a->inode.mode & EROFS_MODE_TYPE) == (b->inode.mode & EROFS_MODE_TYPE)) {
		diff_inode(d, &a->inode, &b->inode);
		if (is_type(a, EROFS_MODE_FILE))
			diff_add_numbers(d, "size", a->inode.size, b->inode.size, NULL);
		if (a->target && b->target && !string_equal(a->target, b->target))
			diff_add(d, "target", a->target, b->target, NULL);
		if (p->differs)
			add_content(d, pair, p);
		if (p->problem)
			diff_add(d, "not read", p->problem, p->problem, NULL);
		return;
	}
	diff_add(d, "file", type_name(a), type_name(b), NULL);
}

static void diff_superblock(struct diff *d, const struct erofs *a, const struct erofs *b)
{
	char text_a[2 * sizeof(a->uuid) + 1], text_b[2 * sizeof(b->uuid) + 1];

	hex_encode(SPAN(a->uuid, sizeof(a->uuid)), text_a);
	hex_encode(SPAN(b->uuid, sizeof(b->uuid)), text_b);
	diff_enter(d, "superblock");
	if (!string_equal(text_a, text_b))
		diff_add(d, "UUID", text_a, text_b, NULL);
	diff_add_numbers(d, "time", a->build_time, b->build_time, NULL);
	diff_add_numbers(d, "number of files", a->inos, b->inos, "the files");
	diff_add_numbers(d, "number of blocks", a->blocks, b->blocks, "the files");
	diff_leave(d);
}

/* Which part of the file system has this byte. */
static char *describe_offset(const struct inspect_partition *p, const struct root_files *files,
			     uint64_t offset)
{
	uint64_t end = (uint64_t)p->erofs.blocks << p->erofs.block_bits;

	if (offset >= end)
		return strdup("after the file system");
	if (offset >= 1024 && offset < 1024 + 128)
		return strdup("superblock");
	for (size_t i = 0; i < files->n; i++) {
		const struct erofs_inode *inode = &files->items[i].inode;
		struct erofs_cursor c;
		struct erofs_extent e;

		if (offset >= inode->offset && offset < inode->end)
			return string_printf("inode of /%s", files->items[i].path);
		if (erofs_cursor_init(&p->erofs, inode, &c, NULL) < 0)
			continue;
		if (c.index && offset >= inode->end && offset < c.index + c.clusters * 2)
			return string_printf("index of /%s", files->items[i].path);
		while (erofs_next(&c, &e, NULL) > 0) {
			if (offset >= e.physical && offset < e.physical + e.physical_length)
				return string_printf("bytes of /%s", files->items[i].path);
		}
	}
	return strdup("bytes of no file");
}

static void diff_rest(struct diff *d, const struct partition_pair *pair, const struct root_files *a)
{
	const struct inspect_partition *pa = pair->p[DIFF_A], *pb = pair->p[DIFF_B];
	uint64_t first = pair->content.first;
	struct diff_place place_a = diff_partition_place(pair, DIFF_A, first);
	struct diff_place place_b = diff_partition_place(pair, DIFF_B, first);
	_cleanup_free_ char *what = describe_offset(pa, a, first);

	if (what)
		diff_add_bytes(d, what, pa->content, pb->content, first, &place_a, &place_b, NULL);
	d->failed |= !what;
}

static int diff_files_of(struct diff *d, const struct partition_pair *pair,
			 const struct root_files *a, const struct root_files *b, struct error **err)
{
	_cleanup_(file_pairs_release) struct file_pairs pairs = {
		.fs = {&pair->p[DIFF_A]->erofs, &pair->p[DIFF_B]->erofs},
	};
	bool unread = false;
	size_t before = d->n;
	int r = pair_files(a, b, &pairs, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < pairs.n; i++) {
		const struct file_pair *p = &pairs.items[i];

		diff_enter(d, "/%s", (p->f[DIFF_A] ? p->f[DIFF_A] : p->f[DIFF_B])->path);
		diff_pair(d, pair, p);
		diff_leave(d);
		unread |= p->problem != NULL;
	}
	/* Nothing that a file shows, or files that could not be compared. */
	if (d->n == before || unread)
		diff_rest(d, pair, a);
	return 0;
}

int diff_root(struct diff *d, const struct partition_pair *pair, struct error **err)
{
	const struct inspect_partition *pa = pair->p[DIFF_A], *pb = pair->p[DIFF_B];
	_cleanup_(root_files_release) struct root_files a = {0}, b = {0};
	_cleanup_error_ struct error *why_a = NULL, *why_b = NULL;
	int ra, rb;

	diff_superblock(d, &pa->erofs, &pb->erofs);
	if (pa->packages.storage && pb->packages.storage)
		diff_packages(d, &pa->packages, &pb->packages);
	ra = root_files_read(&pa->erofs, &a, &why_a);
	rb = root_files_read(&pb->erofs, &b, &why_b);
	if (ra == -ENOMEM || rb == -ENOMEM)
		return error_oom(err);
	if (ra >= 0 && rb >= 0)
		return diff_files_of(d, pair, &a, &b, err);
	diff_add(d, "not read", ra < 0 ? error_message(why_a) : NULL,
		 rb < 0 ? error_message(why_b) : NULL, NULL);
	diff_rest(d, pair, ra >= 0 ? &a : &b);
	return 0;
}
