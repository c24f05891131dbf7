/* Without arguments: everything is said by the configuration. */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/file.h"
#include "formats/config_text.h"
#include "guest/metrics/metrics.h"

/* Connections that wait: a scraper has one at a time. */
#define BACKLOG 16
/* For one connection; scrapers give up after ten seconds. */
#define PATIENCE_MILLISECONDS 8000

static const struct metrics_places places = {
	.proc = "/proc",
	.disk = "/persistent",
	.ready = "/run",
	.execution = METRICS_EXECUTION_PORT,
	.consensus = METRICS_CONSENSUS_PORT,
	.milliseconds = PATIENCE_MILLISECONDS,
};

static int read_choice(struct buffer *text, struct span *ret, struct error **err)
{
	int r = file_read(METRICS_CONFIGURATION, CONFIG_TEXT_MAX, text, err);

	if (r < 0)
		return r;
	return config_text_find(buffer_span(text), SPAN_LITERAL("METRICS"), ret)
		       ? 0
		       : error_set(err, -ENOENT, "the configuration has no key 'METRICS'");
}

static int listen_on(uint32_t host, int *ret, struct error **err)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(METRICS_PORT),
		.sin_addr.s_addr = htonl(host),
	};
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int yes = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0 ||
	    bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return error_errno(err, errno, "port %u", METRICS_PORT);
	*ret = TAKE_FD(fd);
	return 0;
}

/* For ever. Whoever asks wrongly, or goes away, is no reason to end. */
static int serve(uint32_t host, struct error **err)
{
	_cleanup_close_ int listener = -1;
	int r = listen_on(host, &listener, err);

	while (r >= 0) {
		_cleanup_close_ int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0 && errno != EINTR && errno != ECONNABORTED)
			r = error_errno(err, errno, "port %u", METRICS_PORT);
		else if (fd >= 0 && metrics_answer(&places, fd, NULL) < 0)
			continue;
	}
	return r;
}

static int run(struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(CONFIG_TEXT_MAX);
	struct span choice;
	int r = read_choice(&text, &choice, err);

	if (r < 0 || span_equal(choice, SPAN_LITERAL("off")))
		return r;
	if (span_equal(choice, SPAN_LITERAL("local")))
		return serve(INADDR_LOOPBACK, err);
	if (span_equal(choice, SPAN_LITERAL("public")))
		return serve(INADDR_ANY, err);
	return error_set(err, -ERROR_MALFORMED, "METRICS=%.*s", (int)choice.n,
			 (const char *)choice.p);
}

int main(void)
{
	_cleanup_error_ struct error *err = NULL;

	if (run(&err) >= 0)
		return 0;
	fprintf(stderr, "tdnode-metrics: %s\n", error_message(err));
	return 1;
}
