/* Documentation/ABI/testing/configfs-tsm of Linux: report data in, quote out. */
#include <errno.h>
#include <fcntl.h>

#include "base/file.h"
#include "formats/quote.h"
#include "guest/attest/attest.h"

static int read_generation(const char *folder, uint64_t *ret, struct error **err)
{
	_cleanup_free_ char *path = path_join(folder, "generation");

	if (!path)
		return error_oom(err);
	return file_read_number(path, UINT64_MAX, ret)
		       ? 0
		       : error_set(err, -EIO, "'%s' is no number", path);
}

static int write_data(const char *folder, struct span data, struct error **err)
{
	_cleanup_free_ char *path = path_join(folder, "inblob");
	_cleanup_close_ int fd = path ? open(path, O_WRONLY | O_CLOEXEC) : -1;
	int r;

	if (!path)
		return error_oom(err);
	r = fd < 0 ? -errno : write_full(fd, data);
	return r < 0 ? error_errno(err, -r, "report data for '%s'", path) : 0;
}

/* Binary attributes have no size, so it is read up to its end. */
static int read_quote(const char *folder, struct buffer *ret, struct error **err)
{
	_cleanup_free_ char *path = path_join(folder, "outblob");
	_cleanup_close_ int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (!path)
		return error_oom(err);
	if (fd < 0)
		return error_errno(err, errno, "the quote '%s'", path);
	for (;;) {
		uint8_t part[4096];
		ssize_t got = read(fd, part, sizeof part);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_errno(err, errno, "the quote '%s'", path);
		if (got == 0)
			break;
		buffer_put(ret, SPAN(part, (size_t)got));
		if (!buffer_ok(ret))
			return error_set(err, -ERROR_MALFORMED, "a quote of more than %u bytes",
					 QUOTE_MAX);
	}
	return 0;
}

int tdx_quote(const char *folder, const uint8_t data[ATTEST_DATA_SIZE], struct buffer *ret,
	      struct error **err)
{
	_cleanup_(buffer_release) struct buffer bytes = BUFFER_INIT(QUOTE_MAX);
	uint64_t before = 0, after = 0;
	struct quote quote;
	int r = write_data(folder, SPAN(data, ATTEST_DATA_SIZE), err);

	if (r >= 0)
		r = read_generation(folder, &before, err);
	if (r >= 0)
		r = read_quote(folder, &bytes, err);
	if (r >= 0)
		r = read_generation(folder, &after, err);
	if (r >= 0 && before != after)
		r = error_set(err, -EBUSY, "somebody else writes to '%s'", folder);
	if (r >= 0)
		r = quote_parse(buffer_span(&bytes), &quote, err);
	if (r < 0)
		return r;
	if (memcmp(quote.td.report_data, data, ATTEST_DATA_SIZE) != 0)
		return error_set(err, -EIO, "the quote has other report data");
	buffer_put(ret, buffer_span(&bytes));
	return buffer_ok(ret) ? 0 : error_oom(err);
}
