#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <time.h>

#include "base/file.h"
#include "guest/metrics/metrics.h"

/* Of /proc/stat, which names every interrupt. */
#define PROC_MAX (1u << 20)

static const struct {
	const char *name;
	void (*put)(struct span text, struct buffer *ret);
} files[] = {
	{"stat", metrics_processors}, {"meminfo", metrics_memory},  {"loadavg", metrics_load},
	{"net/dev", metrics_network}, {"diskstats", metrics_disks},
};

static void put_gauge(struct buffer *b, const char *name, const char *labels, uint64_t value)
{
	buffer_printf(b, "# TYPE %s gauge\n%s%s %llu\n", name, name, labels,
		      (unsigned long long)value);
}

/* What is not mounted there yet lies in the file system above. */
static bool is_mounted(const char *path)
{
	struct stat here, root;

	return stat(path, &here) == 0 && stat("/", &root) == 0 && here.st_dev != root.st_dev;
}

/* Under one name wherever it is mounted: the dashboard asks for it. */
#define DISK_LABELS "{mountpoint=\"/persistent\"}"

static void put_disk(const char *path, struct buffer *b)
{
	struct statvfs v;

	if (!is_mounted(path) || statvfs(path, &v) < 0)
		return;
	put_gauge(b, "node_filesystem_size_bytes", DISK_LABELS, (uint64_t)v.f_blocks * v.f_frsize);
	put_gauge(b, "node_filesystem_free_bytes", DISK_LABELS, (uint64_t)v.f_bfree * v.f_frsize);
	put_gauge(b, "node_filesystem_avail_bytes", DISK_LABELS, (uint64_t)v.f_bavail * v.f_frsize);
	put_gauge(b, "node_filesystem_files", DISK_LABELS, v.f_files);
	put_gauge(b, "node_filesystem_files_free", DISK_LABELS, v.f_ffree);
}

static void put_clock(struct buffer *b)
{
	struct timex t = {0};
	int state = adjtimex(&t);

	put_gauge(b, "node_time_seconds", "", (uint64_t)time(NULL));
	if (state < 0)
		return;
	put_gauge(b, "node_timex_sync_status", "", state != TIME_ERROR && !(t.status & STA_UNSYNC));
	if (t.maxerror >= 0)
		buffer_printf(b,
			      "# TYPE node_timex_maxerror_seconds gauge\n"
			      "node_timex_maxerror_seconds %ld.%06ld\n",
			      t.maxerror / 1000000, t.maxerror % 1000000);
}

/* Whether each client answers: guest/node has made the role's ready file. */
static void put_roles(const char *folder, struct buffer *b)
{
	static const char *const roles[] = {"execution", "consensus"};

	buffer_put_string(b, "# TYPE tdnode_client_ready gauge\n");
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
		_cleanup_free_ char *path = string_printf("%s/%s/ready", folder, roles[i]);

		if (path)
			buffer_printf(b, "tdnode_client_ready{role=\"%s\"} %u\n", roles[i],
				      path_exists(path));
	}
}

void metrics_machine(const struct metrics_places *places, struct buffer *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(PROC_MAX);
		_cleanup_free_ char *path = path_join(places->proc, files[i].name);

		if (path && file_read(path, PROC_MAX, &text, NULL) >= 0)
			files[i].put(buffer_span(&text), ret);
	}
	put_disk(places->disk, ret);
	put_clock(ret);
	put_roles(places->ready, ret);
}
