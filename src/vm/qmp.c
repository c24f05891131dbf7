#include "vm/qmp.h"

#include <errno.h>
#include <jansson.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "base/file.h"

#define CONNECT_MILLISECONDS 5000
#define POLL_MILLISECONDS 20
/* QEMU answers in milliseconds; a machine that does much else lets it wait. */
#define ANSWER_SECONDS 30
/* The greeting and answers that are read here are a few hundred bytes. */
#define LINE_MAX_BYTES 16384

enum qmp_message qmp_parse(struct span line)
{
	json_t *json = json_loadb((const char *)line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
	enum qmp_message type = json_object_get(json, "QMP")	  ? QMP_GREETING
				: json_object_get(json, "return") ? QMP_RETURN
				: json_object_get(json, "error")  ? QMP_ERROR
				: json_object_get(json, "event")  ? QMP_EVENT
								  : QMP_MALFORMED;

	json_decref(json);
	return type;
}

/* Reads lines until one is of the type; events in between are dropped. */
static int expect(int fd, enum qmp_message type, struct error **err)
{
	for (;;) {
		uint8_t line[LINE_MAX_BYTES];
		size_t n = 0;
		int r = 0;

		while (n < sizeof line && (r = read_full(fd, line + n, 1)) == 0 && line[n] != '\n')
			n++;
		if (r < 0)
			return error_errno(err, -r, "QEMU does not answer");

		enum qmp_message found = n < sizeof line ? qmp_parse(SPAN(line, n)) : QMP_MALFORMED;

		if (found == type)
			return 0;
		if (found != QMP_EVENT)
			return error_set(err, -ERROR_MALFORMED, "QEMU answers something else");
	}
}

static int connect_once(const struct sockaddr_un *address)
{
	const struct timeval limit = {.tv_sec = ANSWER_SECONDS};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)address, sizeof *address) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0) {
		int saved = errno;

		close(fd);
		return -saved;
	}
	return fd;
}

int qmp_connect(const char *socket, int *ret_fd, struct error **err)
{
	const struct timespec pause = {0, POLL_MILLISECONDS * 1000000};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_close_ int fd = -1;
	int r;

	if (strlen(socket) >= sizeof address.sun_path)
		return error_errno(err, ENAMETOOLONG, "%s", socket);
	memcpy(address.sun_path, socket, strlen(socket));
	for (unsigned i = 0; fd < 0 && i < CONNECT_MILLISECONDS / POLL_MILLISECONDS; i++) {
		if (i > 0)
			nanosleep(&pause, NULL);
		fd = connect_once(&address);
	}
	if (fd < 0)
		return error_errno(err, -fd, "cannot reach QEMU");
	r = expect(fd, QMP_GREETING, err);
	if (r >= 0)
		r = qmp_send(fd, "qmp_capabilities", err);
	if (r >= 0)
		r = expect(fd, QMP_RETURN, err);
	if (r < 0)
		return r;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int qmp_send(int fd, const char *command, struct error **err)
{
	char line[128];
	int n = snprintf(line, sizeof line, "{\"execute\":\"%s\"}\n", command);
	ssize_t sent = send(fd, line, (size_t)n, MSG_NOSIGNAL);

	return sent == n ? 0 : error_errno(err, sent < 0 ? errno : EIO, "cannot reach QEMU");
}
