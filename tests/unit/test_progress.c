#include "test.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <unistd.h>

#include "base/file.h"
#include "base/progress.h"

/* A terminal hands on what it gets when it finds the time. */
static ssize_t read_terminal(int master, char *text, size_t size)
{
	struct pollfd p = {.fd = master, .events = POLLIN};
	size_t n = 0;

	while (n < size && poll(&p, 1, 500) == 1) {
		ssize_t got = read(master, text + n, size - n);

		if (got <= 0)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

/* What a terminal gets, or a file, while `work` runs. */
static char *said(bool terminal, bool quiet, void (*work)(struct progress *p))
{
	int master = -1, slave = -1, file = -1;
	char text[4096];
	ssize_t n;

	if (terminal)
		assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	else
		file = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	FILE *stream = fdopen(dup(terminal ? slave : file), "w");
	struct progress *p = progress_new(stream, quiet);

	assert_non_null(stream);
	work(p);
	progress_free(p);
	assert_int_equal(fflush(stream), 0);
	if (terminal)
		n = read_terminal(master, text, sizeof text - 1);
	else
		n = pread(file, text, sizeof text - 1, 0);
	fclose(stream);
	close(terminal ? master : file);
	if (terminal)
		close(slave);
	text[n < 0 ? 0 : n] = '\0';
	return strdup(text);
}

/* Work that is over before anybody wonders. */
static void silent_step(struct progress *p)
{
	progress_begin_short(p, "expand", 10, false);
	progress_add(p, 10);
	progress_end(p, NULL);
}

/* And that which is not: of two seconds it says nothing, then as others. */
static void patient_step(struct progress *p)
{
	const struct timespec wait = {2, 100000000};

	progress_begin_short(p, "expand", 10, false);
	progress_add(p, 1);
	nanosleep(&wait, NULL);
	progress_add(p, 4);
	progress_end(p, NULL);
}

static void short_steps_are_silent(void **state)
{
	(void)state;
	for (int terminal = 0; terminal < 2; terminal++) {
		_cleanup_free_ char *silent = said(terminal, false, silent_step);
		_cleanup_free_ char *patient = said(terminal, false, patient_step);

		assert_string_equal(silent, "");
		assert_non_null(strstr(patient, "expand 5/10"));
		assert_null(strstr(patient, "1/10"));
	}
}

static void short_step(struct progress *p)
{
	progress_begin(p, "download", 100, false);
	progress_add(p, 100);
	progress_end(p, "all of it");
}

/* Half of it is done after two seconds. */
static void long_step(struct progress *p)
{
	progress_begin(p, "download", 100, false);
	usleep(2100000);
	progress_add(p, 50);
	progress_end(p, NULL);
}

static void test_terminal(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	setenv("TERM", "xterm", 1);
	text = said(true, false, short_step);
	assert_non_null(strstr(text, "\r\033[Kdownload 0/100"));
	assert_non_null(strstr(text, "download 100/100 ("));
	assert_non_null(strstr(text, "s): all of it"));
	assert_null(strstr(text, " left"));
}

static void test_remaining(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	setenv("TERM", "xterm", 1);
	text = said(true, false, long_step);
	assert_non_null(strstr(text, " s left\r"));
	/* The last line says how long it took. */
	assert_null(strstr(strrchr(text, 'K'), " left"));
}

static void test_plain(void **state)
{
	_cleanup_free_ char *file = NULL, *dumb = NULL, *quiet = NULL;

	(void)state;
	setenv("TERM", "xterm", 1);
	file = said(false, false, long_step);
	assert_true(string_starts(file, "download 50/100 ("));
	assert_null(strchr(file, '\033'));
	quiet = said(true, true, short_step);
	assert_string_equal(quiet, "");
	setenv("TERM", "dumb", 1);
	dumb = said(true, false, short_step);
	assert_true(string_starts(dumb, "download 100/100 ("));
	assert_null(strchr(dumb, '\033'));
}

static void hostile_note(struct progress *p)
{
	progress_note(p, "%s", "a\x1b[2J\tb\xc2\x9b\xc3\xa9\r\nc\x7f");
}

/* What a node or a file says is not obeyed by the terminal. */
static void test_hostile_note(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	text = said(false, false, hostile_note);
	assert_string_equal(text, "a?[2J\tb?\xc3\xa9?\nc?\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_steps_are_silent), cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_remaining),	  cmocka_unit_test(test_plain),
		cmocka_unit_test(test_hostile_note),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
