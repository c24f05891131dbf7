#include "guest/init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/file.h"

#define LIST_MAX (64u << 10)

static int load(const char *path, struct error **err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_errno(err, errno, "%s", path);
	if (syscall(SYS_finit_module, fd, "", 0) == 0)
		return 0;
	/* No such hardware, or the kernel has it already; without the file being absent, ENOENT is a
	 * symbol of a module that found no hardware. */
	if (errno == ENODEV || errno == EEXIST || errno == ENXIO || errno == EOPNOTSUPP ||
	    errno == ENOENT)
		return 0;
	return error_errno(err, errno, "cannot load '%s'", path);
}

int modules_load(struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(LIST_MAX);
	int r = file_read("/modules.list", LIST_MAX, &text, err);

	if (r < 0)
		return r;

	struct reader list = reader_init(buffer_span(&text));
	struct span name;
	bool ok;

	while (modules_next(&list, &name, &ok)) {
		if (!ok)
			return error_set(err, -ERROR_MALFORMED, "/modules.list: not a name");

		_cleanup_free_ char *path =
			string_printf("/modules/%.*s", (int)name.n, (const char *)name.p);

		r = path ? load(path, err) : error_oom(err);
		if (r < 0)
			return r;
	}
	return 0;
}

int modules_lock(struct error **err)
{
	_cleanup_close_ int fd = open("/proc/sys/kernel/modules_disabled", O_WRONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : write_full(fd, SPAN_LITERAL("1"));

	if (r < 0)
		return error_errno(err, -r, "cannot lock the kernel's modules");
	/* The kernel refuses already; without the capability systemd does not try. */
	if (prctl(PR_CAPBSET_DROP, CAP_SYS_MODULE, 0, 0, 0) < 0)
		return error_errno(err, errno, "cannot drop CAP_SYS_MODULE");
	return 0;
}
