#include "formats/cpio.h"

#include <inttypes.h>

#include "base/text.h"

#define MAGIC "070701"
#define TRAILER "TRAILER!!!"
#define ALIGNMENT 4u
#define FIELDS 13u
#define HEADER_SIZE (6 + 8 * FIELDS)
#define TYPE_MASK 0170000u

/* Order of the eight-digit fields after the magic. */
enum {
	INO,
	MODE,
	UID,
	GID,
	NLINK,
	MTIME,
	FILESIZE,
	DEVMAJOR,
	DEVMINOR,
	RDEVMAJOR,
	RDEVMINOR,
	NAMESIZE,
	CHECK,
};

/* Padding counts from the start of the archive's header; entries start aligned wherever the buffer
 * began. */
static void put_padding(struct buffer *b, size_t written)
{
	buffer_put_zeros(b, align_up(written, ALIGNMENT) - written);
}

void cpio_put(struct buffer *b, const struct cpio_header *h, const char *name, struct span content)
{
	size_t name_size = strlen(name) + 1;

	if (content.n > UINT32_MAX || name_size > CPIO_NAME_MAX) {
		b->failed = true;
		return;
	}

	const uint32_t fields[FIELDS] = {
		[INO] = h->ino,
		[MODE] = h->mode,
		[UID] = h->uid,
		[GID] = h->gid,
		[NLINK] = h->nlink,
		[MTIME] = h->mtime,
		[FILESIZE] = (uint32_t)content.n,
		[DEVMAJOR] = h->devmajor,
		[DEVMINOR] = h->devminor,
		[RDEVMAJOR] = h->rdevmajor,
		[RDEVMINOR] = h->rdevminor,
		[NAMESIZE] = (uint32_t)name_size,
	};

	buffer_put_string(b, MAGIC);
	for (size_t i = 0; i < FIELDS; i++)
		buffer_printf(b, "%08" PRIX32, fields[i]);
	buffer_put(b, SPAN(name, name_size));
	put_padding(b, HEADER_SIZE + name_size);
	buffer_put(b, content);
	put_padding(b, content.n);
}

static void add(struct cpio_writer *w, struct cpio_header h, const char *name, struct span content)
{
	h.ino = ++w->entries;
	h.nlink = (h.mode & TYPE_MASK) == CPIO_DIRECTORY ? 2 : 1;
	cpio_put(w->out, &h, name, content);
}

void cpio_add(struct cpio_writer *w, uint32_t mode, const char *name, struct span content)
{
	add(w, (struct cpio_header){.mode = mode}, name, content);
}

void cpio_add_device(struct cpio_writer *w, uint32_t permissions, const char *name, uint32_t major,
		     uint32_t minor)
{
	const struct cpio_header h = {
		.mode = CPIO_CHARACTER_DEVICE | permissions,
		.rdevmajor = major,
		.rdevminor = minor,
	};

	add(w, h, name, SPAN(NULL, 0));
}

void cpio_end(struct cpio_writer *w)
{
	cpio_put(w->out, &(struct cpio_header){.nlink = 1}, TRAILER, SPAN(NULL, 0));
}

static int digit_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static bool parse_field(const uint8_t *digits, uint32_t *ret)
{
	uint32_t value = 0;

	for (size_t i = 0; i < 8; i++) {
		int digit = digit_value(digits[i]);

		if (digit < 0)
			return false;
		value = value << 4 | (uint32_t)digit;
	}
	*ret = value;
	return true;
}

static int parse_header(struct span s, size_t at, uint32_t ret[FIELDS], struct error **err)
{
	if (s.n != HEADER_SIZE)
		return error_set(err, -ERROR_MALFORMED, "cpio at %zu: the header is cut off", at);
	if (memcmp(s.p, MAGIC, 6) != 0)
		return error_set(err, -ERROR_MALFORMED, "cpio at %zu: the magic is not '070701'",
				 at);
	for (size_t i = 0; i < FIELDS; i++)
		if (!parse_field(s.p + 6 + 8 * i, &ret[i]))
			return error_set(err, -ERROR_MALFORMED,
					 "cpio at %zu: header field %zu is not hexadecimal", at,
					 i + 1);
	if (ret[NAMESIZE] < 2 || ret[NAMESIZE] > CPIO_NAME_MAX)
		return error_set(err, -ERROR_MALFORMED, "cpio at %zu: a name of %" PRIu32 " bytes",
				 at, ret[NAMESIZE]);
	return 0;
}

/* Takes n bytes and the zeros that pad `written` bytes. */
static bool take_padded(struct reader *r, uint64_t n, uint64_t written, struct span *ret)
{
	*ret = reader_bytes(r, n);

	struct span padding = reader_bytes(r, align_up(written, ALIGNMENT) - written);

	return reader_ok(r) && span_is_zero(padding);
}

static int check_name(struct span name, size_t at, struct error **err)
{
	_cleanup_free_ char *text = span_to_string(name);

	/* The root directory itself is written as ".". */
	if (!text || (!path_is_confined(text) && !string_equal(text, ".")))
		return error_set(err, -ERROR_MALFORMED,
				 "cpio at %zu: the name is not a confined path", at);
	return 0;
}

static int check_entry(const uint32_t fields[FIELDS], struct span name, size_t at,
		       struct error **err)
{
	uint32_t type = fields[MODE] & TYPE_MASK;

	if (fields[NLINK] > 1 && type != CPIO_DIRECTORY)
		return error_set(err, -ERROR_MALFORMED, "cpio at %zu: a hard link", at);
	if (fields[FILESIZE] > 0 && type != CPIO_FILE && type != CPIO_SYMLINK)
		return error_set(err, -ERROR_MALFORMED,
				 "cpio at %zu: an entry of mode 0%" PRIo32 " has content", at,
				 fields[MODE]);
	return check_name(name, at, err);
}

int cpio_next(struct reader *r, struct cpio_entry *ret, struct error **err)
{
	size_t at = r->offset;
	uint32_t fields[FIELDS];
	struct span name, content;
	int result = parse_header(reader_bytes(r, HEADER_SIZE), at, fields, err);

	if (result < 0)
		return result;
	if (!take_padded(r, fields[NAMESIZE], HEADER_SIZE + (uint64_t)fields[NAMESIZE], &name) ||
	    name.p[name.n - 1] != '\0')
		return error_set(err, -ERROR_MALFORMED,
				 "cpio at %zu: the name is cut off, not ended or badly padded", at);
	name.n--;
	if (!take_padded(r, fields[FILESIZE], fields[FILESIZE], &content))
		return error_set(err, -ERROR_MALFORMED,
				 "cpio at %zu: the content is cut off or badly padded", at);
	if (span_equal(name, SPAN_LITERAL(TRAILER)))
		return 0;
	result = check_entry(fields, name, at, err);
	if (result < 0)
		return result;

	*ret = (struct cpio_entry){
		.header = {.ino = fields[INO],
			   .mode = fields[MODE],
			   .uid = fields[UID],
			   .gid = fields[GID],
			   .nlink = fields[NLINK],
			   .mtime = fields[MTIME],
			   .devmajor = fields[DEVMAJOR],
			   .devminor = fields[DEVMINOR],
			   .rdevmajor = fields[RDEVMAJOR],
			   .rdevminor = fields[RDEVMINOR]},
		.name = name,
		.content = content,
	};
	return 1;
}
