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

void accelerator_explain(int errno_value, char ret[ACCELERATOR_REASON_SIZE])
{
	const char *advice = "";

	if (errno_value == EACCES || errno_value == EPERM)
		advice = ": become a member of the group 'kvm' ('adduser USER kvm', then log in "
			 "anew)";
	else if (errno_value == ENOENT || errno_value == ENODEV || errno_value == ENXIO)
		advice = ": load the module ('modprobe kvm_intel' or 'modprobe kvm_amd'), or hand "
			 "the device to this container";
	snprintf(ret, ACCELERATOR_REASON_SIZE, "/dev/kvm: %s%s", strerrordesc_np(errno_value),
		 advice);
}

static struct accelerator detect(void)
{
	struct accelerator a = {.reason = "the processor offers no virtualisation"};
	_cleanup_(buffer_release) struct buffer cpuinfo = BUFFER_INIT(CPUINFO_MAX);
	_cleanup_close_ int fd = -1;

	if (file_read("/proc/cpuinfo", CPUINFO_MAX, &cpuinfo, NULL) < 0 ||
	    !cpuinfo_can_virtualise(buffer_span(&cpuinfo)))
		return a;
	fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		accelerator_explain(errno, a.reason);
		return a;
	}
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
