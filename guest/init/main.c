#include "guest/init/init.h"

#include <errno.h>
#include <sys/reboot.h>
#include <time.h>

#include "base/file.h"

static const char *const systemd[] = {"/usr/lib/systemd/systemd", NULL};

static int boot(struct error **err)
{
	_cleanup_(buffer_release) struct buffer command_line = BUFFER_INIT(COMMAND_LINE_MAX);
	struct block_device root, verity;
	struct root_hash hash;
	int r = mount_early(err);

	if (r >= 0)
		r = file_read("/proc/cmdline", COMMAND_LINE_MAX, &command_line, err);
	if (r >= 0)
		r = command_line_root_hash(buffer_span(&command_line), &hash, err);
	if (r >= 0)
		r = modules_load(err);
	if (r >= 0)
		r = modules_lock(err);
	if (r >= 0)
		r = mount_configuration(err);
	if (r >= 0)
		r = partitions_wait(&hash, &root, &verity, err);
	if (r >= 0)
		r = verity_mount(&hash, &root, &verity, err);
	if (r >= 0)
		r = mount_volatile(err);
	if (r >= 0)
		r = switch_root(err);
	if (r < 0)
		return r;
	execv(systemd[0], (char *const *)(uintptr_t)systemd);
	return error_errno(err, errno, "%s", systemd[0]);
}

int main(void)
{
	/* Long enough for the console to carry the line out of the machine. */
	const struct timespec pause = {1, 0};
	struct error *err = NULL;

	if (getpid() != 1) {
		fputs("tdnode-init: runs as the first process only\n", stderr);
		return 1;
	}
	if (boot(&err) < 0)
		printf("tdnode-init: %s: powering off\n", error_message(err));
	fflush(stdout);
	nanosleep(&pause, NULL);
	reboot(RB_POWER_OFF);
	return 1;
}
