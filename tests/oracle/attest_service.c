/*
 * The service of guest/attest, with places and limits of a test:
 *
 *	oracle_attest_service PORT RPC-PORT FOLDER METADATA-PORT [REST-PORT]
 *
 * FOLDER has what a machine has: "tpm" (a socket of swtpm), "tsm" (of configfs), "product", "config", "os-release",
 * "enode", "peer-id", "eventlog", "disk-key" (a socket), "disk-waits" and "disk", each if it is there.
 */
#include <arpa/inet.h>
#include <malloc.h>
#include <stdarg.h>

#include "base/file.h"
#include "guest/attest/attest.h"

static void _printf_(1, 2) say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	puts("");
	fflush(stdout);
}

static in_port_t port(const char *text)
{
	return (in_port_t)strtoul(text, NULL, 10);
}

static int run(char **argv, struct error **err)
{
	struct attest_places places = attest_places_defaults();
	const char **names[] = {&places.tpm,	 &places.tsm,	     &places.product,
				&places.config,	 &places.os_release, &places.enode,
				&places.peer_id, &places.event_log,  &places.disk_key,
				&places.disk,	 &places.disk_waits};
	static const char *const files[] = {"tpm",	  "tsm",   "product",	"config",
					    "os-release", "enode", "peer-id",	"eventlog",
					    "disk-key",	  "disk",  "disk-waits"};
	struct attest_limits limits = attest_limits_defaults();
	_cleanup_(string_list_release) struct string_list paths = {0};
	_cleanup_(attest_service_release) struct attest_service service = {0};
	_cleanup_close_ int listener = -1;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(files); i++)
		r = string_list_take(&paths, path_join(argv[3], files[i]));
	if (r < 0)
		return error_oom(err);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		*names[i] = paths.items[i];
	places.metadata.sin_port = htons(port(argv[4]));
	places.metadata.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	places.paravisor_milliseconds = 10;
	limits.step_milliseconds = 3000;
	limits.idle_milliseconds = 3000;
	/* As the program's main() does it: memory is a thing to measure. */
	mallopt(M_ARENA_MAX, 1);
	r = attest_service_init(&service, &places, &limits, port(argv[2]),
				argv[5] ? port(argv[5]) : 0, say, err);
	if (r >= 0)
		r = listen_on(port(argv[1]), &listener, err);
	if (r < 0)
		return r;
	say("ready");
	return serve(&service, listener, err);
}

int main(int argc, char **argv)
{
	_cleanup_error_ struct error *err = NULL;
	int r = argc == 5 || argc == 6 ? run(argv, &err)
				       : error_set(&err, -ERROR_USAGE, "four or five arguments");

	if (r < 0)
		fprintf(stderr, "%s\n", error_message(err));
	return error_exit_status(r);
}
