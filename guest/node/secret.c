#include "guest/node/node.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/file.h"

#define SECRET_MODE 0640

static int write_secret(int fd, const char *path, struct error **err)
{
	uint8_t secret[NODE_SECRET_SIZE];
	char hex[2 * NODE_SECRET_SIZE + 1];
	ssize_t got = getrandom(secret, sizeof secret, 0);
	int r;

	/* So few bytes come at once or not at all: getrandom(2). */
	if (got != (ssize_t)sizeof secret)
		return error_errno(err, got < 0 ? errno : EIO, "no random bytes");
	hex_encode(SPAN(secret, sizeof secret), hex);
	r = write_full(fd, SPAN(hex, sizeof hex - 1));
	explicit_bzero(secret, sizeof secret);
	explicit_bzero(hex, sizeof hex);
	return r < 0 ? error_errno(err, -r, "%s", path) : 0;
}

int node_secret_make(const char *path, struct error **err)
{
	_cleanup_close_ int fd =
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return error_errno(err, errno, "%s", path);
	r = write_secret(fd, path, err);
	/* Whole before anybody may read it, and whatever the umask. */
	if (r >= 0 && fchmod(fd, SECRET_MODE) < 0)
		r = error_errno(err, errno, "%s", path);
	if (r < 0)
		unlink(path);
	return r;
}
