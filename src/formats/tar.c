#include "formats/tar.h"

#include <inttypes.h>

#include "base/text.h"

#define TYPE_PAX 'x'
/* Name that a reader without pax support would give the records. */
#define PAX_NAME "PaxHeaders"
#define NAME_SIZE 100u
/* The largest values of the octal fields: seven and eleven digits. */
#define ID_MAX 07777777u
#define FIELD_SIZE_MAX 077777777777ull

/* A path and a link target of PATH_MAX each, and numbers. */
#define TAR_PAX_MAX 9216u

/* Offsets in the header block. */
enum {
	NAME = 0,
	MODE = 100,
	UID = 108,
	GID = 116,
	SIZE = 124,
	MTIME = 136,
	CHECKSUM = 148,
	TYPEFLAG = 156,
	LINKNAME = 157,
	MAGIC = 257,
};

static void put_octal(uint8_t *field, size_t digits, uint64_t value)
{
	for (size_t i = digits; i > 0; i--) {
		field[i - 1] = (uint8_t)('0' + (value & 7));
		value >>= 3;
	}
}

static void put_block(struct buffer *b, const struct tar_entry *e, char typeflag, struct span name,
		      struct span linkname)
{
	uint8_t block[TAR_BLOCK_SIZE] = {0};
	uint32_t sum = 0;

	memcpy(block + NAME, name.p, MIN(name.n, (size_t)NAME_SIZE));
	put_octal(block + MODE, 7, e->mode);
	put_octal(block + UID, 7, MIN(e->uid, ID_MAX));
	put_octal(block + GID, 7, MIN(e->gid, ID_MAX));
	put_octal(block + SIZE, 11, MIN(e->size, FIELD_SIZE_MAX));
	put_octal(block + MTIME, 11, 0);
	memset(block + CHECKSUM, ' ', 8);
	block[TYPEFLAG] = (uint8_t)typeflag;
	if (linkname.n > 0)
		memcpy(block + LINKNAME, linkname.p, MIN(linkname.n, (size_t)NAME_SIZE));
	memcpy(block + MAGIC, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof(block); i++)
		sum += block[i];
	put_octal(block + CHECKSUM, 6, sum);
	block[CHECKSUM + 6] = '\0';
	buffer_put(b, SPAN(block, sizeof(block)));
}

static size_t count_digits(size_t value)
{
	size_t n = 1;

	for (; value >= 10; value /= 10)
		n++;
	return n;
}

/* "LENGTH KEY=VALUE\n", where LENGTH counts the whole record and so its own digits. */
static void put_record(struct buffer *b, const char *key, struct span value)
{
	size_t rest = strlen(key) + value.n + 3;
	size_t length = rest + count_digits(rest);

	if (count_digits(length) > count_digits(rest))
		length++;
	buffer_printf(b, "%zu %s=", length, key);
	buffer_put(b, value);
	buffer_put_u8(b, '\n');
}

static void put_number_record(struct buffer *b, const char *key, uint64_t value)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%" PRIu64, value);

	put_record(b, key, SPAN(text, (size_t)n));
}

/* The values that the fields of the header cannot hold, keys in byte order. */
static void put_pax(struct buffer *b, const struct tar_entry *e, struct span name,
		    struct span linkname)
{
	_cleanup_(buffer_release) struct buffer records = BUFFER_INIT(TAR_PAX_MAX);

	if (e->gid > ID_MAX)
		put_number_record(&records, "gid", e->gid);
	if (linkname.n > NAME_SIZE)
		put_record(&records, "linkpath", linkname);
	if (name.n > NAME_SIZE)
		put_record(&records, "path", name);
	if (e->size > FIELD_SIZE_MAX)
		put_number_record(&records, "size", e->size);
	if (e->uid > ID_MAX)
		put_number_record(&records, "uid", e->uid);
	if (!buffer_ok(&records)) {
		b->failed = true;
		return;
	}
	if (records.n == 0)
		return;

	const struct tar_entry header = {.mode = 0644, .size = records.n};

	put_block(b, &header, TYPE_PAX, SPAN_LITERAL(PAX_NAME), SPAN(NULL, 0));
	buffer_put(b, buffer_span(&records));
	buffer_put_zeros(b, tar_padding(records.n));
}

void tar_put_header(struct buffer *b, const struct tar_entry *e)
{
	_cleanup_(buffer_release) struct buffer name = BUFFER_INIT(TAR_PAX_MAX);
	struct span linkname = e->target ? span_string(e->target) : SPAN(NULL, 0);

	/* By custom a directory's name ends in a slash. */
	buffer_put_string(&name, e->path[0] != '\0' ? e->path : ".");
	if (e->type == TAR_DIRECTORY)
		buffer_put_u8(&name, '/');
	if (!buffer_ok(&name)) {
		b->failed = true;
		return;
	}
	put_pax(b, e, buffer_span(&name), linkname);
	put_block(b, e, (char)e->type, buffer_span(&name), linkname);
}

void tar_put_end(struct buffer *b)
{
	buffer_put_zeros(b, 2 * (size_t)TAR_BLOCK_SIZE);
}
