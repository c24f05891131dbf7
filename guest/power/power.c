#include "guest/power/power.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>

#include "base/file.h"

/* A machine in the cloud has a power button, a sleep button and a keyboard at most. */
#define DEVICES_MAX 16

bool power_pressed(struct span events)
{
	struct input_event e;

	for (; events.n >= sizeof e; events = span_skip(events, sizeof e)) {
		memcpy(&e, events.p, sizeof e);
		if (e.type == EV_KEY && e.code == KEY_POWER && e.value == 1)
			return true;
	}
	return false;
}

struct devices {
	struct pollfd fds[DEVICES_MAX];
	size_t n;
};

static void devices_release(struct devices *d)
{
	for (size_t i = 0; i < d->n; i++)
		closep(&d->fds[i].fd);
}

static int open_devices(const char *folder, struct devices *ret, struct error **err)
{
	_cleanup_(string_list_release) struct string_list names = {0};
	int r = path_exists(folder) ? directory_list(folder, &names, err) : 0;

	if (r < 0)
		return r;
	for (size_t i = 0; i < names.n && ret->n < DEVICES_MAX; i++) {
		_cleanup_free_ char *path = path_join(folder, names.items[i]);
		int fd;

		if (!path)
			return error_oom(err);
		if (!string_starts(names.items[i], "event"))
			continue;
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd < 0)
			return error_errno(err, errno, "%s", path);
		ret->fds[ret->n++] = (struct pollfd){.fd = fd, .events = POLLIN};
	}
	return ret->n ? 0 : error_set(err, -ENODEV, "no input device in '%s'", folder);
}

/* A device that went away is not asked again: poll() passes over negative descriptors. */
static bool read_pressed(struct pollfd *p)
{
	uint8_t events[64 * sizeof(struct input_event)];
	ssize_t got = read(p->fd, events, sizeof events);

	if (got < 0 && errno != EAGAIN && errno != EINTR) {
		close(p->fd);
		p->fd = -1;
	}
	return got > 0 && power_pressed(SPAN(events, (size_t)got));
}

int power_wait(const char *folder, struct error **err)
{
	_cleanup_(devices_release) struct devices devices = {0};
	int r = open_devices(folder, &devices, err);

	while (r >= 0) {
		if (poll(devices.fds, (nfds_t)devices.n, -1) < 0) {
			if (errno == EINTR)
				continue;
			return error_errno(err, errno, "cannot wait for the power button");
		}
		for (size_t i = 0; i < devices.n; i++) {
			if (devices.fds[i].revents && read_pressed(&devices.fds[i]))
				return 0;
		}
	}
	return r;
}
