#include "guest/init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/file.h"

struct mount_point {
	const char *type, *path;
	unsigned long flags;
	const char *data;
};

static int mount_all(const struct mount_point *points, size_t n, struct error **err)
{
	for (size_t i = 0; i < n; i++) {
		const struct mount_point *p = &points[i];

		if (mount(p->type, p->path, p->type, p->flags, p->data) < 0)
			return error_errno(err, errno, "cannot mount '%s'", p->path);
	}
	return 0;
}

int mount_early(struct error **err)
{
	static const struct mount_point points[] = {
		{"proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL},
		/* Read-only also says that there is no udev: systemd would wait for it otherwise. */
		{"sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL},
		{"devtmpfs", "/dev", MS_NOSUID | MS_NOEXEC, NULL},
	};

	return mount_all(points, ARRAY_SIZE(points), err);
}

int mount_configuration(struct error **err)
{
	static const struct mount_point points[] = {
		{"configfs", "/sys/kernel/config", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL},
	};

	return mount_all(points, ARRAY_SIZE(points), err);
}

int mount_volatile(struct error **err)
{
	static const struct mount_point points[] = {
		{"tmpfs", "/sysroot/tmp", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=1777,size=25%"},
		{"tmpfs", "/sysroot/var", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0755,size=25%"},
		/* As systemd would, but for programs. */
		{"tmpfs", "/sysroot/run", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		 "mode=0755,size=20%,nr_inodes=800k"},
		{"tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=1777,size=25%"},
	};
	int r;

	/* devtmpfs begins with device nodes only. */
	if (mkdir("/dev/shm", 0755) < 0 && errno != EEXIST)
		return error_errno(err, errno, "cannot make '/dev/shm'");
	r = mount_all(points, ARRAY_SIZE(points), err);
	if (r < 0)
		return r;
	/* Services with a /tmp of their own need this one before anything else makes folders. */
	if (mkdir("/sysroot/var/tmp", 0777) < 0 || chmod("/sysroot/var/tmp", 01777) < 0)
		return error_errno(err, errno, "cannot make '/var/tmp'");
	return 0;
}

/* Frees the memory of the initrd: nothing of it is reachable after the switch. */
static void remove_initrd(void)
{
	static const char *const paths[] = {"/modules", "/modules.list", "/init"};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		/* What stays costs memory, nothing else. */
		int ignored = directory_remove(paths[i], NULL);

		(void)ignored;
	}
}

int switch_root(struct error **err)
{
	static const char *const moved[] = {"/proc", "/sys", "/dev"};

	for (size_t i = 0; i < ARRAY_SIZE(moved); i++) {
		_cleanup_free_ char *target = string_printf("/sysroot%s", moved[i]);

		if (!target)
			return error_oom(err);
		if (mount(moved[i], target, NULL, MS_MOVE, NULL) < 0)
			return error_errno(err, errno, "cannot move '%s'", moved[i]);
	}
	remove_initrd();
	if (chdir("/sysroot") < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 ||
	    chdir("/") < 0)
		return error_errno(err, errno, "cannot switch to the root file system");
	return 0;
}
