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

/* What a header says; size fields follow from name and content. */
struct header {
	uint32_t ino;
	uint32_t mode; /* enum cpio_type | permissions */
	uint32_t nlink;
	uint32_t rdevmajor;
	uint32_t rdevminor;
};

/* Padding counts from the start of the archive's header; entries start aligned wherever the buffer
 * began. */
static void put_padding(struct buffer *b, size_t written)
{
	buffer_put_zeros(b, align_up(written, ALIGNMENT) - written);
}

/* An entry exactly as the header says. The buffer fails if a size does not fit. */
static void put(struct buffer *b, const struct header *h, const char *name, struct span content)
{
	size_t name_size = strlen(name) + 1;

	if (content.n > UINT32_MAX || name_size > CPIO_NAME_MAX) {
		b->failed = true;
		return;
	}

	const uint32_t fields[FIELDS] = {
		[INO] = h->ino,
		[MODE] = h->mode,
		[NLINK] = h->nlink,
		[FILESIZE] = (uint32_t)content.n,
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

static void add(struct cpio_writer *w, struct header h, const char *name, struct span content)
{
	h.ino = ++w->entries;
	h.nlink = (h.mode & TYPE_MASK) == CPIO_DIRECTORY ? 2 : 1;
	put(w->out, &h, name, content);
}

void cpio_add(struct cpio_writer *w, uint32_t mode, const char *name, struct span content)
{
	add(w, (struct header){.mode = mode}, name, content);
}

void cpio_add_device(struct cpio_writer *w, uint32_t permissions, const char *name, uint32_t major,
		     uint32_t minor)
{
	const struct header h = {
		.mode = CPIO_CHARACTER_DEVICE | permissions,
		.rdevmajor = major,
		.rdevminor = minor,
	};

	add(w, h, name, SPAN(NULL, 0));
}

void cpio_end(struct cpio_writer *w)
{
	put(w->out, &(struct header){.nlink = 1}, TRAILER, SPAN(NULL, 0));
}
