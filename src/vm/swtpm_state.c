#include "vm/swtpm_state.h"

#include <errno.h>
#include <fcntl.h>

#include "base/file.h"

int swtpm_state_check_unused(const char *folder, struct error **err)
{
	/* What swtpm locks. */
	_cleanup_free_ char *path = path_join(folder, ".lock");
	_cleanup_close_ int fd = path ? open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC) : -1;
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (!path)
		return error_oom(err);
	/* A TPM that never ran has none. */
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fcntl(fd, F_GETLK, &lock) < 0)
		return error_errno(err, errno, "%s", path);
	if (lock.l_type == F_UNLCK)
		return 0;
	return error_set(err, -EBUSY,
			 "the state of the TPM in '%s' is in use by process %d: end that first",
			 folder, (int)lock.l_pid);
}

int swtpm_path_open(const char *path, bool inherited, struct swtpm_path *ret, struct error **err)
{
	_cleanup_(swtpm_path_release) struct swtpm_path p = SWTPM_PATH_INIT;
	const char *name = path_basename(path);
	_cleanup_free_ char *folder = strndup(path, (size_t)(name - path));
	_cleanup_free_ char *process =
		inherited ? strdup("self") : string_printf("%d", (int)getpid());

	if (!folder || !process)
		return error_oom(err);
	if (strchr(name, ','))
		return error_set(err, -EINVAL, "'%s': swtpm takes no comma in this name", path);
	if (strchr(folder, ',')) {
		p.folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (p.folder_fd < 0)
			return error_errno(err, errno, "%s", folder);
		p.text = string_printf("/proc/%s/fd/%d/%s", process, p.folder_fd, name);
	} else {
		p.text = strdup(path);
	}
	if (!p.text)
		return error_oom(err);
	*ret = p;
	p = (struct swtpm_path)SWTPM_PATH_INIT;
	return 0;
}

void swtpm_path_release(struct swtpm_path *p)
{
	closep(&p->folder_fd);
	free(p->text);
	*p = (struct swtpm_path)SWTPM_PATH_INIT;
}

int swtpm_state_error(const char *folder, const char *said, struct error **err)
{
	return error_set(
		err, -ECHILD,
		"the TPM does not start from its state in '%s'%s: it is damaged, or "
		"of a newer swtpm; put a copy of it back, or move it away and open the disk with "
		"--recovery-file (docs/recovery.md)",
		folder, said);
}

int swtpm_state_explain(struct span messages, const char *folder, struct error **err)
{
	static const struct span command = SPAN_LITERAL("CMD_INIT: ");
	_cleanup_free_ char *said = NULL;
	struct span result;
	size_t at, n = 0;

	if (!span_find(messages, command, &at))
		return 0;
	result = span_skip(messages, at + command.n);
	while (n < result.n && result.p[n] > ' ' && result.p[n] < 0x7f)
		n++;
	if (!folder)
		return error_set(err, -ECHILD,
				 "the TPM that is already running does not start (swtpm: %.*s): "
				 "its state is "
				 "damaged or in use by another process",
				 (int)n, (const char *)result.p);
	said = string_printf(" (swtpm: %.*s)", (int)n, (const char *)result.p);
	return said ? swtpm_state_error(folder, said, err) : error_oom(err);
}
