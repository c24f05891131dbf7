#include "formats/gzip.h"

#include <errno.h>
#include <limits.h>
#include <zlib.h>

/* For inflateInit2(): the largest window, and a gzip header and trailer instead of zlib's. */
#define GZIP_WINDOW (15 + 16)

struct gzip {
	z_stream stream;
	size_t size; /* of the file */
	struct span rest;
	bool between_members;
};

struct gzip *gzip_new(struct span file)
{
	struct gzip *g = calloc(1, sizeof(*g));

	if (!g || inflateInit2(&g->stream, GZIP_WINDOW) != Z_OK) {
		free(g);
		return NULL;
	}
	g->size = file.n;
	g->rest = file;
	return g;
}

uint64_t gzip_position(const struct gzip *g)
{
	return g->size - g->rest.n;
}

void gzip_free(struct gzip *g)
{
	if (!g)
		return;
	inflateEnd(&g->stream);
	free(g);
}

/* One call of inflate() with as much input as its types hold. */
static int inflate_some(struct gzip *g, uint8_t *p, size_t n, size_t *ret, struct error **err)
{
	uInt in = (uInt)MIN(g->rest.n, INT_MAX), out = (uInt)MIN(n, INT_MAX);

	g->stream.next_in = (Bytef *)(uintptr_t)g->rest.p;
	g->stream.avail_in = in;
	g->stream.next_out = p;
	g->stream.avail_out = out;

	int status = inflate(&g->stream, Z_NO_FLUSH);

	g->rest = span_skip(g->rest, in - g->stream.avail_in);
	*ret = out - g->stream.avail_out;
	if (status == Z_STREAM_END) {
		g->between_members = true;
		return inflateReset(&g->stream) == Z_OK ? 0 : error_oom(err);
	}
	if (status == Z_MEM_ERROR)
		return error_oom(err);
	if (status == Z_BUF_ERROR || (status == Z_OK && *ret == 0 && g->rest.n == 0))
		return error_set(err, -ERROR_MALFORMED, "gzip: the file is cut off");
	if (status != Z_OK)
		return error_set(err, -ERROR_MALFORMED, "gzip: the file is damaged: %s",
				 g->stream.msg ? g->stream.msg : "no deflated data");
	return 0;
}

int gzip_read(struct gzip *g, uint8_t *p, size_t n, size_t *ret, struct error **err)
{
	size_t got = 0;
	int r = 0;

	while (r >= 0 && got == 0 && n > 0) {
		if (g->between_members && span_is_zero(g->rest))
			break;
		g->between_members = false;
		r = inflate_some(g, p, n, &got, err);
	}
	if (r >= 0)
		*ret = got;
	return r;
}
