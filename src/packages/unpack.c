#include "packages/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "packages/unpack_index.h"

/* Another layout of the folder, or other rules, make another key. */
#define VERSION "v3"
#define READ_CHUNK (128u << 10)
#define COPYRIGHT_MAX (4u << 20)

DEFINE_FREEP(struct archive *, archive_read_free)

void unpacked_release(struct unpacked *u)
{
	tree_free(u->tree);
	string_list_release(&u->scripts);
	licence_release(&u->licence);
	*u = (struct unpacked){0};
}

/* One unpacking under way. */
struct unpacking {
	const struct store *store;
	const struct digest *sha256;
	const char *blob;
	const char *directory;
	const char *name;
	bool deb; /* otherwise: a component's archive */
	int data_fd;
	uint64_t data_size;
	uint32_t n_links; /* files with several names */
	struct unpacked unpacked;
};

static int archive_failed(struct archive *a, struct error **err)
{
	const char *text = archive_error_string(a);

	return error_set(err, -ERROR_MALFORMED, "not a readable archive: %s",
			 text ? text : "unknown reason");
}

/* "./usr/bin/env", "usr/bin/" -> "usr/bin/env", "usr/bin". "" for the root itself. */
static char *clean_path(const char *path)
{
	while (path[0] == '.' && path[1] == '/')
		path += 2 + strspn(path + 2, "/");
	if (string_equal(path, "."))
		path = "";

	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	return strndup(path, n);
}

/* A relative target that climbs above the root; absolute ones start at the image's root. */
static bool link_escapes(const char *path, const char *target)
{
	long depth = 0;

	if (target[0] == '/')
		depth = 0;
	else
		for (const char *p = path; (p = strchr(p, '/')); p++)
			depth++;
	for (const char *p = target; *p;) {
		size_t n = strcspn(p, "/");

		if (n == 2 && p[0] == '.' && p[1] == '.')
			depth--;
		else if (n > 0 && !(n == 1 && p[0] == '.'))
			depth++;
		if (depth < 0)
			return true;
		p += n + (p[n] == '/');
	}
	return false;
}

/* Appends the entry's data to the data file. */
static int copy_content(struct unpacking *u, struct archive *a, struct tree_entry *e,
			struct error **err)
{
	_cleanup_free_ uint8_t *chunk = malloc(READ_CHUNK);
	ssize_t got;

	if (!chunk)
		return error_oom(err);
	e->content.offset = u->data_size;
	while ((got = archive_read_data(a, chunk, READ_CHUNK)) > 0) {
		u->data_size += (uint64_t)got;
		if (u->data_size > UNPACK_BYTES_MAX)
			return error_set(err, -ERROR_REFUSED, "unpacks to more than %llu bytes",
					 (unsigned long long)UNPACK_BYTES_MAX);

		int r = write_full(u->data_fd, SPAN(chunk, (size_t)got));

		if (r < 0)
			return error_errno(err, -r, "cannot write unpacked contents below '%s'",
					   u->directory);
	}
	if (got < 0)
		return archive_failed(a, err);
	e->content.size = u->data_size - e->content.offset;
	return 0;
}

static int take_hard_link(struct unpacking *u, const char *target, struct tree_entry *e,
			  struct error **err)
{
	_cleanup_free_ char *path = clean_path(target);
	const struct tree_entry *found = path ? tree_find(u->unpacked.tree, path) : NULL;
	const char *name = e->path;
	int r = 0;

	if (!found || found->type != TREE_FILE)
		return error_set(err, -ERROR_REFUSED,
				 "'%s' is a hard link to '%s', which is no file before it", name,
				 target);

	struct tree_entry first = *found;

	if (!first.link) {
		first.link = ++u->n_links;
		r = tree_add(u->unpacked.tree, &first, TREE_REPLACE, err);
	}
	*e = first;
	e->path = name;
	return r;
}

/* Type, target and content of an entry; refuses what has no place in a package. */
static int take_type(struct unpacking *u, struct archive *a, struct archive_entry *entry,
		     struct tree_entry *e, struct error **err)
{
	const char *hard_link = archive_entry_hardlink(entry);

