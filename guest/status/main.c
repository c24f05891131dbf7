#include <errno.h>
#include <poll.h>
#include <sys/inotify.h>
#include <time.h>

#include "base/file.h"
#include "guest/status/status.h"

#define UNITS "/run/systemd/units"
/* Often while people wait for the boot, then once a minute: a line is half a kilobyte of somebody's log. */
#define EARLY_SECONDS 300
#define EARLY_PAUSE 10
#define PAUSE 60

static int read_clients(struct clients *ret, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(STATUS_CONF_MAX);
	int r = path_exists(STATUS_CONF) ? file_read(STATUS_CONF, STATUS_CONF_MAX, &text, err) : 0;

	return r < 0 ? r : clients_parse(STATUS_CONF, buffer_span(&text), ret, err);
}

/* For evidence; without it that claim is left out. */
static void note_identity(struct client *c)
{
	_cleanup_error_ struct error *err = NULL;
	const char *path = c->kind == CLIENT_EXECUTION ? STATUS_FOLDER "/execution-enode"
						       : STATUS_FOLDER "/consensus-peer-id";

	if (client_ask_identity(c) && file_write(path, span_string(c->identity), &err) < 0)
		fprintf(stderr, "tdnode-status: %s\n", error_message(err));
}

static int say(struct clients *clients, uint64_t *ret_uptime, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(2 * STATUS_LINE_MAX);
	struct status_line s = {0};
	int r;

	machine_look(&s);
	units_look(UNITS, s.clock, clients, &s);
	for (size_t i = 0; i < s.n_roles; i++) {
		if (!s.roles[i].active)
			continue;
		client_ask(&clients->items[i], &s.roles[i]);
		if (s.roles[i].version[0])
			note_identity(&clients->items[i]);
	}
	*ret_uptime = s.uptime;
	r = status_line_encode(&s, &text, err);
	if (r < 0)
		return r;
	r = write_full(STDOUT_FILENO, buffer_span(&text));
	return r < 0 ? error_errno(err, -r, "cannot write to the console") : 0;
}

/* Sees units start meanwhile, so that no restart is missed. */
static void wait_for(int watch, int seconds, struct clients *clients)
{
	struct timespec now;
	time_t end;

	clock_gettime(CLOCK_MONOTONIC, &now);
	end = now.tv_sec + seconds;
	while (now.tv_sec < end) {
		struct pollfd p = {.fd = watch, .events = POLLIN};
		uint8_t events[4096];

		if (poll(&p, 1, (int)(end - now.tv_sec) * 1000) > 0 &&
		    read(watch, events, sizeof events) > 0) {
			struct status_line ignored = {0};

			units_look(UNITS, (uint64_t)time(NULL), clients, &ignored);
		}
		clock_gettime(CLOCK_MONOTONIC, &now);
	}
}

static int run(struct error **err)
{
	_cleanup_close_ int watch = inotify_init1(IN_CLOEXEC);
	struct clients clients = {0};
	uint64_t uptime = 0;
	int r = read_clients(&clients, err);

	if (r >= 0 && (watch < 0 || inotify_add_watch(watch, UNITS, IN_CREATE | IN_MOVED_TO) < 0))
		r = error_errno(err, errno, "cannot watch '%s'", UNITS);
	while (r >= 0) {
		r = say(&clients, &uptime, err);
		if (r >= 0)
			wait_for(watch, uptime < EARLY_SECONDS ? EARLY_PAUSE : PAUSE, &clients);
	}
	return r;
}

int main(void)
{
	_cleanup_error_ struct error *err = NULL;

	if (run(&err) >= 0)
		return 0;
	fprintf(stderr, "tdnode-status: %s\n", error_message(err));
	return 1;
}
