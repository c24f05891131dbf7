#include "vm/accelerator.h"

#include <errno.h>
#include <fcntl.h>

#include "base/file.h"

/* A kilobyte or two for each processor. */
#define CPUINFO_MAX (16u << 20)

static bool has_word(struct span line, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= line.n; i++) {
		bool starts = i == 0 || line.p[i - 1] == ' ' || line.p[i - 1] == '\t';
		bool ends = i + n == line.n || line.p[i + n] == ' ';

		if (starts && ends && memcmp(line.p + i, word, n) == 0)
			return true;
	}
	return false;
}

bool cpuinfo_can_virtualise(struct span cpuinfo)
{
	struct reader reader = reader_init(cpuinfo);
	struct span line;

	while (reader_line(&reader, &line)) {
		if (line.n > 5 && memcmp(line.p, "flags", 5) == 0)
			return has_word(line, "vmx") || has_word(line, "svm");
	}
	return false;
}

static struct accelerator detect(void)
{
	_cleanup_(buffer_release) struct buffer cpuinfo = BUFFER_INIT(CPUINFO_MAX);
	_cleanup_close_ int fd = -1;

	if (file_read("/proc/cpuinfo", CPUINFO_MAX, &cpuinfo, NULL) < 0 ||
	    !cpuinfo_can_virtualise(buffer_span(&cpuinfo)))
		return (struct accelerator){false, "the processor offers no virtualisation"};
	fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return (struct accelerator){false, "/dev/kvm cannot be opened"};
	return (struct accelerator){true, "the processor offers virtualisation"};
}

int accelerator_choose(enum accelerator_choice choice, struct accelerator *ret, struct error **err)
{
	struct accelerator found = detect();

	if (choice == ACCELERATOR_TCG) {
		*ret = (struct accelerator){false, "asked for"};
		return 0;
	}
	if (choice == ACCELERATOR_KVM && !found.kvm)
		return error_set(err, -ENODEV, "no KVM: %s", found.reason);
	*ret = found;
	return 0;
}