	if (hard_link)
		return take_hard_link(u, hard_link, e, err);
	switch (archive_entry_filetype(entry)) {
	case AE_IFDIR:
		e->type = TREE_DIRECTORY;
		return 0;
	case AE_IFREG:
		e->type = TREE_FILE;
		return copy_content(u, a, e, err);
	case AE_IFLNK:
		e->type = TREE_SYMLINK;
		e->mode = 0777;
		e->target = archive_entry_symlink(entry);
		if (!e->target || !e->target[0])
			return error_set(err, -ERROR_REFUSED, "'%s' is a link to nowhere", e->path);
		if (link_escapes(e->path, e->target))
			return error_set(err, -ERROR_REFUSED,
					 "'%s' is a link that leaves the root: '%s'", e->path,
					 e->target);
		return 0;
	case AE_IFCHR:
	case AE_IFBLK:
		return error_set(err, -ERROR_REFUSED, "'%s' is a device node", e->path);
	case AE_IFIFO:
		return error_set(err, -ERROR_REFUSED, "'%s' is a named pipe", e->path);
	case AE_IFSOCK:
		return error_set(err, -ERROR_REFUSED, "'%s' is a socket", e->path);
	default:
		return error_set(err, -ERROR_REFUSED, "'%s' is of an unknown type", e->path);
	}
}

static int take_entry(struct unpacking *u, struct archive *a, struct archive_entry *entry,
		      struct error **err)
{
	bool plain = archive_format(a) == ARCHIVE_FORMAT_RAW;
	const char *raw = plain ? UNPACK_PLAIN : archive_entry_pathname(entry);
	_cleanup_free_ char *path = raw ? clean_path(raw) : NULL;
	const struct tree_entry *before;
	struct tree_entry e = {.origin = u->name};

	if (!path)
		return error_set(err, -ERROR_REFUSED, "an entry has no readable name");
	if (path[0] == 0)
		return 0;
	if (!path_is_confined(path))
		return error_set(err, -ERROR_REFUSED, "'%s' is not a path inside the root", raw);
	before = tree_find(u->unpacked.tree, path);
	if (before && (before->type != TREE_DIRECTORY || archive_entry_filetype(entry) != AE_IFDIR))
		return error_set(err, -ERROR_REFUSED, "'%s' is there twice", path);
	if (tree_count(u->unpacked.tree) >= UNPACK_ENTRIES_MAX)
		return error_set(err, -ERROR_REFUSED, "more than %u entries", UNPACK_ENTRIES_MAX);
	e.path = path;
	e.mode = (uint16_t)(archive_entry_perm(entry) & 07777);
	e.uid = (uint32_t)archive_entry_uid(entry);
	e.gid = (uint32_t)archive_entry_gid(entry);

	int r = take_type(u, a, entry, &e, err);

	if (r < 0)
		return r;
	/* The final name of the data file is set when the index is read. */
	e.content.file = e.type == TREE_FILE ? "data" : NULL;
	return tree_add(u->unpacked.tree, &e, TREE_REPLACE, err);
}

/* What an entry says of its size and what was read before it: data that is passed over has to be unpacked,
 * too. */
static int check_size(struct archive *a, struct archive_entry *entry, uint64_t max,
		      struct error **err)
{
	la_int64_t read = archive_filter_bytes(a, 0);
	la_int64_t size = archive_entry_size_is_set(entry) ? archive_entry_size(entry) : 0;

	if (read < 0 || size < 0 || (uint64_t)read > max || (uint64_t)size > max - (uint64_t)read)
		return error_set(err, -ERROR_REFUSED, "unpacks to more than %llu bytes",
				 (unsigned long long)max);
	return 0;
}

static int take_all(struct unpacking *u, struct archive *a, struct error **err)
{
	struct archive_entry *entry;
	int status;

	while ((status = archive_read_next_header(a, &entry)) == ARCHIVE_OK ||
	       status == ARCHIVE_WARN) {
		int r = check_size(a, entry, UNPACK_BYTES_MAX + UNPACK_HEADERS_MAX, err);

		if (r >= 0)
			r = take_entry(u, a, entry, err);

		if (r < 0)
			return r;
	}
	return status == ARCHIVE_EOF ? 0 : archive_failed(a, err);
}

/* Reads the member of the outer archive as the bytes of an inner one. */
static la_ssize_t read_member(struct archive *inner, void *context, const void **ret)
{
	struct archive *outer = context;
	size_t n;
	la_int64_t offset;
	int status = archive_read_data_block(outer, ret, &n, &offset);

	if (status == ARCHIVE_EOF)
		return 0;
	if (status == ARCHIVE_OK)
		return (la_ssize_t)n;
	archive_set_error(inner, EIO, "%s", archive_error_string(outer));
	return -1;
}

static struct archive *new_reader(void)
{
	struct archive *a = archive_read_new();

	if (!a)
		return NULL;
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_format_tar(a);
	return a;
}

