#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/file.h"
#include "formats/channel.h"
#include "guest/attest/attest.h"

#define LOG_NAME "eventlog"
#define TSM_NAME "tdnode"

struct prepare_places prepare_places_defaults(void)
{
	return (struct prepare_places){
		.folder = "/run/attest",
		.tpm = "/dev/tpmrm0",
		.configfs = "/sys/kernel/config",
		.tsm = "/sys/kernel/config/tsm/report",
		.event_logs = {"/sys/kernel/security/tpm0/binary_bios_measurements",
			       "/sys/firmware/acpi/tables/data/CCEL"},
	};
}

static int give_tpm(const struct prepare_places *p, const struct stat *owner, struct error **err)
{
	if (path_is_absent(p->tpm))
		return 0;
	if (chown(p->tpm, (uid_t)-1, owner->st_gid) < 0 || chmod(p->tpm, 0660) < 0)
		return error_errno(err, errno, "cannot give '%s' to the service", p->tpm);
	return 0;
}

/* The service's own folder, so that nobody else's report data can come between. */
static int give_tsm(const struct prepare_places *p, const struct stat *owner, struct error **err)
{
	_cleanup_free_ char *folder = path_join(p->tsm, TSM_NAME);
	_cleanup_free_ char *input = folder ? path_join(folder, "inblob") : NULL;

	if (!input)
		return error_oom(err);
	if (path_is_absent(p->configfs))
		return 0;
	/* In a VM that is no TD there may be neither a file system nor its folder. */
	if (path_is_absent(p->tsm) &&
	    mount("configfs", p->configfs, "configfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) <
		    0 &&
	    errno != ENOENT && errno != ENODEV && errno != EBUSY)
		return error_errno(err, errno, "cannot mount '%s'", p->configfs);
	if (path_is_absent(p->tsm))
		return 0;
	if (mkdir(folder, 0755) < 0 && errno != EEXIST)
		/* The kernel's folder is there without a module that quotes, too. */
		return errno == ENXIO ? 0 : error_errno(err, errno, "cannot make '%s'", folder);
	if (chown(input, owner->st_uid, owner->st_gid) < 0)
		return error_errno(err, errno, "cannot give '%s' to the service", input);
	return 0;
}

static int copy_log(const struct prepare_places *p, struct error **err)
{
	_cleanup_(buffer_release) struct buffer log = BUFFER_INIT(CHANNEL_LOG_MAX);
	_cleanup_free_ char *copy = path_join(p->folder, LOG_NAME);

	if (!copy)
		return error_oom(err);
	for (size_t i = 0; i < ARRAY_SIZE(p->event_logs) && p->event_logs[i]; i++) {
		int r;

		if (path_is_absent(p->event_logs[i]))
			continue;
		r = file_read(p->event_logs[i], CHANNEL_LOG_MAX, &log, err);
		return r < 0 ? r : file_write(copy, buffer_span(&log), err);
	}
	return 0;
}

int prepare(const struct prepare_places *p, struct error **err)
{
	struct stat owner;
	int r;

	if (stat(p->folder, &owner) < 0)
		return error_errno(err, errno, "the folder '%s'", p->folder);
	r = give_tpm(p, &owner, err);
	if (r >= 0)
		r = give_tsm(p, &owner, err);
	return r < 0 ? r : copy_log(p, err);
}
