#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/digest.h"
#include "formats/config_text.h"
#include "formats/sizing.h"
#include "guest/status/status.h"

#define DISK "/persistent"
#define CONFIG "/run/tdnode/config"

static void look_at_disk(struct status_line *s)
{
	struct statvfs v;

	if (!path_is_mounted(DISK) || statvfs(DISK, &v) < 0 || v.f_bavail > v.f_blocks)
		return;
	s->has_disk = true;
	s->disk_size = (uint64_t)v.f_blocks * v.f_frsize;
	s->disk_free = (uint64_t)v.f_bavail * v.f_frsize;
}

static void look_at_clock(struct status_line *s)
{
	struct timex t = {0};
	int state = adjtimex(&t);

	s->clock = (uint64_t)time(NULL);
	s->synchronised = state >= 0 && state != TIME_ERROR && !(t.status & STA_UNSYNC);
	s->clock_error = state >= 0 && t.maxerror > 0 ? (uint64_t)t.maxerror : 0;
}

static void look_at_size(struct status_line *s)
{
	struct sysinfo memory = {0};
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (sysinfo(&memory) == 0)
		s->memory = (uint64_t)memory.totalram * memory.mem_unit;
	s->processors = processors > 0 ? (uint64_t)processors : 0;
}

/* What guest/node has from the same rules, on one line. */
static void size_clients(struct span configuration, struct status_line *s)
{
	const struct sizing_machine machine = {
		.memory = s->memory, .disk = s->disk_size, .processors = (unsigned)s->processors};
	_cleanup_(buffer_release) struct buffer lines = BUFFER_INIT(SIZING_TEXT_MAX);

	sizing_put(&machine, configuration, &lines);
	for (size_t i = 0; i < lines.n; i++)
		lines.p[i] = lines.p[i] == '\n' ? ' ' : lines.p[i];
	status_copy_text(SPAN(lines.p, lines.n ? lines.n - 1 : 0), s->sizing, sizeof s->sizing);
}

static void look_at_config(struct status_line *s)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(CONFIG_TEXT_MAX);
	struct span network;
	struct digest d;

	if (!path_exists(CONFIG) || file_read(CONFIG, CONFIG_TEXT_MAX, &text, NULL) < 0)
		return;
	/* A node of a public network; others have nothing to be sized. */
	if (config_text_find(buffer_span(&text), SPAN_LITERAL("NETWORK"), &network))
		size_clients(buffer_span(&text), s);
	d = digest_bytes(DIGEST_SHA256, buffer_span(&text));
	memcpy(s->config_sha256, d.bytes, sizeof s->config_sha256);
	s->has_config = true;
}

void machine_look(struct status_line *s)
{
	struct timespec up = {0};

	clock_gettime(CLOCK_BOOTTIME, &up);
	s->uptime = (uint64_t)up.tv_sec;
	look_at_clock(s);
	look_at_disk(s);
	look_at_size(s);
	look_at_config(s);
}
