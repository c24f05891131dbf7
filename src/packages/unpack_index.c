#include "packages/unpack_index.h"

#include <errno.h>

static const char magic[16] = "tdnode-index-3\n";

static void put_text(struct buffer *b, const char *s)
{
	size_t n = strlen(s);

	buffer_put_le16(b, (uint16_t)n);
	buffer_put(b, SPAN(s, n));
	if (n > UINT16_MAX)
		b->failed = true;
}

static void put_entry(struct buffer *b, const struct tree_entry *e)
{
	buffer_put_u8(b, (uint8_t)e->type);
	buffer_put_le16(b, e->mode);
	buffer_put_le32(b, e->uid);
	buffer_put_le32(b, e->gid);
	buffer_put_le64(b, e->content.size);
	buffer_put_le64(b, e->content.offset);
	buffer_put_le32(b, e->link);
	put_text(b, e->path);
	put_text(b, e->target ? e->target : "");
}

int unpack_index_encode(const struct unpacked *u, struct buffer *ret, struct error **err)
{
	buffer_put(ret, SPAN(magic, sizeof magic));
	buffer_put_le32(ret, (uint32_t)tree_count(u->tree));
	for (size_t i = 0; i < tree_count(u->tree); i++)
		put_entry(ret, tree_at(u->tree, i));
	buffer_put_le32(ret, (uint32_t)u->scripts.n);
	for (size_t i = 0; i < u->scripts.n; i++)
		put_text(ret, u->scripts.items[i]);
	put_text(ret, u->licence.declared ? u->licence.declared : "");
	put_text(ret, u->licence.concluded ? u->licence.concluded : "");
	put_text(ret, u->licence.shared ? u->licence.shared : "");
	return buffer_ok(ret) ? 0
			      : error_set(err, -EFBIG, "index of an unpacked package too large");
}

/* A string of the index; NULL if it is cut off or holds a NUL. */
static char *take_text(struct reader *r)
{
	struct span s = reader_bytes(r, reader_le16(r));

	return reader_ok(r) ? span_to_string(s) : NULL;
}

struct index_reader {
	struct reader reader;
	const char *data_file;
	uint64_t data_size;
	const char *origin;
	struct unpacked unpacked;
};

static int malformed(const struct index_reader *c, struct error **err)
{
	return error_set(err, -ERROR_MALFORMED, "index: malformed before byte %zu",
			 c->reader.offset);
}

static int take_entry(struct index_reader *c, struct error **err)
{
	struct tree_entry e = {.origin = c->origin};
	uint8_t type = reader_u8(&c->reader);

	e.mode = reader_le16(&c->reader);
	e.uid = reader_le32(&c->reader);
	e.gid = reader_le32(&c->reader);
	e.content.size = reader_le64(&c->reader);
	e.content.offset = reader_le64(&c->reader);
	e.link = reader_le32(&c->reader);

	_cleanup_free_ char *path = take_text(&c->reader);
	_cleanup_free_ char *target = take_text(&c->reader);

	if (!path || !target || type > TREE_SYMLINK || e.mode > 07777)
		return malformed(c, err);
	e.type = (enum tree_type)type;
	if (e.type != TREE_FILE && (e.content.size || e.content.offset || e.link))
		return malformed(c, err);
	if ((e.type == TREE_SYMLINK) != (target[0] != 0))
		return malformed(c, err);
	if (e.content.offset > c->data_size || e.content.size > c->data_size - e.content.offset)
		return error_set(err, -ERROR_MALFORMED, "index: '%s' lies outside the data", path);
	if (tree_find(c->unpacked.tree, path))
		return error_set(err, -ERROR_MALFORMED, "index: '%s' twice", path);
	e.path = path;
	e.target = e.type == TREE_SYMLINK ? target : NULL;
	e.content.file = e.type == TREE_FILE ? c->data_file : NULL;
	return tree_add(c->unpacked.tree, &e, TREE_REFUSE, err);
}

static int take_all(struct index_reader *c, struct error **err)
{
	struct span found = reader_bytes(&c->reader, sizeof magic);
	uint32_t entries = reader_le32(&c->reader);
	int r = 0;

	if (!reader_ok(&c->reader) || memcmp(found.p, magic, sizeof magic) != 0)
		return error_set(err, -ERROR_MALFORMED, "index: no index of this version");
	if (entries > UNPACK_ENTRIES_MAX)
		return malformed(c, err);
	for (uint32_t i = 0; r >= 0 && i < entries; i++)
		r = take_entry(c, err);
	if (r < 0)
		return r;

	uint32_t scripts = reader_le32(&c->reader);

	for (uint32_t i = 0; i < scripts; i++) {
		char *script = take_text(&c->reader);

		if (!script)
			return malformed(c, err);
		if (string_list_take(&c->unpacked.scripts, script) < 0)
			return error_oom(err);
	}

	struct licence *licence = &c->unpacked.licence;

	licence->declared = take_text(&c->reader);
	licence->concluded = take_text(&c->reader);
	licence->shared = take_text(&c->reader);
	return licence->declared && licence->concluded && licence->shared && c->reader.rest.n == 0
		       ? 0
		       : malformed(c, err);
}

int unpack_index_parse(struct span index, const char *data_file, uint64_t data_size,
		       const char *origin, struct unpacked *ret, struct error **err)
{
	struct index_reader c = {
		.reader = reader_init(index),
		.data_file = data_file,
		.data_size = data_size,
		.origin = origin,
		.unpacked = {.tree = tree_new()},
	};
	int r = c.unpacked.tree ? take_all(&c, err) : error_oom(err);

	if (r < 0) {
		unpacked_release(&c.unpacked);
		return r;
	}
	*ret = c.unpacked;
	return 0;
}
