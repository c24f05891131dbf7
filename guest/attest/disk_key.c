#include "formats/disk_key.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/file.h"
#include "guest/attest/attest.h"

int disk_key_connect(const struct attest_places *p, int *ret_fd, struct error **err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	/* Where more connections wait than the socket holds, one that blocks would wait for ever. */
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	/* A connection that nobody takes would wait for an answer, and stay in the socket's queue. */
	if (!path_exists(p->disk_waits))
		return error_set(err, -ENOENT, "its disk waits for no key");
	if (fd < 0)
		return error_errno(err, errno, "the socket of the disk");
	if (snprintf(address.sun_path, sizeof address.sun_path, "%s", p->disk_key) >=
	    (int)sizeof address.sun_path)
		return error_set(err, -ENAMETOOLONG, "'%s' is no name of a socket", p->disk_key);
	/* It is shut down once the disk is open. */
	if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0)
		return errno == EAGAIN ? error_set(err, -EBUSY, "too many speak with its disk")
				       : error_set(err, -ENOENT, "its disk waits for no key");
	*ret_fd = TAKE_FD(fd);
	return 0;
}
