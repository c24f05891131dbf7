#include "base/progress.h"

#include <pthread.h>
#include <stdarg.h>
#include <unistd.h>

/* What takes less is done before anybody could read how long it takes. */
#define REMAINING_AFTER_SECONDS 2.0
/* A redraw more often than this is only flicker. */
#define REDRAW_NANOSECONDS 100000000ll

struct progress {
	FILE *stream;
	bool terminal;
	pthread_mutex_t mutex;
	char what[160];
	uint64_t total;
	uint64_t done;
	bool bytes;
	bool active;
	bool patient; /* silent while the step is short */
	bool shown;   /* a line that has no end yet */
	int64_t started;
	int64_t drawn;
};

static int64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Terminals that know no cursor say so. */
static bool can_redraw(void)
{
	const char *term = getenv("TERM");

	return !term || strcmp(term, "dumb") != 0;
}

struct progress *progress_new(FILE *stream, bool quiet)
{
	struct progress *p;

	if (quiet)
		return NULL;
	p = calloc(1, sizeof *p);
	if (!p)
		return NULL;
	p->stream = stream;
	p->terminal = isatty(fileno(stream)) == 1 && can_redraw();
	pthread_mutex_init(&p->mutex, NULL);
	return p;
}

void progress_free(struct progress *p)
{
	if (!p)
		return;
	progress_end(p, NULL);
	pthread_mutex_destroy(&p->mutex);
	free(p);
}

static void print_amount(const struct progress *p)
{
	double seconds = (double)(monotonic_ns() - p->started) / 1e9;

	if (!p->bytes) {
		if (p->total)
			fprintf(p->stream, " %llu/%llu", (unsigned long long)p->done,
				(unsigned long long)p->total);
		return;
	}
	fprintf(p->stream, " %.1f", (double)p->done / 1048576);
	if (p->total)
		fprintf(p->stream, "/%.1f", (double)p->total / 1048576);
	fprintf(p->stream, " MiB");
	if (seconds > 0.2)
		fprintf(p->stream, ", %.1f MiB/s", (double)p->done / 1048576 / seconds);
}

/* How long the rest takes at the rate so far. */
static void print_remaining(const struct progress *p)
{
	double elapsed = (double)(monotonic_ns() - p->started) / 1e9;
	double seconds;

	if (elapsed < REMAINING_AFTER_SECONDS || p->done == 0 || p->done >= p->total)
		return;
	seconds = elapsed * (double)(p->total - p->done) / (double)p->done;
	if (seconds < 100)
		fprintf(p->stream, ", %.0f s left", seconds);
	else
		fprintf(p->stream, ", %.0f min left", seconds / 60);
}

static bool is_silent(const struct progress *p)
{
	return p->patient && (double)(monotonic_ns() - p->started) / 1e9 < REMAINING_AFTER_SECONDS;
}

static void redraw(struct progress *p)
{
	if (is_silent(p))
		return;
	fprintf(p->stream, "\r\033[K%s", p->what);
	print_amount(p);
	print_remaining(p);
	fflush(p->stream);
	p->drawn = monotonic_ns();
}

static void end_step(struct progress *p, const char *result)
{
	if (!p->active)
		return;
	p->active = false;
	if (is_silent(p))
		return;
	if (p->terminal)
		fputs("\r\033[K", p->stream);
	fputs(p->what, p->stream);
	if (p->done)
		print_amount(p);
	fprintf(p->stream, " (%.1f s)%s%s\n", (double)(monotonic_ns() - p->started) / 1e9,
		result ? ": " : "", result ? result : "");
	fflush(p->stream);
}

static void begin(struct progress *p, const char *what, uint64_t total, bool bytes, bool patient)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->mutex);
	end_step(p, NULL);
	snprintf(p->what, sizeof p->what, "%s", what);
	p->total = total;
	p->done = 0;
	p->bytes = bytes;
	p->active = true;
	p->patient = patient;
	p->started = monotonic_ns();
	if (p->terminal)
		redraw(p);
	pthread_mutex_unlock(&p->mutex);
}

void progress_begin(struct progress *p, const char *what, uint64_t total, bool bytes)
{
	begin(p, what, total, bytes, false);
}

void progress_begin_short(struct progress *p, const char *what, uint64_t total, bool bytes)
{
	begin(p, what, total, bytes, true);
}

void progress_add(struct progress *p, uint64_t done)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->mutex);
	p->done += done;
	if (p->terminal && p->active && monotonic_ns() - p->drawn > REDRAW_NANOSECONDS)
		redraw(p);
	pthread_mutex_unlock(&p->mutex);
}

void progress_end(struct progress *p, const char *result)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->mutex);
	end_step(p, result);
	pthread_mutex_unlock(&p->mutex);
}

void progress_show(struct progress *p, const char *text)
{
	if (!p || !p->terminal)
		return;
	pthread_mutex_lock(&p->mutex);
	fprintf(p->stream, "\r\033[K%s", text);
	fflush(p->stream);
	p->shown = true;
	pthread_mutex_unlock(&p->mutex);
}

/* What others wrote may stand in a note: the terminal does not obey it. */
static void put_plain(FILE *stream, const char *text)
{
	for (const char *c = text; *c; c++) {
		/* U+0080 to U+009f in UTF-8. */
		bool long_control =
			(uint8_t)c[0] == 0xc2 && (uint8_t)c[1] >= 0x80 && (uint8_t)c[1] < 0xa0;
		bool control = ((uint8_t)*c < ' ' && *c != '\n' && *c != '\t') || *c == 0x7f;

		fputc(control || long_control ? '?' : *c, stream);
		c += long_control;
	}
}

void progress_note(struct progress *p, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;
	int n;

	if (!p)
		return;
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		text = NULL;
	pthread_mutex_lock(&p->mutex);
	if (p->terminal && (p->active || p->shown))
		fputs("\r\033[K", p->stream);
	p->shown = false;
	put_plain(p->stream, text ? text : "out of memory");
	fputc('\n', p->stream);
	if (p->terminal && p->active)
		redraw(p);
	fflush(p->stream);
	pthread_mutex_unlock(&p->mutex);
}
