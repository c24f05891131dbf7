#include "base/shortage.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

/* Less than what a tool writes at once. */
#define SPACE_MIN (1u << 20)

bool shortage_is(int code)
{
	return code == -ENOSPC || code == -EDQUOT || code == -EFBIG || code == -EROFS ||
	       code == -EMFILE || code == -ENFILE || code == -ENOMEM;
}

static bool is_full(const char *folder)
{
	struct statvfs v;

	if (statvfs(folder, &v) < 0)
		return false;
	return (uint64_t)v.f_bavail * v.f_frsize < SPACE_MIN || (v.f_files && !v.f_favail);
}

int shortage_explain(const char *folder, int code, struct error **err)
{
	struct rlimit limit;

	/* A refusal has its own reason. */
	if (shortage_is(code) || code == -ERROR_REFUSED || code == -ERROR_USAGE)
		return code;
	if (is_full(folder))
		return error_wrap(err, -ENOSPC, "no space is left in '%s'", folder);
	/* Where a tool of ours writes its own files is not known. */
	if (code == -ECHILD && getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
	    limit.rlim_cur != RLIM_INFINITY)
		return error_wrap(err, -EFBIG,
				  "a file may have %llu bytes at most here ('ulimit -f')",
				  (unsigned long long)limit.rlim_cur);
	return code;
}

int shortage_check_files(unsigned n, struct error **err)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= n)
		return 0;
	limit.rlim_cur = limit.rlim_max < n ? limit.rlim_max : n;
	if (limit.rlim_cur < n)
		return error_set(
			err, -EMFILE,
			"%llu files may be open at once here: at least %u are needed ('ulimit -n')",
			(unsigned long long)limit.rlim_max, n);
	return setrlimit(RLIMIT_NOFILE, &limit) < 0
		       ? error_errno(err, errno, "cannot have %u files open at once", n)
		       : 0;
}

void shortage_ignore_signal(void)
{
	signal(SIGXFSZ, SIG_IGN);
}