/* control.tar: only which maintainer scripts there are. */
static int take_control(struct unpacking *u, struct archive *a, struct error **err)
{
	static const char *const scripts[] = {"config", "postinst", "postrm", "preinst", "prerm"};
	struct archive_entry *entry;
	unsigned entries = 0;
	int status;

	while ((status = archive_read_next_header(a, &entry)) == ARCHIVE_OK ||
	       status == ARCHIVE_WARN) {
		const char *raw = archive_entry_pathname(entry);
		_cleanup_free_ char *path = raw ? clean_path(raw) : NULL;
		int r = check_size(a, entry, UNPACK_CONTROL_BYTES_MAX, err);

		if (r < 0)
			return error_wrap(err, r, "control.tar");
		if (++entries > UNPACK_CONTROL_ENTRIES_MAX)
			return error_set(err, -ERROR_REFUSED, "control.tar: more than %u entries",
					 UNPACK_CONTROL_ENTRIES_MAX);
		for (size_t i = 0; path && i < ARRAY_SIZE(scripts); i++) {
			if (string_equal(path, scripts[i]) &&
			    string_list_add(&u->unpacked.scripts, path) < 0)
				return error_oom(err);
		}
	}
	string_list_sort(&u->unpacked.scripts);
	return status == ARCHIVE_EOF ? 0 : archive_failed(a, err);
}

static int take_member(struct unpacking *u, struct archive *outer, const char *name,
		       struct error **err)
{
	bool control = string_starts(name, "control.tar");
	_cleanup_(archive_read_freep) struct archive *inner = NULL;

	if (!control && !string_starts(name, "data.tar"))
		return 0;
	inner = new_reader();
	if (!inner)
		return error_oom(err);
	if (archive_read_open(inner, outer, NULL, read_member, NULL) != ARCHIVE_OK)
		return archive_failed(inner, err);
	return control ? take_control(u, inner, err) : take_all(u, inner, err);
}

static int take_deb(struct unpacking *u, struct archive *a, struct error **err)
{
	struct archive_entry *entry;
	unsigned control = 0, data = 0;
	int status;

	archive_read_support_format_ar(a);
	if (archive_read_open_filename(a, u->blob, READ_CHUNK) != ARCHIVE_OK)
		return archive_failed(a, err);
	while ((status = archive_read_next_header(a, &entry)) == ARCHIVE_OK ||
	       status == ARCHIVE_WARN) {
		const char *name = archive_entry_pathname(entry);
		int r;

		control += name && string_starts(name, "control.tar");
		data += name && string_starts(name, "data.tar");
		if (control > 1 || data > 1)
			return error_set(err, -ERROR_REFUSED, "'%s' is there twice", name);
		r = name ? take_member(u, a, name, err) : 0;
		if (r < 0)
			return r;
	}
	if (status != ARCHIVE_EOF)
		return archive_failed(a, err);
	return data ? 0 : error_set(err, -ERROR_MALFORMED, "no data.tar in it");
}

static int take_component(struct unpacking *u, struct error **err)
{
	_cleanup_(archive_read_freep) struct archive *a = new_reader();

	if (!a)
		return error_oom(err);
	archive_read_support_format_zip(a);
	archive_read_support_format_raw(a);
	if (archive_read_open_filename(a, u->blob, READ_CHUNK) != ARCHIVE_OK)
		return archive_failed(a, err);
	return take_all(u, a, err);
}

/* The package of which usr/share/doc/NAME is a link to the documentation; NULL if it is none. */
static const char *shares_documentation(const struct unpacking *u, const char *folder)
{
	const struct tree_entry *e = tree_find(u->unpacked.tree, folder);

	return e && e->type == TREE_SYMLINK && !strchr(e->target, '/') ? e->target : NULL;
}

/* The licence from usr/share/doc/NAME/copyright. */
static int take_licence(struct unpacking *u, struct error **err)
{
	_cleanup_free_ char *folder = string_printf("usr/share/doc/%s", u->name);
	_cleanup_free_ char *path = string_printf("usr/share/doc/%s/copyright", u->name);
	const struct tree_entry *e = path ? tree_find(u->unpacked.tree, path) : NULL;
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(COPYRIGHT_MAX);

	if (e && e->type == TREE_FILE && e->content.size <= COPYRIGHT_MAX) {
		uint8_t *p = buffer_extend(&text, (size_t)e->content.size);
		ssize_t got = p ? pread(u->data_fd, p, text.n, (off_t)e->content.offset) : -1;

		if (got != (ssize_t)e->content.size)
			return error_set(err, -EIO, "cannot read back '%s'", path);
	}

	int r = licence_read(buffer_span(&text), &u->unpacked.licence, err);
	const char *shared = r >= 0 && folder ? shares_documentation(u, folder) : NULL;

	if (r < 0 || !shared)
		return r;
	free(u->unpacked.licence.shared);
	u->unpacked.licence.shared = strdup(shared);
	return u->unpacked.licence.shared ? 0 : error_oom(err);
}

static int write_index(struct unpacking *u, struct error **err)
{
	_cleanup_(buffer_release) struct buffer index = BUFFER_INIT(UNPACK_INDEX_MAX);
	_cleanup_free_ char *path = path_join(u->directory, "index");
	int r = path ? unpack_index_encode(&u->unpacked, &index, err) : error_oom(err);

	return r < 0 ? r : file_write(path, buffer_span(&index), err);
}

