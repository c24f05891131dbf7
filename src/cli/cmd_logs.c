/*
 * tdnode logs [NAME]: the console of an instance.
 */
#include "cli/command.h"

#include <errno.h>
#include <fcntl.h>

#include "base/file.h"
#include "cli/instance_argument.h"
#include "cli/shared_options.h"
#include "formats/printable.h"
#include "vm/console.h"

#define POLL_MILLISECONDS 200

struct arguments {
	const char *name;
	const char *state;
	bool follow;
	bool raw;
};

static const struct option_spec options[] = {
	OPTION_FLAG("follow", struct arguments, follow, "go on until the instance ends"),
	OPTION_FLAG("raw", struct arguments, raw,
		    "all bytes as they came: for a file, not for a terminal"),
	OPTION_STATE(struct arguments, state),
	OPTIONS_END,
};

/* The console belongs to the VM: what it holds is not obeyed by the terminal. */
static int print_line(struct span line)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(4 * (CONSOLE_LINE_MAX + 65536));

	printable_lines(line, &text);
	return buffer_ok(&text) ? write_full(STDOUT_FILENO, buffer_span(&text)) : -ENOMEM;
}

/* The console line by line; `line` holds the beginning of one that has not come to its end. */
static int print_lines(struct buffer *line, struct span chunk, struct error **err)
{
	int r = 0;

	while (chunk.n > 0 && r >= 0) {
		const uint8_t *end = memchr(chunk.p, '\n', chunk.n);
		size_t n = end ? (size_t)(end - chunk.p) + 1 : chunk.n;

		buffer_put(line, SPAN(chunk.p, n));
		chunk = span_skip(chunk, n);
		if (!buffer_ok(line))
			return error_oom(err);
		/* A line that is longer than any of interest is shown as it comes. */
		if (!end && line->n < CONSOLE_LINE_MAX)
			break;
		if (!console_line_is_hidden(buffer_span(line)))
			r = print_line(buffer_span(line));
		line->n = 0;
	}
	return r < 0 ? error_errno(err, -r, "cannot write to standard output") : 0;
}

static int print_rest(int fd, bool raw, struct buffer *line, struct error **err)
{
	uint8_t chunk[65536];
	ssize_t got;

	while ((got = read(fd, chunk, sizeof chunk)) > 0) {
		struct span s = {chunk, (size_t)got};
		int r = raw ? command_print(s, err) : print_lines(line, s, err);

		if (r < 0)
			return r;
	}
	return got < 0 ? error_errno(err, errno, "cannot read the console") : 0;
}

static int run_logs(int argc, char **argv, struct error **err)
{
	const struct timespec pause = {0, POLL_MILLISECONDS * 1000000};
	_cleanup_(instance_release) struct instance i = INSTANCE_INIT;
	_cleanup_free_ char *path = NULL;
	_cleanup_(buffer_release) struct buffer line = BUFFER_INIT(CONSOLE_LINE_MAX + 65536);
	_cleanup_close_ int fd = -1;
	struct arguments a = {0};
	bool running;
	int r = command_parse(&command_logs, argc, argv, &a, err);

	if (r >= 0)
		r = instance_find(a.state, a.name, &i, err);
	if (r < 0)
		return r;
	path = instance_file(&i, "console.log");
	if (!path)
		return error_oom(err);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, errno, "no console of '%s'", i.name);
	do {
		/* Asked before reading: what came before the end is printed. */
		running = a.follow && instance_is_running(&i);
		r = print_rest(fd, a.raw, &line, err);
		if (running)
			nanosleep(&pause, NULL);
	} while (r >= 0 && running);
	if (r < 0)
		return r;
	r = print_line(buffer_span(&line));
	return r < 0 ? error_errno(err, -r, "cannot write to standard output") : 0;
}

const struct command command_logs = {
	.name = "logs",
	.summary = "print an instance's console",
	.forms = {{.operands = {OPERAND_OPTIONAL("NAME", struct arguments, name)}}},
	.about = "Prints the serial console of an instance's last run. Without a name: the only "
		 "instance that runs. Lines that only programs read are left out: the firmware's "
		 "log, which 'tdnode log-events' shows. Control characters, which a terminal would "
		 "obey, are shown as \\x1b.",
	.options = options,
	.example = "tdnode logs devnet --follow",
	.run = run_logs,
};
