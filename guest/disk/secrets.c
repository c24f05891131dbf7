#include <errno.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "guest/disk/disk.h"

int secrets_new(struct secrets **ret, struct error **err)
{
	size_t size = sizeof(struct secrets);
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return error_oom(err);
	if (mlock(p, size) < 0 || madvise(p, size, MADV_DONTDUMP) < 0 ||
	    madvise(p, size, MADV_DONTFORK) < 0) {
		int r = error_errno(err, errno, "cannot lock memory for secrets");

		munmap(p, size);
		return r;
	}
	*ret = p;
	return 0;
}

void secrets_free(struct secrets *s)
{
	if (!s)
		return;
	explicit_bzero(s, sizeof(*s));
	munmap(s, sizeof(*s));
}

int secrets_random(uint8_t *p, size_t n, struct error **err)
{
	/* Up to 256 bytes come whole. */
	if (getrandom(p, n, 0) != (ssize_t)n)
		return error_errno(err, errno ? errno : EIO, "the kernel gives no random bytes");
	return 0;
}
