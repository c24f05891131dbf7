#include "crypto/tls_wait.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <poll.h>

#include "base/clock.h"

int tls_failed(const char *what, struct error **err)
{
	char text[256] = "the connection ended";
	unsigned long code = ERR_get_error();

	if (code)
		ERR_error_string_n(code, text, sizeof text);
	ERR_clear_error();
	return error_set(err, -EPROTO, "%s: %s", what, text);
}

int tls_wait(SSL *ssl, int fd, int r, int64_t deadline, const char *what, struct error **err)
{
	int why = SSL_get_error(ssl, r);
	struct pollfd p = {.fd = fd, .events = why == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN};
	int64_t left = deadline - clock_milliseconds();

	if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
		return tls_failed(what, err);
	if (left <= 0 || poll(&p, 1, (int)MIN(left, (int64_t)INT_MAX)) == 0)
		return error_set(err, -ETIMEDOUT, "%s: no answer in time", what);
	return 0;
}

int tls_send_all(SSL *ssl, int fd, struct span bytes, int64_t deadline, const char *what,
		 struct error **err)
{
	int r = 0;

	ERR_clear_error();
	while (r >= 0 && bytes.n) {
		int done = SSL_write(ssl, bytes.p, (int)MIN(bytes.n, (size_t)INT_MAX));

		if (done > 0)
			bytes = span_skip(bytes, (size_t)done);
		else
			r = tls_wait(ssl, fd, done, deadline, what, err);
	}
	return r;
}
