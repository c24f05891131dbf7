/*
 *	clock sources FILE    writes chronyd's time sources
 *	clock wait            ends when the clock is right, or need not be
 */
#include "guest/clock/clock.h"

#include <errno.h>
#include <unistd.h>

#include "base/file.h"
#include "formats/config_text.h"

#define CONFIGURATION "/run/tdnode/config"
#define IMAGE_SERVERS "/usr/lib/tdnode/time-servers"
/* KVM's or Hyper-V's clock; no image has another driver of such clocks. */
#define HOST_DEVICE "/dev/ptp0"

/* When it is said that the clock is still wrong, and how often again. */
#define FIRST_SECONDS 60
#define AGAIN_SECONDS 600

static int read_configuration(struct buffer *ret, struct error **err)
{
	return path_is_absent(CONFIGURATION) ? 0
					     : file_read(CONFIGURATION, CONFIG_TEXT_MAX, ret, err);
}

static int write_sources(struct span configuration, const char *path, struct error **err)
{
	_cleanup_(buffer_release) struct buffer servers = BUFFER_INIT(CLOCK_SOURCES_MAX);
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(CLOCK_SOURCES_MAX);
	const char *host_device = path_exists(HOST_DEVICE) ? HOST_DEVICE : NULL;
	int r = file_read(IMAGE_SERVERS, CLOCK_SOURCES_MAX, &servers, err);

	if (r >= 0)
		r = clock_sources(configuration, buffer_span(&servers), host_device, &text, err);
	return r < 0 ? r : file_write(path, buffer_span(&text), err);
}

static int wait_until_right(struct error **err)
{
	struct timex t = {0};

	for (unsigned seconds = 0;; seconds++) {
		int state = adjtimex(&t);

		if (state < 0)
			return error_errno(err, errno, "adjtimex");
		if (clock_is_right(&t, state)) {
			printf("tdnode-clock: the clock is right within %ld ms\n",
			       t.maxerror / 1000 + 1);
			return 0;
		}
		if (seconds % AGAIN_SECONDS == FIRST_SECONDS) {
			printf("tdnode-clock: the clock is not known to be right: too few time "
			       "servers "
			       "have answered. What needs it waits (CLOCK=host does without)\n");
			fflush(stdout);
		}
		sleep(1);
	}
}

static int wait_for_clock(struct span configuration, struct error **err)
{
	enum clock_check check;
	int r = clock_check_parse(configuration, &check, err);

	if (r < 0)
		return r;
	if (check == CLOCK_NTS)
		return wait_until_right(err);
	printf("tdnode-clock: WARNING: the clock is the host's, nobody has checked it "
	       "(CLOCK=host)\n");
	return 0;
}

int main(int argc, char **argv)
{
	_cleanup_error_ struct error *err = NULL;
	_cleanup_(buffer_release) struct buffer configuration = BUFFER_INIT(CONFIG_TEXT_MAX);
	int r = read_configuration(&configuration, &err);

	if (r >= 0 && argc == 3 && string_equal(argv[1], "sources"))
		r = write_sources(buffer_span(&configuration), argv[2], &err);
	else if (r >= 0 && argc == 2 && string_equal(argv[1], "wait"))
		r = wait_for_clock(buffer_span(&configuration), &err);
	else if (r >= 0)
		r = error_set(&err, -EINVAL, "use 'sources FILE' or 'wait'");
	if (r >= 0)
		return 0;
	fprintf(stderr, "tdnode-clock: %s\n", error_message(err));
	return 1;
}
