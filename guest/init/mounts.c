#include "guest/init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/file.h"

int mount_early(struct error **err)
{
	static const struct {
		const char *type, *path;
		unsigned long flags;
	} mounts[] = {
		{"proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC},
		{"sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC},
		{"devtmpfs", "/dev", MS_NOSUID | MS_NOEXEC},
	};

	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		if (mount(mounts[i].type, mounts[i].path, mounts[i].type, mounts[i].flags,
			  NULL) < 0)
			return error_errno(err, errno, "cannot mount '%s'", mounts[i].path);
	}
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
