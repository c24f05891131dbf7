#include <malloc.h>
#include <stdarg.h>
#include <sys/prctl.h>

#include "base/text.h"
#include "guest/attest/attest.h"

static void _printf_(1, 2) say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("tdnode-attest: ", stderr);
	vfprintf(stderr, fmt, args);
	fputs("\n", stderr);
	va_end(args);
}

static int run(in_port_t port, in_port_t rpc, in_port_t rest, struct error **err)
{
	const struct attest_places places = attest_places_defaults();
	const struct attest_limits limits = attest_limits_defaults();
	_cleanup_(attest_service_release) struct attest_service service = {0};
	_cleanup_close_ int listener = -1;
	char key[DIGEST_HEX_MAX];
	struct digest d;
	int r;

	/* The key is in this memory and nowhere else. */
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return error_set(err, -ERROR_REFUSED, "its memory cannot be kept to itself");
	/* A heap for each thread would keep what each has given back. */
	mallopt(M_ARENA_MAX, 1);
	r = attest_service_init(&service, &places, &limits, rpc, rest, say, err);
	if (r >= 0)
		r = listen_on(port, &listener, err);
	if (r < 0)
		return r;
	d = tls_server_key_digest(service.tls);
	digest_hex(&d, key);
	say("port %u, key %s", port, key);
	return serve(&service, listener, err);
}

/* "attest prepare" as root, "attest serve PORT RPC-PORT [REST-PORT]" as the service's user. */
int main(int argc, char **argv)
{
	const struct prepare_places places = prepare_places_defaults();
	_cleanup_error_ struct error *err = NULL;
	uint64_t port, rpc, rest = 0;
	int r;

	if (argc == 2 && string_equal(argv[1], "prepare")) {
		r = prepare(&places, &err);
	} else if ((argc == 4 || argc == 5) && string_equal(argv[1], "serve") &&
		   parse_u64(span_string(argv[2]), UINT16_MAX, &port) &&
		   parse_u64(span_string(argv[3]), UINT16_MAX, &rpc) &&
		   (argc == 4 || parse_u64(span_string(argv[4]), UINT16_MAX, &rest))) {
		r = run((in_port_t)port, (in_port_t)rpc, (in_port_t)rest, &err);
	} else {
		fputs("tdnode-attest: usage: attest prepare | serve PORT RPC-PORT [REST-PORT]\n",
		      stderr);
		return 2;
	}
	if (r < 0)
		say("%s", error_message(err));
	return error_exit_status(r);
}
