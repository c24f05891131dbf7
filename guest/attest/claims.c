#include <time.h>

#include "base/file.h"
#include "formats/json_read.h"
#include "guest/attest/attest.h"

#define FILE_MAX (16u << 10)

/* The machine's clock, less the time for which it has run. */
static int64_t boot_time(void)
{
	struct timespec now, since;

	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &since);
	return now.tv_sec - since.tv_sec - (now.tv_nsec < since.tv_nsec);
}

/* The first line of a file that a client of the node may have written, so it may be anything: what is no claim is
 * none. */
static int put_line(struct buffer *b, const char *name, const char *path, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(FILE_MAX);
	struct reader r;
	struct span line;

	if (file_read(path, FILE_MAX, &text, NULL) < 0)
		return 0;
	r = reader_init(buffer_span(&text));
	if (!reader_line(&r, &line) || claims_put(b, name, line, NULL) < 0)
		return buffer_ok(b) ? 0 : error_oom(err);
	return 0;
}

static int put_image(struct buffer *b, const char *path, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(FILE_MAX);
	const struct span key = SPAN_LITERAL("IMAGE_ID=");
	struct reader r;
	struct span line;

	if (file_read(path, FILE_MAX, &text, NULL) < 0)
		return 0;
	r = reader_init(buffer_span(&text));
	while (reader_line(&r, &line))
		if (line.n > key.n && memcmp(line.p, key.p, key.n) == 0)
			return claims_put(b, "image", span_skip(line, key.n), err);
	return 0;
}

int claims_collect(const struct attest_places *p, struct buffer *ret, struct error **err)
{
	char time[TIME_TEXT_SIZE];
	int r;

	time_format(boot_time(), time);
	r = claims_put(ret, "boot_time", span_string(time), err);
	if (r >= 0)
		r = put_line(ret, "consensus_peer_id", p->peer_id, err);
	if (r >= 0)
		r = put_line(ret, "disk", p->disk, err);
	if (r >= 0)
		r = put_line(ret, "execution_enode", p->enode, err);
	return r < 0 ? r : put_image(ret, p->os_release, err);
}
