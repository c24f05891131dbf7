/*
 * Mounts the opened disk as /persistent, and unmounts it. A program of its own: the mount is for the whole system,
 * so its service can have little of systemd's sandbox, and that of guest/disk, which reads what the host wrote and
 * speaks with the TPM, has all the more. It links nothing but libc, for it is in the way of the node's start.
 */
#include <errno.h>
#include <sys/mount.h>
#include <time.h>

#include "base/error.h"
#include "base/guest_failed.h"
#include "base/persistent_disk.h"
#include "base/text.h"

/* Clients that were just killed still close their files. */
#define UNMOUNT_TRIES 50u
#define UNMOUNT_PAUSE_MILLISECONDS 100

static int mount_disk(struct error **err)
{
	/* After an error of the disk nothing more is written: the journal keeps what was. */
	if (mount(DISK_MAPPER, DISK_MOUNT, "ext4", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME,
		  "errors=remount-ro") < 0)
		return error_errno(err, errno, "cannot mount '" DISK_MOUNT "'");
	puts("tdnode-persistent: " DISK_MOUNT " is ready");
	return 0;
}

static int unmount_disk(struct error **err)
{
	const struct timespec pause = {0, UNMOUNT_PAUSE_MILLISECONDS * 1000000};

	for (unsigned i = 0; umount2(DISK_MOUNT, UMOUNT_NOFOLLOW) < 0; i++) {
		if (errno == EINVAL)
			return 0;
		if (errno != EBUSY || i == UNMOUNT_TRIES)
			return error_errno(err, errno, "cannot unmount '" DISK_MOUNT "'");
		nanosleep(&pause, NULL);
	}
	puts("tdnode-persistent: " DISK_MOUNT " is unmounted");
	return 0;
}

int main(int argc, char **argv)
{
	_cleanup_error_ struct error *err = NULL;
	int r;

	if (argc == 2 && string_equal(argv[1], "mount")) {
		r = mount_disk(&err);
	} else if (argc == 2 && string_equal(argv[1], "unmount")) {
		r = unmount_disk(&err);
	} else {
		fputs("tdnode-persistent: usage: persistent mount|unmount\n", stderr);
		return 2;
	}
	if (r < 0)
		guest_failed("tdnode-persistent", error_message(err));
	return error_exit_status(r);
}
