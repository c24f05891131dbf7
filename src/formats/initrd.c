#include "formats/initrd.h"

#include "base/text.h"
#include "formats/cpio.h"
#include "formats/decompress_stream.h"

#define ALIGNMENT 4u
#define HEADER_SIZE 110u
#define MAGIC_SIZE 6u
/* Of the fields of eight digits after the magic. */
#define FILESIZE 6u
#define NAMESIZE 11u
#define TRAILER SPAN_LITERAL("TRAILER!!!")

/* The initrd itself, or what a part of it unpacks to. */
struct source {
	struct span rest;		  /* of the initrd */
	struct decompress_stream *stream; /* NULL: rest is what is read */
	uint64_t left;			  /* that may still be unpacked */
};

/* False at the end, or if what is compressed is damaged. */
static bool take(struct source *s, uint8_t *p, size_t n)
{
	size_t got = 0;

	if (s->stream) {
		if (n > s->left || decompress_stream_read(s->stream, p, n, &got, NULL) < 0)
			return false;
		s->left -= got;
		return got == n;
	}
	if (n > s->rest.n)
		return false;
	memcpy(p, s->rest.p, n);
	s->rest = span_skip(s->rest, n);
	return true;
}

static bool skip(struct source *s, uint64_t n)
{
	uint8_t chunk[4096];

	while (s->stream && n > 0) {
		size_t piece = MIN(n, sizeof(chunk));

		if (!take(s, chunk, piece))
			return false;
		n -= piece;
	}
	if (n > s->rest.n)
		return false;
	s->rest = span_skip(s->rest, (size_t)n);
	return true;
}

static bool field(const uint8_t header[HEADER_SIZE], unsigned index, uint32_t *ret)
{
	uint8_t bytes[4];

	if (!hex_decode(SPAN(header + MAGIC_SIZE + 8u * index, 8), bytes, sizeof(bytes)))
		return false;
	*ret = get_be32(bytes);
	return true;
}

static bool is_one_of(struct span path, const char *const *names)
{
	for (; *names; names++) {
		size_t n = strlen(*names);

		if (path.n >= n && memcmp(path.p + path.n - n, *names, n) == 0 &&
		    (path.n == n || path.p[path.n - n - 1] == '/'))
			return true;
	}
	return false;
}

/* An entry whose header begins with the four bytes that were read; false at the end of what can be read. */
static bool read_entry(struct source *s, uint8_t header[HEADER_SIZE], const char *const *names,
		       bool *ret_found)
{
	uint8_t name[CPIO_NAME_MAX];
	uint32_t name_size, size;

	if (!take(s, header + ALIGNMENT, HEADER_SIZE - ALIGNMENT) || header[4] != '0' ||
	    (header[5] != '1' && header[5] != '2') || !field(header, NAMESIZE, &name_size) ||
	    !field(header, FILESIZE, &size) || name_size == 0 || name_size > sizeof(name) ||
	    !take(s, name, name_size))
		return false;

	struct span path = SPAN(name, name_size - 1);

	*ret_found = is_one_of(path, names);
	if (!skip(s, align_up(HEADER_SIZE + name_size, ALIGNMENT) - HEADER_SIZE - name_size))
		return false;
	return span_equal(path, TRAILER) || skip(s, align_up((uint64_t)size, ALIGNMENT));
}

static bool search(struct source *s, const char *const *names)
{
	uint8_t header[HEADER_SIZE];
	bool found = false;

	while (!found) {
		struct span here = s->rest;

		if (!take(s, header, ALIGNMENT))
			return false;
		if (memcmp(header, "0707", ALIGNMENT) == 0) {
			if (!read_entry(s, header, names, &found))
				return found;
		} else if (!span_is_zero(SPAN(header, ALIGNMENT))) {
			s->rest = here;
			return false;
		}
	}
	return true;
}

bool initrd_has_file(struct span initrd, const char *const *names)
{
	_cleanup_(decompress_stream_freep) struct decompress_stream *stream = NULL;
	struct source s = {.rest = initrd};

	if (search(&s, names))
		return true;
	if (!decompress_stream_recognise(s.rest) ||
	    decompress_stream_new(s.rest, &stream, NULL) < 0)
		return false;

	struct source unpacked = {.stream = stream, .left = INITRD_UNPACKED_MAX};

	return search(&unpacked, names);
}
