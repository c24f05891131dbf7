#include "guest/clock/clock.h"

#include <errno.h>

#include "base/text.h"
#include "formats/config_text.h"

/* Names of hosts and addresses; chronyd reads words up to a blank, and comments. */
static bool is_host(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '.' || c == ':' || (i && c == '-')))
			return false;
	}
	return s.n > 0 && s.n < 256;
}

/* The value of a key, empty if there is none. */
static struct span find_value(struct span configuration, const char *key)
{
	struct span value = SPAN("", 0);

	return config_text_find(configuration, span_string(key), &value) ? value : SPAN("", 0);
}

int clock_check_parse(struct span configuration, enum clock_check *ret, struct error **err)
{
	struct span value = find_value(configuration, "CLOCK");

	if (value.n == 0 || span_equal(value, SPAN_LITERAL("nts")))
		*ret = CLOCK_NTS;
	else if (span_equal(value, SPAN_LITERAL("host")))
		*ret = CLOCK_HOST;
	else
		return error_set(err, -ERROR_MALFORMED,
				 "CLOCK=%.*s in the configuration: 'nts' or 'host'", (int)value.n,
				 (const char *)value.p);
	return 0;
}

/* Adds the servers of a line, and how many to *n. */
static int put_servers(struct span line, unsigned *n, struct buffer *ret, struct error **err)
{
	for (struct span host; (host = span_next_word(&line)).n; ++*n) {
		if (!is_host(host))
			return error_set(err, -ERROR_MALFORMED, "time servers: '%.*s' is no host",
					 (int)host.n, (const char *)host.p);
		if (*n == CLOCK_SERVERS_MAX)
			return error_set(err, -E2BIG, "more than %u time servers",
					 CLOCK_SERVERS_MAX);
		/* Every four minutes at least: some hosts can set the clock meanwhile. */
		buffer_printf(ret, "server %.*s nts iburst maxpoll 8 trust require\n", (int)host.n,
			      (const char *)host.p);
	}
	return 0;
}

int clock_sources(struct span configuration, struct span image_servers, const char *host_device,
		  struct buffer *ret, struct error **err)
{
	struct span configured = find_value(configuration, "NTS_SERVERS");
	struct reader reader = reader_init(configured.n ? configured : image_servers);
	struct span line;
	unsigned n = 0;

	while (reader_line(&reader, &line)) {
		int r = line.n && line.p[0] == '#' ? 0 : put_servers(line, &n, ret, err);

		if (r < 0)
			return r;
	}
	if (n == 0)
		return error_set(err, -ENOENT, "no time servers");
	/* One that lies needs a second one that lies the same way. */
	buffer_printf(ret, "minsources %u\n", n > 1 ? 2 : 1);
	if (host_device)
		buffer_printf(ret, "refclock PHC %s poll 3 stratum 2\n", host_device);
	return buffer_ok(ret) ? 0 : error_oom(err);
}

bool clock_is_right(const struct timex *t, int state)
{
	return state != TIME_ERROR && !(t->status & STA_UNSYNC) &&
	       t->maxerror <= CLOCK_ERROR_MAX_US;
}
