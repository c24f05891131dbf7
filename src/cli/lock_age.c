#include "cli/lock_age.h"

#include <stdio.h>
#include <time.h>

#include "packages/lock.h"

void lock_age_warn(const char *path, int64_t date, const char *advice)
{
	int64_t days = date ? ((int64_t)time(NULL) - date) / (24 * 3600) : 0;

	if (days > LOCK_OLD_DAYS)
		fprintf(stderr, "warning: what '%s' names is %lld days old: %s\n", path,
			(long long)days, advice);
}
