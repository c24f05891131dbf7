#include "guest/init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/file.h"

#define LIST_MAX (64u << 10)

/* 1: loaded, 0: there is no hardware for it. */
static int load(const char *path, struct error **err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_errno(err, errno, "%s", path);
	if (syscall(SYS_finit_module, fd, "", 0) == 0 || errno == EEXIST)
		return 1;
	if (errno == ENODEV || errno == ENXIO || errno == EOPNOTSUPP)
		return 0;
	return error_errno(err, errno, "cannot load '%s'", path);
}

static int load_line(const struct module_line *line, struct string_list *loaded, struct error **err)
{
	_cleanup_free_ char *name = span_to_string(line->name);
	_cleanup_free_ char *path = name ? path_join("/modules", name) : NULL;
	int r;

	if (!path)
		return error_oom(err);
	if (!modules_needs_met(line->needs, loaded))
		return 0;
	r = load(path, err);
	if (r <= 0)
		return r;
	return string_list_take(loaded, TAKE_PTR(name)) < 0 ? error_oom(err) : 0;
}

int modules_load(struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(LIST_MAX);
	_cleanup_(string_list_release) struct string_list loaded = {0};
	struct module_line line;
	int r = file_read("/modules.list", LIST_MAX, &text, err);
	struct reader list = reader_init(buffer_span(&text));

	while (r >= 0) {
		r = modules_next(&list, &line, err);
		if (r == 0)
			return 0;
		if (r > 0)
			r = load_line(&line, &loaded, err);
	}
	return r;
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
