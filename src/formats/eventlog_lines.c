#include "formats/eventlog_lines.h"

#include "base/text.h"
#include "formats/crc32.h"

void eventlog_lines_release(struct eventlog_lines *l)
{
	buffer_release(&l->bytes);
	*l = (struct eventlog_lines){0};
}

void eventlog_lines_encode(struct span log, struct buffer *ret)
{
	buffer_printf(ret, EVENTLOG_LINES_PREFIX "begin %zu %08x\n", log.n, crc32_of(log));
	while (log.n > 0) {
		size_t n = MIN(log.n, (size_t)EVENTLOG_LINES_BYTES);
		_cleanup_free_ char *line = base64_string(SPAN(log.p, n));

		if (!line) {
			ret->failed = true;
			return;
		}
		buffer_printf(ret, EVENTLOG_LINES_PREFIX "%s\n", line);
		log = span_skip(log, n);
	}
	buffer_put_string(ret, EVENTLOG_LINES_PREFIX "end\n");
}

/* "begin SIZE CRC32" */
static bool parse_begin(struct span rest, size_t *ret_size, uint32_t *ret_crc32)
{
	static const char word[] = "begin ";
	size_t n = strlen(word);
	const uint8_t *blank;
	uint64_t size;
	uint8_t crc[4];

	if (rest.n < n || memcmp(rest.p, word, n) != 0)
		return false;
	rest = span_skip(rest, n);
	blank = rest.n ? memchr(rest.p, ' ', rest.n) : NULL;
	if (!blank || !parse_u64(SPAN(rest.p, blank - rest.p), EVENTLOG_LINES_MAX, &size) ||
	    !hex_decode(span_skip(rest, (size_t)(blank - rest.p) + 1), crc, sizeof(crc)))
		return false;
	*ret_size = size;
	*ret_crc32 = get_be32(crc);
	return true;
}

static void begin(struct eventlog_lines *l, size_t size, uint32_t crc32)
{
	eventlog_lines_release(l);
	l->bytes = (struct buffer)BUFFER_INIT(EVENTLOG_LINES_MAX);
	l->size = size;
	l->crc32 = crc32;
	l->begun = true;
}

void eventlog_lines_take(struct eventlog_lines *l, struct span rest)
{
	_cleanup_free_ uint8_t *bytes = NULL;
	uint32_t crc32;
	size_t n;

	if (l->complete)
		return;
	if (parse_begin(rest, &n, &crc32)) {
		begin(l, n, crc32);
		return;
	}
	if (!l->begun)
		return;
	if (span_equal(rest, SPAN_LITERAL("end"))) {
		if (l->bytes.n == l->size && crc32_of(buffer_span(&l->bytes)) == l->crc32)
			l->complete = true;
		else
			eventlog_lines_release(l);
		return;
	}
	if (!base64_decode(rest, &bytes, &n) || n > l->size - l->bytes.n) {
		eventlog_lines_release(l);
		return;
	}
	buffer_put(&l->bytes, SPAN(bytes, n));
	if (!buffer_ok(&l->bytes))
		eventlog_lines_release(l);
}
