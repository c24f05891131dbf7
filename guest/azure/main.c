#include <stdarg.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/guest_failed.h"
#include "base/persistent_disk.h"
#include "formats/azure_wire.h"
#include "formats/config.h"
#include "guest/azure/azure.h"

/* Of the first service, made by systemd; guest/config reads it. */
#define USER_DATA "/run/tdnode-azure/user-data"
#define PROBLEM "/run/tdnode-azure/problem"

static void _printf_(1, 2) say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("tdnode-azure: ", stdout);
	vprintf(fmt, args);
	fputs("\n", stdout);
	fflush(stdout);
	va_end(args);
}

static int take_user_data(struct error **err)
{
	const struct azure_service service = azure_metadata();
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(CONFIG_MAX);
	_cleanup_error_ struct error *e = NULL;
	int64_t start = clock_milliseconds();
	int r = azure_user_data(&service, &text, &e);
	double seconds = (double)(clock_milliseconds() - start) / 1000;

	if (r >= 0) {
		say("user data of %zu bytes, after %.1f s", text.n, seconds);
		return file_write(USER_DATA, buffer_span(&text), err);
	}
	say("no user data, after %.1f s", seconds);
	/* The configuration is refused for this reason, and measured as refused, by guest/config. */
	if (file_write(PROBLEM, span_string(error_message(e)), NULL) < 0)
		say("cannot write '" PROBLEM "'");
	return error_move(err, r, &e);
}

/* Why there is no node; NULL if nothing keeps it from running. */
static const char *why_not(struct buffer *text)
{
	if (!path_is_absent(GUEST_FAILED_FILE)) {
		if (file_read(GUEST_FAILED_FILE, GUEST_FAILED_MAX, text, NULL) < 0)
			return "the machine cannot tell why it is not ready";
		return buffer_text(text);
	}
	return path_is_mounted(DISK_MOUNT) ? NULL : "the persistent disk is not mounted";
}

static int report(struct error **err)
{
	const struct azure_service service = azure_wire_server();
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(GUEST_FAILED_MAX);
	const char *not_ready = why_not(&text);
	int r = azure_report(&service, not_ready, say, err);

	if (r >= 0)
		say("reported: %s", not_ready ? not_ready : "ready");
	return r;
}

int main(int argc, char **argv)
{
	_cleanup_error_ struct error *err = NULL;
	int r;

	if (argc == 2 && string_equal(argv[1], "user-data")) {
		r = take_user_data(&err);
	} else if (argc == 2 && string_equal(argv[1], "ready")) {
		r = report(&err);
	} else {
		fputs("tdnode-azure: usage: azure user-data|ready\n", stderr);
		return 2;
	}
	if (r < 0)
		fprintf(stderr, "tdnode-azure: %s\n", error_message(err));
	return error_exit_status(r);
}
