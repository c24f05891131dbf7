/* In place of guest/attest/tdx.c, in images of tests/unlock.sh alone: quotes of a machine that is none, made outside of it. */
#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>

#include "base/file.h"
#include "formats/quote.h"
#include "guest/attest/attest.h"

#define QUOTE_PORT 1

static int dial(struct error **err)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
					    .sin_port = htons(QUOTE_PORT),
					    .sin_addr = {inet_addr("10.0.2.2")}};
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) < 0)
		return error_errno(err, errno, "the stand-in");
	return TAKE_FD(fd);
}

int tdx_quote(const char *folder, const uint8_t data[ATTEST_DATA_SIZE], struct buffer *ret,
	      struct error **err)
{
	_cleanup_close_ int fd = dial(err);
	uint8_t part[4096];
	ssize_t n;
	int r = fd;

	(void)folder;
	if (r >= 0)
		r = write_full(fd, SPAN(data, ATTEST_DATA_SIZE));
	while (r >= 0 && (n = read(fd, part, sizeof part)) > 0)
		buffer_put(ret, SPAN(part, (size_t)n));
	return r < 0 ? r : buffer_ok(ret) ? 0 : error_oom(err);
}
