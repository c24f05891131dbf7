#include "cli/run_record.h"

#include "base/file.h"
#include "report/timeline_svg.h"

static enum run_outcome outcome_of(const struct run_record *r)
{
	/* Refused registers are those of a node that answered. */
	if (r->timeline->answered)
		return RUN_READY;
	return r->result == -ERROR_STOPPED ? RUN_STOPPED : RUN_FAILED;
}

/* The struct owns nothing here: it borrows what it is made of. */
static int write_record(const struct run_record *r, struct error **err)
{
	const struct last_run run = {
		.image = (char *)(uintptr_t)r->image,
		.started = r->started,
		.accelerator = (char *)(uintptr_t)r->accelerator,
		.sha256 = (char *)(uintptr_t)r->sha256,
		.registers = (char *)(uintptr_t)r->registers,
		.outcome = outcome_of(r),
		.message = (char *)(uintptr_t)r->message,
		.timeline = *r->timeline,
	};

	return last_run_write(r->instance, &run, err);
}

int run_record_check(const char *svg, struct error **err)
{
	_cleanup_(output_release) struct output probe = OUTPUT_INIT;

	return output_open(svg, &probe, err);
}

static int write_svg(const struct run_record *r, const char *path, struct error **err)
{
	_cleanup_(buffer_release) struct buffer svg = BUFFER_INIT(TIMELINE_SVG_MAX);

	timeline_svg_file(r->timeline, r->image, &svg);
	return buffer_ok(&svg) ? file_write(path, buffer_span(&svg), err) : error_oom(err);
}

int run_record_keep(const struct run_record *r, const char *svg, struct progress *progress,
		    struct error **err)
{
	_cleanup_error_ struct error *lost = NULL;

	if (write_record(r, &lost) < 0)
		progress_note(progress, "the record of this run is lost: %s", error_message(lost));
	return svg ? write_svg(r, svg, err) : 0;
}
