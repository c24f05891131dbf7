#include "base/guest_failed.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

void guest_failed(const char *program, const char *reason)
{
	_cleanup_close_ int fd = -1;

	fprintf(stderr, "%s: " GUEST_FAILED "%s\n", program, reason);
	fd = open(GUEST_FAILED_FILE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	/* Half a reason is none. Without the file nothing changes but what is reported. */
	if (fd >= 0 && (dprintf(fd, "%s: %.*s", program, (int)(GUEST_FAILED_MAX / 2), reason) < 0 ||
			fchmod(fd, 0444) < 0))
		unlink(GUEST_FAILED_FILE);
}