static int make_unpacked(void *context, const char *directory, struct error **err)
{
	struct unpacking *u = context;
	_cleanup_(archive_read_freep) struct archive *a = new_reader();
	_cleanup_free_ char *data = path_join(directory, "data");
	_cleanup_close_ int fd =
		data ? open(data, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644) : -1;
	int r;

	/* unpack_check() and fetching come before; nothing here can fetch. */
	if (!store_check_blob(u->store, u->sha256))
		return error_set(err, -ENOENT,
				 "'%s' is not in the store, or was damaged: try again", u->blob);
	u->unpacked.tree = tree_new();
	if (!a || !data || !u->unpacked.tree)
		return error_oom(err);
	if (fd < 0)
		return error_errno(err, errno, "cannot create '%s'", data);
	u->directory = directory;
	u->data_fd = fd;
	r = u->deb ? take_deb(u, a, err) : take_component(u, err);
	if (r >= 0)
		r = tree_add_parents(u->unpacked.tree, err);
	if (r >= 0)
		r = take_licence(u, err);
	if (r >= 0)
		r = write_index(u, err);
	return r;
}

char *unpack_key(const struct digest *sha256)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(sha256, hex);
	return string_printf("%s.%s", hex, VERSION);
}

int unpack_check(const struct store *s, const struct digest *sha256, struct error **err)
{
	_cleanup_free_ char *key = unpack_key(sha256);
	bool whole;
	int r = key ? store_check_folder(s, STORE_UNPACKED, key, &whole, err) : error_oom(err);

	/* What is fetched is verified then: an absent blob is no matter here. */
	if (r >= 0 && !whole)
		(void)store_check_blob(s, sha256);
	return r;
}

static int unpack(const struct store *s, const struct digest *sha256, const char *name, bool deb,
		  struct unpacked *ret, struct error **err)
{
	_cleanup_free_ char *blob = store_blob_path(s, sha256);
	_cleanup_free_ char *directory = NULL;
	_cleanup_(file_map_release) struct file_map index = {0};
	_cleanup_free_ char *key = unpack_key(sha256);
	struct unpacking u = {
		.store = s,
		.sha256 = sha256,
		.blob = blob,
		.name = name,
		.deb = deb,
		.data_fd = -1,
	};
	struct stat st;
	int r = blob && key
			? store_folder(s, STORE_UNPACKED, key, make_unpacked, &u, &directory, err)
			: error_oom(err);

	unpacked_release(&u.unpacked);
	if (r < 0)
		return r;

	_cleanup_free_ char *index_path = path_join(directory, "index");
	_cleanup_free_ char *data_path = path_join(directory, "data");

	r = index_path && data_path ? file_map(index_path, &index, err) : error_oom(err);
	if (r < 0)
		return r;
	if (stat(data_path, &st) < 0)
		return error_errno(err, errno, "%s", data_path);
	r = unpack_index_parse(index.data, data_path, (uint64_t)st.st_size, name, ret, err);
	return r < 0 ? error_wrap(err, r, "%s", index_path) : 0;
}

int unpack_deb(const struct store *s, const struct digest *sha256, const char *name,
	       struct unpacked *ret, struct error **err)
{
	return unpack(s, sha256, name, true, ret, err);
}

int unpack_licence(const struct store *s, const struct digest *sha256, struct licence *ret,
		   struct error **err)
{
	_cleanup_(buffer_release) struct buffer index = BUFFER_INIT(UNPACK_INDEX_MAX);
	_cleanup_(unpacked_release) struct unpacked u = {0};
	_cleanup_free_ char *key = unpack_key(sha256);
	struct error *e = NULL;
	int r = key ? store_read_file(s, STORE_UNPACKED, key, "index", UNPACK_INDEX_MAX, &index, &e)
		    : error_oom(&e);

	if (r == -ENOENT) {
		error_free(e);
		*ret = (struct licence){0};
		return 0;
	}
	if (r < 0)
		return error_move(err, r, &e);
	/* The data is not looked at, so that it may have any size. */
	r = unpack_index_parse(buffer_span(&index), "data", UINT64_MAX, "", &u, err);
	if (r < 0)
		return r;
	*ret = u.licence;
	u.licence = (struct licence){0};
	return 0;
}

int unpack_archive(const struct store *s, const struct digest *sha256, const char *name,
		   struct tree **ret, struct error **err)
{
	struct unpacked u = {0};
	int r = unpack(s, sha256, name, false, &u, err);

	if (r < 0)
		return r;
	*ret = TAKE_PTR(u.tree);
	unpacked_release(&u);
	return 0;
}
