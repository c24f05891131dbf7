/*
 * A quoting service of a world of its own, for machines that have none:
 *
 *	oracle_quote_server PORT FOLDER
 *
 * FOLDER gets "collateral.json", "policy.json", which accepts the quotes, "other.json", which names another RTMR2, and
 * "intel.json", which knows Intel's roots alone. Whoever sends 64 bytes to PORT of loopback gets a quote of them.
 */
#include "world_files.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <time.h>

static void put_policy(const char *folder, const char *name, const struct world *w, bool own_root,
		       uint8_t change)
{
	_cleanup_json_ json_t *o = json_object(), *registers = json_object();
	_cleanup_free_ char *text = NULL;
	uint8_t rtmr2[48];

	memcpy(rtmr2, w->td.rtmr[2], sizeof rtmr2);
	rtmr2[0] ^= change;
	json_object_set_new(o, "tdnode_policy", json_integer(1));
	if (own_root)
		set_text(o, "intel_roots", buffer_span(&w->root));
	set_hex(registers, "mrtd", SPAN(w->td.mr_td, 48));
	set_hex(registers, "rtmr0", SPAN(w->td.rtmr[0], 48));
	set_hex(registers, "rtmr1", SPAN(w->td.rtmr[1], 48));
	set_hex(registers, "rtmr2", SPAN(rtmr2, 48));
	json_object_set(o, "registers", registers);
	text = json_dumps(o, JSON_INDENT(1));
	put(folder, name, span_string(text));
}

static void make_world(struct world *w, const char *folder, struct buffer *chain)
{
	static const uint8_t svn[16] = {2, 1, 4};
	_cleanup_free_ char *level = world_level(5, 13, svn, "UpToDate");
	_cleanup_free_ char *levels = string_printf("[%s]", level);
	int64_t now = time(NULL);
	size_t at;

	world_init(w);
	w->levels = levels;
	for (size_t i = 0; i < WORLD_DATES; i++) {
		w->from[i] = now - WORLD_DAY;
		w->until[i] = now + 20 * WORLD_DAY;
	}
	world_build(w);
	assert_true(span_find(buffer_span(&w->quote), SPAN_LITERAL("-----BEGIN"), &at));
	buffer_put(chain, span_skip(buffer_span(&w->quote), at));
	put_collateral(folder, w);
	put_policy(folder, "policy.json", w, true, 0);
	put_policy(folder, "other.json", w, true, 1);
	put_policy(folder, "intel.json", w, false, 0);
	w->levels = NULL;
}

static void serve(int listener, struct world *w, struct span chain)
{
	for (;;) {
		_cleanup_close_ int fd = accept(listener, NULL, NULL);

		if (fd < 0 || read_full(fd, w->td.report_data, sizeof w->td.report_data) < 0)
			continue;
		buffer_release(&w->quote);
		w->quote = (struct buffer)BUFFER_INIT(WORLD_TEXT_MAX);
		world_quote(w, chain);
		(void)!write_full(fd, buffer_span(&w->quote));
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct buffer chain = BUFFER_INIT(WORLD_TEXT_MAX);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	const int on = 1;
	struct world w;

	if (argc != 3)
		return 2;
	address.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
	make_world(&w, argv[2], &chain);
	if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
	    bind(listener, (struct sockaddr *)&address, sizeof address) < 0 ||
	    listen(listener, 16) < 0) {
		perror("oracle_quote_server");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	serve(listener, &w, buffer_span(&chain));
}
