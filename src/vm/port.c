#include "vm/port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

int port_check_free(uint16_t port, const char *what, const char *option, struct error **err)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = {htonl(INADDR_LOOPBACK)},
	};
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	/* As QEMU does: a port in TIME_WAIT is free. */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
		return error_errno(err, errno, "cannot check port %u", port);
	if (bind(fd, (const struct sockaddr *)&address, sizeof address) < 0)
		return error_errno(err, errno, "port %u for %s (another one: %s)", port, what,
				   option);
	return 0;
}
